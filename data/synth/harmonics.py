"""Harmonics of a moving fundamental, summed fast and without aliasing."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray
from swara.data.clip import Samples

from .tract import Gains

__all__ = ["Phasor", "fundamental", "source_gains", "sum_partials"]

Phasor: TypeAlias = npt.NDArray[np.complex64]

_FADE_FROM, _FADE_TO = 0.92, 0.98  # of half the sample rate: a partial is gone before it could fold back
_GLOTTAL_LIFT_DB = 5.0  # the fundamental stands above the line of the others (the glottal formant)
_EFFORT = 0.15  # a softer voice loses its upper partials first: extra exponent of loudness for each octave


def fundamental(f0_hz: FloatArray, rate_hz: int, jitter: FloatArray) -> Phasor:
    """Integrate a pitch into ``exp(i phase)``, starting at phase 0.

    Parameters
    ----------
    f0_hz : float64 array, shape [n]
        At every sample.
    rate_hz : int
        Sample rate of the sound that is returned.
    jitter : float64 array, shape [n]
        Added to the phase, in turns.

    Returns
    -------
    complex64 array, shape [n]
    """
    steps = 0.5 * (f0_hz[1:] + f0_hz[:-1]) / rate_hz
    turns = np.concatenate([[0.0], np.cumsum(steps)]) + jitter
    angle = (2.0 * np.pi * (turns % 1.0)).astype(np.float32)
    return np.asarray(np.cos(angle) + np.complex64(1j) * np.sin(angle), dtype=np.complex64)


def source_gains(f0_hz: FloatArray, loudness: FloatArray, tilt_db_per_octave: float, rate_hz: int) -> Gains:
    """Amplitudes of the partials of a source without a tract.

    Parameters
    ----------
    f0_hz, loudness : float64 arrays, shape [frames]
        Loudness is linear, 0 where nothing sounds; the softer, the steeper the tilt.
    tilt_db_per_octave : float
        At loudness 1.
    rate_hz : int
        No partial comes near half of it.

    Returns
    -------
    float32 array, shape [frames, partials]
        Column 0 is the fundamental.
    """
    nyquist_hz = 0.5 * rate_hz
    sounding = loudness > 0
    lowest_hz = float(f0_hz[sounding].min()) if sounding.any() else nyquist_hz
    order = np.arange(1, max(1, int(_FADE_TO * nyquist_hz / lowest_hz)) + 1)
    octaves = np.log2(order).astype(np.float32)
    tilt = 10.0 ** (np.float32(tilt_db_per_octave / 20.0) * octaves)
    tilt[0] *= 10.0 ** (_GLOTTAL_LIFT_DB / 20.0)
    effort = np.maximum(loudness, 1e-6).astype(np.float32)[:, None] ** (_EFFORT * octaves)
    # A glide may rise between two control points: judge each point by the highest pitch next to it.
    padded = np.pad(f0_hz, 1, mode="edge")
    near_hz = np.max([padded[:-2], padded[1:-1], padded[2:]], axis=0)
    share = (near_hz / nyquist_hz).astype(np.float32)[:, None] * order.astype(np.float32)
    fade = np.clip((_FADE_TO - share) / (_FADE_TO - _FADE_FROM), 0.0, 1.0)
    return np.asarray(loudness[:, None] * tilt * effort * fade, dtype=np.float32)


def sum_partials(phasor: Phasor, gains: Gains, phases: FloatArray, hop: int) -> Samples:
    """Add up harmonics: the real part of ``sum_k gains_k exp(i phases_k) phasor^k``, by Horner's rule.

    One complex multiplication for each partial and sample; no sine is ever evaluated but the fundamental's.

    Parameters
    ----------
    phasor : complex64 array, shape [(frames - 1) * hop]
        ``exp(i phase)`` of the fundamental.
    gains : float32 array, shape [frames, partials]
        Amplitudes every `hop` samples, interpolated linearly between; column 0 is the fundamental.
    phases : float64 array, shape [partials]
        Constant offsets, in radians.
    hop : int
        Samples between two values of pitch and amplitude.

    Returns
    -------
    float32 array, shape [(frames - 1) * hop]
    """
    ramp = np.arange(hop, dtype=np.float32) / np.float32(hop)
    turned = np.exp(1j * phases).astype(np.complex64)
    by_partial = np.ascontiguousarray(gains.T)
    total = np.zeros_like(phasor)
    for partial in range(gains.shape[1] - 1, -1, -1):
        at, after = by_partial[partial, :-1, None], by_partial[partial, 1:, None]
        total += turned[partial] * (at + (after - at) * ramp).reshape(-1)
        total *= phasor
    return np.ascontiguousarray(total.real)
