"""The built-in embedder against its definition, window by window, and what it must not hear."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from swara.data.clip import Clip
from swara.data.installation import repair_advice
from swara.data.synth import VOICES, bhupali_take
from swara.embedder import EmbedderSpec
from swara.embedder.builtin.embedder import MODEL_FILE, VECTOR_DIM, BuiltinEmbedder, EmbedderNetwork
from swara.embedder.builtin.features import band_centres_hz
from swara.embedder.errors import ModelDamaged
from swara.embedder.registry import embedder_named
from swara.embedder.spec import pool

RATE_HZ = 16_000
WINDOW, HOP = 4512, 1600
ROOT = Path(__file__).parents[2]
PINNED = "f2756af6427fe4fb"


def _tone_and_noise(seconds: float, seed: int = 3) -> Clip:
    rng = np.random.default_rng(seed)
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    hz = 180.0 * 2 ** (0.2 * np.sin(2 * np.pi * at_s))
    phase = 2 * np.pi * np.cumsum(hz) / RATE_HZ
    tone = sum(np.sin(n * phase) / n**1.3 for n in range(1, 30))
    swell = 0.2 * (1.1 + np.sin(2 * np.pi * 1.7 * at_s))
    return Clip((swell * tone / 4 + 0.003 * rng.normal(size=at_s.size)).astype(np.float32), RATE_HZ)


def _slow_powers(samples: np.ndarray) -> np.ndarray:
    """One frame's power in each band, term by term from the definition."""
    mel = [2595 * np.log10(1 + hz / 700) for hz in (60, 7800)]
    grid = [700 * (10 ** ((mel[0] + i * (mel[1] - mel[0]) / 65) / 2595) - 1) for i in range(66)]
    times = np.arange(512)
    part = samples.astype(np.float64) * (0.5 - 0.5 * np.cos(2 * np.pi * times / 512))
    power = [abs(np.sum(part * np.exp(-2j * np.pi * b * times / 512))) ** 2 for b in range(257)]
    bands = []
    for band in range(1, 65):
        half = max(62.5, (grid[band + 1] - grid[band - 1]) / 2)
        triangle = [max(0.0, 1 - abs(b * 31.25 - grid[band]) / half) for b in range(257)]
        bands.append(np.dot(triangle, power) / sum(triangle))
    return np.array(bands)


def _slow_cepstrum(powers: np.ndarray, centres_hz: np.ndarray) -> np.ndarray:
    """The cepstrum of the envelope smoothed over 350 Hz and more, term by term."""
    mel = [2595 * np.log10(1 + hz / 700) for hz in (350, 7600)]
    grid = [700 * (10 ** ((mel[0] + i * (mel[1] - mel[0]) / 41) / 2595) - 1) for i in range(42)]
    widths_hz = np.gradient(centres_hz)
    wide = []
    for band in range(1, 41):
        half = max(350.0, (grid[band + 1] - grid[band - 1]) / 2)
        triangle = [
            max(0.0, 1 - abs(hz - grid[band]) / half) * w for hz, w in zip(centres_hz, widths_hz, strict=True)
        ]
        wide.append(np.dot(triangle, powers) / sum(triangle))
    logs = np.log(np.array(wide) + 1e-5 * powers.mean() + 1e-9)
    rms_order = np.sqrt(np.mean(np.arange(1, 21) ** 2))
    dct = [np.sum(logs * np.cos(np.pi * n * (np.arange(40) + 0.5) / 40)) for n in range(1, 21)]
    return np.array([n / rms_order * np.sqrt(2 / 40) * dct[n - 1] for n in range(1, 21)])


def _one_window(samples: np.ndarray) -> np.ndarray:
    """The vector of a single window, from frames worked out slowly, by a run of the network of its own."""
    levels, weights, cepstra = [], [], []
    for frame in range(11):
        powers = _slow_powers(samples[400 * frame : 400 * frame + 512])
        logs = np.log(powers + 1e-5 * powers.mean() + 1e-9)
        levels.append(0.5 * (logs - logs.mean()))
        weights.append([np.sqrt(powers.mean())])
        cepstra.append(_slow_cepstrum(powers, band_centres_hz()))
    heard = EmbedderNetwork().run(np.array(levels, np.float32), np.array(weights, np.float32))[0]
    mean = np.average(cepstra, axis=0, weights=np.array(weights)[:, 0])
    return np.concatenate([np.sqrt(0.8) * heard, np.sqrt(0.2) * mean / np.sqrt(np.sum(mean**2) + 0.01)])


