"""``swara feedback``: what a report got wrong."""

from __future__ import annotations

from typing import Annotated, Literal

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
)

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
) -> None:
    """Say that a note was named or judged wrong."""
    from datetime import UTC, datetime

    from swara.classifier.pitch.head import pitch_tracker
    from swara.service.feedback.add import add_correction
    from swara.service.report.terminal.feedback_table import render_corrections

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
    render_corrections([given], console())


@feedback_app.command("list")
def _list(store: StoreFolder = None, json: AsJson = False) -> None:
    """List the corrections."""
    from swara.service.feedback.log import known_corrections
    from swara.service.report.store_json import corrections_json
    from swara.service.report.terminal.feedback_table import render_corrections

    known = known_corrections(layout_at(store))
    if json:
        print_json(corrections_json(known))
    else:
        render_corrections(known, console())


@feedback_app.command("confirm")
def _confirm(correction: CorrectionId, store: StoreFolder = None) -> None:
    """Confirm a correction.

    The next rebuild uses it.
    """
    from swara.service.feedback.log import confirm_correction
    from swara.service.report.terminal.feedback_table import render_corrections

    render_corrections([confirm_correction(layout_at(store), correction)], console())


@feedback_app.command("withdraw")
def _withdraw(correction: CorrectionId, store: StoreFolder = None) -> None:
    """Take a correction back, confirmed or not.

    The next rebuild does not use it.
    """
    from swara.service.feedback.log import withdraw_correction

    withdrawal = withdraw_correction(layout_at(store), correction)
    if withdrawal.before:
        typer.echo(f"{withdrawal.correction.id} was withdrawn before.")
    else:
        typer.echo(f"{withdrawal.correction.id} is withdrawn from the next: swara rebuild")
