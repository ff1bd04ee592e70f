"""What a user says was wrong in a report: the note that is meant is found, and the correction kept."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from swara.classifier.pitch import TRACK_RATE_HZ, PitchTracker, Progress
from swara.data.audio.decode import decode, is_pipe
from swara.data.errors import AudioError
from swara.data.storage.disk import sha256_of
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara
from swara.service.store import Layout
from swara.service.take.analyze import Request, analyze
from swara.service.take.summary import check_time, note_at

from .log import Correction, note_correction

__all__ = ["add_correction"]


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
        If no steady note is sung within 0.25 s of it, or it is no finite number.
    BadNotation
        If `swara` is none.
    SwaraError
        If the recording cannot be used, or the store not be written.
    """
    check_time(at_s)
    right = None if swara is None else swara_letter(*parse_swara(swara))
    if is_pipe(recording):
        raise AudioError(
            "what was wrong is kept with the file, and this is a pipe",
            fix="Save the take as a file, and analyze that",
        )
    clip = decode(recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s).clip
    report = analyze(clip, request, tracker, source=recording.name, progress=progress)
    note = report.notes[note_at(report.notes, at_s, recording)]
    given = Correction(
        id="",
        at=now.isoformat(),
        path=str(recording.resolve()),
        sha256=sha256_of(recording),
        start_s=round(note.start_s, 4),
        end_s=round(note.end_s, 4),
        tonic_hz=round(report.tonic.hz, 4),
        named=swara_letter(*parse_swara(f"{note.raga_saptak} {note.raga_swara}")),
        judged=note.verdict,
        swara=right,
        verdict=verdict,
    )
    return note_correction(store, given, confirmed=confirmed)
