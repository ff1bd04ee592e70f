"""From a recording on disk to a report, and to every file that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from swara.classifier.pitch import TRACK_RATE_HZ, Progress
from swara.classifier.pitch.registry import pitch_tracker
from swara.data.audio.decode import decode, take_name
from swara.data.clip import Clip
from swara.data.errors import OutputError
from swara.data.storage.disk import check_writable, write_bytes
from swara.service.adviser.adviser import LiveModel
from swara.service.take.analyze import Request, analyze
from swara.service.take.report import TakeReport
from swara.service.take.summary import nearest_samples

__all__ = ["TakeFiles", "analyze_file", "check_outputs", "check_suffix"]


def check_outputs(paths: Iterable[Path], *, source: Path) -> None:
    """Make sure, before a long analysis, that every output can be written and none is lost.

    Raises
    ------
    OutputError
        If two outputs share a path, one is the recording `source` itself, or one cannot be written.
    """
    outputs = tuple(paths)
    for place, path in enumerate(outputs):
        if any(_is_same(path, other) for other in outputs[:place]):
            raise OutputError(
                "two outputs would be written to this file", where=str(path), fix="Give each its own file"
            )
        if _is_same(path, source):
            raise OutputError(
                "this is the recording that is analyzed", where=str(path), fix="Choose another output file"
            )
        check_writable(path)


def check_suffix(path: Path | None, suffix: str, what: str) -> None:
    """Refuse a name that says of `what` that it is anything but what its `suffix` says; no suffix is none.

    Raises
    ------
    OutputError
        If it does.
    """
    if path is not None and path.suffix.lower() not in {"", suffix}:
        raise OutputError(
            f"{what} is written as {suffix.removeprefix('.').upper()}, and this name ends in {path.suffix}",
            where=str(path),
            fix=f"Name it {path.with_suffix(suffix).name}",
        )


def _is_same(one: Path, other: Path) -> bool:
    """Tell whether two paths are one file, through links, or letter case on some disks."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return one.resolve() == other.resolve()


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
    track: int | None = None,
    progress: Progress | None = None,
    model: LiveModel | None = None,
    warnings: Sequence[str] = (),
) -> TakeReport:
    """Analyze a recording and write the files that were asked for; `model` gives a second opinion.

    Raises
    ------
    SwaraError
        If the recording cannot be used, or a file cannot be written: found out before the analysis where
        that is possible. Files that were already written stay.
    """
    check_outputs(files.paths(), source=recording)
    check_suffix(files.plot, ".png", "the picture")
    check_suffix(files.target, ".wav", "the target")
    decoded = decode(recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s, track=track)
    if model is not None:
        model = model.about(recording, decoded)
    report = analyze(
        decoded.clip,
        request,
        pitch_tracker("head"),
        source=take_name(recording),
        warnings=(*warnings, *decoded.warnings),
        level=decoded.level,
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

        _write_text(files.json, to_json(report))
    if files.csv is not None:
        from swara.service.report.csv_report import notes_csv

        _write_text(files.csv, notes_csv(report))
    if files.pitch_csv is not None:
        from swara.service.report.csv_report import track_csv

        _write_text(files.pitch_csv, track_csv(report.track))
    if files.plot is not None:
        from swara.service.report.picture.plot import save_plot

        save_plot(report, files.plot, tuning=tuning, raga=raga)
    if files.page is not None:
        from swara.service.report.page.html_page import to_html

        from .target import target_swaras

        near = [each.item for _, each in nearest_samples(report)]
        sounds = {} if model is None else {item: model.sound_of(item) for item in near}
        swaras = target_swaras(report, tuning)
        page = to_html(report, clip, tuning=tuning, raga=raga, samples=sounds, targets=swaras)
        _write_text(files.page, page)
    if files.target is not None:
        from .target import save_target

        save_target(report, files.target, tuning)


def _write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())
