"""The vocal tract as a row of resonances."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray

__all__ = ["NEUTRAL_HZ", "Gains", "tract_gain", "tract_phase"]

Gains: TypeAlias = npt.NDArray[np.float32]

NEUTRAL_HZ = (500.0, 1500.0, 2500.0)
"""F1 to F3 of a uniform tube of 17 cm: a man's tract at rest."""

_UPPER_FORMANTS_HZ = (3400.0, 4200.0)
_SPACING_HZ = 900.0  # of the resonances above, as in a uniform tube of 17 cm
_TOP_HZ = 12000.0  # beyond it nothing of a voice is left to shape


def tract_gain(freq_hz: npt.NDArray[np.floating], formants_hz: FloatArray, scale: float) -> Gains:
    """Magnitude response of a tract of resonances in cascade, 1 at 0 Hz.

    Each is a conjugate pole pair, as in Fant, "Acoustic Theory of Speech Production" (1960); the resonances
    above F3 do not move and only set the level and the brightness.

    Parameters
    ----------
    freq_hz : float array, shape [frames, bins] or [1, bins]
        Where to evaluate.
    formants_hz : float64 array, shape [frames, 3]
        F1 to F3 of this voice.
    scale : float
        Of the upper resonances, 1 for an average man.

    Returns
    -------
    float32 array, shape [frames, bins]
    """
    upper_hz = scale * np.concatenate(
        [_UPPER_FORMANTS_HZ, np.arange(_UPPER_FORMANTS_HZ[-1] + _SPACING_HZ, _TOP_HZ, _SPACING_HZ)]
    )
    freq_sq = freq_hz.astype(np.float32) ** 2
    power: Gains = np.ones((formants_hz.shape[0], freq_hz.shape[1]), np.float32)
    for centre_hz in formants_hz.T:
        power *= _resonance(freq_sq, centre_hz[:, None])
    for centre_hz in upper_hz:
        power *= _resonance(freq_sq, np.array([[centre_hz]]))
    return np.asarray(np.sqrt(power), dtype=np.float32)


def tract_phase(freq_hz: FloatArray, formants_hz: FloatArray) -> FloatArray:
    """Phase response of three resonances at rest, in radians.

    Parameters
    ----------
    freq_hz : float64 array, shape [bins]
        Frequencies that the phase is wanted at.
    formants_hz : float64 array, shape [3]
        Centres of the resonances.

    Returns
    -------
    float64 array, shape [bins]
    """
    pole_hz, freq = formants_hz[:, None], freq_hz[None, :]
    width = _bandwidth_hz(pole_hz)
    return np.asarray(-np.arctan2(width * freq, pole_hz**2 + 0.25 * width**2 - freq**2).sum(axis=0))


def _resonance(freq_sq: Gains, centre_hz: FloatArray) -> Gains:
    """Power response of one pole pair at ``-B/2 +- iF``, 1 at 0 Hz.

    |(p - s)(p* - s)|^2 at ``s = if`` is ``(F^2 + B^2/4 - f^2)^2 + B^2 f^2``.
    """
    half_width = 0.5 * _bandwidth_hz(centre_hz)
    pole_sq = (centre_hz**2 + half_width**2).astype(np.float32)
    width_sq = (4.0 * half_width**2).astype(np.float32)
    return np.asarray(pole_sq**2 / ((pole_sq - freq_sq) ** 2 + width_sq * freq_sq), dtype=np.float32)


def _bandwidth_hz(centre_hz: FloatArray) -> FloatArray:
    """Round figures that follow the measured trend: 80-100 Hz below 1 kHz, 270 Hz at 4 kHz."""
    return 80.0 + 12.0 * (centre_hz / 1000.0) ** 2
