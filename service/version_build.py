"""From labelled notes to the files of a version."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.note_head import NoteHead, augmented, fit_note_head, save_note_head
from embedder import EmbedderSpec
from index.samples import SampleIndex, build_sample_index, save_sample_index

from .labelled_notes import LabelledNote
from .rebuild_plan import Plan
from .store import VersionContents, VersionLayout
from .store.versions import Build

__all__ = ["Learned", "learn", "version_builder"]


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What was learned from the labelled notes.

    Parameters
    ----------
    head : NoteHead
    index : SampleIndex
    metrics : mapping
        How well the head does on recordings held out, and how much it was learned from; JSON values.
    warnings : tuple of str
        What to know before trusting it, as sentences without full stop.
    """

    head: NoteHead
    index: SampleIndex
    metrics: Mapping[str, Any]
    warnings: tuple[str, ...]


def learn(notes: Sequence[LabelledNote], *, seed: int) -> Learned:
    """Fit the head and build the index.

    Raises
    ------
    SwaraError
        If there is too little to learn from.
    """
    sources = [note.source for note in notes]
    examples = [
        *(source.example() for source in sources),
        *augmented(sources, np.random.default_rng(seed)),
    ]
    fitted = fit_note_head(examples, seed=seed)
    index = build_sample_index(
        [note.item for note in notes], np.stack([source.embedding for source in sources])
    )
    metrics = {"note_head": fitted.metrics.to_json(), "learned_from": _sizes(notes)}
    return Learned(fitted.head, index, metrics, fitted.metrics.warnings)


def version_builder(plan: Plan, learned: Learned) -> Build:
    """Return what writes the files of a version."""

    def build(version: VersionLayout) -> VersionContents:
        save_note_head(learned.head, version.note_head)
        version.index.mkdir(exist_ok=True)
        save_sample_index(learned.index, version.index)
        version.report.write_text(_json(learned.metrics), encoding="utf-8", newline="\n")
        return VersionContents(
            embedder=plan.embedder,
            made_with=_made_with(plan.embedder),
            parameters=plan.parameters,
            corpus_digest=plan.corpus_digest,
            metrics=learned.metrics,
        )

    return build


def _made_with(embedder: EmbedderSpec) -> dict[str, str]:
    return dict.fromkeys(("note_head", "index"), embedder.fingerprint)


def _sizes(notes: Sequence[LabelledNote]) -> dict[str, Any]:
    """How many recordings, and notes of each swara and singer, there were."""
    return {
        "recordings": len({note.item.recording for note in notes}),
        "notes": len(notes),
        "synthesized": sum(note.item.synthesized for note in notes),
        "by_swara": dict(Counter(note.item.swara for note in notes)),
        "by_singer": dict(Counter(note.item.singer for note in notes)),
    }


def _json(metrics: Mapping[str, Any]) -> str:
    return json.dumps(metrics, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
