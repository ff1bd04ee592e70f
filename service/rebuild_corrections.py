"""What users corrected, as a rebuild takes it, and what became of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.note_head import NoteHead, pitch_evidence
from data.corpus import audio_digest
from data.recording import Recording

from .feedback import Correction, corrected, known_corrections
from .labelled_notes import LabelledNote
from .store import Layout

__all__ = ["Corrections", "confirmed_corrections", "corrections_report"]


@dataclass(frozen=True, slots=True)
class Corrections:
    """The confirmed ones.

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

    def applied(self, recordings: Sequence[Recording]) -> tuple[Recording, ...]:
        """Return the samples with the labels that were corrected."""
        return tuple(corrected(recording, self.relabelling) for recording in recordings)

    def among(self, notes: Sequence[LabelledNote]) -> list[LabelledNote]:
        """Return those of the samples' notes that were relabelled."""
        middles = [(each.sha256, 0.5 * (each.start_s + each.end_s)) for each in self.relabelling]
        return [
            note
            for note in notes
            if any(
                sha256.startswith(note.item.recording) and note.item.start_s <= middle_s < note.item.end_s
                for sha256, middle_s in middles
            )
        ]

    @property
    def digest(self) -> str:
        """16 hex digits that differ when anything else is learned from takes; ``none`` for nothing."""
        if not self.takes:
            return "none"
        notes = [
            [each.sha256, each.start_s, each.end_s, each.tonic_hz, each.swara or each.named, each.in_tune]
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
    confirmed = [each for each in known_corrections(store) if each.confirmed]
    last = {(each.sha256, each.start_s): each for each in confirmed if each.swara is not None or each.in_tune}
    samples = {recording.sha256 for recording in recordings}
    takes = [each for key, each in sorted(last.items()) if each.sha256 not in samples]
    gone = [each for each in takes if not _is_there(each)]
    return Corrections(
        relabelling=tuple(e for e in last.values() if e.sha256 in samples and e.swara is not None),
        takes=tuple(each for each in takes if each not in gone),
        verdicts=sum(each.verdict is not None for each in confirmed),
        warnings=tuple(
            f"the correction {each.id} is left out: its recording was deleted or changed: {each.path}"
            for each in gone
        ),
    )


def corrections_report(
    corrections: Corrections,
    notes: Sequence[LabelledNote],
    before: NoteHead | None,
    now: NoteHead,
    moved_cents: Mapping[str, float],
) -> dict[str, Any]:
    """Say what corrections changed.

    How many of the `notes` corrected each head names as they should be, and by how much targets of
    ``--tuning learned`` lie elsewhere than without them, by the letter of the swara.
    """
    return {
        "relabelled": len(corrections.relabelling),
        "from_takes": len(corrections.takes),
        "verdicts": corrections.verdicts,
        "in_tune_after_all": sum(each.in_tune for each in corrections.takes),
        "targets_moved_cents": dict(moved_cents),
        "notes": len(notes),
        "named_right_before": None if before is None else _right(before, notes),
        "named_right_now": _right(now, notes),
    }


def _right(head: NoteHead, notes: Sequence[LabelledNote]) -> int:
    sources = [note.source for note in notes]
    return sum(
        head.predict(each.embedding, pitch_evidence(each.cents)).swara == each.swara for each in sources
    )


def _is_there(correction: Correction) -> bool:
    try:
        return audio_digest(Path(correction.path)) == correction.sha256
    except OSError:
        return False
