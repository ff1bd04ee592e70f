"""Halves and notes that look for each other, against slow references; what ties and zeros are worth."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import label_ranking_average_precision_score
from sklearn.metrics.pairwise import cosine_similarity

from benchmarks.embedders.peers import POOLINGS, pooled, summaries
from benchmarks.embedders.singers import SungNotes, embed_notes, score_notes, search
from benchmarks.recordings import SightSinging
from benchmarks.retrieval import cosines, ranked
from swara.data.clip import Clip
from swara.embedder import EmbedderSpec, Embeddings
from swara.embedder.spec import pool


def by_scikit_learn(similar):
    """The reciprocal rank of the right one of each row, which is that on the diagonal."""
    return np.array(
        [
            label_ranking_average_precision_score(*pair)
            for pair in zip(np.eye(len(similar))[:, None], similar[:, None], strict=True)
        ]
    )


def reciprocal_ranks(queries, others):
    takes = np.arange(len(queries))
    return ranked(cosines(queries, others), np.eye(len(queries), dtype=bool), takes).reciprocal.part


@pytest.fixture
def halves():
    rng = np.random.default_rng(3)
    singers = rng.normal(size=(24, 12))
    return tuple(singers + 0.9 * rng.normal(size=singers.shape) for _ in range(2))


def test_ranks_are_those_of_scikit_learn_in_both_directions(halves):
    forth, back = (by_scikit_learn(cosine_similarity(*pair)) for pair in (halves, halves[::-1]))
    assert len(set(forth.tolist())) > 3  # neither all found nor all lost
    assert reciprocal_ranks(*halves) == pytest.approx(forth)
    assert search([halves]).reciprocal.part == pytest.approx(forth + back)


@pytest.mark.parametrize("said", [0.0, 1.0])
def test_an_embedder_that_says_the_same_of_everything_gains_nothing(said):
    same = np.full((8, 3), said)
    assert reciprocal_ranks(same, same) == pytest.approx(np.full(8, 1 / 8))


def test_something_else_may_be_sought(halves):
    queries, others = halves
    sought = queries + 0.5 * others
    similar = cosine_similarity(queries, others)
    np.fill_diagonal(similar, np.diag(cosine_similarity(queries, sought)))
    one_way = search([(queries, others, sought)]).reciprocal
    assert one_way.part == pytest.approx(by_scikit_learn(similar))
    assert one_way.whole.tolist() == [1.0] * len(queries)
    assert search([(2 * queries, 2 * others, 2 * sought)]).reciprocal.value == pytest.approx(one_way.value)


def test_only_what_is_allowed_is_searched_and_what_cannot_be_found_has_no_place():
    similar = np.array([[0.9, 0.8, 0.7, 0.6]] * 3)
    right = np.array([[False, False, True, True], [True, False, False, False], [False] * 4])
    allowed = np.array([[True, False, True, True], [False, True, True, True], [True] * 4])
    found = ranked(similar, right, np.array([0, 0, 1]), allowed)
    assert found.places.tolist() == [2, 0, 0]
    assert found.reciprocal.part.tolist() == [0.5, 0.0]
    assert found.nearest.value == 0.0


class Framed:
    """Vectors of ten samples each, every 10 samples."""

    spec = EmbedderSpec("framed", 10, 1000, 0.01, 0.01, {})

    def embed(self, clip):
        vectors = clip.samples.reshape(-1, 10)
        return Embeddings(vectors, 0.005 + 0.01 * np.arange(len(vectors)), self.spec)


def test_a_sound_is_pooled_whole_and_can_be_pooled_again():
    sound = np.random.default_rng(1).normal(0.1, 0.1, 1000).astype(np.float32)
    (both,) = summaries(Framed(), [sound])
    frames = sound.reshape(-1, 10)
    assert both == pytest.approx(np.stack([frames.mean(axis=0), frames.std(axis=0)]), abs=1e-6)
    mean_alone, with_half, with_all = (pooled(both[None], weight)[0] for weight in POOLINGS.values())
    assert mean_alone == pytest.approx(pool(Framed().embed(Clip(sound, 1000)), 0.0, 1.0), abs=1e-6)
    assert cosine(with_half, np.concatenate([both[0], 0.5 * both[1]])) > 0.99999
    assert cosine(with_all, both.reshape(-1)) > 0.99999
    assert not pooled(np.zeros((1, 2, 3)), 1.0).any()


def cosine(one, other):
    return one @ other / (np.linalg.norm(one) * np.linalg.norm(other))


def sung(vector_of, takes=4, notes=12):
    numbers = np.repeat(np.arange(takes), notes)
    midi = np.tile(60.0 + np.arange(notes), takes)
    vectors = np.stack([vector_of(take, key) for take, key in zip(numbers, midi, strict=True)])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return SungNotes(vectors, numbers, midi, np.tile(np.arange(notes) < notes // 2, takes))


def test_voice_alone_finds_every_take_and_pitch_alone_is_always_beaten_by_pitch():
    scores = score_notes(sung(lambda take, key: np.eye(4)[take]))
    assert (scores.own_take.value, scores.over_pitch.value) == (1.0, 1.0)
    angle = np.pi / 40
    pitch = score_notes(sung(lambda take, key: np.array([np.cos(angle * key), np.sin(angle * key)])))
    assert pitch.over_pitch.value == 0.0


def test_shares_are_those_of_counting_by_hand():
    rng = np.random.default_rng(2)
    notes = sung(lambda take, key: np.eye(4)[take] + rng.normal(0.0, 0.6, 4))
    chances, right = [], []
    for one in range(48):
        wins = []
        for own in range(48):
            if notes.takes[own] == notes.takes[one] and abs(notes.midi[own] - notes.midi[one]) >= 4:
                wins += [
                    notes.vectors[own] @ notes.vectors[one] > notes.vectors[other] @ notes.vectors[one]
                    for other in range(48)
                    if notes.takes[other] != notes.takes[one]
                    and abs(notes.midi[other] - notes.midi[one]) <= 1
                ]
        if wins:
            chances.append(np.mean(wins))
        if notes.first_half[one]:
            others = [k for k in range(48) if not notes.first_half[k]]
            best = max(others, key=lambda k: notes.vectors[k] @ notes.vectors[one])
            right.append(notes.takes[best] == notes.takes[one])
    scores = score_notes(notes)
    assert scores.own_take.value == pytest.approx(np.mean(right))
    assert scores.over_pitch.value == pytest.approx(np.mean(chances))
    assert 0.3 < scores.over_pitch.value < 1.0


def test_short_notes_are_left_out_and_halves_told_apart():
    intervals_s = np.array([[0.0, 0.3], [0.4, 0.5], [0.6, 0.9]])
    take = SightSinging("t", Clip(np.ones(1000, np.float32), 1000), intervals_s, np.array([60.0, 61.0, 62.0]))
    notes = embed_notes([take, take], Framed())
    assert notes.midi.tolist() == [60.0, 62.0] * 2
    assert notes.first_half.tolist() == [True, False] * 2
    assert notes.takes.tolist() == [0, 0, 1, 1]
    assert notes.vectors == pytest.approx(np.full((4, 10), 10**-0.5))
