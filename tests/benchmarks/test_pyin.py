"""The reference: pYIN covers the whole sung range at any length; what refines it is that of a slow loop."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks import pyin
from benchmarks.pyin import SEARCH_CENTS, SPAN_S, WINDOW_S, refine, refined_pyin
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.clip import Clip
from swara.data.pitch_track import MAX_HZ, MIN_HZ
from swara.data.synth import VOICES, bhupali_take

# In one process: numba compiles for half a minute in each that it is used in.
pytestmark = pytest.mark.xdist_group("pyin")


def harmonic(f0_hz: np.ndarray) -> Clip:
    """Eight partials of a moving fundamental, given at every sample."""
    phase = 2 * np.pi * (np.cumsum(f0_hz) - f0_hz / 2) / TRACK_RATE_HZ
    room = np.minimum(1.0, np.maximum(0.0, 7500 - np.outer(range(1, 9), f0_hz)) / 500)
    samples = sum(0.2 / k * room[k - 1] * np.sin(k * phase) for k in range(1, 9))
    return Clip(np.asarray(samples, np.float32), TRACK_RATE_HZ)


@pytest.fixture(scope="module")
def chirp():
    """Up two octaves in 2.5 s and down again: 9.6 cents in 10 ms, so that a frame's place shows."""
    seconds = np.arange(5 * TRACK_RATE_HZ) / TRACK_RATE_HZ
    clip = harmonic(100 * 2 ** (2 - 2 * np.abs(seconds - 2.5) / 2.5))
    return refined_pyin(clip)


def test_a_frame_tells_the_pitch_at_its_own_time(chirp):
    truth_hz = 100 * 2 ** (2 - 2 * np.abs(chirp.times_s - 2.5) / 2.5)
    inside = (chirp.times_s > 0.1) & (chirp.times_s < 4.9) & (np.abs(chirp.times_s - 2.5) > 0.05)

    assert chirp.voiced[inside].all()
    assert np.abs(1200 * np.log2(chirp.hz / truth_hz))[inside].max() <= 5.0


def test_the_whole_sung_range_is_heard():
    steps_hz = np.array([MIN_HZ + 1, 80.0, 170.0, 430.0, 700.0, 950.0, MAX_HZ - 10])
    clip = harmonic(np.repeat(steps_hz, TRACK_RATE_HZ // 2))

    track = refined_pyin(clip)

    for step, hz in enumerate(steps_hz):
        held = track.hz[50 * step + 10 : 50 * step + 40]
        assert track.voiced[50 * step + 10 : 50 * step + 40].all()
        assert np.abs(1200 * np.log2(held / hz)).max() <= 2.0


def test_a_long_take_tracked_in_pieces_is_that_of_one_piece(monkeypatch):
    take = bhupali_take(11, voice=VOICES["mid female"], phrase="G R S .D S R G, P G R S")
    whole = refined_pyin(take.clip)
    monkeypatch.setattr(pyin, "_PIECE_FRAMES", 230)
    pieces = refined_pyin(take.clip)

    assert len(whole) > 2 * 230
    np.testing.assert_array_equal(pieces.times_s, whole.times_s)
    assert np.count_nonzero(pieces.voiced != whole.voiced) <= 2
    both = pieces.voiced & whole.voiced
    np.testing.assert_allclose(pieces.hz[both], whole.hz[both], rtol=1e-6)


def test_confidence_is_high_on_a_voice_and_low_in_noise():
    rng = np.random.default_rng(6)
    voice = harmonic(np.full(TRACK_RATE_HZ, 220.0)).samples
    noise = np.asarray(0.1 * rng.standard_normal(TRACK_RATE_HZ), np.float32)

    track = refined_pyin(Clip(np.concatenate([voice, noise]), TRACK_RATE_HZ))

    assert track.confidence[5:95].min() > 0.9
    assert track.voiced[5:95].all()
    assert not track.voiced[110:].any()
    assert np.isfinite(track.confidence).all()


def test_another_sample_rate_is_refused():
    with pytest.raises(ValueError, match="16000"):
        refined_pyin(Clip(np.zeros(8000, np.float32), 8000))


def slow_refine(samples: np.ndarray, rate_hz: int, time_s: float, hz: float) -> tuple[float, float]:
    """One frame: every lag in reach, its correlation by the sum of its definition, the peak by a parabola."""
    periods = max(1, math.floor(SPAN_S * hz))
    lag = periods * rate_hz / hz
    reach = math.ceil(lag * (2 ** (SEARCH_CENTS / 1200) - 1)) + 2
    window = round(WINDOW_S * rate_hz)
    padded = np.pad(samples.astype(np.float64), 2000)
    centre = round(time_s * rate_hz) + 2000
    heights = {}
    for candidate in range(round(lag) - reach, round(lag) + reach + 1):
        start = centre - (window + candidate) // 2
        first, second = padded[start : start + window], padded[start + candidate : start + candidate + window]
        heights[candidate] = (first @ second) / math.sqrt((first @ first) * (second @ second) + 1e-20)
    best = max(heights, key=heights.get)
    if best - 1 not in heights or best + 1 not in heights:
        return hz, heights[best]
    before, at, after = heights[best - 1], heights[best], heights[best + 1]
    if before + after >= 2 * at:
        return hz, at
    shift = 0.5 * (before - after) / (before - 2 * at + after)
    return periods * rate_hz / (best + shift), at


def test_every_frame_is_that_of_a_slow_loop():
    rng = np.random.default_rng(2)
    count = TRACK_RATE_HZ * 6
    glide_hz = 90 * 2 ** (3.3 * np.arange(count) / count)
    phase = 2 * np.pi * np.cumsum(glide_hz) / TRACK_RATE_HZ
    samples = np.sin(phase) + 0.5 * np.sin(2 * phase + 1) + 0.15 * rng.standard_normal(count)
    clip = Clip(np.asarray(0.2 * samples, np.float32), TRACK_RATE_HZ)
    times_s = 0.01 * np.arange(600)
    coarse_hz = glide_hz[:: count // 600] * 2 ** (rng.uniform(-60, 60, 600) / 1200)

    found_hz, periodicity = refine(clip, times_s, coarse_hz)

    slow = np.array(
        [
            slow_refine(clip.samples, clip.rate_hz, t, hz)
            for t, hz in zip(times_s[2:-2], coarse_hz[2:-2], strict=True)
        ]
    )
    np.testing.assert_allclose(found_hz[2:-2], slow[:, 0], rtol=1e-7)
    np.testing.assert_allclose(periodicity[2:-2], slow[:, 1], atol=1e-7)
    # Silence has no periodicity and keeps the estimate.
    kept_hz, periodicity = refine(Clip(np.zeros(count, np.float32), TRACK_RATE_HZ), times_s, coarse_hz)
    assert (periodicity == 0).all()
    np.testing.assert_allclose(kept_hz, coarse_hz, rtol=1e-12)
