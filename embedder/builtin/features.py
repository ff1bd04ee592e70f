"""What the built-in embedder's network hears: levels of bands in short frames, loudness left out."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from swara.data.arrays import FloatArray
from swara.data.audio.frames import hz_of_mel, mel_of_hz
from swara.data.clip import Samples
from swara.embedder.spec import Vectors

__all__ = [
    "BANDS",
    "COEFFICIENTS",
    "FRAME_SAMPLES",
    "RATE_HZ",
    "STEP_SAMPLES",
    "Levels",
    "band_centres_hz",
    "band_features",
    "band_powers",
    "band_weights",
    "log_powers",
    "window_envelopes",
]

Levels: TypeAlias = npt.NDArray[np.float32]

RATE_HZ = 16_000
FRAME_SAMPLES, STEP_SAMPLES = 512, 400
BANDS = 64

_LOWEST_HZ, _HIGHEST_HZ = 60.0, 7800.0
_HALF_WIDTH_HZ = 62.5
"""Least distance from a band's centre to where its triangle ends: two bins of the spectrum."""

_FLOOR = 1e-5
"""No band is taken for weaker than this share of its frame's mean."""

_SILENCE = 1e-9
"""Band power that counts as none: white noise at -113 dB of full scale."""

_HIGHEST = np.float32(1e6)
"""What lies beyond a million times full scale is cut off: its power would not fit into a float32."""

_BLOCK = 128
"""Frames worked on at a time: fewer cost more calls, more would not stay in the processor's cache."""


def band_powers(samples: Samples) -> Levels:
    """Return the power of each band in each frame that fits into `samples`.

    Parameters
    ----------
    samples : float32 array, shape [n]
        At 16 kHz, at least a frame long.

    Returns
    -------
    float32 array, shape [1 + (n - FRAME_SAMPLES) // STEP_SAMPLES, BANDS]
    """
    if max(-samples.min(), samples.max()) > _HIGHEST:
        samples = np.clip(samples, -_HIGHEST, _HIGHEST)
    frames = sliding_window_view(samples, FRAME_SAMPLES)[::STEP_SAMPLES]
    window = np.hanning(FRAME_SAMPLES + 1)[:-1].astype(np.float32)
    weights = band_weights().T
    powers = np.empty((len(frames), BANDS), np.float32)
    # One set of arrays for all blocks: memory that is new each time costs as much as the spectra.
    size, bins = min(_BLOCK, len(frames)), FRAME_SAMPLES // 2 + 1
    windowed = np.empty((size, FRAME_SAMPLES), np.float32)
    spectra = np.empty((size, bins), np.complex64)
    squares, power = np.empty((2, size, bins), np.float32)
    for begin in range(0, len(frames), _BLOCK):
        part = slice(0, min(_BLOCK, len(frames) - begin))
        np.multiply(frames[begin : begin + _BLOCK], window, out=windowed[part])
        spectrum = np.fft.rfft(windowed[part], out=spectra[part])  # type: ignore[arg-type]  # numpy's stub
        np.square(spectrum.real, out=power[part])
        power[part] += np.square(spectrum.imag, out=squares[part])
        np.matmul(power[part], weights, out=powers[begin : begin + _BLOCK])
    return powers


def log_powers(powers: Levels) -> npt.NDArray[np.float16]:
    """Return natural logarithms of `band_powers`, as sounds to learn from are kept."""
    return np.asarray(np.log(powers + np.float32(_SILENCE)), dtype=np.float16)


def band_features(powers: Levels) -> tuple[Levels, Levels]:
    """Return the network's input.

    Parameters
    ----------
    powers : float32 array, shape [..., BANDS]
        Of `band_powers`.

    Returns
    -------
    levels : float32 array, shape [..., BANDS]
        Natural logarithm of power over its mean over the bands, half of it; the same at any loudness.
    weights : float32 array, shape [..., 1]
        Root of the mean power: how much a frame counts beside others. 0 for digital silence.
    """
    mean = powers.mean(axis=-1, keepdims=True)
    logs = np.log(powers + np.float32(_FLOOR) * mean + np.float32(_SILENCE))
    levels = np.float32(0.5) * (logs - logs.mean(axis=-1, keepdims=True))
    return levels, np.sqrt(mean)


@lru_cache(maxsize=1)
def band_weights() -> Levels:
    """Return each band's share of each bin's power, shape [BANDS, FRAME_SAMPLES // 2 + 1]; rows sum to 1."""
    bins_hz = np.arange(FRAME_SAMPLES // 2 + 1) * RATE_HZ / FRAME_SAMPLES
    triangles = _triangles(bins_hz, (_LOWEST_HZ, _HIGHEST_HZ), BANDS, _HALF_WIDTH_HZ)
    return np.asarray(triangles / triangles.sum(axis=1, keepdims=True), dtype=np.float32)


def _triangles(
    points_hz: FloatArray, edges_hz: tuple[float, float], bands: int, least_half_width_hz: float
) -> FloatArray:
    """Return the height of each of `bands` mel triangles at each point, shape [bands, points]."""
    grid_hz = hz_of_mel(np.linspace(mel_of_hz(edges_hz[0]), mel_of_hz(edges_hz[1]), bands + 2))
    half_widths_hz = np.maximum(least_half_width_hz, (grid_hz[2:] - grid_hz[:-2]) / 2.0)
    distances_hz = np.abs(points_hz - grid_hz[1:-1, None])
    return np.asarray(np.maximum(0.0, 1.0 - distances_hz / half_widths_hz[:, None]))


def band_centres_hz() -> FloatArray:
    """Return where each band's power lies on average, float64 of shape [BANDS]."""
    return np.asarray(band_weights() @ np.linspace(0.0, RATE_HZ / 2, FRAME_SAMPLES // 2 + 1))


COEFFICIENTS = 20
"""Length of the cepstrum, without the first, which is loudness."""

_WIDE_BANDS = 40
_WIDE_LOWEST_HZ, _WIDE_HIGHEST_HZ = 350.0, 7600.0
_WIDE_HALF_WIDTH_HZ = 350.0
"""Least distance from a wide band's centre to where its triangle ends. Bands narrower than that would follow
single harmonics, and so the pitch."""

_LITTLE = 1e-2


def window_envelopes(powers: Levels, weights: Levels, length: int, step: int) -> Vectors:
    """Return the direction of each window's mean cepstrum.

    A frame counts by the root of its power, so that rests and the ends of notes count little.

    Parameters
    ----------
    powers : float32 array, shape [frames, BANDS]
        Of `band_powers`.
    weights : float32 array, shape [frames, 1]
        Of `band_features`.
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
    centres_hz = band_centres_hz()
    edges_hz = (_WIDE_LOWEST_HZ, _WIDE_HIGHEST_HZ)
    triangles = _triangles(centres_hz, edges_hz, _WIDE_BANDS, _WIDE_HALF_WIDTH_HZ) * np.gradient(centres_hz)
    order = np.arange(1, COEFFICIENTS + 1)
    middles = np.arange(_WIDE_BANDS) + 0.5
    cosines = np.sqrt(2.0 / _WIDE_BANDS) * np.cos(np.pi * order[:, None] * middles / _WIDE_BANDS)
    cosines *= (order / np.sqrt(np.mean(order**2)))[:, None]
    smoothing = triangles / triangles.sum(axis=1, keepdims=True)
    return smoothing.astype(np.float32), cosines.astype(np.float32)
