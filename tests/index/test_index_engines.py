"""FAISS gives the answer of the definition to the last bit, whatever the vectors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from swara.index import IndexDamaged, faiss_index
from swara.index.faiss_index import FaissIndex
from swara.index.hnsw import HnswIndex, HnswParameters, recall


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _exact(
    vectors: np.ndarray, ids: np.ndarray, queries: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The definition: every inner product, clipped; the best first, and of equal ones the lowest id."""
    scores, found = np.full((len(queries), k), -np.inf, np.float32), np.full((len(queries), k), -1)
    for row, query in enumerate(queries.astype(np.float64)):
        products = np.clip((vectors * query).sum(axis=1).astype(np.float32), -1.0, 1.0)
        order = sorted(range(len(ids)), key=lambda at: (-products[at], ids[at]))[:k]
        scores[row, : len(order)], found[row, : len(order)] = products[order], ids[order]
    return scores, found


def _agree(
    vectors: np.ndarray, ids: np.ndarray, queries: np.ndarray, k: int, among: np.ndarray | None = None
) -> None:
    some = slice(None) if among is None else among
    exact = _exact(vectors[some], ids[some], queries, k)
    for few in (0, len(ids)):  # with FAISS, and without
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(faiss_index, "_FEW", few)
            patch.setattr(faiss_index, "_COMPONENTS", 2**20 if few else 64)  # ranked a few at a time
            found = FaissIndex(vectors, ids).search(queries, k, among)
        for mine, theirs in zip(exact, found, strict=True):
            assert mine.shape == theirs.shape == (len(queries), k)
            assert mine.dtype == theirs.dtype
            assert mine.tobytes() == theirs.tobytes()


