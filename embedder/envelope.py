"""The smoothed spectral envelope of short frames: how a voice sounds, hardly how high it sings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from data.clip import Samples
from data.pitch_track import FloatArray

__all__ = ["EnvelopeParameters", "band_weights", "cepstrum_weights", "envelope_cepstra"]

_BLOCK = 2048
"""Frames worked on at a time, whatever the length of the clip."""


@dataclass(frozen=True, slots=True)
class EnvelopeParameters:
    """How an envelope is taken.

    Parameters
    ----------
    rate_hz : int
        Sample rate.
    frame_samples, step_samples : int
        Length of a frame under its Hann window, and from one to the next.
    bands : int
        Their centres are evenly spaced on the mel scale between `lowest_hz` and `highest_hz`, both excluded.
    lowest_hz, highest_hz : float
        The range of the centres.
    half_width_hz : float
        Least distance from a band's centre to where its triangle ends. Bands narrower than that would follow
        single harmonics, and so the pitch.
    coefficients : int
        Length of the cepstrum, without the first, which is loudness.
    floor : float
        No band is taken for weaker than this share of the frame's mean band power.
    silence : float
        Band power that counts as none; 1e-9 is white noise at -113 dB of full scale.
    """

    rate_hz: int = 16_000
    frame_samples: int = 512
    step_samples: int = 320
    bands: int = 40
    lowest_hz: float = 350.0
    highest_hz: float = 7600.0
    half_width_hz: float = 350.0
    coefficients: int = 20
    floor: float = 1e-5
    silence: float = 1e-9


def envelope_cepstra(samples: Samples, how: EnvelopeParameters) -> tuple[FloatArray, FloatArray]:
    """Return the cepstrum and the mean band power of each frame that fits into `samples`.

    Parameters
    ----------
    samples : float32 array, shape [n]
        At least one frame long.
    how : EnvelopeParameters

    Returns
    -------
    cepstra : float64 array, shape [frames, how.coefficients]
        Zero for silence, and the same at any loudness above it.
    power : float64 array, shape [frames]
    """
    frames = sliding_window_view(samples, how.frame_samples)[:: how.step_samples]
    window = np.hanning(how.frame_samples + 1)[:-1]
    bands, cosines = band_weights(how), cepstrum_weights(how)
    cepstra = np.empty((len(frames), how.coefficients))
    power = np.empty(len(frames))
    for begin in range(0, len(frames), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        spectrum = np.abs(np.fft.rfft(frames[block] * window)) ** 2
        levels = spectrum @ bands.T
        power[block] = levels.mean(axis=1)
        cepstra[block] = np.log(levels + how.floor * power[block, None] + how.silence) @ cosines.T
    return cepstra, power


def band_weights(how: EnvelopeParameters) -> FloatArray:
    """Return each band's share of each bin's power, shape [bands, frame_samples // 2 + 1]; rows sum to 1."""
    grid_mel = np.linspace(_mel(how.lowest_hz), _mel(how.highest_hz), how.bands + 2)
    grid_hz = 700.0 * (10.0 ** (grid_mel / 2595.0) - 1.0)
    bins_hz = np.arange(how.frame_samples // 2 + 1) * how.rate_hz / how.frame_samples
    half_widths_hz = np.maximum(how.half_width_hz, (grid_hz[2:] - grid_hz[:-2]) / 2.0)
    distances_hz = np.abs(bins_hz - grid_hz[1:-1, None])
    triangles = np.maximum(0.0, 1.0 - distances_hz / half_widths_hz[:, None])
    return np.asarray(triangles / triangles.sum(axis=1, keepdims=True))


def cepstrum_weights(how: EnvelopeParameters) -> FloatArray:
    """Return the DCT-II from log bands to cepstrum, shape [coefficients, bands].

    The n-th coefficient is multiplied by n, because those of speech shrink about that fast (Juang, Rabiner
    and Wilpon 1987), then all by one factor that keeps the mean square of the multipliers at 1.
    """
    order = np.arange(1, how.coefficients + 1)
    middles = np.arange(how.bands) + 0.5
    cosines = np.sqrt(2.0 / how.bands) * np.cos(np.pi * order[:, None] * middles / how.bands)
    return np.asarray(cosines * (order / np.sqrt(np.mean(order**2)))[:, None])


def _mel(hz: float) -> float:
    """O'Shaughnessy's mel scale."""
    return float(2595.0 * np.log10(1.0 + hz / 700.0))
