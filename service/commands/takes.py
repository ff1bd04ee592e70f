"""Commands about one take: ``analyze``, ``pitch``, ``spectrogram``."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swara.service.phrases import printable
from swara.service.report.terminal.progress_bar import finding_pitch, progress_bar
from swara.service.request import Preset, parse_request, preset_thresholds

from .options import (
    STDOUT,
    KeepHistory,
    MaxMinutes,
    RagaText,
    Recording,
    Recordings,
    SingerName,
    StoreFolder,
    SwarasText,
    TonicText,
    TrackNumber,
    TuningName,
    console,
    finite,
    limit_s,
    print_json,
    print_outcome,
    raga_text,
    say_written,
    store_at,
    tell,
    tell_daily,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from swara.classifier.notes import Thresholds
    from swara.data.clip import Clip
    from swara.service.adviser.adviser import LiveModel
    from swara.service.export.take_files import TakeFiles
    from swara.service.history.keeping import Kind
    from swara.service.stages import StageProgress
    from swara.service.take.report import TakeOutcome, TakeReport

__all__ = ["analyze", "keep_figures", "pitch", "spectrogram"]


def spectrogram(
    recording: Recording,
    output: Annotated[Path, typer.Option("--output", "-o", help="Write the PNG into this file.")],
    pitch: Annotated[bool, typer.Option("--pitch", help="Draw the pitch over it.")] = False,
    track: TrackNumber = None,
    max_minutes: MaxMinutes = 20.0,
) -> None:
    """Draw the mel spectrogram as PNG.

    What sounds when, and how loud.
    """
    from swara.service.export.spectrogram_file import spectrogram_file

    if output == STDOUT:
        raise typer.BadParameter("a picture cannot go to stdout; give --output a file")
    longest_s = limit_s(max_minutes)
    with progress_bar(shown=True) as progress:
        drawn = spectrogram_file(
            recording, output, pitch=pitch, max_duration_s=longest_s, track=track, progress=progress
        )
    print_outcome(recording, drawn.warnings, f"{output}: {drawn.sentence}")


def analyze(
    recordings: Recordings,
    tonic: TonicText = None,
    raga: RagaText = None,
    swaras: SwarasText = None,
    tuning: TuningName = "just",
    preset: Annotated[
        Preset, typer.Option(help="How strict: in tune within 35, 25 or 15 cents.")
    ] = "student",
    perfect: Annotated[
        float | None, typer.Option(callback=finite, help="Cents within which a note is perfect.")
    ] = None,
    in_tune: Annotated[
        float | None, typer.Option(callback=finite, help="Cents within which a note is in tune.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the report as JSON; - for stdout.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the notes as CSV.")] = None,
    pitch_csv: Annotated[
        Path | None, typer.Option(help="Write the pitch as CSV: time,frequency,confidence,voiced.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the pitch over the swaras as PNG.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write one HTML page, with the take to play.")] = None,
    target: Annotated[Path | None, typer.Option(help="Sing the same notes in tune, as WAV.")] = None,
    summary: Annotated[
        Path | None, typer.Option(help="Of several takes: write a table as CSV, a line for each.")
    ] = None,
    samples: Annotated[bool, typer.Option(help="Compare with the professional samples.")] = True,
    singer: SingerName = "",
    history: KeepHistory = True,
    store: StoreFolder = None,
    track: TrackNumber = None,
    max_minutes: MaxMinutes = 20.0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print neither report nor progress.")] = False,
) -> None:
    """Judge a take swara by swara.

    Says where it was perfect, low or high, and what to work on first. Of several takes, or a folder of them,
    each is judged and a table sums them up; --json, --csv and the like then name a folder, which takes a file
    of each.
    """
    from swara.data.storage.array_cache import RecentCache
    from swara.service.export.take_files import TakeFiles, analyze_file
    from swara.service.store import Layout

    to_stdout = json == STDOUT
    files = TakeFiles(None if to_stdout else json, csv, pitch_csv, plot, report, target)
    if STDOUT in files.paths():
        raise typer.BadParameter("only --json can go to stdout; give the others a file")
    several = len(recordings) > 1 or summary is not None or recordings[0].is_dir()
    if several and to_stdout:
        raise typer.BadParameter("of several takes no report goes to stdout; give --json a folder")
    folder, thresholds = store_at(store), _thresholds(preset, perfect, in_tune)
    request = parse_request(tonic, raga_text(raga, swaras), tuning, thresholds, folder)
    longest_s = limit_s(max_minutes)
    with progress_bar(shown=not quiet) as progress:
        model, doubts = _model_or_doubts(folder, progress) if samples else (None, ())
        judge = partial(
            analyze_file,
            request=request,
            max_duration_s=longest_s,
            track=track,
            model=model,
            warnings=doubts,
            cache=RecentCache(Layout(folder).takes),
        )
        if several:
            outcomes, passed_over = _judge_several(recordings, judge, files, summary, progress)
            reports = [each.report for each in outcomes if each.report is not None]
        else:
            result = judge(recordings[0], files=files, progress=finding_pitch(progress))
            reports = [result]
    keep_figures(reports, folder, "analyze", wanted=history, singer=singer)
    written = (*files.paths(), summary)
    if several:
        _print_several(outcomes, passed_over, written, quiet=quiet)
    elif to_stdout:
        from swara.service.report.json_report import to_json

        print_json(to_json(result))
    elif not quiet:
        from swara.service.report.terminal.terminal import render

        render(result, console())
        say_written(*written, margin="  ")


def pitch(
    recording: Recording,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Write the CSV into this file; - for stdout.")
    ] = STDOUT,
    plot: Annotated[Path | None, typer.Option(help="Draw salience, pitch and confidence as PNG.")] = None,
    track: TrackNumber = None,
    max_minutes: MaxMinutes = 20.0,
) -> None:
    """Write the pitch every 10 ms as CSV.

    The columns are time,frequency,confidence, as CREPE writes them, and voiced.
    """
    from swara.service.export.pitch_file import pitch_file

    if plot == STDOUT:
        raise typer.BadParameter("only the CSV can go to stdout; give --plot a file")
    to_stdout = output == STDOUT
    csv = partial(typer.echo, nl=False) if to_stdout else output
    on_screen = to_stdout and sys.stdout is not None and sys.stdout.isatty()  # a bar would cut the rows up
    longest_s = limit_s(max_minutes)
    with progress_bar(shown=not on_screen) as progress:
        found = pitch_file(
            recording, csv, plot, max_duration_s=longest_s, track=track, progress=finding_pitch(progress)
        )
    print_outcome(recording, found.warnings, None if to_stdout else f"{output}: {found.sentence}")
    if not to_stdout:
        say_written(plot)


def keep_figures(
    reports: Sequence[TakeReport],
    folder: Path,
    kind: Kind,
    *,
    wanted: bool,
    singer: str,
    sound: Callable[[], Clip] | None = None,
) -> None:
    """Keep each take in the history, and its sound if it is given and the singer wants that.

    That it is begun is said on stderr once, why it cannot be once a day.
    """
    if not wanted:
        return
    from swara.service.history.keeping import NOT_KEPT, keep_take
    from swara.service.store import Layout

    for report in reports:
        words = keep_take(Layout(folder), report, kind, os.environ, sound=sound, singer=singer)
        if words is not None and words.startswith(NOT_KEPT):
            tell_daily(words)
            return
        if words is not None:
            tell(words)


def _thresholds(preset: Preset, perfect: float | None, in_tune: float | None) -> Thresholds:
    """Return the limits; those that do not go together are wrong usage."""
    try:
        return preset_thresholds(preset, perfect, in_tune)
    except ValueError as error:
        words = str(error).replace("perfect_cents", "--perfect").replace("in_tune_cents", "--in-tune")
        raise typer.BadParameter(words) from error


def _judge_several(
    recordings: Sequence[Path],
    judge: Callable[..., TakeReport],
    folders: TakeFiles,
    summary: Path | None,
    progress: StageProgress | None,
) -> tuple[list[TakeOutcome], int]:
    """Return what became of each take, and how many files were passed over; say at once what failed."""
    from swara.service.export.several_takes import analyze_takes, find_takes

    found = find_takes(recordings)

    def one(path: Path, files: TakeFiles, stage: str) -> TakeReport:
        return judge(path, files=files, progress=None if progress is None else partial(progress, stage))

    outcomes = []
    for outcome in analyze_takes(found, one, folders, summary):
        outcomes.append(outcome)
        if outcome.error is not None:
            typer.echo(printable(f"swara: {outcome.error}"), err=True)
    return outcomes, found.passed_over


def _print_several(
    outcomes: Sequence[TakeOutcome], passed_over: int, written: Sequence[Path | None], *, quiet: bool
) -> None:
    """Print the table of all takes, and exit with 1 if one could not be analyzed."""
    if not quiet:
        from swara.service.report.terminal.takes_table import render_takes

        render_takes(outcomes, passed_over, console())
        say_written(*written, margin="  ")
    if any(outcome.error is not None for outcome in outcomes):
        raise typer.Exit(1)


def _model_or_doubts(
    folder: Path, progress: StageProgress | None
) -> tuple[LiveModel | None, tuple[str, ...]]:
    from swara.service.adviser.adviser import load_model, try_model  # slow, so only where samples are wanted

    model, doubts = try_model(lambda: load_model(folder, progress))
    if model is not None and model.made_before is not None:
        tell_daily(f"the live version was {model.made_before}")
    return model, doubts
