"""The circle of pitch classes on which Sa is looked for."""

from __future__ import annotations

import numpy as np

from data.pitch_track import FloatArray

__all__ = ["CLASSES", "REFERENCE_HZ", "STEP_CENTS", "circular_cents", "fold"]

REFERENCE_HZ = 440.0 * 2.0 ** (-57 / 12)
"""C0: pitch class 0."""

STEP_CENTS = 5.0
CLASSES: FloatArray = np.arange(0.0, 1200.0, STEP_CENTS)
"""The candidates for Sa, in cents above C of any octave, shape [240]."""


def fold(hz: FloatArray) -> FloatArray:
    """Return the pitch class of frequencies in Hz: cents above C, 0 up to 1200."""
    return np.asarray(1200.0 * np.log2(hz / REFERENCE_HZ) % 1200.0)


def circular_cents(cents: FloatArray) -> FloatArray:
    """Return differences of pitch classes as signed cents, -600 up to 600."""
    return (cents + 600.0) % 1200.0 - 600.0
