"""The channel taken out of a recording, as far as its long-term average spectrum shows it."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from data.clip import Samples
from data.pitch_track import FloatArray

__all__ = ["average_spectrum", "flattened"]

_FRAME, _HOP = 1024, 256
_HALF_WIDTH = 2.0 ** (1 / 6)
"""A third of an octave, from a sixth below to a sixth above."""

_LEAST_BINS = 8
_RANGE = 1e-6
"""Bands more than 60 dB below the strongest are raised no further than one that lies 60 dB below."""


def flattened(samples: Samples) -> Samples:
    """Return a sound whose long-term average spectrum is flat, in thirds of an octave, and its RMS the same.

    Microphone, room and codec colour a whole take in one way, and so does the singer: both are taken out.

    Parameters
    ----------
    samples : float32 array, shape [n]
        At least 1024 samples, or it is filled up with silence.

    Returns
    -------
    float32 array, shape [n]
        Filtered with zero phase, so nothing moves in time.
    """
    smooth = _smoothed(average_spectrum(samples))
    gain = 1.0 / np.sqrt(np.maximum(smooth, _RANGE * smooth.max() + np.finfo(float).tiny))
    bins = np.arange(1 + _fft_size(samples.size) // 2) * (_FRAME / _fft_size(samples.size))
    spectrum = np.fft.rfft(samples, _fft_size(samples.size)) * np.interp(bins, np.arange(gain.size), gain)
    flat = np.fft.irfft(spectrum)[: samples.size]
    level = np.sqrt(np.mean(np.square(samples, dtype=np.float64)) / max(np.mean(flat**2), 1e-30))
    return np.asarray(level * flat, dtype=np.float32)


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
