"""``swara history``: the takes so far, how they went over the weeks, and what is kept of them."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from swara.service.phrases import printable

from .options import (
    STDOUT,
    StoreFolder,
    complete_raga,
    console,
    layout_at,
    say_written,
    write_text,
)

if TYPE_CHECKING:
    from swara.service.store import Layout

__all__ = ["history_app"]

history_app = typer.Typer(invoke_without_command=True, help="Show the takes so far, or delete them.")


@history_app.callback()
def _show(
    context: typer.Context,
    last_weeks: Annotated[
        int | None, typer.Option("--weeks", min=1, help="Only the last weeks, so many; all if left out.")
    ] = None,
    raga: Annotated[
        str | None, typer.Option(help="Only takes of this raga.", autocompletion=complete_raga)
    ] = None,
    singer: Annotated[
        str | None, typer.Option(help="Only takes of this singer, as analyze was told with --singer.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write all of it as JSON; - for stdout.")] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write a line for each swara of each take; - for stdout.")
    ] = None,
    store: StoreFolder = None,
) -> None:
    """Show the takes so far.

    How much was in tune week by week, where each swara leans, and which is the weakest. Figures are
    kept, and sound where you asked for it, in the store on this machine; --no-history or SWARA_HISTORY=off
    keeps none.
    """
    context.obj = store
    if context.invoked_subcommand is not None:
        return
    if json == STDOUT and csv == STDOUT:
        raise typer.BadParameter("only one of --json and --csv can go to stdout")
    from swara.raga.ragas import raga_named
    from swara.service.history.choices import why_not_kept
    from swara.service.history.takes import TakeHistory

    since = None if last_weeks is None else datetime.now(UTC) - timedelta(weeks=last_weeks)
    layout = layout_at(store)
    asked = None if raga is None else raga_named(raga).display
    takes = TakeHistory(layout).takes(raga=asked, since=since, singer=singer)
    why_not = why_not_kept(layout, os.environ)
    if json is not None:
        from swara.service.history.export import history_json

        write_text(json, history_json(takes, why_not=why_not))
    if csv is not None:
        from swara.service.history.export import history_csv

        write_text(csv, history_csv(takes))
    if STDOUT not in (json, csv):
        say_written(json, csv)
    if json is None and csv is None:
        from swara.service.report.terminal.history_table import render_history

        render_history(takes, console(), why_not)


@history_app.command("delete")
def _delete(
    context: typer.Context,
    number: Annotated[
        int | None, typer.Argument(min=1, help="Number of the take, as swara history shows it.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Delete every take.")] = False,
    store: StoreFolder = None,
) -> None:
    """Delete a take from the history.

    Or every one, with --all. It cannot be undone; the recording itself stays where it is.
    """
    from swara.service.history.takes import TakeHistory
    from swara.service.phrases import counted

    if (number is None) is not every:
        raise typer.BadParameter("give the number of a take, or --all")
    gone = TakeHistory(layout_at(store or context.obj)).delete(number)
    typer.echo(f"Deleted: {counted(gone, 'take')}.")


@history_app.command("off")
def _off(context: typer.Context, store: StoreFolder = None) -> None:
    """Keep no further takes.

    Those that are kept stay until they are deleted.
    """
    _switch(layout_at(store or context.obj), "history", on=False)
    typer.echo("No further takes are kept. Again: swara history on")


@history_app.command("on")
def _on(context: typer.Context, store: StoreFolder = None) -> None:
    """Keep takes again."""
    _switch(layout_at(store or context.obj), "history", on=True)
    typer.echo("Takes are kept.")


@history_app.command("sound")
def _sound(
    context: typer.Context,
    kept: Annotated[Literal["on", "off"], typer.Argument(help="Whether it is kept from now on.")],
    store: StoreFolder = None,
) -> None:
    """Keep the sound of what is sung or uploaded, or its figures alone.

    It is off until it is switched on, here or on the page. The sound goes with its take when that is deleted.
    """
    layout = layout_at(store or context.obj)
    _switch(layout, "keep_sound", on=kept == "on")
    if kept == "on":
        typer.echo(printable(f"The sound of takes that are sung or uploaded is kept in {layout.sounds}"))
    else:
        typer.echo("Figures alone are kept. Sound that is kept goes with its take: swara history delete")


def _switch(layout: Layout, name: str, *, on: bool) -> None:
    from swara.service.history.choices import save_choices

    save_choices(layout, {name: on})
