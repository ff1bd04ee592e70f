"""What the network is given, against loops that follow the definitions."""

from __future__ import annotations

import numpy as np
import pytest

from swara.classifier.pitch.features import (
    CHANNELS,
    NEAR_FRAMES,
    WIDE_FRAMES,
    Background,
    Surroundings,
    centred_backgrounds,
    network_input,
)
from swara.classifier.pitch.spectrum import BINS


def levels(frames: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.uniform(-25, 0, (frames, 2, BINS)), np.float32)


@pytest.mark.parametrize("frames", [1, 50, 700])
@pytest.mark.parametrize("block", [260, 700])
def test_centred_means_are_those_of_a_loop_however_the_frames_come(frames, block):
    seen, around, parts = levels(frames), Surroundings(), []
    for start in range(0, frames, block):
        around.add(seen[start and start + WIDE_FRAMES : start + block + WIDE_FRAMES])
        parts.append(around.means(start, min(start + block, frames)))
    found = np.concatenate(parts)
    assert found.shape == (frames, 2, 2, BINS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, centred_backgrounds(seen), atol=1e-6)
    for frame in {*range(0, frames, 37), frames - 1}:
        for which, reach in enumerate((NEAR_FRAMES, WIDE_FRAMES)):
            slow = seen[max(0, frame - reach) : frame + reach + 1].astype(np.float64).mean(axis=0)
            np.testing.assert_allclose(found[frame, which], slow, atol=1e-4)


def test_the_means_of_the_past_are_weighted_by_age():
    seen = levels(600)
    found = Background().push(seen)
    for frame in (0, 1, 79, 80, 333, 599):
        ages = np.arange(frame, -1, -1.0)
        for which, reach in enumerate((NEAR_FRAMES, WIDE_FRAMES)):
            weights = (1 - 1 / reach) ** ages
            slow = np.einsum("i,ijk->jk", weights, seen[: frame + 1].astype(np.float64)) / weights.sum()
            np.testing.assert_allclose(found[frame, which], slow, atol=2e-4)


def test_the_input_holds_two_frames_channel_by_channel():
    seen, means = levels(6, 1), levels(12, 2).reshape(6, 2, 2, BINS)
    found = network_input(seen, means)
    assert found.shape == (3, BINS, CHANNELS)
    assert found.dtype == np.float32
    for frame in range(6):
        loudness = means[frame, 1].mean()
        channels = [
            seen[frame, 0] - loudness,
            seen[frame, 1] - loudness,
            seen[frame, 0] - means[frame, 0, 0],
            seen[frame, 1] - means[frame, 0, 1],
            seen[frame, 1] - means[frame, 1, 1],
        ]
        half = slice(5 * (frame % 2), 5 * (frame % 2) + 5)
        np.testing.assert_allclose(found[frame // 2, :, half].T, 0.3 * np.array(channels), atol=1e-4)