def test_agrees_with_one_window_at_a_time() -> None:
    """The last one is filled up with silence."""
    clip = _tone_and_noise(1.03)
    found = BuiltinEmbedder().embed(clip).vectors
    assert len(found) == 1 + -(-(clip.samples.size - WINDOW) // HOP)
    padded = np.pad(clip.samples, (0, HOP * (len(found) - 1) + WINDOW - clip.samples.size))
    for frame in (0, 2, len(found) - 1):
        slow = _one_window(padded[HOP * frame : HOP * frame + WINDOW])
        assert np.abs(found[frame] - slow).max() < 1e-4
    assert np.abs(found[0] - found[4]).max() > 0.01


@pytest.mark.parametrize("windows", [1, 2, 9, 10, 11, 49, 50, 51, 60, 61, 99, 111, 390])
def test_batches_agree_with_single_windows(windows: int) -> None:
    """Windows are run ten or fifty at a time, the rest with silence after it; a block is 30 s long."""
    samples = _tone_and_noise(40.0).samples[: (windows - 1) * HOP + WINDOW]
    together = BuiltinEmbedder().embed(Clip(samples, RATE_HZ)).vectors
    assert together.shape == (windows, VECTOR_DIM + 20)
    for at in {0, windows // 2, *range(280, min(windows, 320)), windows - 1}:
        alone = BuiltinEmbedder().embed(Clip(samples[HOP * at : HOP * at + WINDOW], RATE_HZ)).vectors
        assert np.abs(together[at] - alone[0]).max() < 1e-5


@pytest.mark.parametrize(
    ("samples", "frames"),
    [(1, 1), (511, 1), (WINDOW - 1, 1), (WINDOW, 1), (WINDOW + 1, 2), (WINDOW + HOP, 2)],
)
def test_frames_and_their_centres(samples: int, frames: int) -> None:
    found = BuiltinEmbedder().embed(Clip(np.full(samples, 0.1, np.float32), RATE_HZ))
    assert found.vectors.shape == (frames, found.spec.dim)
    assert found.vectors.dtype == np.float32
    assert found.times_s == pytest.approx([0.141 + 0.1 * i for i in range(frames)])
    assert (found.spec.window_s, found.spec.hop_s) == pytest.approx((0.282, 0.1))


def test_cores_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = _tone_and_noise(70.0)
    found = set()
    for cores in (1, 2, 5):
        monkeypatch.setattr("swara.embedder.builtin.embedder.cores", lambda cores=cores: cores)
        found.add(BuiltinEmbedder().embed(clip).vectors.tobytes())
    assert len(found) == 1


def test_several_threads_may_share_one_embedder() -> None:
    embedder, clips = BuiltinEmbedder(), [_tone_and_noise(seconds) for seconds in (3.0, 20.0, 7.0, 33.0)] * 2
    alone = [embedder.embed(clip).vectors.tobytes() for clip in clips]
    with ThreadPoolExecutor(4) as pool:
        together = [found.vectors.tobytes() for found in pool.map(embedder.embed, clips)]
    assert together == alone


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_forked_process_has_threads_of_its_own() -> None:
    """A web server that forks after it has embedded something must not wait for threads it has not."""
    clip = _tone_and_noise(40.0)

    def digest() -> str:
        return sha256(BuiltinEmbedder().embed(clip).vectors.tobytes()).hexdigest()

    here = digest()
    context = get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=lambda: answers.put(digest()))
    child.start()
    child.join(60.0)
    hangs = child.is_alive()
    child.kill()
    assert not hangs
    assert child.exitcode == 0
    assert answers.get() == here


def test_silence_is_zero_and_noise_is_not() -> None:
    silent = BuiltinEmbedder().embed(Clip(np.zeros(RATE_HZ, np.float32), RATE_HZ)).vectors
    assert not silent.any()
    noise = np.random.default_rng(0).normal(0, 0.01, RATE_HZ).astype(np.float32)
    lengths = np.linalg.norm(BuiltinEmbedder().embed(Clip(noise, RATE_HZ)).vectors, axis=1)
    assert lengths.min() > 0.01
    assert lengths.max() <= 1.0 + 1e-5


@pytest.mark.parametrize("gain", [4.0, 0.1, 0.01])
def test_loudness_is_left_out(gain: float) -> None:
    clip = _tone_and_noise(1.0)
    loud = BuiltinEmbedder().embed(Clip((gain * clip.samples).astype(np.float32), RATE_HZ)).vectors
    assert np.abs(loud - BuiltinEmbedder().embed(clip).vectors).max() < 0.01


@pytest.mark.parametrize("extreme", [1.0, 1e-30, 1e18, 3e38])
def test_finite_whatever_is_heard(extreme: float) -> None:
    clicks = np.zeros(RATE_HZ, np.float32)
    clicks[::4000] = extreme
    full = np.full(RATE_HZ, extreme, np.float32)
    for samples in (clicks, full):
        assert np.isfinite(BuiltinEmbedder().embed(Clip(samples, RATE_HZ)).vectors).all()
    with pytest.raises(ValueError, match="44100 Hz"):
        BuiltinEmbedder().embed(Clip(full, 44_100))


@pytest.mark.parametrize("name", ["low male", "high male", "mid female", "child"])
def test_a_voice_a_fifth_higher_is_nearest_to_itself(name: str) -> None:
    """Every other voice sings at the pitch of the first take: pitch speaks against the right answer."""

    def heard(voice: str, sa_hz: float, seed: int) -> np.ndarray:
        sung = {"phrase": "S R G P G", "sung_on_sargam": False, "tanpura_db": None}
        take = bhupali_take(seed, sa_hz=sa_hz, voice=VOICES[voice], **sung)
        return pool(BuiltinEmbedder().embed(take.clip), 0.0, take.clip.duration_s)

    low_hz = 1.3 * VOICES[name].range_hz[0]
    query = heard(name, low_hz, seed=1)
    others = [query @ heard(other, low_hz, seed=2) for other in VOICES if other != name]
    assert query @ heard(name, 1.5 * low_hz, seed=2) > max(others)


def test_a_hundred_seconds_take_less_than_one_of_computing() -> None:
    clip = _tone_and_noise(100.0)
    BuiltinEmbedder().embed(_tone_and_noise(1.0))
    taken = []
    for _ in range(3):
        began = time.process_time()
        BuiltinEmbedder().embed(clip)
        taken.append(time.process_time() - began)
    assert min(taken) < 1.0


def test_the_fingerprint_is_pinned_and_changes_with_everything_in_the_spec(tmp_path: Path) -> None:
    """Whoever changes the vectors must change this too: caches and stores hang on it."""
    spec = embedder_named("builtin").spec
    assert spec.fingerprint == PINNED
    assert MODEL_FILE.stat().st_size < 4_000_000
    stored = json.loads(json.dumps({name: getattr(spec, name) for name in EmbedderSpec.__slots__}))
    assert EmbedderSpec(**stored).fingerprint == PINNED
    other = tmp_path / "other.tflite"  # a byte after the end changes nothing that is computed
    other.write_bytes(MODEL_FILE.read_bytes() + b"\0")
    changed = [
        BuiltinEmbedder(EmbedderNetwork(other)).spec,
        *(replace(spec, **{name: 0.3}) for name in ("name", "dim", "rate_hz", "window_s", "hop_s")),
        *(replace(spec, parameters={**spec.parameters, key: -1}) for key in spec.parameters),
    ]
    assert len({s.fingerprint for s in (spec, *changed)}) == len(changed) + 1


@pytest.mark.parametrize(
    "content",
    [
        None,
        *(MODEL_FILE.read_bytes()[:kept] for kept in (0, 100, 50_000)),
        (ROOT / "classifier" / "pitch" / "pitch.tflite").read_bytes(),
    ],
    ids=["none", "empty", "100", "50000", "another network"],
)
def test_a_file_that_is_no_network_of_ours_is_told(tmp_path: Path, content: bytes | None) -> None:
    broken = tmp_path / "broken.tflite"
    if content is not None:
        broken.write_bytes(content)
    said = rf"broken\.tflite: .*cannot be read.*{re.escape(repair_advice())}"
    with pytest.raises(ModelDamaged, match=said):
        BuiltinEmbedder(EmbedderNetwork(broken)).embed(_tone_and_noise(0.5))


def test_its_fingerprint_is_had_without_the_network_or_any_sound() -> None:
    code = (
        "import sys; from swara.embedder.registry import embedder_named;"
        "embedder_named('builtin').spec.fingerprint; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    never = {"scipy", "soundfile", "faiss", "ai_edge_litert", "tensorflow", "keras", "librosa", "sklearn"}
    assert never.isdisjoint(done.stdout.split())
