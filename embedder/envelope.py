"""The smoothed spectral envelope of a window: vowel, tract, slope and channel, and hardly any pitch.

Computed, not trained. It says less about an instrument than the network does, and more about a take.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .levels import Levels, band_centres_hz, hz_of_mel, mel_of_hz
from .spec import Vectors

__all__ = ["COEFFICIENTS", "window_envelopes"]

COEFFICIENTS = 20
"""Length of the cepstrum, without the first, which is loudness."""

_WIDE_BANDS = 40
_LOWEST_HZ, _HIGHEST_HZ = 350.0, 7600.0
_HALF_WIDTH_HZ = 350.0
"""Least distance from a wide band's centre to where its triangle ends. Bands narrower than that would follow
single harmonics, and so the pitch."""

_FLOOR, _SILENCE = 1e-5, 1e-9  # as in `levels_of`
_LITTLE = 1e-2


def window_envelopes(powers: Levels, weights: Levels, length: int, step: int) -> Vectors:
    """Return the direction of each window's mean cepstrum.

    A frame counts by the root of its power, so that rests and the ends of notes count little.

    Parameters
    ----------
    powers : float32 array, shape [frames, BANDS]
        Of `band_powers`.
    weights : float32 array, shape [frames, 1]
        Of `levels_of`.
    length, step : int
        Frames in a window, and from one window to the next; at least `length` frames.

    Returns
    -------
    float32 array, shape [1 + (frames - length) // step, COEFFICIENTS]
        Of length 1, less where the envelope is next to flat.
    """
    smoothing, cosines = _weights()
    mean = np.square(weights)
    logs = np.log(powers @ smoothing.T + np.float32(_FLOOR) * mean + np.float32(_SILENCE))
    cepstra = logs @ cosines.T
    inside = sliding_window_view(cepstra, length, axis=0)[::step]  # [windows, COEFFICIENTS, length]
    counts = sliding_window_view(weights[:, 0], length)[::step]  # [windows, length]
    means = np.einsum("wcl,wl->wc", inside, counts) / np.maximum(counts.sum(axis=1, keepdims=True), 1e-9)
    lengths = np.sqrt(np.square(means).sum(axis=1, keepdims=True) + np.float32(_LITTLE))
    return np.asarray(means / lengths, dtype=np.float32)


@lru_cache(maxsize=1)
def _weights() -> tuple[Levels, Levels]:
    """Return what turns bands into wide bands, [_WIDE_BANDS, BANDS], and their logs into a cepstrum.

    The n-th coefficient of the DCT-II is multiplied by n, because those of speech shrink about that fast
    (Juang, Rabiner and Wilpon 1987), then all by one factor that keeps the mean square of the multipliers
    at 1: [COEFFICIENTS, _WIDE_BANDS].
    """
    grid_hz = hz_of_mel(np.linspace(mel_of_hz(_LOWEST_HZ), mel_of_hz(_HIGHEST_HZ), _WIDE_BANDS + 2))
    half_widths_hz = np.maximum(_HALF_WIDTH_HZ, (grid_hz[2:] - grid_hz[:-2]) / 2.0)
    centres_hz = band_centres_hz()
    distances_hz = np.abs(centres_hz - grid_hz[1:-1, None])
    triangles = np.maximum(0.0, 1.0 - distances_hz / half_widths_hz[:, None]) * np.gradient(centres_hz)
    order = np.arange(1, COEFFICIENTS + 1)
    middles = np.arange(_WIDE_BANDS) + 0.5
    cosines = np.sqrt(2.0 / _WIDE_BANDS) * np.cos(np.pi * order[:, None] * middles / _WIDE_BANDS)
    cosines *= (order / np.sqrt(np.mean(order**2)))[:, None]
    smoothing = triangles / triangles.sum(axis=1, keepdims=True)
    return smoothing.astype(np.float32), cosines.astype(np.float32)
