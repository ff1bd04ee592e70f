"""From a recording on disk to a report, and to every file that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from swara.classifier.pitch import TRACK_RATE_HZ, Progress, pitch_tracker
from swara.data.audio.decode import decode
from swara.data.clip import Clip
from swara.data.storage.atomic_file import write_atomically
from swara.index import Item
from swara.service.adviser.adviser import LiveModel
from swara.service.take.analyze import Request, analyze
from swara.service.take.report import TakeReport
from swara.service.take.summary import nearest_samples

from .outputs import check_outputs, check_suffix

__all__ = ["TakeFiles", "analyze_file", "sounds_beside"]


def sounds_beside(report: TakeReport, model: LiveModel) -> dict[Item, Clip]:
    """Return the sound of the nearest sample for each swara of the take.

    Raises
    ------
    SwaraError
        If a sample's recording is gone or unreadable.
    """
    return {near.item: model.sound_of(near.item) for _, near in nearest_samples(report)}


@dataclass(frozen=True, slots=True)
class TakeFiles:
    """Where to write what; None for what is not wanted.

    Parameters
    ----------
    json, csv, pitch_csv, plot, page, target : Path or None
        The report, its notes, its pitch track, the picture, the HTML page, the notes as they should sound.
    """

    json: Path | None = None
    csv: Path | None = None
    pitch_csv: Path | None = None
    plot: Path | None = None
    page: Path | None = None
    target: Path | None = None

    def paths(self) -> Iterator[Path]:
        """Yield the paths that are set."""
        return (path for path in astuple(self) if path is not None)


def analyze_file(
    recording: Path,
    request: Request,
    files: TakeFiles,
    *,
    max_duration_s: float | None,
    progress: Progress | None = None,
    model: LiveModel | None = None,
    warnings: Sequence[str] = (),
) -> TakeReport:
    """Analyse a recording and write the files that were asked for; `model` gives a second opinion.

    Raises
    ------
    SwaraError
        If the recording cannot be used, or a file cannot be written: found out before the analysis where
        that is possible. Files that were already written stay.
    """
    check_outputs(files.paths(), source=recording)
    check_suffix(files.plot, ".png", "the picture")
    check_suffix(files.target, ".wav", "the target")
    decoded = decode(recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s)
    if model is not None:
        model = model.about(recording)
    report = analyze(
        decoded.clip,
        request,
        pitch_tracker("head"),
        source=recording.name,
        warnings=(*warnings, *decoded.warnings),
        progress=progress,
        adviser=model,
    )
    _write(report, decoded.clip, request, files, model)
    return report


def _write(
    report: TakeReport, clip: Clip, request: Request, files: TakeFiles, model: LiveModel | None
) -> None:
    raga, tuning = request.judged_raga, request.tuning
    if files.json is not None:
        from swara.service.report.json_report import to_json

        _write_text(files.json, lambda: to_json(report))
    if files.csv is not None:
        from swara.service.report.csv_report import notes_csv

        _write_text(files.csv, lambda: notes_csv(report))
    if files.pitch_csv is not None:
        from swara.service.report.csv_report import track_csv

        _write_text(files.pitch_csv, lambda: track_csv(report.track))
    if files.plot is not None:
        from swara.service.report.picture.plot import save_plot

        save_plot(report, files.plot, tuning=tuning, raga=raga)
    if files.page is not None:
        from swara.service.report.page.html_page import to_html

        sounds = {} if model is None else sounds_beside(report, model)
        _write_text(files.page, lambda: to_html(report, clip, tuning=tuning, raga=raga, samples=sounds))
    if files.target is not None:
        from .target import save_target

        save_target(report, files.target, tuning)


def _write_text(path: Path, text: Callable[[], str]) -> None:
    content = text().encode()

    def write(part: Path) -> None:
        part.write_bytes(content)

    write_atomically(path, write)
