"""What users said was wrong in a report: kept in the store, and learned from once it is confirmed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from classifier.pitch import TRACK_RATE_HZ, PitchTracker, Progress
from data.corpus import audio_digest
from data.decode import decode
from data.recording import Recording, SwaraLabel
from data.take import Note
from raga.notation import swara_letter
from raga.swaras import parse_swara

from .analyze import Request, analyze
from .errors import NoNoteThere, NoSuchCorrection, StoreDamaged
from .store import Layout
from .store.line_log import append_line, read_lines

__all__ = ["Correction", "add_correction", "confirm_correction", "corrected", "known_corrections"]

IN_TUNE = ("perfect", "in tune")
"""Verdicts on a note that is sung well enough."""

_CLOSE_S = 0.25
_ID_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Correction:
    """One note of a recording, what the report said of it, and what it should have said.

    Parameters
    ----------
    id : str
        8 hex digits.
    at : str
        When it was given, as ISO 8601.
    path, sha256 : str
        The recording.
    start_s, end_s : float
        The note.
    tonic_hz : float
        Sa.
    named, judged : str
        The swara, in roman notation, and the verdict of the report.
    swara, verdict : str or None
        What they should have been; None where the report was right.
    confirmed : bool
        Whether somebody who may say so agrees.
    """

    id: str
    at: str
    path: str
    sha256: str
    start_s: float
    end_s: float
    tonic_hz: float
    named: str
    judged: str
    swara: str | None
    verdict: str | None
    confirmed: bool = False

    @property
    def in_tune(self) -> bool:
        """Whether the note was in tune, and the report said otherwise."""
        return self.verdict in IN_TUNE and self.judged not in IN_TUNE

    def as_recording(self) -> Recording:
        """Return the take as a recording of this one note; its singer is nobody who sings elsewhere."""
        labels = (SwaraLabel(self.start_s, self.end_s, self.swara or self.named),)
        singer = f"take {self.sha256[:_ID_DIGITS]}"
        return Recording(self.path, self.sha256, singer, self.tonic_hz, None, labels, "a correction")


def add_correction(
    store: Layout,
    recording: Path,
    at_s: float,
    request: Request,
    tracker: PitchTracker,
    *,
    swara: str | None,
    verdict: str | None,
    confirmed: bool,
    now: datetime,
    max_duration_s: float | None,
    progress: Progress | None = None,
) -> Correction:
    """Note that the report on the note at `at_s` is wrong.

    Raises
    ------
    NoNoteThere
        If no steady note is sung within 0.25 s of it.
    BadNotation
        If `swara` is none.
    SwaraError
        If the recording cannot be used, or the store not be written.
    """
    right = None if swara is None else swara_letter(*parse_swara(swara))
    clip = decode(recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s).clip
    report = analyze(clip, request, tracker, source=recording.name, progress=progress)
    note = _note_at(report.notes, at_s, recording)
    given = Correction(
        id="",
        at=now.isoformat(),
        path=str(recording.resolve()),
        sha256=audio_digest(recording),
        start_s=round(note.start_s, 4),
        end_s=round(note.end_s, 4),
        tonic_hz=round(report.tonic.hz, 4),
        named=swara_letter(*parse_swara(f"{note.raga_saptak} {note.raga_swara}")),
        judged=note.verdict,
        swara=right,
        verdict=verdict,
    )
    content = json.dumps(asdict(given), sort_keys=True).encode()
    given = replace(given, id=hashlib.sha256(content).hexdigest()[:_ID_DIGITS], confirmed=confirmed)
    append_line(store.feedback, {"add": asdict(given)})
    return given


def confirm_correction(store: Layout, prefix: str) -> Correction:
    """Confirm the correction whose id starts with `prefix`.

    Raises
    ------
    NoSuchCorrection
        If none does, or several do.
    StoreError
        If the store cannot be read or written.
    """
    found = [each for each in known_corrections(store) if prefix and each.id.startswith(prefix)]
    if len(found) != 1:
        what = f"{len(found)} corrections have" if found else "no correction has"
        raise NoSuchCorrection(
            f'{what} an id that starts with "{prefix}"', fix="List them with: swara feedback list"
        )
    append_line(store.feedback, {"confirm": found[0].id})
    return replace(found[0], confirmed=True)


def known_corrections(store: Layout) -> tuple[Correction, ...]:
    """Return all corrections in the order in which they were given.

    Raises
    ------
    StoreDamaged
        Naming a line that cannot be read.
    """
    known: dict[str, Correction] = {}
    for number, line in enumerate(read_lines(store.feedback), 1):
        try:
            _apply(known, line)
        except (TypeError, KeyError, ValueError) as error:
            raise StoreDamaged(
                "this line is no correction; it may come from a newer swara",
                where=f"{store.feedback}, line {number}",
                fix="Restore the file from a backup, or delete the line",
            ) from error
    return tuple(known.values())


def corrected(recording: Recording, corrections: Sequence[Correction]) -> Recording:
    """Return a sample with those of its notes that were named wrong under their right names.

    A correction holds for the label that covers the middle of its note; where there is none it says nothing.
    """
    labels = list(recording.labels)
    for each in corrections:
        middle_s = 0.5 * (each.start_s + each.end_s)
        for place, label in enumerate(labels):
            if each.swara and each.sha256 == recording.sha256 and label.start_s <= middle_s < label.end_s:
                labels[place] = replace(label, swara=each.swara)
    return replace(recording, labels=tuple(labels))


def _apply(known: dict[str, Correction], line: Mapping[str, Any]) -> None:
    match line:
        case {"add": dict(fields), **rest} if not rest:
            given = Correction(**fields)
            known[given.id] = given
        case {"confirm": str(given_id), **rest} if not rest:
            known[given_id] = replace(known[given_id], confirmed=True)
        case _:
            raise ValueError("neither a correction nor a confirmation")


def _note_at(notes: Sequence[Note], at_s: float, recording: Path) -> Note:
    if not notes:
        raise NoNoteThere("no steady note was found in this take", where=str(recording))
    note = min(notes, key=lambda each: max(each.start_s - at_s, at_s - each.end_s))
    if max(note.start_s - at_s, at_s - note.end_s) > _CLOSE_S:
        nearest = f"The nearest is {note.swara} from {note.start_s:.2f} to {note.end_s:.2f} s"
        raise NoNoteThere(f"no steady note is sung at {at_s:g} s", where=str(recording), fix=nearest)
    return note
