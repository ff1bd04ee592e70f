"""The command ``compare``: a take beside a professional's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from swara.service.report.terminal.progress_bar import finding_pitch, progress_bar
from swara.service.request import Preset, parse_request, preset_thresholds

from .options import (
    STDOUT,
    MaxMinutes,
    RagaText,
    Recording,
    StoreFolder,
    SwarasText,
    TonicText,
    TuningName,
    console,
    limit_s,
    print_json,
    raga_text,
    say_written,
    store_at,
    tell,
)

__all__ = ["compare"]


def compare(
    recording: Recording,
    guru: Annotated[Path, typer.Argument(help="The professional's take of the same phrases, on any Sa.")],
    tonic: TonicText = None,
    guru_tonic: Annotated[
        str | None, typer.Option(help="Sa of the professional's take, as --tonic. Estimated if left out.")
    ] = None,
    raga: RagaText = None,
    swaras: SwarasText = None,
    tuning: TuningName = "just",
    preset: Annotated[
        Preset, typer.Option(help="How strict: within 35, 25 or 15 cents of the professional's note.")
    ] = "student",
    json: Annotated[Path | None, typer.Option(help="Write the comparison as JSON; - for stdout.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write what differs as CSV.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write one HTML page, with both takes to play.")] = None,
    store: StoreFolder = None,
    max_minutes: MaxMinutes = 20.0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print neither result nor progress.")] = False,
) -> None:
    """Compare a take with a professional's, note by note.

    Says which notes are left out, added, low, high, early or late, and where a glide goes another way. Each
    is measured from its own Sa and in its own tempo; what cannot be laid over the other is named, not
    judged. Exits with 1, and writes no page, if nothing could be laid over the other.
    """
    from swara.data.storage.array_cache import RecentCache
    from swara.service.export.compare_files import CompareFiles, compare_files
    from swara.service.store import Layout

    to_stdout = json == STDOUT
    files = CompareFiles(None if to_stdout else json, csv, report)
    if STDOUT in files.paths():
        raise typer.BadParameter("only --json can go to stdout; give the others a file")
    if recording == guru == STDOUT:
        raise typer.BadParameter("one recording can come from stdin, not both")
    folder, thresholds = store_at(store), preset_thresholds(preset)
    named = raga_text(raga, swaras)
    request, other = (parse_request(sa, named, tuning, thresholds, folder) for sa in (tonic, guru_tonic))
    with progress_bar(shown=not quiet) as progress:
        comparison = compare_files(
            recording,
            guru,
            request,
            other,
            files,
            max_duration_s=limit_s(max_minutes),
            progress=finding_pitch(progress),
            cache=RecentCache(Layout(folder).takes),
        )
    if to_stdout:
        from swara.service.report.compare_report import comparison_json

        print_json(comparison_json(comparison))
    elif not quiet:
        from swara.service.report.terminal.compare_table import render_comparison

        render_comparison(comparison, console())
        say_written(*files.paths_of(comparison), margin="  ")
    if not comparison.aligned:
        tell("nothing could be compared" + (f"; {report} is not written" if report else ""))
        raise typer.Exit(1)
