"""The note head with and without each part of what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.named_notes import PackNote, calan_notes, pack_notes, solfege_notes
from benchmarks.note_head import HELD_OUT_KEYS, SEED, Outcome
from benchmarks.tracks import Tracks
from swara.classifier.note_head.augment import augmented
from swara.classifier.note_head.examples import NoteSource
from swara.classifier.note_head.fit import fit_note_head
from swara.classifier.note_head.head import NoteHead
from swara.embedder import Embedder, Vectors
from swara.embedder.builtin.network import VECTOR_DIM

__all__ = ["FEATURES", "OTHERS", "Ablated", "Feature", "ablate"]


@dataclass(frozen=True, slots=True)
class Feature:
    """What a head may look at.

    Parameters
    ----------
    title : str
    pitch : bool
        The evidence that the pitch gives.
    columns : slice or None
        The components of a pooled vector; None for none of them.
    """

    title: str
    pitch: bool
    columns: slice | None

    def cut(self, vector: Vectors) -> Vectors:
        """Return the components that are looked at; all of them if none is, as it is not used."""
        return vector if self.columns is None else vector[self.columns]

    @property
    def embedding(self) -> bool:
        """Whether any of the embedding is looked at."""
        return self.columns is not None


_ALL = slice(None)
FEATURES = (
    Feature("pitch and embedding", True, _ALL),
    Feature("without the envelope", True, slice(VECTOR_DIM)),
    Feature("without the network", True, slice(VECTOR_DIM, None)),
    Feature("pitch alone", True, None),
    Feature("embedding alone", False, _ALL),
)
"""Of swara's own embedder: first what its network says, then the envelope."""

OTHERS = (FEATURES[0], FEATURES[-1])
"""What is asked of embedders that are not swara's: pitch alone is the same with any of them."""


class _Notes(NamedTuple):
    """Notes to learn from, and those to name: a scale, calans, and the keys held out."""

    pack: Sequence[PackNote]
    scale: Sequence[NoteSource]
    calan: Sequence[NoteSource]


@dataclass(frozen=True, slots=True)
class Ablated:
    """What heads with one feature made of real notes, and of bundled ones in keys held out."""

    feature: Feature
    scale: Outcome
    calan: Outcome
    keys: Outcome

    @property
    def outcomes(self) -> tuple[Outcome, Outcome, Outcome]:
        """All three, in the order of the table."""
        return self.scale, self.calan, self.keys


def ablate(
    root: Path,
    tracks: Tracks,
    embedder: Embedder,
    features: Sequence[Feature] = FEATURES,
    tell: Callable[[str], None] = print,
) -> list[Ablated]:
    """Train a head for each feature on the bundled samples, and name notes that it was not trained on.

    As in the benchmark of the note head: one man's chromatic scale in six keys, the calans' segments whose
    swara the samples hold, and the bundled samples in three keys by heads trained on the three others.
    """
    notes = _Notes(
        pack_notes(tracks, embedder),
        tuple(solfege_notes(root, tracks, embedder)),
        tuple(calan_notes(root, tracks, embedder)),
    )
    ablated = []
    for feature in features:
        ablated.append(_ablated(notes, feature))
        rights = "  ".join(f"{outcome.right}/{outcome.notes}" for outcome in ablated[-1].outcomes)
        tell(f"note head, {embedder.spec.name}, {feature.title}: {rights}")
    return ablated


def _ablated(notes: _Notes, feature: Feature) -> Ablated:
    head = _fitted([note.source for note in notes.pack], feature)
    learned = [note for note in notes.calan if note.swara in head.classes]
    taught = [note.source for note in notes.pack if not _held_out(note)]
    asked = [note.source for note in notes.pack if _held_out(note)]
    return Ablated(
        feature,
        _outcome(head, notes.scale, feature),
        _outcome(head, learned, feature),
        _outcome(_fitted(taught, feature), asked, feature),
    )


def _fitted(sources: Sequence[NoteSource], feature: Feature) -> NoteHead:
    cut = [replace(source, embedding=feature.cut(source.embedding)) for source in sources]
    examples = [source.example() for source in cut]
    examples += augmented(cut, np.random.default_rng(SEED))
    used = {"use_embedding": feature.embedding, "use_evidence": feature.pitch}
    return fit_note_head(examples, seed=SEED, **used).head


def _outcome(head: NoteHead, notes: Sequence[NoteSource], feature: Feature) -> Outcome:
    said = [head.predict(feature.cut(note.embedding), note.example().evidence) for note in notes]
    hits = [prediction.swara == note.swara for prediction, note in zip(said, notes, strict=True)]
    answered = [hit for hit, prediction in zip(hits, said, strict=True) if not prediction.abstained]
    right = sum(answered)
    return Outcome(right, len(answered) - right, len(hits) - len(answered), sum(hits))


def _held_out(note: PackNote) -> bool:
    return any(f"/{key}/" in note.recording.path for key in HELD_OUT_KEYS)
