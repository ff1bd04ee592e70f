"""Whether two halves of one take find each other among all takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.pitchbench.bootstrap import Interval, interval, paired
from swara.data.arrays import FloatArray

__all__ = ["Found", "Halves", "found", "reciprocal_ranks"]


@dataclass(frozen=True, slots=True, eq=False)
class Halves:
    """Vectors of the halves of each take; row i of both is of take i.

    Parameters
    ----------
    queries, others : float arrays, shape [takes, dim]
    sought : float array, shape [takes, dim], optional
        What each query looks for among the others of all other takes; without it, its own row of `others`.
    """

    queries: FloatArray
    others: FloatArray
    sought: FloatArray | None = None

    def mapped(self, change: Callable[[FloatArray], FloatArray]) -> Halves:
        """Return the same halves with every vector changed."""
        sought = None if self.sought is None else change(self.sought)
        return Halves(change(self.queries), change(self.others), sought)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """How well halves found each other.

    Parameters
    ----------
    counts : float64 array, shape [takes, 2]
        Sum of the reciprocal ranks of the take's queries, and how many queries there were.
    """

    counts: FloatArray

    @property
    def mrr(self) -> Interval:
        """Mean reciprocal rank, with its interval over takes; the takes searched stay the same."""
        return interval(self.counts, _mean)

    def ahead_of(self, other: Found) -> Interval:
        """How far this lies above another, on the same takes drawn for both."""
        return paired(self.counts, other.counts, _mean)


def found(rounds: list[Halves]) -> Found:
    """Search in every round: queries among the others and, where nothing else is sought, the other way."""
    per_take = []
    for halves in rounds:
        per_take.append(reciprocal_ranks(halves.queries, halves.others, halves.sought))
        if halves.sought is None:
            per_take.append(reciprocal_ranks(halves.others, halves.queries))
    sums = np.sum(per_take, axis=0)
    return Found(np.column_stack([sums, np.full(sums.size, float(len(per_take)))]))


def reciprocal_ranks(queries: FloatArray, others: FloatArray, sought: FloatArray | None = None) -> FloatArray:
    """Return 1 over the place of row i of `others` when all rows are sorted by cosine to query i.

    Where something is sought, row i of that stands in for row i of the others.

    A tie counts against: of n that are equally near the right one is the last, so an embedder that says the
    same of every sound gets 1 over the number of takes. A vector of zeros is like nothing (cosine 0).

    Parameters
    ----------
    queries, others, sought : float arrays, shape [takes, dim]

    Returns
    -------
    float64 array, shape [takes]

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if queries.shape != others.shape:
        raise ValueError(f"{queries.shape} and {others.shape}: each query has one other half")
    similar = _unit(queries) @ _unit(others).T
    if sought is not None:
        np.fill_diagonal(similar, np.sum(_unit(queries) * _unit(sought), axis=1))
    places = (similar >= np.diag(similar)[:, None]).sum(axis=1)
    ranks: FloatArray = 1.0 / places
    return ranks


def _unit(vectors: FloatArray) -> FloatArray:
    wide = vectors.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    return np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)


def _mean(counts: FloatArray) -> float:
    return float(counts[0] / counts[1]) if counts[1] else float("nan")
