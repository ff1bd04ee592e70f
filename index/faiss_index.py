"""Vectors searched with FAISS, its answers put into one order that never changes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray
from swara.embedder import Vectors

from . import IndexDamaged

__all__ = ["NO_ID", "FaissIndex", "Ids"]

Ids: TypeAlias = npt.NDArray[np.int64]

NO_ID = -1
"""Stands where there is no neighbour left."""

_LONGEST = 1e15
"""Components up to this size leave inner products within float32."""

_MORE = 8
"""How many candidates beyond `k` are asked for at first."""

_COMPONENTS = 2**20
"""Of candidates that are ranked at a time: 8 MB, however many queries there are."""


_FEW = 2048
"""Vectors that are all ranked, which takes less time than loading FAISS: 3 ms for a query, against 60."""

_HEAD, _COUNT = struct.Struct("<4siqqq?i"), struct.Struct("<Q")  # of an index, of an array, as FAISS writes


class FaissIndex:
    """Vectors with ids, searched by inner product: cosine similarity, as vectors are expected of length 1.

    Similarities are inner products summed in double precision, rounded to float32 and clipped to -1..1; the
    most similar comes first, and of equally similar ones the lowest id. FAISS rounds in float32 and puts
    equally similar vectors in any order. So it is asked for some candidates more, and for still more until
    those left out are surely less similar than the k-th; the candidates are then ranked. Of few vectors all
    are candidates, and FAISS is not loaded.

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

    Raises
    ------
    ValueError
        If they are not finite, or do not fit together.
    """

    def __init__(self, vectors: Vectors, ids: Ids) -> None:
        self.vectors, self.ids = _checked_items(vectors, ids)
        longest = float(np.linalg.norm(self.vectors.astype(np.float64), axis=1).max(initial=0.0))
        # Twice the bound on the error of a sum of products in float32 (Higham 2002, eq. 3.5).
        self._error = longest * self.vectors.shape[1] * float(np.finfo(np.float32).eps)

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
        own = _checked_queries(queries, self.vectors.shape[1], k)
        if not len(self.ids):
            return _nothing_found(len(own), k)
        if len(self.ids) <= _FEW:
            return self._search(own, k, len(self.ids))
        with _one_thread():
            return self._search(own, k, k + _MORE)

    def to_bytes(self) -> bytes:
        """Return the index as FAISS writes it to files."""
        import faiss

        index = faiss.IndexIDMap2(faiss.IndexFlatIP(self.vectors.shape[1]))
        index.add_with_ids(self.vectors, self.ids)
        return bytes(faiss.serialize_index(index))

    @classmethod
    def from_bytes(cls, content: bytes) -> FaissIndex:
        """Read what `to_bytes` returned.

        FAISS trusts what it reads, so `content` must be known to be whole; only its kind is checked here.

        Raises
        ------
        IndexDamaged
            If it holds another kind of index.
        """
        try:
            return cls(*(_plain_contents(content) or _contents(content)))
        except (RuntimeError, ValueError) as error:
            raise IndexDamaged(f"this is not an index of samples ({error})") from error

    @cached_property
    def _flat(self) -> Any:
        import faiss

        flat = faiss.IndexFlatIP(self.vectors.shape[1])
        flat.add(self.vectors)
        return flat

    def _search(self, queries: Vectors, k: int, asked: int) -> tuple[Vectors, Ids]:
        """Ask for so many candidates for each query, and for more where that does not settle it."""
        asked = min(asked, len(self.ids))
        scores, ids = _nothing_found(len(queries), k)
        settled = np.ones(len(queries), dtype=np.bool_)
        at_once = max(1, _COMPONENTS // (asked * queries.shape[1]))
        for begin in range(0, len(queries), at_once):
            part = slice(begin, begin + at_once)
            if asked == len(self.ids):
                rows = np.broadcast_to(np.arange(asked), (len(queries[part]), asked))
            else:
                rough, rows = self._flat.search(queries[part], asked)
            scores[part], ids[part] = _ranked_rows(queries[part], self.vectors[rows], self.ids[rows], k)
            if asked < len(self.ids):
                settled[part] = self._best_left_out(queries[part], rough[:, -1]) < scores[part, -1]
        if not settled.all():
            scores[~settled], ids[~settled] = self._search(queries[~settled], k, 2 * asked)
        return scores, ids

    def _best_left_out(self, queries: Vectors, last: Vectors) -> FloatArray:
        """Return what no vector can score that FAISS put behind the one of rough score `last`."""
        error = self._error * np.linalg.norm(queries.astype(np.float64), axis=1)
        bound: FloatArray = np.clip(last + 2.0 * error, -1.0, 1.0)
        return bound


@contextmanager
def _one_thread() -> Iterator[None]:
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


def _plain_contents(content: bytes) -> tuple[Vectors, Ids] | None:
    """Read what FAISS writes of such an index; None where it is anything else."""
    if len(content) < 2 * (_HEAD.size + _COUNT.size):
        return None
    kind, *shape, _, _, _, _ = _HEAD.unpack_from(content)
    flat, dim, count, _, _, _, metric = _HEAD.unpack_from(content, _HEAD.size)
    first = 2 * _HEAD.size + _COUNT.size
    last = first + 4 * dim * count
    whole = len(content) == last + _COUNT.size + 8 * count
    if not whole or (kind, flat, shape, metric) != (b"IxM2", b"IxFI", [dim, count], 0):
        return None
    sizes = _COUNT.unpack_from(content, first - _COUNT.size) + _COUNT.unpack_from(content, last)
    if sizes != (dim * count, count):
        return None
    vectors = np.frombuffer(content, "<f4", dim * count, first).reshape(count, dim)
    return vectors, np.frombuffer(content, "<i8", count, last + _COUNT.size)


def _contents(content: bytes) -> tuple[Vectors, Ids]:
    import faiss

    stored: Any = faiss.deserialize_index(np.frombuffer(content, dtype=np.uint8))
    flat = faiss.downcast_index(stored.index) if isinstance(stored, faiss.IndexIDMap2) else None
    if not isinstance(flat, faiss.IndexFlatIP):
        raise ValueError(f"it is a {type(stored).__name__}")
    vectors = faiss.vector_to_array(flat.codes).view(np.float32).reshape(flat.ntotal, flat.d)
    return vectors, faiss.vector_to_array(stored.id_map)


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


def _checked_queries(queries: Vectors, dim: int, k: int) -> Vectors:
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


def _ranked_rows(queries: Vectors, vectors: Vectors, ids: Ids, k: int) -> tuple[Vectors, Ids]:
    """Return scores and ids of the `k` vectors most similar to each query, as `FaissIndex` orders them.

    Parameters
    ----------
    queries : float32 array, shape [queries, dim]
        Vectors of length 1 that neighbours are sought of.
    vectors : float32 array, shape [queries, n, dim]
        Those that come into question for each.
    ids : int64 array, shape [queries, n]
        By which each vector is answered with.
    k : int
        How many are wanted for each query.

    Returns
    -------
    scores : float32 array, shape [queries, k]
    ids : int64 array, shape [queries, k]
    """
    # Not a matrix product: how that rounds depends on where a row stands, and equal rows must score alike.
    products = (vectors.astype(np.float64) * queries[:, None]).sum(axis=2)
    scores = np.clip(products.astype(np.float32), -1.0, 1.0)
    order = np.lexsort((ids, -scores), axis=-1)[:, :k]
    best, nearest = _nothing_found(len(queries), k)
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
