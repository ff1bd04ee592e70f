"""Notes that are watched while the network learns: it is stopped by them, and its best weights are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from swara.embedder.builtin.embedder import HOP_FRAMES, WINDOW_FRAMES, network_frames
from swara.embedder.builtin.features import Levels, band_features

from .note_features import NoteFeatures
from .retrieval import NoteVectors, RetrievalScore, found_singers
from .synthesized import Voices

if TYPE_CHECKING:  # Keras takes seconds
    from .model import FinetuneModel

__all__ = ["ValidationSet", "watched_notes", "watched_voices"]

_WINDOWS = 11
_MOST_ASKED, _MOST_OTHERS = 240, 480


@dataclass(frozen=True, slots=True, eq=False)
class ValidationSet:
    """Notes, and which of them are looked up among the others.

    Parameters
    ----------
    levels : float32 array, shape [notes, frames, BANDS]
        Of `band_features`, a note in each row.
    weights : float32 array, shape [notes, frames, 1]
        How much each frame counts.
    shares : float32 array, shape [notes, windows]
        What each window counts for; 0 for those that reach beyond the note.
    singers, recordings : int64 arrays, shape [notes]
        Number of each note's singer, and of its recording.
    asked : bool array, shape [notes]
        Whether the note is a question; all others are answers.
    """

    levels: Levels
    weights: Levels
    shares: Levels
    singers: npt.NDArray[np.int64]
    recordings: npt.NDArray[np.int64]
    asked: npt.NDArray[np.bool_]

    def found(self, network: FinetuneModel) -> RetrievalScore:
        """Look up the notes as `network` hears them."""
        vectors = network.pooled(self.levels, self.weights, self.shares)
        return found_singers(NoteVectors(vectors, self.singers, self.recordings), self.asked)


def watched_notes(
    watched: Sequence[NoteFeatures], others: Sequence[NoteFeatures], seed: int
) -> ValidationSet:
    """ValidationSet the notes of some recordings among those of others; of many, some drawn at random."""
    rng = np.random.default_rng((seed, 1))
    drawn = [*_some(watched, _MOST_ASKED, rng), *_some(others, _MOST_OTHERS, rng)]
    ids = {each.id for each in watched}
    return _watch(
        [each.notes[note] for each, note in drawn],
        [each.singer for each, _ in drawn],
        [each.id for each, _ in drawn],
        np.array([each.id in ids for each, _ in drawn]),
    )


def watched_voices(voices: Voices) -> ValidationSet:
    """ValidationSet synthesized singers, each phrase a recording."""
    singers, phrases = voices.phrases.shape[:2]
    names = [str(singer) for singer in range(singers) for _ in range(phrases)]
    numbers = [str(number) for number in range(singers * phrases)]
    notes = list(voices.phrases.reshape(singers * phrases, *voices.phrases.shape[2:]))
    return _watch(notes, names, numbers, np.ones(len(notes), dtype=np.bool_))


def _some(
    heard: Sequence[NoteFeatures], most: int, rng: np.random.Generator
) -> list[tuple[NoteFeatures, int]]:
    notes = [(each, note) for each in heard for note in range(len(each.notes))]
    return [notes[n] for n in np.sort(rng.permutation(len(notes))[:most])]


def _watch(
    notes: Sequence[npt.NDArray[np.float16]],
    singers: Sequence[str],
    recordings: Sequence[str],
    asked: npt.NDArray[np.bool_],
) -> ValidationSet:
    frames = network_frames(_WINDOWS)
    levels, weights, shares = zip(*(_view(note, frames) for note in notes), strict=True)
    return ValidationSet(
        np.stack(levels),
        np.stack(weights),
        np.stack(shares),
        np.unique(singers, return_inverse=True)[1].astype(np.int64),
        np.unique(recordings, return_inverse=True)[1].astype(np.int64),
        asked,
    )


def _view(note: npt.NDArray[np.float16], frames: int) -> tuple[Levels, Levels, Levels]:
    """Return the middle of a note, filled up with silence that does not count."""
    first = max(0, (len(note) - frames) // 2)
    part = note[first : first + frames].astype(np.float32)
    powers = np.pad(np.exp(part), ((0, frames - len(part)), (0, 0)))
    windows = 1 + (len(part) - WINDOW_FRAMES) // HOP_FRAMES
    shares = np.zeros(_WINDOWS, np.float32)
    shares[:windows] = 1.0 / windows
    return *band_features(powers), shares
