"""Short frames, summed up over a longer window: where they lie, and how they move about."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from data.pitch_track import FloatArray

__all__ = ["window_summaries"]


def window_summaries(values: FloatArray, power: FloatArray, length: int, step: int) -> FloatArray:
    """Return the mean of each window's frames, then their standard deviation.

    A frame counts by the root of its power, so that rests and the ends of notes count little.

    Parameters
    ----------
    values : float64 array, shape [frames, dim]
    power : float64 array, shape [frames]
    length, step : int
        Frames in a window, and from one window to the next; at least `length` frames.

    Returns
    -------
    float64 array, shape [1 + (frames - length) // step, 2 * dim]
        Zero where there is no power.
    """
    inside = sliding_window_view(values, length, axis=0)[::step]  # [windows, dim, length]
    weights = np.sqrt(sliding_window_view(power, length)[::step])  # [windows, length]
    total = weights.sum(axis=1, keepdims=True)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    means = np.einsum("wdl,wl->wd", inside, weights)
    squares = (inside - means[:, :, None]) ** 2
    spreads = np.sqrt(np.einsum("wdl,wl->wd", squares, weights))
    return np.concatenate([means, spreads], axis=1)
