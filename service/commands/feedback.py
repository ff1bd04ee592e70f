"""``swara feedback``: what a report got wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from swara.service.report.terminal.progress_bar import finding_pitch, progress_bar
from swara.service.request import parse_request, preset_thresholds

from .options import (
    AsJson,
    MaxMinutes,
    Moment,
    RagaText,
    Recording,
    StoreFolder,
    SwarasText,
    TonicText,
    console,
    layout_at,
    limit_s,
    print_json,
    raga_text,
    store_at,
)

if TYPE_CHECKING:
    from swara.service.feedback.log import Correction
    from swara.service.stages import StageProgress
    from swara.service.take.report import TakeReport

__all__ = ["feedback_app"]

CorrectionId = Annotated[str, typer.Argument(help="Id of the correction, or the start of it.")]

feedback_app = typer.Typer(no_args_is_help=True, help="Correct what a report got wrong.")


@feedback_app.command("add")
def _add(
    recording: Recording,
    at: Moment,
    swara: Annotated[str | None, typer.Option(help="What it is: D, .P, S', high Sa.")] = None,
    verdict: Annotated[
        Literal["perfect", "in tune", "low", "high"] | None, typer.Option(help="How it was sung.")
    ] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Confirm it at once, for the next rebuild.")
    ] = False,
    tonic: TonicText = None,
    raga: RagaText = None,
    swaras: SwarasText = None,
    store: StoreFolder = None,
    max_minutes: MaxMinutes = 20.0,
    json: AsJson = False,
) -> None:
    """Say that a note was named or judged wrong."""
    from datetime import UTC, datetime

    from swara.classifier.pitch.head import pitch_tracker
    from swara.service.feedback.add import add_correction

    if swara is None and verdict is None:
        raise typer.BadParameter("say what is right with --swara, --verdict or both")
    layout = layout_at(store)
    request = parse_request(
        tonic, raga_text(raga, swaras), "just", preset_thresholds("student"), layout.folder
    )
    with progress_bar(shown=True) as progress:
        given = add_correction(
            layout,
            recording,
            at,
            request,
            pitch_tracker("head"),
            swara=swara,
            verdict=verdict,
            confirmed=confirm,
            now=datetime.now(UTC),
            max_duration_s=limit_s(max_minutes),
            progress=finding_pitch(progress),
        )
    _show([given], json=json)


@feedback_app.command("list")
def _list(store: StoreFolder = None, json: AsJson = False) -> None:
    """List the corrections."""
    from swara.service.feedback.log import known_corrections

    _show(known_corrections(layout_at(store)), json=json)


@feedback_app.command("check")
def _check(
    corrections: Annotated[
        Path | None,
        typer.Argument(help="A file that feedback list --json wrote. Those of the store if left out."),
    ] = None,
    samples: Annotated[bool, typer.Option(help="Compare with the professional samples.")] = True,
    json: AsJson = False,
    store: StoreFolder = None,
    max_minutes: MaxMinutes = 20.0,
) -> None:
    """Judge anew what was corrected.

    Says which corrections today's program still gets wrong, and exits with 1 if one of them was confirmed. A
    recording that is not where it was is looked for beside the file.
    """
    from swara.service.feedback.check import check_corrections, read_corrections
    from swara.service.feedback.log import known_corrections
    from swara.service.report.store_json import checked_json
    from swara.service.report.terminal.feedback_table import render_checked

    folder = store_at(store)
    given = known_corrections(layout_at(store)) if corrections is None else read_corrections(corrections)
    beside = None if corrections is None else corrections.parent
    with progress_bar(shown=not json) as progress:
        judge = _judge(folder, limit_s(max_minutes), progress, samples=samples and bool(given))
        checked = tuple(check_corrections(given, judge, beside=beside))
    if json:
        print_json(checked_json(checked))
    else:
        render_checked(checked, console())
    if any(each.fails for each in checked):
        raise typer.Exit(1)


def _judge(
    folder: Path, longest_s: float | None, progress: StageProgress | None, *, samples: bool
) -> Callable[[Path, Correction], TakeReport]:
    """Return what judges a take as `analyze` does, by what it was judged by when it was corrected."""
    from swara.classifier.notes import PRESETS
    from swara.data.storage.array_cache import RecentCache
    from swara.service.adviser.adviser import load_model, try_model
    from swara.service.export.take_files import TakeFiles, analyze_file
    from swara.service.store import Layout

    model, _ = try_model(lambda: load_model(folder, progress)) if samples else (None, ())
    cache = RecentCache(Layout(folder).takes)

    def judge(recording: Path, given: Correction) -> TakeReport:
        limits = preset_thresholds(given.preset if given.preset in PRESETS else "student")
        request = parse_request(f"{given.tonic_hz:.4f}", given.raga, given.tuning or "just", limits, folder)
        return analyze_file(
            recording,
            request,
            TakeFiles(),
            max_duration_s=longest_s,
            model=model,
            cache=cache,
            progress=finding_pitch(progress),
        )

    return judge


@feedback_app.command("confirm")
def _confirm(correction: CorrectionId, store: StoreFolder = None, json: AsJson = False) -> None:
    """Confirm a correction.

    The next rebuild uses it.
    """
    from swara.service.feedback.log import confirm_correction

    _show([confirm_correction(layout_at(store), correction)], json=json)


@feedback_app.command("withdraw")
def _withdraw(correction: CorrectionId, store: StoreFolder = None, json: AsJson = False) -> None:
    """Take a correction back, confirmed or not.

    The next rebuild does not use it.
    """
    from swara.service.feedback.log import withdraw_correction

    withdrawal = withdraw_correction(layout_at(store), correction)
    if json:
        _show([withdrawal.correction], json=True)
    elif withdrawal.before:
        typer.echo(f"{withdrawal.correction.id} was withdrawn before.")
    else:
        typer.echo(f"{withdrawal.correction.id} is withdrawn from the next: swara rebuild")


def _show(corrections: Sequence[Correction], *, json: bool) -> None:
    from swara.service.report.store_json import corrections_json
    from swara.service.report.terminal.feedback_table import render_corrections

    if json:
        print_json(corrections_json(corrections))
    else:
        render_corrections(corrections, console())
