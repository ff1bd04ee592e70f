"""What stands still is told as a loop over numpy's line fit tells it; voices and glides are left alone."""

from __future__ import annotations

import numpy as np
import pytest

import swara.classifier.pitch.decode as stillness
from swara.classifier.pitch.decode import STILL_FRAMES, ends_still, still_frames


def line(cents: np.ndarray) -> np.ndarray:
    return 180.0 * 2.0 ** (cents / 1200.0)


def slow(hz: np.ndarray, probability: np.ndarray) -> np.ndarray:
    found = np.zeros(hz.size, bool)
    times = np.arange(STILL_FRAMES)
    for start in range(hz.size - STILL_FRAMES + 1):
        part = slice(start, start + STILL_FRAMES)
        cents = 1200.0 * np.log2(hz[part])
        off = cents - np.polyval(np.polyfit(times, cents, 1), times)
        if np.sqrt(np.mean(off**2)) < 1.5 and probability[part].mean() < 0.98:
            found[part] = True
    return found


@pytest.mark.parametrize("seed", range(4))
def test_as_a_loop_says(seed, monkeypatch):
    monkeypatch.setattr(stillness, "_BLOCK", 50)
    rng = np.random.default_rng(seed)
    sizes = rng.choice([0.2, 1.2, 1.7, 6.0], 12)
    cents = np.concatenate([300.0 * rng.random() + size * rng.standard_normal(90) for size in sizes])
    probability = np.repeat(rng.choice([0.9, 0.96, 0.99], 12), 90).astype(np.float32)
    expected = slow(line(cents), probability)
    assert 0 < np.count_nonzero(expected) < expected.size
    np.testing.assert_array_equal(still_frames(line(cents), probability), expected)


def test_the_last_frames_tell_what_the_whole_tells():
    rng = np.random.default_rng(1)
    for size in (0.2, 3.0):
        hz, probability = (
            line(size * rng.standard_normal(STILL_FRAMES)),
            np.full(STILL_FRAMES, 0.9, np.float32),
        )
        assert ends_still(hz, probability) == still_frames(hz, probability).all() == (size < 1.5)


def test_a_slow_drift_is_still_and_vibrato_is_not():
    times = np.arange(200)
    likely = np.full(200, 0.9, np.float32)
    assert still_frames(line(0.1 * times), likely).all()
    assert not still_frames(line(4.0 * np.sin(times / 3.0)), likely).any()


def test_a_sure_voice_may_stand_still():
    assert not still_frames(line(np.zeros(200)), np.full(200, 0.995, np.float32)).any()


@pytest.mark.parametrize("frames", [0, 1, STILL_FRAMES - 1])
def test_what_is_too_short_to_tell_is_not_still(frames):
    assert not still_frames(line(np.zeros(frames)), np.full(frames, 0.9, np.float32)).any()
