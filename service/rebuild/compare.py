"""A candidate and the live version before the same questions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from swara.data.recording import Recording
from swara.service.errors import EmbedderChanged, StoreDamaged
from swara.service.store import Layout, open_version
from swara.service.store.manifest import code_version

from .baseline import Questions, opponent_of
from .corrections import corrections_report
from .evaluate import examine, hits_among, labels_in_place
from .gate import HITS_IN_COMMON, Ruling, rule
from .held_out import HeldOut
from .labelled_notes import LabelledNote, Listener
from .plan import Plan
from .train import Learned

__all__ = ["exam_notes", "examined", "with_corrections"]


def exam_notes(
    held_out: HeldOut, heard: Mapping[Recording, Sequence[LabelledNote]], listener: Listener
) -> list[LabelledNote]:
    """Return the notes to examine with, by the labels that were frozen."""
    return [
        note
        for recording in held_out.recordings
        for note in (heard[recording] if recording in heard else listener.notes_of(recording))
    ]


def examined(
    store: Layout,
    plan: Plan,
    learned: Learned,
    notes: Sequence[LabelledNote],
    held_out: HeldOut,
    questions: Sequence[LabelledNote],
) -> Ruling:
    """Examine what was learned from `notes`, and the live version, with the same `questions`, and rule.

    Raises
    ------
    StoreError
        If the versions cannot be read.
    """
    given = Questions(
        questions,
        held_out.singers,
        held_out.digest,
        _asked(plan, held_out),
        {recording.id for recording in plan.recordings},
    )
    scores = {
        **examine(learned.exam_head, learned.index, questions, held_out.singers),
        **labels_in_place(notes),
    }
    opponent = opponent_of(store, plan, given)
    if in_common := hits_among(learned.index, questions, held_out.singers, opponent.common):
        scores[HITS_IN_COMMON] = in_common
    ruling = rule(scores, opponent.scores, held_out.digest, same_embedder=opponent.same_embedder)
    warnings = (*opponent.warnings, *ruling.warnings, *_about(held_out.relabelled))
    return replace(ruling, warnings=warnings, asked=given.asked)


def with_corrections(store: Layout, plan: Plan, learned: Learned, notes: Sequence[LabelledNote]) -> Learned:
    """Return what was learned with what became of the corrected `notes` in its metrics, if there are any."""
    if not notes and not plan.corrections.verdicts:
        return learned
    before = None
    with suppress(EmbedderChanged, StoreDamaged):
        if plan.live is not None and plan.parent is not None:
            before = open_version(store, plan.parent, plan.embedder).head
    report = corrections_report(plan.corrections, notes, before, learned.head, learned.moved_cents)
    return replace(learned, metrics={**learned.metrics, "corrections": report})


def _asked(plan: Plan, held_out: HeldOut) -> str:
    """Return 16 hex digits that differ where the answers of the same files may: who asks, what, and how."""
    who = [code_version(), plan.parameters["making"], plan.parameters["tracker"], plan.embedder.fingerprint]
    asked = [held_out.digest, sorted(held_out.singers), *who]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]


def _about(relabelled: Iterable[str]) -> tuple[str, ...]:
    names = ", ".join(relabelled)
    if not names:
        return ()
    return (
        f"examined by their labels of before, though they have others now: {names};"
        " to examine by the new ones, delete HELD_OUT in the store",
    )
