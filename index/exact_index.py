"""Search by looking at every vector: slow, and the oracle for the fast index."""

from __future__ import annotations

from swara.embedder import Vectors

from .engine import Ids, checked_items, checked_queries, nothing_found, ranked_rows

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
        scores, ids = nothing_found(len(own), k)
        for row in range(len(own)):
            one = slice(row, row + 1)
            scores[one], ids[one] = ranked_rows(own[one], self._vectors[None], self._ids[None], k)
        return scores, ids
