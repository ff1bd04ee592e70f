"""Search by looking at every vector: slow, and the oracle for the fast index."""

from __future__ import annotations

import numpy as np

from embedder import Vectors

from .engine import NO_ID, Ids, checked_items, checked_queries, ranked

__all__ = ["ExactIndex"]


class ExactIndex:
    """A `NeighbourIndex` in plain numpy.

    Parameters
    ----------
    vectors : float32 array, shape [count, dim]
    ids : int64 array, shape [count]

    Raises
    ------
    ValueError
        If they are not finite, or do not fit together.
    """

    def __init__(self, vectors: Vectors, ids: Ids) -> None:
        self._vectors, self._ids = checked_items(vectors, ids)

    @property
    def vectors(self) -> Vectors:
        """What is searched."""
        return self._vectors

    @property
    def ids(self) -> Ids:
        """Id of each vector."""
        return self._ids

    def search(self, queries: Vectors, k: int) -> tuple[Vectors, Ids]:
        """Find the `k` most similar vectors for each query; see `NeighbourIndex`."""
        own = checked_queries(queries, self._vectors.shape[1], k)
        scores = np.full((len(own), k), -np.inf, dtype=np.float32)
        ids = np.full((len(own), k), NO_ID, dtype=np.int64)
        for row, query in enumerate(own):
            scores[row], ids[row] = ranked(query, self._vectors, self._ids, k)
        return scores, ids
