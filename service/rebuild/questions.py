"""The questions that versions are asked, some made hard, and how much of a difference is chance.

Notes that nobody sang wrong are named right by every version, so that naming them tells nothing. Each is
asked about once more as a learner might sing it: as far off as a note may be that still is what it was meant
to be, begun on a neighbour, with frames of the tracker an octave off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np

from swara.classifier.note_head.examples import NoteSource
from swara.data.arrays import FloatArray, IntArray
from swara.service.store.manifest import Score, Scores

from .labelled_notes import LabelledNote

__all__ = ["Answers", "chance_falls", "hard_cents", "shares"]

Answers: TypeAlias = Mapping[str, FloatArray]
"""By what is measured: 1 for a question that was answered well, 0 where not, NaN where it does not count."""

OFF_CENTS: Final = (25.0, 45.0)
"""How far off they are sung, up or down: from where the head is sure to where the next swara is as near."""

BEGUN_CENTS: Final = (-200.0, -100.0, 100.0, 200.0)
BEGUN_SHARE: Final = 0.4
"""From where they are approached, and how much of the note that takes."""

OCTAVE_SHARE: Final = 0.1
"""Of the frames, those that are an octave off."""

RESAMPLED: Final = 1000
BEYOND: Final = 0.99
"""How often the questions are drawn anew, and the share of the draws that a fall by chance stays within: of a
hundred nights on which nothing got worse, one is stopped by a score."""

_SEED: Final = 20_261_127


def hard_cents(notes: Sequence[LabelledNote]) -> list[FloatArray]:
    """Return the pitch of notes as they would be sung badly: float64, shape [frames] each, cents above Sa.

    What is drawn for a note hangs on its recording and its place there alone: the same every night, whatever
    else is asked.

    Parameters
    ----------
    notes : sequence of LabelledNote
        As sung.
    """
    return [_sung_badly(note.source, f"{note.item.recording} {note.item.start_s:.4f}") for note in notes]


def _sung_badly(source: NoteSource, name: str) -> FloatArray:
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(f"hard: {name}".encode()).digest()[:8]))
    cents: FloatArray = source.cents + rng.choice((-1.0, 1.0)) * rng.uniform(*OFF_CENTS)
    begun = round(BEGUN_SHARE * cents.size)
    cents[:begun] += np.linspace(rng.choice(BEGUN_CENTS), 0.0, begun)
    wrong = rng.random(cents.size) < OCTAVE_SHARE
    cents[wrong] += rng.choice((-1200.0, 1200.0))
    return cents


def shares(answers: Answers) -> Scores:
    """Return how many questions were answered well, of those that count; what none counts for is left out."""
    counted = {name: each[np.isfinite(each)] for name, each in answers.items()}
    return {name: Score(float(each.mean()), each.size) for name, each in counted.items() if each.size}


def chance_falls(before: Answers, now: Answers, notes: Sequence[LabelledNote]) -> dict[str, float]:
    """Return by how much each share may seem to have fallen from one version to the next, and not have.

    The recordings that the questions come from are drawn anew, with replacement, and the same for both
    versions: a paired bootstrap by recording, as notes of one recording stand and fall together. What 99 of
    100 draws do not exceed, beside the fall that was seen, is chance.

    Parameters
    ----------
    before, now : mapping of str to float64 array, shape [questions]
        The answers of both; what only one of them was asked is left out.
    notes : sequence of LabelledNote
        The questions.
    """
    names = sorted({note.item.recording for note in notes})
    place = {name: at for at, name in enumerate(names)}
    of = np.array([place[note.item.recording] for note in notes])
    drawn = np.random.default_rng(_SEED).integers(len(names), size=(RESAMPLED, len(names)))
    return {
        name: _chance(_sums(before[name], of, len(names)), _sums(now[name], of, len(names)), drawn)
        for name in before.keys() & now.keys()
        if np.isfinite(before[name]).any() and np.isfinite(now[name]).any()
    }


def _sums(answers: FloatArray, of: IntArray, count: int) -> FloatArray:
    """Return what was answered well, and what counts, of each recording, shape [2, count]."""
    counts = np.isfinite(answers)
    sums = [np.bincount(of, each, count) for each in (np.where(counts, answers, 0.0), counts)]
    return np.array(sums, dtype=np.float64)


def _chance(before: FloatArray, now: FloatArray, drawn: IntArray) -> float:
    def share(sums: FloatArray) -> FloatArray:
        shares_drawn: FloatArray = sums[0] / np.maximum(sums[1], 1.0)
        return shares_drawn

    fell = share(before.sum(axis=1)) - share(now.sum(axis=1))
    falls = share(before[:, drawn].sum(axis=-1)) - share(now[:, drawn].sum(axis=-1))
    return float(max(0.0, np.quantile(falls - fell, BEYOND)))
