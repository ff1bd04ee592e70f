"""A guess at the raga of a take: three names and why, or why there is none."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

import numpy as np

from swara.classifier.notes import HeldNotes
from swara.data.arrays import FloatArray
from swara.raga.ragas import PHRASE_ALLIES, RAGAS, Raga
from swara.raga.swaras import SVARASTHANAS

from .model import WEIGHTS, RagaModel, SungLine, Weights, sung_line

__all__ = ["Candidate", "RagaGuess", "guess_raga"]

LEAST_STEADY_S, LEAST_NOTES, LEAST_SWARAS = 10.0, 12, 4
"""Less than this is no raga yet: any number of them share three swaras."""

LEAST_SHARE = 0.85
"""In seven concerts and three calans more than this of the steady singing lies in the raga itself."""

CLEARLY = 4.6
"""A hundred to one, as a difference of log likelihoods: less than it sounds, as notes are not independent."""

NAMED = 3
MINUTE_S = 60.0
LETTERS = tuple(each.letter for each in SVARASTHANAS)
HEARD_S, HEARD_SHARE = 0.5, 0.02
"""What is held for less in all may be a stray."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A raga that may be the one, and what speaks for and against it.

    Parameters
    ----------
    raga : Raga
        Which.
    also : tuple of Raga
        Those that a phrase alone tells from it, which are not counted apart.
    behind : float
        Its log likelihood below that of the first, over the square root of the minutes; 0 for the first.
    share : float
        Share of the steady time that lies on its swaras, 0 to 1.
    missing : tuple of str
        Its swaras that were not held, as letters.
    outside : tuple of str
        Swaras that were held for half a second and 2% of the time or more and are not its own, as letters.
    steps : tuple of str
        Up to three steps of its ascent, descent or key phrases that were sung often: ``g m``.
    """

    raga: Raga
    also: tuple[Raga, ...]
    behind: float
    share: float
    missing: tuple[str, ...]
    outside: tuple[str, ...]
    steps: tuple[str, ...]

    @property
    def called(self) -> str:
        """Its name, with those that are not counted apart: ``Yaman or Yaman Kalyan``."""
        return " or ".join(raga.display for raga in (self.raga, *self.also))


@dataclass(frozen=True, slots=True)
class RagaGuess:
    """The most likely ragas of a take.

    Parameters
    ----------
    candidates : tuple of Candidate
        Up to three, the most likely first; empty where nothing is held.
    doubt : str or None
        Why none of them is to be believed, as a sentence without full stop; None where the first is clearly
        ahead.
    """

    candidates: tuple[Candidate, ...]
    doubt: str | None

    @property
    def raga(self) -> Raga | None:
        """The first, where it is clearly ahead; else None."""
        return self.candidates[0].raga if self.doubt is None else None


def guess_raga(
    held: HeldNotes, sa_hz: float, ragas: Collection[Raga] | None = None, weights: Weights = WEIGHTS
) -> RagaGuess:
    """Guess the raga of a take.

    Parameters
    ----------
    held : HeldNotes
        What is held in it.
    sa_hz : float
        Its Sa; a wrong one makes every guess wrong.
    ragas : collection of Raga, optional
        Those to choose from; all that are known by default.
    weights : Weights
        The constants of the model.
    """
    if not held.notes:
        return RagaGuess((), "Nothing is held")
    minutes = [
        sung_line(tuple(notes), sa_hz)
        for _, notes in groupby(held.notes, lambda note: note.start_s // MINUTE_S)
    ]
    line = sung_line(held.notes, sa_hz)
    model = RagaModel(RAGAS.values() if ragas is None else ragas, weights)
    candidates = tuple(islice(_candidates(model, minutes, line), NAMED))
    return RagaGuess(candidates, _doubt(line, candidates))


def _candidates(model: RagaModel, minutes: Sequence[SungLine], line: SungLine) -> Iterator[Candidate]:
    """Yield the ragas from the most likely down, of those that a phrase alone tells apart the likelier.

    Each minute dwells on swaras of its own, so that they are looked at one by one; but they are sung by the
    same voice, and a hundred of them are no hundred proofs.
    """
    totals = np.sum([[fit.total for fit in model.fits(minute)] for minute in minutes], axis=0)
    behind = (totals.max() - totals) / math.sqrt(len(minutes))
    among, done = {raga.name: raga for raga in model.ragas}, set[str]()
    for place in np.argsort(behind, kind="stable").tolist():
        raga = model.ragas[place]
        if raga.name not in done:
            also = [among[name] for name in _not_counted_apart(raga.name) if name in among]
            done |= {raga.name, *(each.name for each in also)}
            steps = tuple(islice(model.telling_steps(line, raga), NAMED))
            yield _candidate(raga, also, float(behind[place]), line, steps)


def _not_counted_apart(name: str) -> Iterator[str]:
    for ally in PHRASE_ALLIES:
        pair = (ally.plain, ally.other)
        if name in pair:
            yield pair[pair[0] == name]


def _candidate(
    raga: Raga,
    also: Sequence[Raga],
    behind: float,
    line: SungLine,
    steps: Sequence[tuple[int, int]],
) -> Candidate:
    sung_s, own, heard = line.sung_s, sorted(raga.swaras), _held_swaras(line.sung_s)
    return Candidate(
        raga=raga,
        also=tuple(also),
        behind=behind,
        share=min(1.0, float(sung_s[own].sum() / sung_s.sum())),
        missing=tuple(LETTERS[index] for index in own if sung_s[index] == 0.0),
        outside=tuple(LETTERS[index] for index in heard if index not in own),
        steps=tuple(f"{LETTERS[before]} {LETTERS[after]}" for before, after in steps),
    )


def _held_swaras(sung_s: FloatArray) -> list[int]:
    least_s = max(HEARD_S, HEARD_SHARE * float(sung_s.sum()))
    return [index for index in range(12) if sung_s[index] >= least_s]


def _doubt(line: SungLine, candidates: Sequence[Candidate]) -> str | None:
    """Say why the first candidate is not to be believed; None where it is."""
    steady_s, held = float(line.steady_s.sum()), _held_swaras(line.sung_s)
    if steady_s < LEAST_STEADY_S or line.cents.size < LEAST_NOTES:
        return f"Too little is held to tell a raga by: {line.cents.size} notes, {steady_s:.1f} s in all"
    if len(held) < LEAST_SWARAS:
        return f"Only {' '.join(LETTERS[index] for index in held)} are held, which many ragas share"
    first, *others = candidates
    if first.share < LEAST_SHARE:
        return f"None of the ragas known has what is held here: {first.called} fits best, and only in part"
    if others and others[0].behind < CLEARLY:
        return f"{first.called} and {others[0].called} fit about as well"
    for other in others:
        if first.outside and not other.outside and first.raga.swaras < other.raga.swaras:
            return f"{first.called} fits but for {' '.join(first.outside)}, which {other.called} has"
    return None
