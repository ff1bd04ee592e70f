"""Which note of one take is which of another: the cheapest way to lay one row of notes over the other.

Global alignment with affine gaps (Gotoh 1982). Notes are laid over each other by pitch; how long they last
and where phrases begin and end only decide what pitch leaves open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray

from .line import Sung

__all__ = ["FURTHEST_CENTS", "Laid", "Pairing", "pair_notes"]

FURTHEST_CENTS = 130.0
"""Notes further apart are not the same note sung badly."""

_FREE_CENTS, _DEAR_CENTS = 30.0, 110.0
"""Up to here a difference costs nothing; at the second it costs 1."""

_HELD_COST, _TOUCH_COST, _OPEN_COST = 0.8, 0.25, 0.4
"""What a note costs that is in one take alone, and the first such in a row on top of that: notes that are
together in one take stay together."""

_UNEQUAL_COST = 0.2
"""Where one was held and the other touched."""

_LENGTH_COST, _EDGE_COST = 0.1, 0.15
"""For each doubling of the length, and where one begins or ends a phrase and the other does not."""


class Laid(NamedTuple):
    """A step of the alignment: the number of a note in either take; None where that take has none."""

    mine: int | None
    other: int | None


class Pairing(NamedTuple):
    """The steps in order, and what they cost."""

    steps: tuple[Laid, ...]
    cost: float


def pair_notes(mine: Sequence[Sung], other: Sequence[Sung]) -> Pairing:
    """Lay two rows of notes over each other.

    Every note of either stands in exactly one step, in order. Time and memory go with the product of their
    numbers: 1,500 notes each take 0.14 s and 74 MB.

    Parameters
    ----------
    mine, other : sequence of Sung
        In order of time.
    """
    alone_mine, alone_other = _alone(mine), _alone(other)
    gaps = np.concatenate(([0.0], np.cumsum(alone_other)))
    row = np.where(np.arange(gaps.size) > 0, _OPEN_COST + gaps, 0.0)
    down = np.full(gaps.size, np.inf)  # the cheapest way that ends in a note of mine alone
    came = np.zeros((len(mine) + 1, gaps.size), np.uint8)
    came[0] = _ACROSS
    pairs = _pair_costs(mine, other)
    for at, alone in enumerate(alone_mine):
        opened = row + _OPEN_COST
        down = np.minimum(opened, down) + alone
        slanted = np.concatenate(([np.inf], row[:-1] + pairs[at]))
        best = np.minimum(slanted, down)
        # From the left, however far: the prefix sums make a running minimum of it.
        across = np.full(gaps.size, np.inf)
        across[1:] = np.minimum.accumulate(best - gaps)[:-1] + gaps[1:] + _OPEN_COST
        row = np.minimum(best, across)
        came[at + 1] = np.where(across < best, _ACROSS, np.where(down < slanted, _DOWN, _BOTH))
        came[at + 1] |= _WAS_DOWN * (down < opened + alone)
        opened = best[:-1] + _OPEN_COST + alone_other
        came[at + 1, 1:] |= _WAS_ACROSS * (across[1:] < opened - _ROUNDING)
    return Pairing(_walked_back(came), float(row[-1]))


_BOTH, _DOWN, _ACROSS, _WAYS, _WAS_DOWN, _WAS_ACROSS = 0, 1, 2, 3, np.uint8(4), np.uint8(8)
_ROUNDING = 1e-9  # of the prefix sums


def _walked_back(came: npt.NDArray[np.uint8]) -> tuple[Laid, ...]:
    row, column = came.shape[0] - 1, came.shape[1] - 1
    steps, inside = list[Laid](), -1  # of a gap, until where it was opened
    while row or column:
        code = int(came[row, column])
        way = inside if inside >= 0 else code & _WAYS
        if row == 0 or (column > 0 and way == _ACROSS):
            steps.append(Laid(None, column - 1))
            inside = _ACROSS if code & _WAS_ACROSS else -1
            column -= 1
        elif column == 0 or way == _DOWN:
            steps.append(Laid(row - 1, None))
            inside = _DOWN if code & _WAS_DOWN else -1
            row -= 1
        else:
            row, column = row - 1, column - 1
            steps.append(Laid(row, column))
    return tuple(reversed(steps))


def _alone(notes: Sequence[Sung]) -> FloatArray:
    return np.array([_HELD_COST if note.held else _TOUCH_COST for note in notes], np.float64)


def _pair_costs(mine: Sequence[Sung], other: Sequence[Sung]) -> FloatArray:
    """Return what it costs to lay each note of mine over each of the other take, shape [mine, other]."""
    one, two = _table(mine), _table(other)
    apart = np.abs(one[:, None, 0] - two[None, :, 0])
    costs = np.maximum(apart - _FREE_CENTS, 0.0) / (_DEAR_CENTS - _FREE_CENTS)
    costs += _LENGTH_COST * np.minimum(np.abs(one[:, None, 1] - two[None, :, 1]), 2.0)
    costs += _UNEQUAL_COST * (one[:, None, 2] != two[None, :, 2])
    costs += _EDGE_COST * ((one[:, None, 3] != two[None, :, 3]) + (one[:, None, 4] != two[None, :, 4]))
    return np.where(apart > FURTHEST_CENTS, np.inf, costs)


def _table(notes: Sequence[Sung]) -> FloatArray:
    """Return cents, octaves of length, held or not, and whether a phrase begins or ends, shape [notes, 5]."""
    phrases = [note.phrase for note in notes]
    begins = [one != before for one, before in zip(phrases, [-1, *phrases], strict=False)]
    ends = [*begins[1:], True][: len(notes)]
    lengths = np.log2([max(note.duration_s, 0.02) for note in notes])
    columns = ([note.cents for note in notes], lengths, [note.held for note in notes], begins, ends)
    return np.array(columns, np.float64).reshape(5, len(notes)).T
