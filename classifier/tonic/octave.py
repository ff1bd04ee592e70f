"""In which octave a voice has its Sa."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifier.notes import HeldNote

__all__ = ["SA_HZ", "likeliest_octave"]

MEDIAN_CENTS, MEDIAN_SPREAD_CENTS = 400.0, 500.0
"""Where the middle of what is sung lies above Sa: between Sa and Pa, give or take a third of an octave."""

SA_HZ, SA_SPREAD_CENTS = 170.0, 600.0
"""Where singers have their Sa: men about C#3-F3, women about G3-A3, low voices and children further out."""


def likeliest_octave(candidates_hz: Sequence[float], notes: Sequence[HeldNote]) -> float:
    """Return the likeliest of several candidates for Sa, in Hz.

    The one that is least far, in squared spreads, from where singers have their Sa and from where they
    sing around it; without notes, the first alone decides.
    """
    middle_hz = _median_hz(notes) if notes else None

    def strangeness(sa_hz: float) -> float:
        voice = np.log2(sa_hz / SA_HZ) * 1200.0 / SA_SPREAD_CENTS
        if middle_hz is None:
            return float(voice**2)
        register = (np.log2(middle_hz / sa_hz) * 1200.0 - MEDIAN_CENTS) / MEDIAN_SPREAD_CENTS
        return float(voice**2 + register**2)

    return min(candidates_hz, key=strangeness)


def _median_hz(notes: Sequence[HeldNote]) -> float:
    """Return the pitch below which half of the steady time lies."""
    ordered = sorted(notes, key=lambda note: note.hz)
    elapsed_s = np.cumsum([note.steady_s for note in ordered])
    return ordered[int(np.searchsorted(elapsed_s, elapsed_s[-1] / 2))].hz
