"""How far apart two phrases are: their lines, laid over each other, and what they dwell on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray

from .align import LocalCost, distances

__all__ = [
    "BAND",
    "COST",
    "POINTS",
    "STRING",
    "STRING_CENTS",
    "PhraseDistance",
    "Strings",
    "string_distances",
]

Strings: TypeAlias = npt.NDArray[np.int8]

POINTS = 64
"""Values that a phrase is drawn with."""

STRING = 24
"""Swaras of a phrase that are compared, which those of 10 s seldom exceed."""

BAND, COST = 0.5, LocalCost(folded=True, cap_cents=100.0, stretch_cents=5.0)
"""How two phrases are laid over each other, and what their difference costs."""

STRING_CENTS = 14.0
"""What it costs beside that if the two have no swara in common, in their order."""

_SWARAS = 12


@dataclass(frozen=True, slots=True, eq=False)
class PhraseDistance:
    """The distance from a phrase to others, in cents: of their lines, and of their swaras.

    Parameters
    ----------
    cents : float64 array, shape [POINTS]
        Its line, above Sa.
    string : int8 array, shape [STRING]
        Its swaras without octaves: semitones above Sa, -1 after the last.
    """

    cents: FloatArray
    string: Strings

    def __call__(self, cents: FloatArray | npt.NDArray[np.int16], strings: Strings) -> FloatArray:
        """Return how far it is from each of several, float64 of shape [others].

        Parameters
        ----------
        cents : float64 or int16 array, shape [others, POINTS]
            Their lines, above Sa.
        strings : int8 array, shape [others, STRING]
            Their swaras.
        """
        return self.of_lines(cents) + self.of_strings(strings)

    def of_strings(self, strings: Strings) -> FloatArray:
        """Return the part of the distances that is of swaras."""
        return STRING_CENTS * string_distances(self.string, strings)

    def of_lines(self, cents: FloatArray | npt.NDArray[np.int16], points: int = POINTS) -> FloatArray:
        """Return the part that is of lines.

        Parameters
        ----------
        cents : float64 or int16 array, shape [others, POINTS]
            Their lines.
        points : int
            How many to look at, which divides `POINTS`: fewer, in whole cents, take less time and tell less.
        """
        step = POINTS // points
        seen = slice(step // 2, None, step)
        return distances(self.cents[seen], cents[:, seen], band=BAND, cost=COST, whole=points < POINTS)


def string_distances(query: Strings, others: Strings) -> FloatArray:
    """Return how many swaras must be put in, left out or changed, as a share of the longer string.

    A column of the table of edits is kept as the bits of two numbers, where it rises and where it falls, and
    the next one follows by a few operations on all others at once (Myers 1999, as Hyyrö 2003 has it).

    Parameters
    ----------
    query : int8 array, shape [STRING]
        Swaras, 0 to 11; -1 after the last.
    others : int8 array, shape [others, STRING]
        The same.

    Returns
    -------
    float64 array, shape [others]
        0 to 1.
    """
    own, lengths = query[query >= 0], (others >= 0).sum(axis=1)
    most = np.maximum(np.maximum(lengths, own.size), 1)
    if not own.size:
        return np.asarray(lengths / most)
    held = np.zeros(_SWARAS + 1, dtype=np.uint32)  # where each swara stands; the last, of -1, stands nowhere
    np.bitwise_or.at(held, own, np.uint32(1) << np.arange(own.size, dtype=np.uint32))
    last = np.uint32(1 << (own.size - 1))
    rises = np.full(len(others), 0xFFFFFFFF, dtype=np.uint32)
    falls, edits = np.zeros_like(rises), np.full(len(others), own.size, dtype=np.int32)
    for place in range(int(lengths.max(initial=0))):
        same = held[others[:, place]]
        across = (((same & rises) + rises) ^ rises) | same
        same |= falls
        up, down = falls | ~(across | rises), rises & across
        # A string that has ended stays as it was, whatever is counted on.
        edits += np.where(lengths > place, ((up & last) > 0).astype(np.int32) - ((down & last) > 0), 0)
        up = (up << np.uint32(1)) | np.uint32(1)
        rises = (down << np.uint32(1)) | ~(same | up)
        falls = up & same
    return np.asarray(edits / most)
