"""Search with FAISS, its answers put into the one order that `NeighbourIndex` promises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from swara.data.arrays import FloatArray
from swara.embedder import Vectors

from . import IndexDamaged
from .engine import Ids, checked_items, checked_queries, nothing_found, ranked_rows

__all__ = ["FaissIndex"]

_MORE = 8
"""How many candidates beyond `k` are asked for at first."""

_COMPONENTS = 2**20
"""Of candidates that are ranked at a time: 8 MB, however many queries there are."""


class FaissIndex:
    """A `NeighbourIndex` on FAISS's flat index for inner products.

    FAISS rounds in float32 and puts equally similar vectors in any order. So it is asked for some candidates
    more, and for still more until those left out are surely less similar than the k-th; the candidates are
    then ranked as `ExactIndex` ranks.

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
        import faiss

        self._vectors, self._ids = checked_items(vectors, ids)
        self._flat = faiss.IndexFlatIP(self._vectors.shape[1])
        self._index = faiss.IndexIDMap2(self._flat)
        self._index.add_with_ids(self._vectors, self._ids)
        longest = float(np.linalg.norm(self._vectors.astype(np.float64), axis=1).max(initial=0.0))
        # Twice the bound on the error of a sum of products in float32 (Higham 2002, eq. 3.5).
        self._error = longest * self._vectors.shape[1] * float(np.finfo(np.float32).eps)

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
        if not len(self._ids):
            return nothing_found(len(own), k)
        with _one_thread():
            return self._search(own, k, k + _MORE)

    def to_bytes(self) -> bytes:
        """Return the index as FAISS writes it to files."""
        import faiss

        return bytes(faiss.serialize_index(self._index))

    @classmethod
    def from_bytes(cls, content: bytes) -> FaissIndex:
        """Read what `to_bytes` returned.

        FAISS trusts what it reads, so `content` must be known to be whole; only its kind is checked here.

        Raises
        ------
        IndexDamaged
            If it holds another kind of index.
        """
        import faiss

        try:
            stored = faiss.deserialize_index(np.frombuffer(content, dtype=np.uint8))
            return cls(*_contents(stored))
        except (RuntimeError, ValueError) as error:
            raise IndexDamaged(f"this is not an index of samples ({error})") from error

    def _search(self, queries: Vectors, k: int, asked: int) -> tuple[Vectors, Ids]:
        """Ask for so many candidates for each query, and for more where that does not settle it."""
        asked = min(asked, len(self._ids))
        scores, ids = nothing_found(len(queries), k)
        settled = np.ones(len(queries), dtype=np.bool_)
        at_once = max(1, _COMPONENTS // (asked * queries.shape[1]))
        for begin in range(0, len(queries), at_once):
            part = slice(begin, begin + at_once)
            rough, rows = self._flat.search(queries[part], asked)
            scores[part], ids[part] = ranked_rows(queries[part], self._vectors[rows], self._ids[rows], k)
            if asked < len(self._ids):
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


def _contents(stored: Any) -> tuple[Vectors, Ids]:
    import faiss

    flat = faiss.downcast_index(stored.index) if isinstance(stored, faiss.IndexIDMap2) else None
    if not isinstance(flat, faiss.IndexFlatIP):
        raise ValueError(f"it is a {type(stored).__name__}")
    vectors = faiss.vector_to_array(flat.codes).view(np.float32).reshape(flat.ntotal, flat.d)
    return vectors, faiss.vector_to_array(stored.id_map)
