"""How well the notes of a take fit a raga, for every Sa."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swara.classifier.notes import HeldNote
from swara.data.arrays import FloatArray
from swara.raga.ragas import Raga
from swara.raga.swaras import svarasthana_named
from swara.raga.tuning import JUST

__all__ = [
    "CLASSES",
    "REFERENCE_HZ",
    "STEP_CENTS",
    "circular_cents",
    "fold",
    "log_likelihood",
    "swara_weights",
]


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


SWARA, SA, STEADFAST, VADI, SAMVADI = 1.0, 1.0, 0.5, 0.8, 0.4
"""What a swara of the raga weighs, and what is added for Sa, its companion, the vadi and the samvadi."""

SPREAD_CENTS = 22.0
STRAY = 0.05
"""Share of notes that lie anywhere: ornaments and mistakes."""

_MA, _PA = 5, 7


def swara_weights(raga: Raga) -> FloatArray:
    """Return the share of the sung time that each of the 12 svarasthanas is expected to have, shape [12].

    Sa and its companion (Pa, or Ma in a raga without Pa) are dwelt on in every raga, then vadi and samvadi.
    """
    weights = np.zeros(12)
    weights[sorted(raga.swaras)] = SWARA
    weights[0] += SA
    companion = _PA if raga.allows(_PA) else _MA
    if raga.allows(companion):
        weights[companion] += STEADFAST
    weights[svarasthana_named(raga.vadi).index] += VADI
    weights[svarasthana_named(raga.samvadi).index] += SAMVADI
    return weights / float(weights.sum())


def log_likelihood(notes: Sequence[HeldNote], raga: Raga) -> FloatArray:
    """Return the log likelihood of the notes for every Sa of `CLASSES`, shape [240].

    Each note is drawn from a mixture of Gaussians at the raga's swaras in just intonation, and counts
    with the square root of its steady seconds: a long note says more than a short one, not in proportion.
    """
    pitch = fold(np.array([note.hz for note in notes]))
    seconds = np.array([note.steady_s for note in notes])
    above_sa = pitch[:, None] - CLASSES
    density = np.zeros_like(above_sa)
    for index, weight in enumerate(swara_weights(raga)):
        off = circular_cents(above_sa - JUST.cents_of(index, 0))
        density += weight * np.exp(-0.5 * (off / SPREAD_CENTS) ** 2)
    density /= SPREAD_CENTS * np.sqrt(2.0 * np.pi)
    stray = STRAY / 1200.0
    fit: FloatArray = np.log((1.0 - STRAY) * density + stray)
    total: FloatArray = np.sqrt(seconds) @ fit
    return total
