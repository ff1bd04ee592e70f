"""The built-in embedder against its definition written out slowly, and what it must not hear."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from data.clip import Clip
from data.synth import VOICES, bhupali_take
from embedder import EmbedderSpec
from embedder.builtin import BuiltinEmbedder
from embedder.pooling import pool
from embedder.registry import embedder_named

RATE_HZ = 16_000
WINDOW, HOP = 4352, 1600
ROOT = Path(__file__).parents[1]
PINNED = "3bb0c7d851465f2a"


def _tone_and_noise(seconds: float, seed: int = 3) -> Clip:
    rng = np.random.default_rng(seed)
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    hz = 180.0 * 2 ** (0.2 * np.sin(2 * np.pi * at_s))
    phase = 2 * np.pi * np.cumsum(hz) / RATE_HZ
    tone = sum(np.sin(n * phase) / n**1.3 for n in range(1, 30))
    swell = 0.2 * (1.1 + np.sin(2 * np.pi * 1.7 * at_s))
    return Clip((swell * tone / 4 + 0.003 * rng.normal(size=at_s.size)).astype(np.float32), RATE_HZ)


def _slow_frame(samples: np.ndarray) -> np.ndarray:
    """One window's vector, term by term from the definition."""
    cepstra, weights = [], []
    mel = [2595 * np.log10(1 + hz / 700) for hz in (350, 7600)]
    grid = [700 * (10 ** ((mel[0] + i * (mel[1] - mel[0]) / 41) / 2595) - 1) for i in range(42)]
    times = np.arange(512)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * times / 512)
    for frame in range(13):
        part = samples[320 * frame : 320 * frame + 512].astype(np.float64) * hann
        power = [abs(np.sum(part * np.exp(-2j * np.pi * b * times / 512))) ** 2 for b in range(257)]
        bands = []
        for band in range(1, 41):
            half = max(350.0, (grid[band + 1] - grid[band - 1]) / 2)
            triangle = [max(0.0, 1 - abs(b * 31.25 - grid[band]) / half) for b in range(257)]
            bands.append(np.dot(triangle, power) / sum(triangle))
        mean = np.mean(bands)
        logs = np.log(np.array(bands) + 1e-5 * mean + 1e-9)
        rms_order = np.sqrt(np.mean(np.arange(1, 21) ** 2))
        cepstra.append(
            [
                n
                / rms_order
                * np.sqrt(2 / 40)
                * sum(logs[j] * np.cos(np.pi * n * (j + 0.5) / 40) for j in range(40))
                for n in range(1, 21)
            ]
        )
        weights.append(np.sqrt(mean))
    shares = np.array(weights) / np.sum(weights)
    means = shares @ np.array(cepstra)
    return np.concatenate([means, np.sqrt(shares @ (np.array(cepstra) - means) ** 2)])


def test_agrees_with_its_definition() -> None:
    clip = _tone_and_noise(1.0)
    found = BuiltinEmbedder().embed(clip).vectors
    for frame in (0, 2, 4):
        slow = _slow_frame(clip.samples[HOP * frame : HOP * frame + WINDOW])
        assert np.abs(found[frame] - slow).max() < 1e-5


