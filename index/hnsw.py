"""Vectors found by following a graph, where they are too many to compare them all; then ranked exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from swara.data.arrays import BoolArray
from swara.embedder import Vectors

from . import Engine, IndexDamaged, samples
from .faiss_index import NO_ID, FaissIndex, Ids, bitmap, checked_queries, one_thread, rank_rows, untyped_faiss

__all__ = ["DEFAULTS", "ENGINE", "HnswIndex", "HnswParameters", "index_parameters", "recall"]

ENGINE = "faiss HNSW int8"
"""Name of the engine, as a version's index keeps it."""

_REBUILD = "Run: swara rebuild"
_LARGEST = 127
_WHOLE = 8
"""FAISS compares codes of a length that this divides five times as fast as others; zeros fill them up."""

_AT_ONCE = 65_536
"""Vectors added at a time: the same graph needs the same portions."""

_LEAST_SHARE = 0.10
"""Where fewer come into question they are compared one by one: the graph leads past them."""

_CANDIDATES = 4
"""For each neighbour wanted, how many that the graph finds are ranked exactly."""


@dataclass(frozen=True, slots=True)
class HnswParameters:
    """What decides how good the graph is, and how long it takes (Malkov and Yashunin 2018).

    Parameters
    ----------
    m : int
        Edges of a vector; twice as many on the lowest level.
    ef_construction : int
        Candidates kept while a vector's edges are sought.
    ef_search : int
        Candidates kept while a query's neighbours are sought.
    """

    m: int = 24
    ef_construction: int = 160
    ef_search: int = 256


DEFAULTS = HnswParameters()
"""Of the 10 nearest of 250,000 augmented notes they find 0.9983, with an `m` of 16 0.9966, and with an
`ef_construction` of 80 too 0.9930: asked by notes that no benchmark asks about (``python -m
benchmarks.search.scale`` with ``SWARA_SCALE_NOTES=250000``)."""


def index_parameters() -> str:
    """Return what an index hangs on beside its vectors: which engine from how many on, and its parameters."""
    settings = ", ".join(f"{name} {value}" for name, value in asdict(DEFAULTS).items())
    return f"exact up to {samples.APPROXIMATE_ABOVE} of a swara, else {ENGINE} ({settings})"


