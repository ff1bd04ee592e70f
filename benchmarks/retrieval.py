"""Where the right one stands when everything is sorted by likeness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.data.arrays import BoolArray, FloatArray, IntArray

from .shares import Share


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """The places.

    From 1, that queries found what they look for at, 0 where there is nothing to be found; and the take or
    singer that each query is of, which intervals are over. What is searched stays the same.
    """

    places: IntArray
    units: IntArray

    @property
    def reciprocal(self) -> Share:
        """Mean reciprocal rank."""
        ranks = np.divide(1.0, self.places, out=np.zeros(self.places.size), where=self.places > 0)
        return Share.of(ranks, self.units)

    @property
    def nearest(self) -> Share:
        """How often the nearest is right."""
        return Share.of(self.places == 1, self.units)


def ranked(
    similar: FloatArray, right: BoolArray, units: IntArray, allowed: BoolArray | None = None
) -> Ranked:
    """Sort the candidates of each query, and find the first right one.

    A tie counts against: of n that are equally near the right one is the last, so an embedder that says the
    same of every sound gets 1 over the number of candidates.

    Parameters
    ----------
    similar : float array, shape [queries, candidates]
    right : bool array, shape [queries, candidates]
        Which candidates are what the query looks for.
    units : int array, shape [queries]
        As `Ranked` has them.
    allowed : bool array, shape [queries, candidates], optional
        Which candidates are searched; all by default.
    """
    allowed = np.ones_like(right) if allowed is None else allowed
    best = np.where(right & allowed, similar, -np.inf).max(axis=1)
    before = allowed & ~right & (similar >= best[:, None])
    return Ranked(np.where((right & allowed).any(axis=1), 1 + before.sum(axis=1), 0), units)


def cosines(some: FloatArray, others: FloatArray) -> FloatArray:
    """Return the cosine of each row to each other row; a vector of zeros is like nothing (cosine 0)."""
    from sklearn.preprocessing import normalize

    return np.asarray(normalize(some.astype(np.float64)) @ normalize(others.astype(np.float64)).T)
