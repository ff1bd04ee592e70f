"""What became of users' corrections in a rebuild, each by its id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier.note_head import NoteHead, pitch_evidence
from data.recording import recording_id

from .correction_log import Correction
from .labelled_notes import LabelledNote
from .rebuild_corrections import Corrections, note_of

__all__ = ["corrections_report"]


def corrections_report(
    corrections: Corrections,
    notes: Sequence[LabelledNote],
    before: NoteHead | None,
    now: NoteHead,
    moved_cents: Mapping[str, float],
) -> dict[str, Any]:
    """Say what corrections changed; JSON values, as a manifest keeps them.

    ``used`` names each that was learned from, and whether the likeliest swara was the right one by the head
    `before` and is by that of `now`; null where there is no head, or the note has no pitch to be found.
    ``named_right_before`` and ``named_right_now`` count the same among the corrected `notes`.
    ``targets_moved_cents`` says by how much targets of ``--tuning learned`` lie elsewhere than without them,
    by the letter of the swara.
    """
    return {
        "relabelled": len(corrections.relabelling),
        "from_takes": len(corrections.takes),
        "verdicts": corrections.verdicts,
        "in_tune_after_all": sum(each.in_tune for each in corrections.takes),
        "targets_moved_cents": dict(moved_cents),
        "notes": len(notes),
        "named_right_before": None if before is None else _count(before, notes),
        "named_right_now": _count(now, notes),
        "used": [_told(each, note_of(each, notes), before, now) for each in corrections.used],
    }


def _told(
    correction: Correction, note: LabelledNote | None, before: NoteHead | None, now: NoteHead
) -> dict[str, Any]:
    """Name a correction without the folder of its recording: a store that moved makes the same bytes."""
    return {
        "id": correction.id,
        "recording": recording_id(correction.sha256),
        # A name need not be valid Unicode, and a manifest is.
        "file": Path(correction.path).name.encode(errors="replace").decode(),
        "start_s": correction.start_s,
        "end_s": correction.end_s,
        "named": correction.named,
        "swara": correction.swara,
        "judged": correction.judged,
        "verdict": correction.verdict,
        "named_right_before": _named_right(before, note, correction.right),
        "named_right_now": _named_right(now, note, correction.right),
    }


def _named_right(head: NoteHead | None, note: LabelledNote | None, swara: str) -> bool | None:
    return None if head is None or note is None else _likeliest(head, note) == swara


def _count(head: NoteHead, notes: Sequence[LabelledNote]) -> int:
    return sum(_likeliest(head, note) == note.source.swara for note in notes)


def _likeliest(head: NoteHead, note: LabelledNote) -> str:
    return head.predict(note.source.embedding, pitch_evidence(note.source.cents)).swara
