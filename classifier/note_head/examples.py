"""What a head is trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from swara.data.arrays import FloatArray
from swara.embedder import Vectors

from .evidence import Evidence, evidence_of_notes

__all__ = ["NoteExample", "NoteSource", "examples_of"]


@dataclass(frozen=True, slots=True, eq=False)
class NoteExample:
    """A labelled note, as the head looks at it.

    Parameters
    ----------
    embedding : float32 array, shape [embedding_dim]
        Pooled over the note.
    evidence : float32 array, shape [EVIDENCE_DIM]
        From `pitch_evidence`.
    swara : str
        What it is, in roman notation such as ``S'``.
    singer, recording : str
        Who sang it, and in which recording: never on both sides of a test.
    augmented : bool
        Whether it was made from a note instead of sung; it never counts in a test.
    """

    embedding: Vectors
    evidence: Evidence
    swara: str
    singer: str
    recording: str
    augmented: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class NoteSource:
    """A labelled note with its pitch frame by frame, from which examples are made.

    Parameters
    ----------
    cents : float64 array, shape [frames]
        Pitch above madhya Sa; NaN where there is none.
    embedding, swara, singer, recording
        As in `NoteExample`.
    """

    cents: FloatArray
    embedding: Vectors
    swara: str
    singer: str
    recording: str

    def example(self) -> NoteExample:
        """Return the note as it was sung."""
        return examples_of([self])[0]


def examples_of(sources: Sequence[NoteSource]) -> list[NoteExample]:
    """Return notes as they were sung."""
    evidence = evidence_of_notes([source.cents for source in sources])
    return [
        NoteExample(source.embedding, evidence[place], source.swara, source.singer, source.recording)
        for place, source in enumerate(sources)
    ]
