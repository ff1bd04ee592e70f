"""Pitch that stands still: a string's. Hardly a voice holds a pitch to a cent and a half for 0.6 s."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from swara.data.arrays import BoolArray, FloatArray

from .bins import Salience

__all__ = ["STILL_FRAMES", "ends_still", "still_frames"]

STILL_FRAMES = 65
"""How long a pitch must stand still: 0.65 s of frames."""

_STILL_CENTS = 1.5  # RMS around the straight line that fits best, so that a slow drift is no movement
_VOICE_ALL_THE_SAME = 0.98  # so likely on average, it is a voice that was made by a machine

_BLOCK = 4096
_TIMES = np.arange(STILL_FRAMES) - STILL_FRAMES // 2


def still_frames(hz: FloatArray, probability: Salience) -> BoolArray:
    """Tell which frames lie in a stretch that stands still without being all but surely a voice.

    Parameters
    ----------
    hz : float64 array, shape [frames]
        Positive, voiced or not.
    probability : float32 array, shape [frames]
        Of a voice.

    Returns
    -------
    bool array, shape [frames]
    """
    starts = np.zeros(hz.size + 1, np.intp)
    for first in range(0, hz.size - STILL_FRAMES + 1, _BLOCK):
        inside = slice(first, first + _BLOCK + STILL_FRAMES - 1)
        still = _stands_still(
            sliding_window_view(hz[inside], STILL_FRAMES),
            sliding_window_view(probability[inside], STILL_FRAMES),
        )
        at = first + np.flatnonzero(still)
        starts[at] += 1
        starts[at + STILL_FRAMES] -= 1
    return np.asarray(np.cumsum(starts)[:-1] > 0)


def ends_still(hz: FloatArray, probability: Salience) -> bool:
    """Tell whether the last `STILL_FRAMES` frames stand still: all that can be known of the last one.

    Parameters
    ----------
    hz : float64 array, shape [STILL_FRAMES]
    probability : float32 array, shape [STILL_FRAMES]
    """
    return bool(_stands_still(hz[None], probability[None])[0])


def _stands_still(hz: FloatArray, probability: Salience) -> BoolArray:
    """Judge each row, shape [windows, STILL_FRAMES]."""
    cents = 1200.0 * np.log2(hz)
    off = cents - cents.mean(axis=1, keepdims=True)
    slope = off @ _TIMES / np.square(_TIMES).sum()
    off -= slope[:, None] * _TIMES
    still = np.square(off).mean(axis=1) < _STILL_CENTS**2
    return np.asarray(still & (probability.mean(axis=1) < _VOICE_ALL_THE_SAME))
