"""Commands about one take: ``analyze``, ``pitch``, ``search``."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swara.raga.errors import SwaraError
from swara.service.report.terminal.progress_bar import finding_pitch, progress_bar

from .options import (
    STDOUT,
    MaxMinutes,
    Preset,
    RagaText,
    Recording,
    StoreFolder,
    TonicText,
    console,
    limit_s,
    request_of,
    store_at,
    thresholds_of,
)

if TYPE_CHECKING:
    from swara.service.adviser.adviser import LiveModel
    from swara.service.stages import StageProgress

__all__ = ["analyze", "pitch", "search", "spectrogram"]


def spectrogram(
    recording: Recording,
    output: Annotated[Path, typer.Option("--output", "-o", help="Write the PNG into this file.")],
    pitch: Annotated[bool, typer.Option("--pitch", help="Draw the pitch over it.")] = False,
    max_minutes: MaxMinutes = 20.0,
) -> None:
    """Draw the mel spectrogram as PNG: what sounds when, and how loud."""
    from swara.service.export.spectrogram_file import spectrogram_file
    from swara.service.report.plain_text import printable

    if output == STDOUT:
        raise typer.BadParameter("a picture cannot go to stdout; give --output a file")
    longest_s = limit_s(max_minutes)
    with progress_bar(shown=True) as progress:
        drawn = spectrogram_file(recording, output, pitch=pitch, max_duration_s=longest_s, progress=progress)
    for warning in drawn.warnings:
        typer.echo(printable(f"swara: {recording}: {warning}."), err=True)
    typer.echo(printable(f"{output}: {drawn.sentence}"))


def analyze(
    recording: Recording,
    tonic: TonicText = None,
    raga: RagaText = None,
    tuning: Annotated[str, typer.Option(help="just, equal, or learned from the samples.")] = "just",
    preset: Annotated[Preset, typer.Option(help="How strict: learner, student, performer.")] = "student",
    perfect: Annotated[float | None, typer.Option(help="Cents that still count as perfect.")] = None,
    in_tune: Annotated[float | None, typer.Option(help="Cents that still count as in tune.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the report as JSON; - for stdout.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the notes as CSV.")] = None,
    pitch_csv: Annotated[
        Path | None, typer.Option(help="Write the pitch as CSV: time,frequency,confidence.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the pitch over the swaras as PNG.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write one HTML page, with the take to play.")] = None,
    target: Annotated[Path | None, typer.Option(help="Sing the same notes in tune, as WAV.")] = None,
    samples: Annotated[bool, typer.Option(help="Compare with the professional samples.")] = True,
    store: StoreFolder = None,
    max_minutes: MaxMinutes = 20.0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no report and no progress.")] = False,
) -> None:
    """Say where a take was perfect, low or high, swara by swara."""
    from swara.service.export.take_files import TakeFiles, analyze_file

    to_stdout = json == STDOUT
    files = TakeFiles(None if to_stdout else json, csv, pitch_csv, plot, report, target)
    if STDOUT in files.paths():
        raise typer.BadParameter("only --json can go to stdout; give the others a file")
    request = request_of(tonic, raga, tuning, thresholds_of(preset, perfect, in_tune), store)
    longest_s = limit_s(max_minutes)
    with progress_bar(shown=not quiet) as progress:
        model, doubts = _model_or_doubts(store, progress) if samples else (None, ())
        result = analyze_file(
            recording,
            request,
            files,
            max_duration_s=longest_s,
            progress=finding_pitch(progress),
            model=model,
            warnings=doubts,
        )
    if to_stdout:
        from swara.service.report.json_report import to_json

        # As bytes: JSON is UTF-8 whatever the terminal speaks.
        typer.echo(to_json(result).encode(), nl=False)
    elif not quiet:
        from swara.service.report.terminal.terminal import render

        render(result, console())


def pitch(
    recording: Recording,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Write the CSV into this file; - for stdout.")
    ] = STDOUT,
    plot: Annotated[Path | None, typer.Option(help="Draw salience, pitch and confidence as PNG.")] = None,
    max_minutes: MaxMinutes = 20.0,
) -> None:
    """Write the pitch every 10 ms as CSV: time,frequency,confidence."""
    from swara.service.export.pitch_file import pitch_file
    from swara.service.report.plain_text import printable

    if plot == STDOUT:
        raise typer.BadParameter("only the CSV can go to stdout; give --plot a file")
    to_stdout = output == STDOUT
    csv = partial(typer.echo, nl=False) if to_stdout else output
    on_screen = to_stdout and sys.stdout is not None and sys.stdout.isatty()  # a bar would cut the rows up
    longest_s = limit_s(max_minutes)
    with progress_bar(shown=not on_screen) as progress:
        found = pitch_file(recording, csv, plot, max_duration_s=longest_s, progress=finding_pitch(progress))
    for warning in found.warnings:
        typer.echo(printable(f"swara: {recording}: {warning}."), err=True)
    if not to_stdout:
        typer.echo(printable(f"{output}: {found.sentence}"))


def search(
    recording: Recording,
    at: Annotated[float, typer.Option(help="Where the note is, in seconds.")],
    tonic: TonicText = None,
    raga: RagaText = None,
    count: Annotated[int, typer.Option(min=1, help="How many samples to show.")] = 5,
    clips: Annotated[Path | None, typer.Option(help="Write the sound of each into this folder.")] = None,
    store: StoreFolder = None,
    max_minutes: MaxMinutes = 20.0,
) -> None:
    """Find the professional samples nearest to one note of a take."""
    from swara.service.adviser.search import save_clips, search
    from swara.service.report.terminal.samples_table import render_found

    request = request_of(tonic, raga, "just", thresholds_of("student"))
    with progress_bar(shown=True) as progress:
        model = _model(store, progress)
        found = search(
            recording,
            at,
            request,
            model,
            count=count,
            max_duration_s=limit_s(max_minutes),
            progress=finding_pitch(progress),
        )
    render_found(found, console())
    if clips is not None:
        for path in save_clips(found, model, clips):
            typer.echo(f"  {path}")


def _model(folder: Path | None, progress: StageProgress | None) -> LiveModel:
    from swara.service.adviser.adviser import load_model

    return load_model(store_at(folder), progress)


def _model_or_doubts(
    folder: Path | None, progress: StageProgress | None
) -> tuple[LiveModel | None, tuple[str, ...]]:
    """Return the model, or what is wrong with the store: the pitch can be judged without it."""
    try:
        return _model(folder, progress), ()
    except SwaraError as error:
        return None, (f"Not compared with professional samples: {error}",)
