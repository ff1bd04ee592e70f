"""One take laid over another: the notes that both sing, and the stretches where nothing fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from .line import Line, Sung
from .pairing import pair_notes

__all__ = ["SAME_CENTS", "Gap", "Overlay", "lay_over"]

SAME_CENTS = 75.0
"""Notes further apart are two swaras, not one that is out of tune."""

_TRUSTED_SHARE = 0.6
"""A phrase is taken for sung where so much of the time of its held notes was found again, and of what was
sung meanwhile."""

_RUN = 4
"""So many notes in a row that one take alone has are a stretch of its own, not notes left out or added."""

_ISLAND = 3
"""Fewer notes than this between two such stretches fit by chance: there are but five or seven swaras."""

_CHANCE_MARGIN, _BEYOND_CHANCE = 0.1, 0.8
"""The two must fit better than mine and the other sung backwards do, by so much of what is possible; a line
that fits so well anyhow may as well be its own mirror image."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What lies between two notes that both sing, or before the first and after the last.

    Parameters
    ----------
    before, after : (int, int) or None
        Numbers of those notes in mine and in the other take; None at the ends.
    mine, other : tuple of int
        Numbers of the held notes between that one take alone has.
    """

    before: tuple[int, int] | None
    after: tuple[int, int] | None
    mine: tuple[int, ...]
    other: tuple[int, ...]

    @property
    def kind(self) -> str:
        """``single`` notes, or a stretch: ``not sung``, ``extra``, ``unlike``."""
        mine, other = len(self.mine), len(self.other)
        if mine >= 2 and other >= 2:
            return "unlike"
        if other >= _RUN:
            return "not sung"
        return "extra" if mine >= _RUN else "single"


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """Two lines, and the numbers of the notes that are the same in both, in order.

    Parameters
    ----------
    mine, other : Line
        The lines.
    pairs : tuple of (int, int)
        Note of mine, note of the other.
    fit : float
        How much of what could fit does, 0 to 1.
    """

    mine: Line
    other: Line
    pairs: tuple[tuple[int, int], ...]
    fit: float

    def notes(self, pair: tuple[int, int]) -> tuple[Sung, Sung]:
        """Return the two notes of a pair."""
        return self.mine.notes[pair[0]], self.other.notes[pair[1]]

    def gaps(self) -> Iterator[Gap]:
        """Yield what lies around the pairs, in order: one more than there are pairs."""
        ends = [None, *self.pairs, None]
        for before, after in pairwise(ends):
            spans = []
            for side, notes in enumerate((self.mine.notes, self.other.notes)):
                first = 0 if before is None else before[side] + 1
                last = len(notes) if after is None else after[side]
                spans.append(tuple(at for at in range(first, last) if notes[at].held))
            yield Gap(before, after, *spans)


def lay_over(mine: Line, other: Line) -> Overlay:
    """Lay one take over another, and keep what can be trusted.

    Parameters
    ----------
    mine, other : Line
        In cents above the Sa of each.
    """
    steps, cost = pair_notes(mine.notes, other.notes)
    pairs = [(one, two) for one, two in steps if one is not None and two is not None]
    fit = _fit(mine.notes, other.notes, cost)
    chance = _fit(mine.notes, other.notes, pair_notes(mine.notes, other.notes[::-1]).cost)
    if fit < min(chance + _CHANCE_MARGIN, _BEYOND_CHANCE):
        return Overlay(mine, other, (), fit)
    trusted = [
        pair
        for _, some in groupby(pairs, lambda pair: other.notes[pair[1]].phrase)
        for pair in _sung(mine, other, list(some))
    ]
    overlay = Overlay(mine, other, tuple(trusted), fit)
    return Overlay(mine, other, tuple(_no_islands(overlay)), fit)


def _fit(mine: Sequence[Sung], other: Sequence[Sung], cost: float) -> float:
    """Return how much is saved by laying one over the other, of what could be."""
    alone = [pair_notes(notes, ()).cost for notes in (mine, other)]
    most = 2.0 * min(alone)
    return (sum(alone) - cost) / most if most else 0.0


def _sung(mine: Line, other: Line, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the pairs of one phrase of the other take, or none where too little of it was found."""
    phrase = other.notes[pairs[0][1]].phrase
    found = {two for one, two in pairs if abs(mine.notes[one].cents - other.notes[two].cents) <= SAME_CENTS}
    theirs = [
        (at in found, note) for at, note in enumerate(other.notes) if note.phrase == phrase and note.held
    ]
    own, first, last = {one for one, _ in pairs}, pairs[0][0], pairs[-1][0]
    alone = [mine.notes[at] for at in range(first, last) if at not in own and mine.notes[at].held]
    good_s = sum(note.duration_s for known, note in theirs if known)
    bad_s = sum(note.duration_s for known, note in theirs if not known) + sum(n.duration_s for n in alone)
    return pairs if good_s >= _TRUSTED_SHARE * (good_s + bad_s) else []


def _no_islands(overlay: Overlay) -> Iterator[tuple[int, int]]:
    """Yield the pairs but those of a few notes between stretches that do not fit."""
    runs, run = list[tuple[bool, list[tuple[int, int]]]](), list[tuple[int, int]]()
    parted = False
    for gap in overlay.gaps():
        if gap.kind != "single" and run:
            runs.append((parted, run))
            run = []
        parted = parted or gap.kind != "single"
        if gap.after is not None:
            run.append(gap.after)
    for _, each in [*runs, (parted, run)]:
        held = sum(1 for pair in each if all(note.held for note in overlay.notes(pair)))
        if held >= _ISLAND or not parted:
            yield from each