def test_the_last_window_is_filled_with_silence() -> None:
    clip = _tone_and_noise(0.4)
    found = BuiltinEmbedder().embed(clip).vectors
    assert len(found) == 1 + -(-(clip.samples.size - WINDOW) // HOP)
    padded = np.pad(clip.samples, (0, HOP * (len(found) - 1) + WINDOW - clip.samples.size))
    assert np.abs(found[-1] - _slow_frame(padded[-WINDOW:])).max() < 1e-5


@pytest.mark.parametrize(
    ("samples", "frames"),
    [(1, 1), (511, 1), (WINDOW - 1, 1), (WINDOW, 1), (WINDOW + 1, 2), (WINDOW + HOP, 2)],
)
def test_frames_and_their_centres(samples: int, frames: int) -> None:
    found = BuiltinEmbedder().embed(Clip(np.full(samples, 0.1, np.float32), RATE_HZ))
    assert found.vectors.shape == (frames, found.spec.dim)
    assert found.vectors.dtype == np.float32
    assert found.times_s == pytest.approx([0.136 + 0.1 * i for i in range(frames)])
    assert (found.spec.window_s, found.spec.hop_s) == pytest.approx((0.272, 0.1))


def test_blocks_leave_no_seam() -> None:
    """The working block is some 41 s long; around its end, frames equal those of a clip cut out there."""
    clip = _tone_and_noise(45.0)
    whole = BuiltinEmbedder().embed(clip).vectors
    part = BuiltinEmbedder().embed(Clip(clip.samples[HOP * 400 :], RATE_HZ)).vectors
    assert np.abs(whole[400:] - part).max() < 1e-5


def test_silence_is_zero_and_noise_is_not() -> None:
    silent = BuiltinEmbedder().embed(Clip(np.zeros(RATE_HZ, np.float32), RATE_HZ)).vectors
    assert not silent.any()
    noise = np.random.default_rng(0).normal(0, 0.01, RATE_HZ).astype(np.float32)
    assert np.abs(BuiltinEmbedder().embed(Clip(noise, RATE_HZ)).vectors).max() > 0.01


@pytest.mark.parametrize("gain", [4.0, 0.1, 0.01])
def test_loudness_is_left_out(gain: float) -> None:
    clip = _tone_and_noise(1.0)
    loud = BuiltinEmbedder().embed(Clip((gain * clip.samples).astype(np.float32), RATE_HZ)).vectors
    assert np.abs(loud - BuiltinEmbedder().embed(clip).vectors).max() < 0.01


@pytest.mark.parametrize("extreme", [1.0, 1e-30, 1e18])
def test_finite_whatever_is_heard(extreme: float) -> None:
    clicks = np.zeros(RATE_HZ, np.float32)
    clicks[::4000] = extreme
    assert np.isfinite(BuiltinEmbedder().embed(Clip(clicks, RATE_HZ)).vectors).all()


def test_another_sample_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="44100 Hz"):
        BuiltinEmbedder().embed(Clip(np.zeros(44100, np.float32), 44100))


@pytest.mark.parametrize("name", ["low male", "high male", "mid female", "child"])
def test_a_voice_a_fifth_higher_is_nearest_to_itself(name: str) -> None:
    """Every other voice sings at the pitch of the first take: pitch speaks against the right answer."""
    own, low_hz = VOICES[name], 1.3 * VOICES[name].range_hz[0]
    query = _heard(own.name, low_hz, seed=1)
    itself = query @ _heard(own.name, 1.5 * low_hz, seed=2)
    others = [query @ _heard(other, low_hz, seed=2) for other in VOICES if other != name]
    assert itself > max(others)


def _heard(voice: str, sa_hz: float, seed: int) -> np.ndarray:
    take = bhupali_take(
        seed, sa_hz=sa_hz, voice=VOICES[voice], phrase="S R G P G", sung_on_sargam=False, tanpura_db=None
    )
    return pool(BuiltinEmbedder().embed(take.clip), 0.0, take.clip.duration_s)


def test_a_hundred_seconds_take_less_than_one_of_computing() -> None:
    clip = _tone_and_noise(100.0)
    BuiltinEmbedder().embed(_tone_and_noise(1.0))
    taken = []
    for _ in range(3):
        began = time.process_time()
        BuiltinEmbedder().embed(clip)
        taken.append(time.process_time() - began)
    assert min(taken) < 1.0


def test_the_same_on_every_call() -> None:
    clip = _tone_and_noise(2.0)
    first, second = (BuiltinEmbedder().embed(clip).vectors for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_spec_survives_json_and_its_fingerprint_is_pinned() -> None:
    """Whoever changes the vectors must change this too: caches and stores hang on it."""
    spec = embedder_named("builtin").spec
    stored = json.loads(json.dumps({name: getattr(spec, name) for name in EmbedderSpec.__slots__}))
    assert EmbedderSpec(**stored).fingerprint == spec.fingerprint == PINNED


def test_fingerprint_changes_with_everything_in_the_spec() -> None:
    spec = embedder_named("builtin").spec
    changed = [
        replace(spec, name="other"),
        replace(spec, dim=41),
        replace(spec, rate_hz=8000),
        replace(spec, window_s=0.3),
        replace(spec, hop_s=0.2),
        *(replace(spec, parameters={**spec.parameters, key: -1}) for key in spec.parameters),
    ]
    assert len({s.fingerprint for s in (spec, *changed)}) == len(changed) + 1


def test_fingerprint_of_read_only_parameters() -> None:
    spec = embedder_named("builtin").spec
    assert replace(spec, parameters=MappingProxyType(dict(spec.parameters))).fingerprint == spec.fingerprint


def test_importing_it_takes_numpy_only() -> None:
    code = "import embedder.builtin, embedder.cache, embedder.registry, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"scipy", "librosa", "soundfile", "faiss", "sklearn"}.isdisjoint(done.stdout.split())
