"""Halves that look for each other: ranks against slow references, and what ties and zeros are worth."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.embedderbench.ear import POOLINGS, heard, pooled
from benchmarks.embedderbench.retrieval import Halves, found, reciprocal_ranks
from swara.data.clip import Clip
from swara.embedder import EmbedderSpec, Embeddings
from swara.embedder.pooling import pool


def by_hand(queries, others):
    """Sort the candidates of each query, the right one last among equals, and look where it stands."""
    ranks = []
    for row, query in enumerate(queries):
        cosines = [query @ other / (np.linalg.norm(query) * np.linalg.norm(other)) for other in others]
        order = sorted(range(len(others)), key=lambda at: (-cosines[at], at == row))
        ranks.append(1.0 / (1 + order.index(row)))
    return np.array(ranks)


@pytest.fixture
def halves():
    rng = np.random.default_rng(3)
    singers = rng.normal(size=(24, 12))
    return tuple(singers + 0.9 * rng.normal(size=singers.shape) for _ in range(2))


def test_ranks_are_those_of_sorting(halves):
    ranks = reciprocal_ranks(*halves)
    assert len(set(ranks.tolist())) > 3  # neither all found nor all lost
    assert ranks == pytest.approx(by_hand(*halves))


def test_their_mean_is_that_of_scikit_learn(halves):
    from sklearn.metrics import label_ranking_average_precision_score
    from sklearn.metrics.pairwise import cosine_similarity

    queries, others = halves
    truth = np.eye(len(queries), dtype=int)
    forth, back = (
        label_ranking_average_precision_score(truth, cosine_similarity(*pair))
        for pair in ((queries, others), (others, queries))
    )
    assert reciprocal_ranks(queries, others).mean() == pytest.approx(forth)
    assert found([Halves(queries, others)]).mrr.value == pytest.approx((forth + back) / 2)


def test_an_embedder_that_says_the_same_of_everything_gains_nothing():
    same = np.ones((8, 3))
    assert reciprocal_ranks(same, same) == pytest.approx(np.full(8, 1 / 8))
    silent = np.zeros((8, 3))
    assert reciprocal_ranks(silent, silent) == pytest.approx(np.full(8, 1 / 8))


def test_something_else_may_be_sought(halves):
    queries, others = halves
    sought = queries + 0.5 * others
    expected = []
    for row in range(len(queries)):
        mixed = others.copy()
        mixed[row] = sought[row]
        expected.append(by_hand(queries[row : row + 1], np.roll(mixed, -row, axis=0))[0])
    assert reciprocal_ranks(queries, others, sought) == pytest.approx(np.array(expected))
    assert reciprocal_ranks(queries, others, others) == pytest.approx(reciprocal_ranks(queries, others))
    one_way = found([Halves(queries, others, sought)])
    assert one_way.counts[:, 1].tolist() == [1.0] * len(queries)
    assert one_way.mrr.value == pytest.approx(np.mean(expected))
    doubled = Halves(queries, others, sought).mapped(lambda vectors: 2 * vectors)
    assert found([doubled]).mrr.value == pytest.approx(one_way.mrr.value)


def test_length_does_not_matter(halves):
    queries, others = halves
    scales = np.random.default_rng(0).uniform(0.1, 10.0, size=(len(others), 1))
    assert reciprocal_ranks(queries, scales * others) == pytest.approx(reciprocal_ranks(queries, others))


def test_every_query_needs_its_other_half(halves):
    with pytest.raises(ValueError):
        reciprocal_ranks(halves[0], halves[1][:-1])


def test_the_interval_holds_the_figure_and_the_difference_is_paired(halves):
    better = found([Halves(halves[0], halves[0] + 0.1 * halves[1])])
    worse = found([Halves(*halves), Halves(*halves)])
    for one in (better, worse):
        assert one.mrr.low <= one.mrr.value <= one.mrr.high
    ahead = better.ahead_of(worse)
    assert ahead.value == pytest.approx(better.mrr.value - worse.mrr.value)
    assert ahead.low > 0
    nothing = worse.ahead_of(worse)
    assert (nothing.low, nothing.value, nothing.high) == (0.0, 0.0, 0.0)


class Framed:
    """Vectors of ten samples each, every 10 samples."""

    spec = EmbedderSpec("framed", 10, 1000, 0.01, 0.01, {})

    def embed(self, clip):
        vectors = clip.samples.reshape(-1, 10)
        return Embeddings(vectors, 0.005 + 0.01 * np.arange(len(vectors)), self.spec)


def test_a_sound_is_pooled_whole_and_can_be_pooled_again():
    sound = np.random.default_rng(1).normal(0.1, 0.1, 1000).astype(np.float32)
    (both,) = heard(Framed(), [sound])
    frames = sound.reshape(-1, 10)
    assert both == pytest.approx(np.stack([frames.mean(axis=0), frames.std(axis=0)]), abs=1e-6)
    mean_alone, with_half, with_all = (pooled(both[None], weight)[0] for weight in POOLINGS.values())
    assert mean_alone == pytest.approx(pool(Framed().embed(Clip(sound, 1000)), 0.0, 1.0), abs=1e-6)
    assert cosine(with_half, np.concatenate([both[0], 0.5 * both[1]])) > 0.99999
    assert cosine(with_all, both.reshape(-1)) > 0.99999


def test_silence_is_pooled_to_zeros():
    assert not pooled(np.zeros((1, 2, 3)), 1.0).any()


def cosine(one, other):
    return one @ other / (np.linalg.norm(one) * np.linalg.norm(other))
