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
from swara.service.store.manifest import HITS_IN_COMMON, code_version

from .baseline import EvalSet, find_baseline
from .corrections import corrections_report
from .evaluate import examine, hits_among, labels_in_place
from .gate import GateDecision, decide
from .held_out import HeldOut
from .labelled_notes import LabelledNote, NoteExtractor
from .plan import Plan
from .train import Learned

__all__ = ["eval_notes", "evaluate_candidate", "with_corrections"]


def eval_notes(
    held_out: HeldOut, heard: Mapping[Recording, Sequence[LabelledNote]], extractor: NoteExtractor
) -> list[LabelledNote]:
    """Return the notes to examine with, by the labels that were frozen."""
    return [
        note
        for recording in held_out.recordings
        for note in (heard[recording] if recording in heard else extractor.notes_of(recording))
    ]


def evaluate_candidate(
    store: Layout,
    plan: Plan,
    learned: Learned,
    notes: Sequence[LabelledNote],
    held_out: HeldOut,
    questions: Sequence[LabelledNote],
) -> GateDecision:
    """Examine what was learned from `notes`, and the live version, with the same `questions`, and rule.

    Raises
    ------
    StoreError
        If the versions cannot be read.
    """
    given = EvalSet(
        questions,
        held_out.singers,
        held_out.digest,
        _asked(plan, held_out),
        {recording.id for recording in plan.recordings},
    )
    scores = {
        **examine(learned.holdout_head, learned.index, questions, held_out.singers),
        **labels_in_place(notes),
    }
    opponent = find_baseline(store, plan, given)
    if in_common := hits_among(learned.index, questions, held_out.singers, opponent.common):
        scores[HITS_IN_COMMON] = in_common
    decision = decide(scores, opponent.scores, held_out.digest, same_embedder=opponent.same_embedder)
    warnings = (*opponent.warnings, *decision.warnings, *_about(held_out.relabelled))
    return replace(decision, warnings=warnings, asked=given.asked)


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
        f"evaluate_candidate by their labels of before, though they have others now: {names};"
        " to examine by the new ones, delete HELD_OUT in the store",
    )
