"""The nearest professional samples to one note of a take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from swara.classifier.pitch import TRACK_RATE_HZ, Progress
from swara.classifier.pitch.head import pitch_tracker
from swara.data.audio.decode import decode
from swara.data.clip import Clip
from swara.data.storage.disk import write_atomically, writing
from swara.data.take import Note
from swara.embedder.spec import pool
from swara.index import Item, Neighbour
from swara.index.phrases import Phrase
from swara.service.adviser.adviser import LiveModel
from swara.service.take.analyze import Request, analyze
from swara.service.take.report import NoteOpinion, TakeReport
from swara.service.take.summary import check_time, note_at

__all__ = ["SearchResult", "save_clips", "search", "search_clip", "search_span"]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A note of a take, and the professional samples nearest to it.

    Parameters
    ----------
    report : TakeReport
        The take.
    note : Note
        The one of its notes that was asked about.
    opinion : NoteOpinion
        What the model says of it; its `neighbours` are the samples, nearest first.
    warnings : tuple of str
        What to know of that, as sentences without full stop.
    """

    report: TakeReport
    note: Note
    opinion: NoteOpinion
    warnings: tuple[str, ...] = ()

    @property
    def neighbours(self) -> tuple[Neighbour, ...]:
        """The samples, nearest first, one for each recording."""
        return self.opinion.neighbours

    @property
    def items(self) -> tuple[Item, ...]:
        """The notes that the samples are of, nearest first."""
        return tuple(each.item for each in self.neighbours)


def search(
    recording: Path,
    at_s: float,
    request: Request,
    model: LiveModel,
    *,
    count: int,
    max_duration_s: float | None,
    track: int | None = None,
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
    decoded = decode(recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s, track=track)
    adviser = model.about(recording, decoded)
    return search_clip(decoded.clip, at_s, request, adviser, count=count, progress=progress, where=recording)


def search_clip(
    clip: Clip,
    at_s: float,
    request: Request,
    model: LiveModel,
    *,
    count: int,
    where: Path,
    progress: Progress | None = None,
) -> SearchResult:
    """Find the samples nearest to the note that is sung at `at_s` of a clip; `where` it is from.

    Raises
    ------
    NoNoteThere
        If no steady note is sung within 0.25 s of it.
    """
    adviser, tracker = replace(model, neighbours=count), pitch_tracker("head")
    report = analyze(clip, request, tracker, source=where.name, progress=progress, adviser=adviser)
    number = note_at(report.notes, at_s, where)
    return SearchResult(report, report.notes[number], report.opinions[number], adviser.warnings)


def search_span(
    clip: Clip, start_s: float, end_s: float, letter: str, model: LiveModel, *, count: int
) -> tuple[Neighbour, ...]:
    """Find the samples of one swara that sound most like a stretch of a clip, whatever is sung there.

    Parameters
    ----------
    clip : Clip
        At the sample rate of the model's embedder.
    start_s, end_s : float
        In seconds, both within the clip.
    letter : str
        The swara in roman notation.
    model : LiveModel
        Whose samples; `LiveModel.about` the take, if that is a file.
    count : int
        How many.
    """
    vector = pool(model.embedder.embed(clip), start_s, end_s)
    return model.samples.nearest(vector, letter, count=count, exclude=model.own)


def save_clips(found: Sequence[Item | Phrase], model: LiveModel, folder: Path) -> tuple[Path, ...]:
    """Write the sound of each note or phrase found as a WAV file, the first as number 1; return the files.

    Raises
    ------
    OutputError
        If the folder or a file cannot be written.
    """
    with writing(folder, "cannot make this folder"):
        folder.mkdir(parents=True, exist_ok=True)
    return tuple(_save_clip(item, model.sound_of(item), folder, rank) for rank, item in enumerate(found, 1))


def _save_clip(item: Item | Phrase, clip: Clip, folder: Path, rank: int) -> Path:
    path = folder / f"{rank}-{item.recording}-{item.start_s:.2f}s.wav"
    write_atomically(path, lambda part: clip.write_wav(part, "PCM_16"))
    return path
