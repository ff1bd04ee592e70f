"""What every index of vectors promises, and what it is promised."""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.embedder import Vectors

__all__ = [
    "NO_ID",
    "Ids",
    "NeighbourIndex",
    "checked_items",
    "checked_queries",
    "nothing_found",
    "ranked_rows",
]

Ids: TypeAlias = npt.NDArray[np.int64]

NO_ID = -1
"""Stands where there is no neighbour left."""

_LONGEST = 1e15
"""Components up to this size leave inner products within float32."""


class NeighbourIndex(Protocol):
    """Vectors with ids, searched by inner product: cosine similarity, as vectors are expected of length 1.

    Every engine gives the same answer: similarities are inner products summed in double precision, rounded
    to float32 and clipped to -1..1; the most similar comes first, and of equally similar ones the lowest id.
    """

    @property
    def vectors(self) -> Vectors:
        """What is searched: float32, shape [count, dim]."""
        ...

    @property
    def ids(self) -> Ids:
        """Id of each vector: int64, shape [count]."""
        ...

    def search(self, queries: Vectors, k: int) -> tuple[Vectors, Ids]:
        """Find the `k` most similar vectors for each query.

        Parameters
        ----------
        queries : float32 array, shape [n, dim]
            In any memory layout.
        k : int
            At least 1; may exceed the number of vectors.

        Returns
        -------
        scores : float32 array, shape [n, k]
            Falling; minus infinity where there are fewer than `k` vectors.
        ids : int64 array, shape [n, k]
            `NO_ID` there.

        Raises
        ------
        ValueError
            If a query has another length or holds what is not a finite number, or `k` is below 1.
        """
        ...


def checked_items(vectors: Vectors, ids: Ids) -> tuple[Vectors, Ids]:
    """Return vectors and ids as contiguous copies.

    Raises
    ------
    ValueError
        If a vector is not finite or not float32, or the ids are not as many different whole numbers from 0.
    """
    own = _checked_vectors(vectors)
    numbers = np.array(ids, dtype=np.int64)
    if not np.array_equal(numbers, ids) or numbers.shape != (len(own),):
        raise ValueError(f"ids of shape {np.shape(ids)} for {len(own)} vectors, or not whole numbers")
    if (numbers < 0).any() or np.unique(numbers).size != numbers.size:
        raise ValueError("ids must be 0 or more, and each can stand only once")
    return own, numbers


def checked_queries(queries: Vectors, dim: int, k: int) -> Vectors:
    """Return the queries as a contiguous copy; raise as `NeighbourIndex.search` says."""
    if k < 1:
        raise ValueError(f"cannot look for {k} neighbours")
    own = _checked_vectors(queries)
    if own.shape[1] != dim:
        raise ValueError(f"queries of length {own.shape[1]} for vectors of length {dim}")
    return own


def nothing_found(queries: int, k: int) -> tuple[Vectors, Ids]:
    """Return scores and ids, shape [queries, k], where there are no neighbours."""
    return np.full((queries, k), -np.inf, dtype=np.float32), np.full((queries, k), NO_ID, dtype=np.int64)


def ranked_rows(queries: Vectors, vectors: Vectors, ids: Ids, k: int) -> tuple[Vectors, Ids]:
    """Return scores and ids of the `k` vectors most similar to each query, as `NeighbourIndex` orders them.

    Parameters
    ----------
    queries : float32 array, shape [queries, dim]
    vectors : float32 array, shape [queries, n, dim]
        Those that come into question for each.
    ids : int64 array, shape [queries, n]
    k : int

    Returns
    -------
    scores : float32 array, shape [queries, k]
    ids : int64 array, shape [queries, k]
    """
    # Not a matrix product: how that rounds depends on where a row stands, and equal rows must score alike.
    products = (vectors.astype(np.float64) * queries[:, None]).sum(axis=2)
    scores = np.clip(products.astype(np.float32), -1.0, 1.0)
    order = np.lexsort((ids, -scores), axis=-1)[:, :k]
    best, nearest = nothing_found(len(queries), k)
    best[:, : order.shape[1]] = np.take_along_axis(scores, order, axis=1)
    nearest[:, : order.shape[1]] = np.take_along_axis(ids, order, axis=1)
    return best, nearest


def _checked_vectors(vectors: Vectors) -> Vectors:
    if vectors.ndim != 2 or vectors.dtype != np.float32:
        raise ValueError(f"expected rows of float32, got {vectors.dtype} of shape {vectors.shape}")
    # Written so that NaN fails it.
    if not (np.abs(vectors) <= _LONGEST).all():
        raise ValueError("a vector holds what is not a finite number, or is far too long")
    return np.array(vectors, order="C")
