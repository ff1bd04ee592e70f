"""Notes as other singers might have sung them, and trackers heard them: more examples from few.

Half of them are also moved to another key. A Re with Sa on C is, to the ear, a Sa with Sa on D: the same
sound, another name. Seen both ways, the head learns that the sound alone does not tell the swara, whatever
Sa the samples happen to have.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swara.data.arrays import FloatArray
from swara.raga.swaras import parse_swara
from swara.raga.tuning import JUST

from .evidence import evidence_of_notes
from .examples import NoteExample, NoteSource

__all__ = ["COPIES", "augmented"]

COPIES = 4
"""How many examples are made from each note."""

DETUNED_CENTS = 40.0
"""A note is sung up to this far off; it stays what it was meant to be."""

SA_ERROR_CENTS = 6.0
"""Standard deviation of the error of an estimated Sa."""

JITTER_CENTS = 12.0
"""Largest standard deviation of what the tracker adds to each frame."""

SPREAD = (0.5, 2.0)
"""By how much the note's own wavering is made smaller or larger."""

OCTAVE_ERRORS = (0.3, 0.25)
"""How many notes have frames an octave off, and the largest share of such frames in a note."""

MOVED = 0.5
"""How many are moved to another key."""


def augmented(
    sources: Sequence[NoteSource], rng: np.random.Generator, *, copies: int = COPIES, moved: float = MOVED
) -> tuple[NoteExample, ...]:
    """Make examples from notes; the notes as they are do not stand among them.

    Parameters
    ----------
    sources : sequence of NoteSource
        The labelled notes to make copies of.
    rng : numpy.random.Generator
        Everything random is drawn from it.
    copies : int
        How many to make from each note.
    moved : float
        Share, 0 to 1, that is moved to a key in which the note is another of the sources' swaras.
    """
    swaras = sorted({source.swara for source in sources})
    names, sung, of = [], [], []
    for source in sources:
        middle = _middle(source.cents)
        for _ in range(copies):
            swara = swaras[int(rng.integers(len(swaras)))] if rng.random() < moved else source.swara
            step_cents = _place_cents(swara) - _place_cents(source.swara)
            names.append(swara)
            sung.append(_sung_otherwise(source.cents + step_cents, middle + step_cents, rng))
            of.append(source)
    return tuple(
        NoteExample(source.embedding, evidence, swara, source.singer, source.recording, augmented=True)
        for source, evidence, swara in zip(of, evidence_of_notes(sung), names, strict=True)
    )


def _place_cents(swara: str) -> float:
    svarasthana, octave = parse_swara(swara)
    return JUST.cents_of(svarasthana.index, octave)


def _middle(cents: FloatArray) -> FloatArray:
    """Return the two frames in the middle, the same twice where there is one; their mean is the median."""
    heard = np.sort(cents[np.isfinite(cents)])
    return heard[[(heard.size - 1) // 2, heard.size // 2]] if heard.size else heard


def _sung_otherwise(cents: FloatArray, middle: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return the pitch of the note with other errors of singer, tracker and Sa; frames without stay so."""
    off_cents = rng.uniform(-DETUNED_CENTS, DETUNED_CENTS) + rng.normal(0.0, SA_ERROR_CENTS)
    wavering, jitter_cents = rng.uniform(*SPREAD), rng.uniform(0.0, JITTER_CENTS)
    median = 0.5 * float(middle[0] + middle[1]) if middle.size else 0.0
    sung = median + wavering * (cents - median) + off_cents + rng.normal(0.0, jitter_cents, cents.size)
    return _with_octave_errors(sung, rng)


def _with_octave_errors(cents: FloatArray, rng: np.random.Generator) -> FloatArray:
    notes_hit, largest_share = OCTAVE_ERRORS
    if rng.random() >= notes_hit:
        return cents
    hit = rng.random(cents.size) < rng.uniform(0.0, largest_share)
    return np.where(hit, cents + rng.choice([-1200.0, 1200.0]), cents)
