"""Vectors searched with FAISS, its answers put into one order that never changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import BoolArray, FloatArray
from swara.embedder import Vectors

__all__ = [
    "NO_ID",
    "FaissIndex",
    "Ids",
    "bitmap",
    "checked_queries",
    "one_thread",
    "rank_rows",
    "untyped_faiss",
]

Ids: TypeAlias = npt.NDArray[np.int64]

NO_ID = -1
"""Stands where there is no neighbour left."""

_LONGEST = 1e15
"""Components up to this size leave inner products within float32."""

_MORE = 8
"""How many candidates beyond `k` are asked for at first."""

_COMPONENTS = 2**20
"""Of candidates that are ranked at a time: 8 MB, however many queries there are."""


_MANY = 20
"""Queries from which on FAISS multiplies matrices, ten times as fast; not where it must look what counts."""

_FEW = 2048
"""Vectors that are all ranked, which takes less time than loading FAISS: 3 ms for a query, against 60."""


class FaissIndex:
    """Vectors with ids, searched by inner product: cosine similarity, as vectors are expected of length 1.

    Similarities are inner products summed in double precision, rounded to float32 and clipped to -1..1; the
    most similar comes first, and of equally similar ones the lowest id. FAISS rounds in float32 and puts
    equally similar vectors in any order. So it is asked for some candidates more, and for still more until
    those left out are surely less similar than the k-th; the candidates are then ranked. Of few vectors all
    are candidates, and FAISS is not loaded. Nothing is copied to be searched.

    Parameters
    ----------
    vectors : float32 array, shape [count, dim]
        What is searched.
    ids : int64 array, shape [count]
        Id of each vector.

    Attributes
    ----------
    vectors, ids
        Copies of them.
    longest : float
        Length of the longest vector.

    Raises
    ------
    ValueError
        If they are not finite, or do not fit together.
    """

    def __init__(self, vectors: Vectors, ids: Ids) -> None:
        self.vectors, self.ids = _checked_items(vectors, ids)
        squares = np.einsum("ij,ij->i", self.vectors, self.vectors, dtype=np.float64)
        self.longest = float(squares.max(initial=0.0)) ** 0.5

    @classmethod
    def mapped(cls, vectors: Vectors, longest: float) -> FaissIndex:
        """Return an index of vectors where they lie, such as in a mapped file; nothing is read or checked.

        Parameters
        ----------
        vectors : float32 array, shape [count, dim]
            Contiguous, and known to be finite. Their ids are their rows.
        longest : float
            As the attribute.
        """
        index = cls.__new__(cls)
        index.vectors, index.longest = vectors, longest
        index.ids = np.arange(len(vectors), dtype=np.int64)
        return index

    def search(self, queries: Vectors, k: int, among: BoolArray | None = None) -> tuple[Vectors, Ids]:
        """Find the `k` most similar vectors for each query.

        Parameters
        ----------
        queries : float32 array, shape [n, dim]
            In any memory layout.
        k : int
            At least 1; may exceed the number of vectors.
        among : bool array, shape [count], optional
            Which vectors come into question; all by default.

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
        own = checked_queries(queries, self.vectors.shape[1], k)
        rows = np.arange(len(self.ids)) if among is None else np.flatnonzero(among)
        if rows.size <= _FEW:
            return self._rank_all(own, rows, k)
        with one_thread():
            return self._search(own, k, k + _MORE, rows, among)

    @property
    def exact(self) -> FaissIndex:
        """Itself."""
        return self

    def _search(
        self, queries: Vectors, k: int, asked: int, rows: Ids, among: BoolArray | None
    ) -> tuple[Vectors, Ids]:
        """Ask for so many candidates for each query, and for more where that does not settle it."""
        if asked >= rows.size:
            return self._rank_all(queries, rows, k)
        rough, found = self._candidates(queries, asked, among)
        scores, ids = rank_rows(queries, self.vectors, self.ids, found, k)
        settled = self._best_left_out(queries, rough[:, -1]) < scores[:, -1]
        if not settled.all():
            scores[~settled], ids[~settled] = self._search(queries[~settled], k, 2 * asked, rows, among)
        return scores, ids

    def _candidates(self, queries: Vectors, asked: int, among: BoolArray | None) -> tuple[Vectors, Ids]:
        """Return rough scores and rows, shape [queries, asked], as FAISS finds them."""
        import faiss

        if among is not None and len(queries) >= _MANY:
            kept = np.flatnonzero(among)
            scores, rows = FaissIndex.mapped(self.vectors[kept], self.longest)._candidates(
                queries, asked, None
            )
            return scores, kept[rows]
        scores = np.empty((len(queries), asked), dtype=np.float32)
        rows = np.empty(scores.shape, dtype=np.int64)
        selector = None if among is None else bitmap(among)
        faiss.knn_inner_product(
            faiss.swig_ptr(queries),
            faiss.swig_ptr(self.vectors),
            self.vectors.shape[1],
            len(queries),
            len(self.vectors),
            asked,
            faiss.swig_ptr(scores),
            faiss.swig_ptr(rows),
            selector,
        )
        return scores, rows

    def _rank_all(self, queries: Vectors, rows: Ids, k: int) -> tuple[Vectors, Ids]:
        """Rank all these rows for every query, some thousand at a time, and merge."""
        scores, ids = _nothing_found(len(queries), k)
        step = max(1, _COMPONENTS // self.vectors.shape[1])
        for begin in range(0, rows.size, step):
            part = np.broadcast_to(
                rows[begin : begin + step], (len(queries), rows[begin : begin + step].size)
            )
            more_scores, more_ids = rank_rows(queries, self.vectors, self.ids, part, k)
            scores, ids = _best(np.hstack([scores, more_scores]), np.hstack([ids, more_ids]), k)
        return scores, ids

    def _best_left_out(self, queries: Vectors, last: Vectors) -> FloatArray:
        """Return what no vector can score that FAISS put behind the one of rough score `last`."""
        # Twice the bound on the error of a sum of products in float32 (Higham 2002, eq. 3.5).
        error = self.longest * self.vectors.shape[1] * float(np.finfo(np.float32).eps)
        lengths = np.linalg.norm(queries.astype(np.float64), axis=1)
        bound: FloatArray = np.clip(last + 2.0 * error * lengths, -1.0, 1.0)
        return bound


def untyped_faiss() -> Any:
    """Return FAISS without its stubs, which know its C++ and not what its Python makes of that."""
    import faiss

    return faiss


def bitmap(among: BoolArray) -> Any:
    """Return what tells FAISS which rows come into question."""
    return untyped_faiss().IDSelectorBitmap(np.packbits(among, bitorder="little"))


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep FAISS from starting threads for one query: on a busy machine they wait 8 ms for each other.

    The number of threads belongs to the calling thread, and is put back.
    """
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _checked_items(vectors: Vectors, ids: Ids) -> tuple[Vectors, Ids]:
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
    """Return the queries as a contiguous copy; raise as `FaissIndex.search` says."""
    if k < 1:
        raise ValueError(f"cannot look for {k} neighbours")
    own = _checked_vectors(queries)
    if own.shape[1] != dim:
        raise ValueError(f"queries of length {own.shape[1]} for vectors of length {dim}")
    return own


def _nothing_found(queries: int, k: int) -> tuple[Vectors, Ids]:
    """Return scores and ids, shape [queries, k], where there are no neighbours."""
    return np.full((queries, k), -np.inf, dtype=np.float32), np.full((queries, k), NO_ID, dtype=np.int64)


def rank_rows(queries: Vectors, vectors: Vectors, ids: Ids, rows: Ids, k: int) -> tuple[Vectors, Ids]:
    """Return scores and ids of the `k` vectors most similar to each query, as `FaissIndex` orders them.

    Parameters
    ----------
    queries : float32 array, shape [queries, dim]
        Vectors of length 1 that neighbours are sought of.
    vectors : float32 array, shape [count, dim]
        All there are.
    ids : int64 array, shape [count]
        By which each vector is answered with.
    rows : int64 array, shape [queries, n]
        Of the vectors that come into question for each query.
    k : int
        How many are wanted for each query.

    Returns
    -------
    scores : float32 array, shape [queries, k]
    ids : int64 array, shape [queries, k]
    """
    scores = np.empty(rows.shape, dtype=np.float32)
    at_once = max(1, _COMPONENTS // max(1, rows.shape[1] * vectors.shape[1]))
    for begin in range(0, len(queries), at_once):
        part = slice(begin, begin + at_once)
        # No matrix product: how that rounds depends on where a row stands, and equal rows must score alike.
        products = (vectors[rows[part]].astype(np.float64) * queries[part, None]).sum(axis=2)
        scores[part] = np.clip(products.astype(np.float32), -1.0, 1.0)
    return _best(scores, ids[rows], k)


def _best(scores: Vectors, ids: Ids, k: int) -> tuple[Vectors, Ids]:
    """Return the `k` best of each row of scores and ids, in the order that never changes."""
    order = np.lexsort((ids, -scores), axis=-1)[:, :k]
    best, nearest = _nothing_found(len(scores), k)
    best[:, : order.shape[1]] = np.take_along_axis(scores, order, axis=1)
    nearest[:, : order.shape[1]] = np.take_along_axis(ids, order, axis=1)
    return best, nearest


def _checked_vectors(vectors: Vectors) -> Vectors:
    if vectors.ndim != 2 or vectors.dtype != np.float32:
        raise ValueError(f"expected rows of float32, got {vectors.dtype} of shape {vectors.shape}")
    # Written so that NaN fails it, and no second array of that size is made.
    if vectors.size and not (vectors.min() >= -_LONGEST and vectors.max() <= _LONGEST):
        raise ValueError("a vector holds what is not a finite number, or is far too long")
    return np.array(vectors, order="C")
