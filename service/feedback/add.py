"""What a user says was wrong in a report: the note that is meant is found, and the correction kept."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from swara.classifier.pitch import TRACK_RATE_HZ, PitchTracker, Progress
from swara.data.audio.decode import decode, is_pipe
from swara.data.errors import AudioError
from swara.data.storage.disk import sha256_of
from swara.data.take import Note
from swara.raga.errors import BadNotation
from swara.raga.notation import swara_letter
from swara.raga.swaras import SwaraPitch, parse_swara, svarasthana_named
from swara.raga.tuning import Tuning
from swara.service.store import Layout
from swara.service.take.analyze import Request, analyze
from swara.service.take.report import TakeReport
from swara.service.take.summary import check_time, note_at

from .log import Correction, note_correction

__all__ = ["add_correction", "correct_report"]


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
        If `swara` is none; where it names no octave, the one nearest to the voice is meant.
    SwaraError
        If the recording cannot be used, or the store not be written.
    """
    check_time(at_s)
    if swara is not None:
        parse_swara(swara)  # before long work
    if is_pipe(recording):
        raise AudioError(
            "what was wrong is kept with the file, and this is a pipe",
            fix="Save the take as a file, and analyze that",
        )
    clip = decode(recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s).clip
    report = analyze(clip, request, tracker, source=recording.name, progress=progress)
    return correct_report(
        store,
        recording,
        report,
        at_s,
        request,
        swara=swara,
        verdict=verdict,
        confirmed=confirmed,
        now=now,
    )


def correct_report(
    store: Layout,
    recording: Path,
    report: TakeReport,
    at_s: float,
    request: Request,
    *,
    swara: str | None,
    verdict: str | None,
    confirmed: bool,
    now: datetime,
) -> Correction:
    """Note that a report which is there is wrong on the note at `at_s`.

    Raises
    ------
    NoNoteThere, BadNotation, SwaraError
        As `add_correction` does.
    """
    check_time(at_s)
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
        swara=None if swara is None else swara_letter(*_meant(swara, note, request.tuning)),
        verdict=verdict,
        raga=None if request.raga is None else request.raga.name,
        tuning=None if request.tuning.name == "just" else request.tuning.name,
        preset=request.thresholds.preset if request.thresholds.preset in ("learner", "performer") else None,
    )
    return note_correction(store, given, confirmed=confirmed)


def _meant(text: str, note: Note, tuning: Tuning) -> SwaraPitch:
    """Return the swara that a note is said to be, in the octave that is named, else in that of the voice."""
    try:
        svarasthana = svarasthana_named(text)
    except BadNotation:  # an octave is named
        return parse_swara(text)
    octave = round((note.cents - tuning.cents_of(svarasthana.index, 0)) / 1200.0)
    return svarasthana, octave
