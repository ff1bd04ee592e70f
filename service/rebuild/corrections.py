"""What users corrected, as a rebuild takes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from swara.classifier.note_head.evidence import pitch_evidence
from swara.classifier.note_head.head import NoteHead
from swara.data.recording import Recording, recording_id
from swara.data.storage.disk import sha256_of
from swara.service.feedback.log import Correction, known_corrections
from swara.service.store import Layout

from .labelled_notes import LabelledNote

__all__ = ["Corrections", "confirmed_corrections", "corrections_report", "note_of"]


@dataclass(frozen=True, slots=True)
class Corrections:
    """The ones that count: confirmed, and not withdrawn.

    Parameters
    ----------
    relabelling : tuple of Correction
        Of notes of samples, whose labels they change.
    takes : tuple of Correction
        Of notes of other recordings that are still there: the head learns from them, and the targets of
        ``--tuning learned`` from those that were in tune after all.
    verdicts : int
        How many say that a verdict was wrong.
    warnings : tuple of str
        What could not be used, as sentences without full stop.
    """

    relabelling: tuple[Correction, ...] = ()
    takes: tuple[Correction, ...] = ()
    verdicts: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[Correction, ...]:
        """Those that are learned from, in the order in which they were given."""
        return tuple(sorted((*self.relabelling, *self.takes), key=lambda each: (each.at, each.id)))

    def applied(self, recordings: Sequence[Recording]) -> tuple[Recording, ...]:
        """Return the samples with the labels that were corrected."""
        about = _by_recording(self.relabelling)
        return tuple(_corrected(recording, about.get(recording.id, ())) for recording in recordings)

    def among(self, notes: Sequence[LabelledNote]) -> list[LabelledNote]:
        """Return those of the samples' notes that were relabelled."""
        about = _by_recording(self.relabelling)
        return [
            note
            for note in notes
            if any(_is_about(each, note) for each in about.get(note.item.recording, ()))
        ]

    @property
    def digest(self) -> str:
        """16 hex digits that differ when anything else is learned from takes; ``none`` for nothing."""
        if not self.takes:
            return "none"
        notes = [
            [each.sha256, each.start_s, each.end_s, each.tonic_hz, each.right, each.in_tune]
            for each in self.takes
        ]
        return hashlib.sha256(json.dumps(sorted(notes)).encode()).hexdigest()[:16]


def confirmed_corrections(store: Layout, recordings: Sequence[Recording]) -> Corrections:
    """Read the corrections of a store; of several about one note the last counts.

    Raises
    ------
    StoreDamaged
        Naming a line that cannot be read.
    """
    counting = [each for each in known_corrections(store) if each.counts]
    last = {(each.sha256, each.start_s): each for each in counting if each.swara is not None or each.in_tune}
    samples = {recording.sha256: recording for recording in recordings}
    renaming = [each for each in last.values() if each.sha256 in samples and each.swara is not None]
    nowhere = [
        each
        for each in renaming
        if not any(each.is_about(label.start_s, label.end_s) for label in samples[each.sha256].labels)
    ]
    takes = [each for key, each in sorted(last.items()) if each.sha256 not in samples]
    gone = [each for each in takes if not _is_there(each)]
    return Corrections(
        relabelling=tuple(each for each in renaming if each not in nowhere),
        takes=tuple(each for each in takes if each not in gone),
        verdicts=sum(each.verdict is not None for each in counting),
        warnings=tuple(
            f"the correction {each.id} is left out: {why}: {each.path}"
            for why, left_out in (
                ("its recording was deleted or changed", gone),
                ("the sample has no label there", nowhere),
            )
            for each in left_out
        ),
    )


def note_of(correction: Correction, notes: Sequence[LabelledNote]) -> LabelledNote | None:
    """Return the note that a correction is about; None where it has no pitch to be found."""
    about = [note for note in notes if _is_about(correction, note)]
    return min(about, key=lambda note: abs(note.item.start_s - correction.start_s), default=None)


def _by_recording(corrections: Sequence[Correction]) -> Mapping[str, Sequence[Correction]]:
    about: dict[str, list[Correction]] = {}
    for each in corrections:
        about.setdefault(recording_id(each.sha256), []).append(each)
    return about


def _is_about(correction: Correction, note: LabelledNote) -> bool:
    item = note.item
    return correction.sha256.startswith(item.recording) and correction.is_about(item.start_s, item.end_s)


def _corrected(recording: Recording, corrections: Sequence[Correction]) -> Recording:
    """Return a sample with those of its notes that were named wrong under their right names."""
    if not corrections:
        return recording
    labels = list(recording.labels)
    for each in corrections:
        for place, label in enumerate(labels):
            if each.sha256 == recording.sha256 and each.is_about(label.start_s, label.end_s):
                labels[place] = replace(label, swara=each.right)
    return replace(recording, labels=tuple(labels))


def _is_there(correction: Correction) -> bool:
    try:
        return sha256_of(Path(correction.path)) == correction.sha256
    except OSError:
        return False


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
        "named_right_before": None if before is None else _named_right(before, notes),
        "named_right_now": _named_right(now, notes),
        "used": [_used(each, note_of(each, notes), before, now) for each in corrections.used],
    }


def _used(
    correction: Correction, note: LabelledNote | None, before: NoteHead | None, now: NoteHead
) -> dict[str, Any]:
    """Name a correction without the folder of its recording: a store that moved makes the same bytes."""
    right = correction.right
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
        "named_right_before": None if before is None or note is None else _likeliest(before, note) == right,
        "named_right_now": None if note is None else _likeliest(now, note) == right,
    }


def _named_right(head: NoteHead, notes: Sequence[LabelledNote]) -> int:
    return sum(_likeliest(head, note) == note.source.swara for note in notes)


def _likeliest(head: NoteHead, note: LabelledNote) -> str:
    return head.predict(note.source.embedding, pitch_evidence(note.source.cents)).swara
