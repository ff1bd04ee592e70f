"""The nearest professional samples to one note of a take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from swara.classifier.pitch import TRACK_RATE_HZ, Progress, pitch_tracker
from swara.data.audio.decode import decode
from swara.data.clip import Clip
from swara.data.errors import OutputError
from swara.data.storage.atomic_file import write_atomically
from swara.data.take import Note
from swara.index import Neighbour
from swara.service.take.analyze import Request, analyze
from swara.service.take.note_at import check_time, note_at
from swara.service.take.report import NoteOpinion, TakeReport

from .adviser import LiveModel

__all__ = ["SearchResult", "save_clips", "search"]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The note at the time that was asked for, what the model says of it, and what to know of that."""

    report: TakeReport
    note: Note
    opinion: NoteOpinion
    warnings: tuple[str, ...] = ()


def search(
    recording: Path,
    at_s: float,
    request: Request,
    model: LiveModel,
    *,
    count: int,
    max_duration_s: float | None,
    progress: Progress | None = None,
) -> SearchResult:
    """Find the samples nearest to the note that is sung at `at_s`.

    Raises
    ------
    NoNoteThere
        If no steady note is sung within 0.25 s of it, or it is no finite number.
    SwaraError
        If the recording cannot be used.
    """
    check_time(at_s)
    clip = decode(recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s).clip
    adviser = replace(model.about(recording), neighbours=count)
    tracker = pitch_tracker("head")
    report = analyze(clip, request, tracker, source=recording.name, progress=progress, adviser=adviser)
    number = note_at(report.notes, at_s, recording)
    return SearchResult(report, report.notes[number], report.opinions[number], adviser.warnings)


def save_clips(found: SearchResult, model: LiveModel, folder: Path) -> tuple[Path, ...]:
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