class HnswIndex:
    """An approximate index: a graph over vectors in 8 bits, and the vectors themselves to rank by.

    The codes are whole numbers, whose products a float32 sums up without rounding at whatever width the
    processor works. So the same vectors make the same graph, byte for byte, on one thread.

    Parameters
    ----------
    exact : FaissIndex
        The vectors.
    graph : faiss.IndexHNSWSQ
        Over their codes.
    parameters : HnswParameters
        What it was made with, and is searched with.
    """

    def __init__(self, exact: FaissIndex, graph: Any, parameters: HnswParameters = DEFAULTS) -> None:
        self.exact, self.parameters, self._graph = exact, parameters, graph

    @classmethod
    def build(cls, exact: FaissIndex, parameters: HnswParameters = DEFAULTS) -> HnswIndex:
        """Return the index over the vectors of `exact`; 1 M of 84 numbers take minutes on one core."""
        faiss, vectors = untyped_faiss(), exact.vectors
        quantizer, metric = faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
        width = _padded(vectors.shape[1])
        graph = faiss.IndexHNSWSQ(width, quantizer, parameters.m, metric)
        graph.hnsw.efConstruction = parameters.ef_construction
        largest = max(float(vectors.max(initial=0.0)), -float(vectors.min(initial=0.0)))
        with one_thread():
            graph.train(np.zeros((1, graph.d), np.float32))
            for begin in range(0, len(vectors), _AT_ONCE):
                graph.add(_codes(vectors[begin : begin + _AT_ONCE], np.float32(largest or 1.0)))
        return cls(exact, graph, parameters)

    @property
    def vectors(self) -> Vectors:
        """What is searched."""
        return self.exact.vectors

    @property
    def ids(self) -> Ids:
        """The id of each."""
        return self.exact.ids

    def search(self, queries: Vectors, k: int, among: BoolArray | None = None) -> tuple[Vectors, Ids]:
        """Find most of the `k` most similar vectors for each query, in the order of `FaissIndex.search`.

        Parameters and errors are those of that. Where so many are wanted, or so few come into question, that
        the graph would be followed to most of them, all are compared.
        """
        own = checked_queries(queries, self.vectors.shape[1], k)
        count = len(self.ids) if among is None else int(np.count_nonzero(among))
        asked, least = _CANDIDATES * k, _LEAST_SHARE * len(self.ids)
        if count < least or asked > least:
            return self.exact.search(own, k, among)
        rows = self._candidates(own, asked, among, len(self.ids) / count)
        scores, ids = rank_rows(own, self.vectors, self.ids, rows, k)
        lost: BoolArray = (rows == NO_ID).any(axis=1)
        if lost.any():
            scores[lost], ids[lost] = self.exact.search(own[lost], k, among)
        return scores, ids

    def save(self, path: Path) -> None:
        """Write the graph; the vectors have a file of their own."""
        import faiss

        faiss.write_index(self._graph, str(path))

    def facts(self) -> Mapping[str, int]:
        """Return the parameters, as JSON values."""
        return asdict(self.parameters)

    @classmethod
    def mapped(cls, path: Path, exact: FaissIndex, facts: Mapping[str, Any]) -> HnswIndex:
        """Open what `save` wrote, mapped into memory.

        FAISS trusts what it reads, so the file must be known to be whole.

        Parameters
        ----------
        path : Path
            The graph.
        exact : FaissIndex
            The vectors that it is of.
        facts : mapping
            What `facts` returned.

        Raises
        ------
        IndexDamaged
            If it is the graph of something else.
        """
        import faiss

        try:
            graph = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
            parameters = HnswParameters(**facts)
        except (RuntimeError, TypeError) as error:
            raise IndexDamaged(
                f"this is not the graph of an index ({error})", where=str(path), fix=_REBUILD
            ) from error
        count, dim = exact.vectors.shape
        if not isinstance(graph, faiss.IndexHNSWSQ) or (graph.ntotal, graph.d) != (count, _padded(dim)):
            raise IndexDamaged("this is the graph of another index", where=str(path), fix=_REBUILD)
        return cls(exact, graph, parameters)

    def _candidates(self, queries: Vectors, asked: int, among: BoolArray | None, wider: float) -> Ids:
        """Return rows, shape [queries, asked]; `wider` is how many times as many are looked at."""
        effort = int(max(self.parameters.ef_search, asked) * wider)
        selector = None if among is None else bitmap(among)
        chosen = untyped_faiss().SearchParametersHNSW(efSearch=effort, sel=selector)
        largest = np.abs(queries).max(axis=1, keepdims=True)
        codes = _codes(queries, np.where(largest > 0, largest, 1).astype(np.float32))
        with one_thread():
            rows: Ids = self._graph.search(codes, asked, params=chosen)[1]
        return rows


def recall(engine: Engine, queries: Vectors, k: int = 10) -> float:
    """Return the share of the `k` nearest vectors that an engine finds, the very nearest of all left out.

    That one is the query itself where it is one of the vectors, and always found.
    """
    truth, found = engine.exact.search(queries, k + 1)[1][:, 1:], engine.search(queries, k + 1)[1]
    return float((truth[:, :, None] == found[:, None]).any(axis=2)[truth != NO_ID].mean())


def _padded(dim: int) -> int:
    return -(-dim // _WHOLE) * _WHOLE


def _codes(vectors: Vectors, largest: Any) -> Vectors:
    """Return vectors as whole numbers up to 127, where `largest` becomes that, filled up with zeros."""
    codes = np.zeros((len(vectors), _padded(vectors.shape[1])), np.float32)
    codes[:, : vectors.shape[1]] = np.rint(vectors * (np.float32(_LARGEST) / largest))
    return codes
