"""The nearest professional samples to one note of a take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from classifier.pitch import TRACK_RATE_HZ, Progress, pitch_tracker
from data.atomic_file import write_atomically
from data.clip import Clip
from data.decode import decode
from data.errors import OutputError
from data.take import Note
from index import Neighbour

from .analyze import Request, analyze
from .errors import NoNoteThere
from .model import Model
from .take_report import NoteOpinion, TakeReport

__all__ = ["Found", "save_clips", "search"]

_CLOSE_S = 0.25


@dataclass(frozen=True, slots=True)
class Found:
    """The note at the time that was asked for, what the model says of it, and what to know of that."""

    report: TakeReport
    note: Note
    opinion: NoteOpinion
    remarks: tuple[str, ...] = ()


def search(
    recording: Path,
    at_s: float,
    request: Request,
    model: Model,
    *,
    count: int,
    max_duration_s: float | None,
    progress: Progress | None = None,
) -> Found:
    """Find the samples nearest to the note that is sung at `at_s`.

    Raises
    ------
    NoNoteThere
        If no steady note is sung within 0.25 s of it.
    SwaraError
        If the recording cannot be used.
    """
    clip = decode(recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s).clip
    adviser = replace(model.about(recording), neighbours=count)
    tracker = pitch_tracker("head")
    report = analyze(clip, request, tracker, source=recording.name, progress=progress, adviser=adviser)
    if not report.notes:
        raise NoNoteThere("no steady note was found in this take", where=str(recording))
    number = min(range(len(report.notes)), key=lambda index: _distance_s(report.notes[index], at_s))
    note = report.notes[number]
    if _distance_s(note, at_s) > _CLOSE_S:
        nearest = f"The nearest is {note.swara} from {note.start_s:.2f} to {note.end_s:.2f} s"
        raise NoNoteThere(f"no steady note is sung at {at_s:g} s", where=str(recording), fix=nearest)
    return Found(report, note, report.opinions[number], adviser.remarks)


def save_clips(found: Found, model: Model, folder: Path) -> tuple[Path, ...]:
    """Write the sound of each sample found as a WAV file, the nearest as number 1; return the files.

    Raises
    ------
    OutputError
        If the folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot make this folder: {reason}", where=str(folder)) from error
    return tuple(
        _save_clip(near, model.sound_of(near.item), folder, rank)
        for rank, near in enumerate(found.opinion.neighbours, 1)
    )


def _save_clip(near: Neighbour, clip: Clip, folder: Path, rank: int) -> Path:
    import soundfile

    path = folder / f"{rank}-{near.item.recording}-{near.item.start_s:.2f}s.wav"
    write_atomically(
        path, lambda part: soundfile.write(part, clip.samples, clip.rate_hz, format="WAV", subtype="PCM_16")
    )
    return path


def _distance_s(note: Note, at_s: float) -> float:
    return max(note.start_s - at_s, at_s - note.end_s, 0.0)
