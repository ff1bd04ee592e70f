"""What the network is given: the levels of a frame, and how far they stand out from what was there before.

A drone stays where it is while a voice moves: the level of each bin less its own mean over the neighbouring
seconds hides the one and shows the other.
"""

from __future__ import annotations

import numpy as np

from swara.data.arrays import BoolArray

from .spectrum import BINS, BINS_PER_OCTAVE, Levels

__all__ = [
    "CHANNELS",
    "NEAR_FRAMES",
    "WIDE_FRAMES",
    "Background",
    "audible",
    "centred_backgrounds",
    "network_input",
]

NEAR_FRAMES = 80
WIDE_FRAMES = 250
"""Reach of the two means, in frames of 10 ms: as far to either side, or the time constant of the past."""

CHANNELS = 10
_LOWEST_BIN = BINS_PER_OCTAVE  # 60 Hz
_FAINTEST = np.float32(np.log(1e-9))
_SCALE = np.float32(0.3)  # brings most log levels into -2 to 2


class Background:
    """The means of the past, frame by frame: each frame counts less by its age, the present one included."""

    def __init__(self) -> None:
        self._keep = np.array([1 - 1 / NEAR_FRAMES, 1 - 1 / WIDE_FRAMES], np.float32)[:, None, None]
        self._sums = np.zeros((2, 2, BINS), np.float32)
        self._weights = np.zeros((2, 1, 1), np.float32)

    def push(self, levels: Levels) -> Levels:
        """Take frames in, shape [frames, 2, BINS]; return both means at each, shape [frames, 2, 2, BINS]."""
        means = np.empty((levels.shape[0], 2, 2, BINS), np.float32)
        for frame, mean in zip(levels, means, strict=True):
            self._sums *= self._keep
            self._sums += frame
            self._weights *= self._keep
            self._weights += 1.0
            np.divide(self._sums, self._weights, out=mean)
        return means


def centred_backgrounds(levels: Levels, start: int, stop: int) -> Levels:
    """Return the means around frames `start` to `stop` of `levels`, shape [stop - start, 2, 2, BINS].

    At the ends of `levels` they reach as far as there are frames.
    """
    sums = np.zeros((levels.shape[0] + 1, 2, BINS), np.float64)
    np.cumsum(levels, axis=0, dtype=np.float64, out=sums[1:])
    means = np.empty((stop - start, 2, 2, BINS), np.float32)
    for which, reach in enumerate((NEAR_FRAMES, WIDE_FRAMES)):
        for frame in range(start, stop):
            first, after = max(frame - reach, 0), min(frame + reach + 1, levels.shape[0])
            np.subtract(sums[after], sums[first], out=means[frame - start, which], casting="same_kind")
            means[frame - start, which] *= np.float32(1.0 / (after - first))
    return means


def audible(levels: Levels) -> BoolArray:
    """Return whether anything sounds above 60 Hz and -90 dB of full scale, shape [frames].

    The network knows no absolute level: to it a constant is a sound on very quiet ground.
    """
    return np.asarray(levels[:, 1, _LOWEST_BIN:].max(axis=1) > _FAINTEST)


def network_input(levels: Levels, backgrounds: Levels) -> Levels:
    """Lay frames out for the network, two by two.

    Parameters
    ----------
    levels : float32 array, shape [frames, 2, BINS]
        An even number of frames, short window first.
    backgrounds : float32 array, shape [frames, 2, 2, BINS]
        Their near and wide means.

    Returns
    -------
    float32 array, shape [frames // 2, BINS, CHANNELS]
        For both windows of both frames the level and how far it stands above the near mean, and for the long
        window how far above the wide one. Levels count from the mean of the frames around, so that loud
        and soft recordings look alike.
    """
    loudness = backgrounds[:, 1].mean(axis=(1, 2))
    channels = np.empty((levels.shape[0], 5, BINS), np.float32)
    channels[:, :2] = levels - loudness[:, None, None]
    channels[:, 2:4] = levels - backgrounds[:, 0]
    channels[:, 4] = levels[:, 1] - backgrounds[:, 1, 1]
    channels *= _SCALE
    pairs = channels.reshape(-1, CHANNELS, BINS)
    return np.ascontiguousarray(pairs.transpose(0, 2, 1))
