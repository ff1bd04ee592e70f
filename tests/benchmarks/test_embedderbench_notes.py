"""Single notes: who is nearest to whom, and whether voice or pitch decides it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.embedderbench.single_notes import SungNotes, embed_notes, score_notes
from benchmarks.recordings import SightSinging
from swara.data.clip import Clip
from swara.embedder import EmbedderSpec, Embeddings


def sung(vector_of, takes=4, notes=12):
    numbers = np.repeat(np.arange(takes), notes)
    midi = np.tile(60.0 + np.arange(notes), takes)
    vectors = np.stack([vector_of(take, key) for take, key in zip(numbers, midi, strict=True)])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return SungNotes(vectors, numbers, midi, np.tile(np.arange(notes) < notes // 2, takes))


def test_an_embedder_of_voice_alone_finds_every_take():
    scores = score_notes(sung(lambda take, key: np.eye(4)[take]))
    assert [share.value for share in scores.shares] == [1.0, 1.0]


def test_an_embedder_of_pitch_alone_is_always_beaten_by_pitch():
    angle = np.pi / 40
    pitch = score_notes(sung(lambda take, key: np.array([np.cos(angle * key), np.sin(angle * key)])))
    assert pitch.shares[1].value == 0.0


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
    own_take, over_pitch = score_notes(notes).shares
    assert own_take.value == pytest.approx(np.mean(right))
    assert over_pitch.value == pytest.approx(np.mean(chances))
    assert 0.3 < over_pitch.value < 1.0


class Level:
    """The level of each 10 ms."""

    spec = EmbedderSpec("level", 1, 1000, 0.01, 0.01, {})

    def embed(self, clip):
        vectors = clip.samples.reshape(-1, 10).mean(axis=1, keepdims=True)
        return Embeddings(vectors, 0.005 + 0.01 * np.arange(len(vectors)), self.spec)


def test_short_notes_are_left_out_and_halves_told_apart():
    intervals_s = np.array([[0.0, 0.3], [0.4, 0.5], [0.6, 0.9]])
    take = SightSinging("t", Clip(np.ones(1000, np.float32), 1000), intervals_s, np.array([60.0, 61.0, 62.0]))
    notes = embed_notes([take, take], Level())
    assert notes.midi.tolist() == [60.0, 62.0] * 2
    assert notes.first_half.tolist() == [True, False] * 2
    assert notes.takes.tolist() == [0, 0, 1, 1]
    assert notes.vectors == pytest.approx(np.ones((4, 1)))
