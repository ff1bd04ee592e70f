"""How well singers are found by their notes: what is watched, and what judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from swara.data.audio.decode import load_clip
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import audio_path
from swara.embedder.spec import Embedder, Vectors, pool

__all__ = ["NoteVectors", "RetrievalScore", "found_singers", "pooled_notes"]


@dataclass(frozen=True, slots=True)
class RetrievalScore:
    """How often the note most like a note, of all in other recordings, is by the same singer.

    Parameters
    ----------
    notes : int
        How many were looked up.
    nearest : float
        Share of them whose nearest note is by the same singer.
    reciprocal_rank : float
        Mean of 1 over the place, from 1, of the first note by the same singer.
    """

    notes: int
    nearest: float
    reciprocal_rank: float

    def to_json(self) -> dict[str, float]:
        """Return the figures, rounded to four places."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True, eq=False)
class NoteVectors:
    """Pooled vectors of notes.

    Parameters
    ----------
    vectors : float32 array, shape [notes, dim]
        Of length 1 each.
    singers, recordings : int64 arrays, shape [notes]
        Number of each note's singer, and of its recording.
    """

    vectors: Vectors
    singers: npt.NDArray[np.int64]
    recordings: npt.NDArray[np.int64]


def found_singers(notes: NoteVectors, asked: npt.NDArray[np.bool_]) -> RetrievalScore:
    """Look up the notes where `asked` is true among all notes of other recordings.

    A note whose singer has no other recording is not looked up.

    Parameters
    ----------
    notes : NoteVectors
        Vectors, and who sings them.
    asked : bool array, shape [notes]
        Whether the note is a question; all others are answers.

    Raises
    ------
    ValueError
        If no note can be looked up.
    """
    ranks = []
    for number in np.flatnonzero(asked):
        others = notes.recordings != notes.recordings[number]
        same = (notes.singers == notes.singers[number])[others]
        if same.any():
            likeness = (notes.vectors @ notes.vectors[number])[others]
            ranks.append(1 + int(np.count_nonzero(likeness > likeness[same].max())))
    if not ranks:
        raise ValueError("no note has another recording of its singer beside it")
    places = np.array(ranks)
    return RetrievalScore(places.size, float(np.mean(places == 1)), float(np.mean(1.0 / places)))


def pooled_notes(
    embedder: Embedder, recordings: Sequence[Recording], progress: Callable[[float], None] | None = None
) -> NoteVectors:
    """Embed recordings as ``swara rebuild`` does, and return the vector of each labelled note.

    Raises
    ------
    AudioError
        If a recording cannot be decoded.
    """
    names = sorted({recording.singer for recording in recordings})
    vectors, singers, numbers = [], [], []
    for number, recording in enumerate(recordings):
        clip = load_clip(audio_path(recording), rate_hz=embedder.spec.rate_hz, max_duration_s=None)
        embeddings = embedder.embed(clip)
        for label in recording.labels:
            vectors.append(pool(embeddings, label.start_s, label.end_s))
            singers.append(names.index(recording.singer))
            numbers.append(number)
        if progress is not None:
            progress((number + 1) / len(recordings))
    return NoteVectors(np.stack(vectors), np.array(singers), np.array(numbers))
