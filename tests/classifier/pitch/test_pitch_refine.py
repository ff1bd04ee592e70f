"""The refined pitch against a loop over frames and lags, and against tones whose pitch is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swara.classifier.pitch import TRACK_RATE_HZ, refine
from swara.classifier.pitch.refine import SEARCH_CENTS, SPAN_S, WINDOW_S
from swara.data.clip import Clip


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


def tone(hz: float, seconds: float = 0.4, rate_hz: int = TRACK_RATE_HZ) -> Clip:
    """A harmonic tone: eight partials, as far as the sample rate has room, with phases of their own."""
    times_s = np.arange(round(seconds * rate_hz)) / rate_hz
    orders = [k for k in range(1, 9) if k * hz < 0.45 * rate_hz]
    samples = sum(0.3 / k * np.cos(2 * np.pi * k * hz * times_s + k * k) for k in orders)
    return Clip(np.asarray(0.5 * samples, dtype=np.float32), rate_hz)


def cents(hz: np.ndarray, reference_hz: np.ndarray | float) -> np.ndarray:
    return 1200 * np.log2(hz / reference_hz)


def test_every_frame_is_that_of_a_slow_loop():
    rng = np.random.default_rng(2)
    count = TRACK_RATE_HZ * 6
    glide_hz = 90 * 2 ** (3.3 * np.arange(count) / count)
    phase = 2 * np.pi * np.cumsum(glide_hz) / TRACK_RATE_HZ
    samples = np.sin(phase) + 0.5 * np.sin(2 * phase + 1) + 0.15 * rng.standard_normal(count)
    clip = Clip(np.asarray(0.2 * samples, np.float32), TRACK_RATE_HZ)
    times_s = 0.01 * np.arange(600)
    coarse_hz = glide_hz[:: count // 600] * 2 ** (rng.uniform(-60, 60, 600) / 1200)

    found = refine(clip, times_s, coarse_hz)

    slow = np.array(
        [
            slow_refine(clip.samples, clip.rate_hz, t, hz)
            for t, hz in zip(times_s[2:-2], coarse_hz[2:-2], strict=True)
        ]
    )
    np.testing.assert_allclose(found.hz[2:-2], slow[:, 0], rtol=1e-7)
    np.testing.assert_allclose(found.periodicity[2:-2], slow[:, 1], atol=1e-7)


@pytest.mark.parametrize(
    "hz", [65.0, 82.4, 110.3, 138.59, 147.1, 207.65, 261.63, 391.7, 523.25, 784.2, 1099.0]
)
def test_a_tone_is_measured_within_a_cent_from_anywhere_in_the_search_range(hz):
    clip = tone(hz)
    times_s = np.arange(0.05, 0.35, 0.01)
    coarse_hz = hz * 2 ** (np.linspace(-12, 12, times_s.size) / 1200)

    found = refine(clip, times_s, coarse_hz)

    assert np.abs(cents(found.hz, hz)).max() <= 1.0
    assert found.periodicity.min() > 0.9


def test_of_a_long_clip_every_frame_is_refined():
    clip = tone(196.0, seconds=11.0)
    times_s = 0.01 * np.arange(5, 1090)

    found = refine(clip, times_s, np.full(times_s.size, 197.0))

    assert np.abs(cents(found.hz, 196.0)).max() <= 1.0


def test_an_estimate_with_no_peak_near_it_stays_as_it_was():
    clip = tone(200.0)
    times_s = np.arange(0.1, 0.3, 0.01)
    coarse_hz = np.full(times_s.size, 200.0 * 2 ** (150 / 1200))

    np.testing.assert_array_equal(refine(clip, times_s, coarse_hz).hz, coarse_hz)


def test_periodicity_tells_voice_from_noise():
    rng = np.random.default_rng(4)
    noise = Clip(np.asarray(0.1 * rng.standard_normal(TRACK_RATE_HZ), np.float32), TRACK_RATE_HZ)
    times_s = np.arange(0.1, 0.9, 0.01)

    assert np.quantile(refine(noise, times_s, np.full(times_s.size, 150.0)).periodicity, 0.95) < 0.35


def test_silence_has_no_periodicity_and_keeps_the_estimate():
    silent = Clip(np.zeros(TRACK_RATE_HZ, np.float32), TRACK_RATE_HZ)
    times_s = np.arange(0.1, 0.9, 0.01)

    found = refine(silent, times_s, np.full(times_s.size, 150.0))

    assert (found.periodicity == 0).all()
    assert (found.hz == 150.0).all()
