"""A candidate and the live version before the same questions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from classifier.note_head import load_note_head
from data.recording import Recording

from .corrections_report import corrections_report
from .errors import EmbedderChanged, StoreDamaged
from .exam import Scores, examine, labels_in_place
from .gate import Ruling, rule, scores_from_json
from .held_out import HeldOut
from .labelled_notes import LabelledNote, Listener
from .rebuild_plan import Plan
from .store import Layout, open_version
from .store.manifest import code_version
from .store.refusals import reading
from .version_build import Learned

__all__ = ["exam_notes", "examined", "with_corrections"]

_OF_LABELS = "labels in place"


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
        If the live version cannot be read; a damaged one counts as none.
    """
    scores = {
        **examine(learned.exam_head, learned.index, questions, held_out.singers),
        **labels_in_place(notes),
    }
    live, doubts = _live_scores(store, plan, held_out, questions)
    ruling = rule(scores, live, held_out.digest)
    warnings = (*doubts, *ruling.warnings, *_about(held_out.relabelled))
    return replace(ruling, warnings=warnings, asked=_asked(plan, held_out))


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


def _live_scores(
    store: Layout, plan: Plan, held_out: HeldOut, questions: Sequence[LabelledNote]
) -> tuple[Scores | None, tuple[str, ...]]:
    """Return how the live version does; None where there is none that can be asked, and why."""
    if plan.live is None or plan.parent is None:
        return None, ()
    kept = scores_from_json(plan.live.gate["scores"])
    if plan.live.gate.get("asked") == _asked(plan, held_out):
        # Its files were just found unchanged: to the same questions they would say the same.
        return kept, ()
    try:
        live = open_version(store, plan.parent, plan.embedder)
        at = store.version(plan.parent)
        head = None
        if at.exam_head.name in plan.live.files:
            with reading(at.exam_head):
                head = load_note_head(at.exam_head)
    except EmbedderChanged:
        if plan.live.gate["held_out"] == held_out.digest:
            return kept, ()
        warning = "the live version hears by another embedder and was never asked the same: not compared"
        return None, (warning,)
    except StoreDamaged as error:
        return None, (f"the live version was damaged and is replaced: {error.where}: {error.what}",)
    of_labels = {name: score for name, score in kept.items() if name.startswith(_OF_LABELS)}
    return {**examine(head, live.index, questions, held_out.singers), **of_labels}, ()


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
