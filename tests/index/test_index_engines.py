"""FAISS gives the answer of the definition to the last bit, whatever the vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from swara.index import IndexDamaged, faiss_index
from swara.index.faiss_index import FaissIndex, _contents, _plain_contents


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


def _agree(vectors: np.ndarray, ids: np.ndarray, queries: np.ndarray, k: int) -> None:
    exact = _exact(vectors, ids, queries, k)
    for few in (0, len(ids)):  # with FAISS, and without
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(faiss_index, "_FEW", few)
            found = FaissIndex(vectors, ids).search(queries, k)
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


def test_faiss_comes_back_from_its_bytes() -> None:
    vectors, ids = _unit(np.random.default_rng(6).normal(size=(30, 80))), 3 * np.arange(30)[::-1]
    index = FaissIndex(vectors, ids)
    again = FaissIndex.from_bytes(index.to_bytes())
    assert again.vectors.tobytes() == vectors.tobytes()
    assert again.ids.tolist() == ids.tolist()
    content = index.to_bytes()
    assert again.to_bytes() == content
    for plain, theirs in zip(_plain_contents(content), _contents(content), strict=True):
        assert (plain.dtype, plain.shape, plain.tobytes()) == (theirs.dtype, theirs.shape, theirs.tobytes())
    assert again.search(vectors, 4)[1].tolist() == index.search(vectors, 4)[1].tolist()


def test_another_kind_of_faiss_index_is_refused() -> None:
    import faiss

    for other in (faiss.IndexFlatL2(3), faiss.IndexIDMap2(faiss.IndexFlatL2(3)), faiss.IndexFlatIP(3)):
        with pytest.raises(IndexDamaged, match="not an index of samples"):
            FaissIndex.from_bytes(faiss.serialize_index(other).tobytes())


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
