"""The axis of the salience: pitch bins a third of a semitone apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray

__all__ = ["PITCH_BINS", "PITCH_BINS_PER_OCTAVE", "PITCH_LOWEST_HZ", "Salience", "bins_of_hz", "hz_of_bins"]

Salience = npt.NDArray[np.float32]

PITCH_BINS_PER_OCTAVE = 36
PITCH_LOWEST_HZ = 60.0
PITCH_BINS = 156
"""60 to 1187 Hz: a margin of more than a semitone around the sung range at either end."""


def bins_of_hz(hz: FloatArray) -> FloatArray:
    """Return the (fractional) bins of frequencies; NaN and infinities pass through."""
    return PITCH_BINS_PER_OCTAVE * np.log2(hz / PITCH_LOWEST_HZ)


def hz_of_bins(bins: FloatArray) -> FloatArray:
    """Return the frequencies of (fractional) bins."""
    return np.asarray(PITCH_LOWEST_HZ * 2.0 ** (bins / PITCH_BINS_PER_OCTAVE))