@st.composite
def _cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Few different values, so that ties, zeros and opposite vectors abound; some rows once more."""
    dim, count = draw(st.integers(1, 9)), draw(st.integers(1, 40))
    values = (
        st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]) if draw(st.booleans()) else st.floats(-9, 9, width=32)
    )
    rows = draw(hnp.arrays(np.float32, (count, dim), elements=values))
    rows = rows[draw(hnp.arrays(np.intp, count, elements=st.integers(0, count - 1)))]
    queries = draw(hnp.arrays(np.float32, (draw(st.integers(0, 4)), dim), elements=values))
    numbers = draw(st.permutations(range(count)))
    ids = 7 * np.array(numbers, dtype=np.int64)
    if draw(st.booleans()):
        rows, queries = _unit(rows), _unit(queries)
    return rows, ids, queries, draw(st.integers(1, count + 5))


@settings(deadline=None)  # a busy machine is no fault
@given(_cases())
def test_faiss_agrees_on_adversarial_vectors(case: tuple[np.ndarray, np.ndarray, np.ndarray, int]) -> None:
    _agree(*case)
    _agree(*case, among=case[1] % 3 > 0)


@pytest.mark.parametrize("step", [0.0, 1e-8, 1e-7, 1e-6, 1.0, 1e3])
@pytest.mark.parametrize("count", [30, 700])
@pytest.mark.parametrize("dim", [1, 80])
def test_faiss_agrees_on_crowds_nearer_than_float32_can_tell(count: int, step: float, dim: int) -> None:
    rng = np.random.default_rng(5)
    crowd = rng.normal(size=dim) + step * rng.normal(size=(count, dim))
    _agree(_unit(crowd), rng.permutation(count).astype(np.int64), _unit(crowd[:3]), 5)


def test_memory_layout_does_not_matter() -> None:
    wide = _unit(np.random.default_rng(4).normal(size=(40, 12)))
    vectors, ids = wide[::2], np.arange(20)
    expected = FaissIndex(vectors.copy(), ids).search(vectors.copy(), 4)
    for layout in (np.asfortranarray(vectors), vectors, vectors[::-1].copy()[::-1]):
        answer = FaissIndex(layout, ids).search(layout, 4)
        assert [a.tobytes() for a in answer] == [e.tobytes() for e in expected]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_what_is_not_finite_is_refused(bad: float) -> None:
    vectors = np.eye(3, dtype=np.float32)
    spoilt = vectors.copy()
    spoilt[1, 2] = bad
    with pytest.raises(ValueError, match="finite"):
        FaissIndex(spoilt, np.arange(3))
    with pytest.raises(ValueError, match="finite"):
        FaissIndex(vectors, np.arange(3)).search(spoilt, 1)


def test_what_does_not_fit_is_refused() -> None:
    vectors = np.eye(3, dtype=np.float32)
    for ids in ([0, 1], [0, 1, 1], [-1, 0, 1], [0.5, 1, 2]):
        with pytest.raises(ValueError, match="ids"):
            FaissIndex(vectors, np.array(ids))
    index = FaissIndex(vectors, np.arange(3))
    for queries in (np.ones((1, 2), np.float32), np.ones(3, np.float32), np.ones((1, 3))):
        with pytest.raises(ValueError, match=r"length|rows"):
            index.search(queries, 1)
    with pytest.raises(ValueError, match="0 neighbours"):
        index.search(vectors, 0)


def test_what_goes_in_is_copied() -> None:
    vectors = np.eye(3, dtype=np.float32)
    index = FaissIndex(vectors, np.arange(3))
    vectors[:] = 0
    assert index.search(np.eye(3, dtype=np.float32), 1)[1].tolist() == [[0], [1], [2]]


def test_an_empty_index_answers() -> None:
    index = FaissIndex(np.zeros((0, 3), np.float32), np.zeros(0, np.int64))
    scores, ids = index.search(np.ones((2, 3), np.float32), 2)
    assert (ids.tolist(), scores.tolist()) == ([[-1, -1]] * 2, [[-np.inf] * 2] * 2)


def test_the_number_of_threads_of_faiss_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    import faiss

    monkeypatch.setattr(faiss_index, "_FEW", 0)
    index, before = FaissIndex(np.eye(3, dtype=np.float32), np.arange(3)), faiss.omp_get_max_threads()
    try:
        faiss.omp_set_num_threads(3)
        index.search(np.eye(3, dtype=np.float32), 2)
        assert faiss.omp_get_max_threads() == 3
    finally:
        faiss.omp_set_num_threads(before)


DIM, COUNT = 20, 3000


@pytest.fixture(scope="module")
def crowded() -> np.ndarray:
    """Vectors in crowds, as notes of singers are; the last hundred are asked about."""
    rng = np.random.default_rng(8)
    middles = rng.normal(size=(40, DIM))
    return _unit(middles[rng.integers(0, 40, COUNT + 100)] + 0.4 * rng.normal(size=(COUNT + 100, DIM)))


@pytest.fixture(scope="module")
def graph(crowded: np.ndarray) -> HnswIndex:
    return HnswIndex.build(FaissIndex(crowded[:COUNT], 3 * np.arange(COUNT)))


@pytest.mark.parametrize("share", [1.0, 0.5, 0.15, 0.05, 0.001, 0.0])
def test_a_graph_finds_what_comparing_all_finds(crowded: np.ndarray, graph: HnswIndex, share: float) -> None:
    """However many are struck out, such as all other singers: below a tenth no graph is followed."""
    queries = crowded[COUNT:]
    among = None if share == 1.0 else np.random.default_rng(1).random(COUNT) < share
    (true_scores, truth), (scores, found) = (
        engine.search(queries, 10, among) for engine in (graph.exact, graph)
    )
    same = (truth == found).all(axis=1)
    assert scores[same].tobytes() == true_scores[same].tobytes()
    assert np.mean([np.isin(t, f) for t, f in zip(truth, found, strict=True)]) >= (
        0.99 if share >= 0.1 else 1
    )
    assert same.all() or share >= 0.1
    if among is not None:
        assert set(found.ravel() // 3) <= {*np.flatnonzero(among), -1}


def test_a_worse_graph_finds_less(crowded: np.ndarray, graph: HnswIndex) -> None:
    worse = HnswIndex.build(graph.exact, HnswParameters(m=2, ef_construction=2, ef_search=2))
    assert recall(graph.exact, crowded[COUNT:]) == 1.0
    assert recall(graph, crowded[COUNT:]) >= 0.99
    assert recall(worse, crowded[COUNT:]) < 0.9


def test_whoever_asks_for_much_gets_all_compared(crowded: np.ndarray, graph: HnswIndex) -> None:
    for k in (COUNT // 30, COUNT + 5):
        expected = graph.exact.search(crowded[COUNT:][:3], k)
        for mine, theirs in zip(graph.search(crowded[COUNT:][:3], k), expected, strict=True):
            assert mine.tobytes() == theirs.tobytes()


_BUILD = """
import sys
from pathlib import Path
import numpy as np
from swara.index.faiss_index import FaissIndex
from swara.index.hnsw import HnswIndex
vectors = np.load(sys.argv[1])
HnswIndex.build(FaissIndex(vectors, np.arange(len(vectors)))).save(Path(sys.argv[2]))
"""


def test_a_processor_of_another_width_makes_the_same_graph(graph: HnswIndex, tmp_path: Path) -> None:
    np.save(tmp_path / "some.npy", graph.vectors)
    words = [sys.executable, "-c", _BUILD, str(tmp_path / "some.npy"), str(tmp_path / "plain")]
    subprocess.run(words, check=True, env={**os.environ, "FAISS_SIMD_LEVEL": "NONE"})
    graph.save(tmp_path / "here")
    assert (tmp_path / "plain").read_bytes() == (tmp_path / "here").read_bytes()


def test_the_same_vectors_make_the_same_graph(graph: HnswIndex, tmp_path: Path) -> None:
    """Whatever number of threads FAISS may use; a file of another index is refused."""
    import faiss

    before = faiss.omp_get_max_threads()
    try:
        faiss.omp_set_num_threads(4)
        again = HnswIndex.build(graph.exact)
    finally:
        faiss.omp_set_num_threads(before)
    for name, each in (("one", graph), ("other", again)):
        each.save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    opened = HnswIndex.mapped(tmp_path / "one", graph.exact, graph.facts())
    queries = graph.vectors[:20]
    for mine, theirs in zip(opened.search(queries, 5), graph.search(queries, 5), strict=True):
        assert mine.tobytes() == theirs.tobytes()
    fewer = FaissIndex(graph.vectors[:-1], graph.ids[:-1])
    with pytest.raises(IndexDamaged, match="graph of another index"):
        HnswIndex.mapped(tmp_path / "one", fewer, graph.facts())
    (tmp_path / "other").write_bytes(b"nonsense")
    with pytest.raises(IndexDamaged, match="not the graph"):
        HnswIndex.mapped(tmp_path / "other", graph.exact, graph.facts())
