"""The channel taken out of a recording, as far as its long-term average spectrum shows it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from swara.data.arrays import FloatArray
from swara.data.clip import Samples

__all__ = ["average_spectrum", "equaliser"]

_FRAME, _HOP = 1024, 256
_HALF_WIDTH = 2.0 ** (1 / 6)
"""A third of an octave, from a sixth below to a sixth above."""

_LEAST_BINS = 8
_SILENT = 1e-12
_RANGE = 1e-6
"""Bands more than 60 dB below the strongest are raised no further than one that lies 60 dB below."""


def equaliser(samples: Samples) -> Callable[[Samples], Samples]:
    """Return a filter that makes the long-term average spectrum of `samples` flat, in thirds of an octave.

    Microphone, room and codec colour a whole take in one way, and so does the singer: both are taken out.

    Parameters
    ----------
    samples : float32 array, shape [n]
        The whole take.

    Returns
    -------
    callable
        Takes and returns float32 arrays of one shape [m]: the take, or part of it. Its RMS stays, and
        the phase is zero, so nothing moves in time.
    """
    smooth = _smoothed(average_spectrum(samples))
    gain = 1.0 / np.sqrt(np.maximum(smooth, _RANGE * smooth.max() + np.finfo(float).tiny))

    def flat(part: Samples) -> Samples:
        size = _fft_size(part.size)
        bins = np.arange(1 + size // 2) * (_FRAME / size)
        spectrum = np.fft.rfft(part, size) * np.interp(bins, np.arange(gain.size), gain)
        filtered = np.fft.irfft(spectrum)[: part.size]
        rms = np.sqrt(np.mean(np.square(part, dtype=np.float64)))
        return np.asarray(rms / max(np.sqrt(np.mean(filtered**2)), _SILENT) * filtered, dtype=np.float32)

    return flat


def average_spectrum(samples: Samples) -> FloatArray:
    """Return the mean power in each bin of a Hann window of 1024 samples, shape [513]."""
    padded = np.pad(samples, (0, max(0, _FRAME - samples.size)))
    frames = sliding_window_view(padded, _FRAME)[::_HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(_FRAME + 1)[:-1])) ** 2
    return np.asarray(power.mean(axis=0))


def _smoothed(power: FloatArray) -> FloatArray:
    """Return the mean over a third of an octave around each bin, but over no fewer than 17 bins."""
    bins = np.arange(power.size)
    low = np.minimum(np.floor(bins / _HALF_WIDTH), bins - _LEAST_BINS).clip(0).astype(np.intp)
    high = np.maximum(np.ceil(bins * _HALF_WIDTH), bins + _LEAST_BINS).clip(0, power.size - 1).astype(np.intp)
    sums = np.concatenate([[0.0], np.cumsum(power)])
    return np.asarray((sums[high + 1] - sums[low]) / (high + 1 - low))


def _fft_size(count: int) -> int:
    """Return a power of two with room for the filter's ringing on both sides."""
    return 1 << (count + 2 * _FRAME - 1).bit_length()
