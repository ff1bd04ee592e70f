"""Single notes of sight-singers: whether the voice or the pitch brings two of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.pitchbench.bootstrap import Interval, interval
from benchmarks.recordings import SightSinging
from swara.data.arrays import BoolArray, FloatArray, IntArray
from swara.embedder import Embedder
from swara.embedder.pooling import pool

__all__ = ["NoteScores", "SungNotes", "embed_notes", "score_notes"]

LEAST_NOTE_S = 0.15
FAR_SEMITONES, NEAR_SEMITONES = 4.0, 1.0


@dataclass(frozen=True, slots=True, eq=False)
class SungNotes:
    """Labelled notes, embedded.

    Parameters
    ----------
    vectors : float64 array, shape [notes, dim]
        Of length 1.
    takes : int array, shape [notes]
        Which take each is from.
    midi : float64 array, shape [notes]
        Pitch in fractions of a semitone.
    first_half : bool array, shape [notes]
        Whether the note ends in the first half of its take.
    """

    vectors: FloatArray
    takes: IntArray
    midi: FloatArray
    first_half: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class NoteScores:
    """What was found of single notes.

    Parameters
    ----------
    own_take : float64 array, shape [takes, 2]
        Notes of the first half whose nearest among those of all second halves is from their take; and notes.
    over_pitch : float64 array, shape [takes, 2]
        Summed over notes, the chance that a note of the same take, 4 semitones or more away, is nearer than a
        note of another take within a semitone; and notes. Pitch alone would give 0, voice alone 1.
    """

    own_take: FloatArray
    over_pitch: FloatArray

    @property
    def shares(self) -> tuple[Interval, Interval]:
        """Both as shares, with their intervals over takes."""
        return interval(self.own_take, _share), interval(self.over_pitch, _share)


def embed_notes(takes: Sequence[SightSinging], embedder: Embedder) -> SungNotes:
    """Embed whole takes, and pool each labelled note of at least 150 ms."""
    rows: list[tuple[FloatArray, int, float, bool]] = []
    for number, take in enumerate(takes):
        embeddings = embedder.embed(take.clip)
        for (start_s, end_s), midi in zip(take.intervals_s.tolist(), take.midi.tolist(), strict=True):
            if end_s - start_s >= LEAST_NOTE_S:
                vector = pool(embeddings, start_s, end_s).astype(np.float64)
                rows.append((vector, number, midi, end_s < take.clip.duration_s / 2))
    vectors, numbers, midis, firsts = zip(*rows, strict=True)
    return SungNotes(
        np.stack(vectors), np.array(numbers, np.intp), np.array(midis), np.array(firsts, np.bool_)
    )


def score_notes(notes: SungNotes) -> NoteScores:
    """Let notes look for their take, and set voice against pitch."""
    similar = notes.vectors @ notes.vectors.T
    count = int(notes.takes.max()) + 1
    asked, searched = np.flatnonzero(notes.first_half), np.flatnonzero(~notes.first_half)
    nearest = searched[similar[np.ix_(asked, searched)].argmax(axis=1)]
    right = (notes.takes[nearest] == notes.takes[asked]).astype(np.float64)
    chances = _chances_of_voice(notes, similar)
    known = np.flatnonzero(np.isfinite(chances))
    return NoteScores(
        _by_take(notes.takes[asked], right, count), _by_take(notes.takes[known], chances[known], count)
    )


def _chances_of_voice(notes: SungNotes, similar: FloatArray) -> FloatArray:
    """Return each note's chance of voice over pitch, shape [notes]; NaN where nothing can be compared."""
    chances = np.full(notes.takes.size, np.nan)
    for number, scores in enumerate(similar):
        away = np.abs(notes.midi - notes.midi[number])
        same = notes.takes == notes.takes[number]
        own, others = scores[same & (away >= FAR_SEMITONES)], scores[~same & (away <= NEAR_SEMITONES)]
        if own.size and others.size:
            chances[number] = np.mean(own[:, None] > others)
    return chances


def _by_take(takes: IntArray, values: FloatArray, count: int) -> FloatArray:
    return np.column_stack(
        [np.bincount(takes, values, minlength=count), np.bincount(takes, minlength=count).astype(np.float64)]
    )


def _share(counts: FloatArray) -> float:
    return float(counts[0] / counts[1]) if counts[1] else float("nan")
