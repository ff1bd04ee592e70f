"""What the commands share: options that mean the same everywhere, and what they stand for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swara.service.phrases import printable

if TYPE_CHECKING:
    from rich.console import Console

    from swara.service.store import Layout

__all__ = [
    "STDOUT",
    "MaxMinutes",
    "RagaText",
    "Recording",
    "StoreFolder",
    "TonicText",
    "console",
    "layout_at",
    "limit_s",
    "print_outcome",
    "store_at",
]

STDOUT = Path("-")
"""What stands for stdout where a file is asked for."""

Recording = Annotated[Path, typer.Argument(help="The take: wav, flac, ogg, mp3, m4a, aac, webm, opus.")]
TonicText = Annotated[
    str | None, typer.Option(help="Sa: C#3, C# (octave from the voice) or 207.65; estimated if left out.")
]
RagaText = Annotated[str | None, typer.Option(help="The raga; judged as Bhupali if left out.")]
StoreFolder = Annotated[Path | None, typer.Option(help="The store, if not the usual one (SWARA_STORE).")]
MaxMinutes = Annotated[float, typer.Option(help="Longest take to accept; 0 for no limit.")]


def limit_s(max_minutes: float) -> float | None:
    """Return the longest duration to accept in seconds; None for no limit."""
    if not max_minutes >= 0:  # NaN too
        raise typer.BadParameter(f"--max-minutes {max_minutes:g}: give a number from 0 up; 0 lifts the limit")
    return 60.0 * max_minutes or None


def store_at(folder: Path | None) -> Path:
    """Return the folder of the store: the one given, else the usual one."""
    from swara.service.store import store_folder

    return folder or store_folder(os.environ)


def layout_at(folder: Path | None) -> Layout:
    """Return what lies where in the store: in the folder given, else in the usual one."""
    from swara.service.store import Layout

    return Layout(store_at(folder))


def print_outcome(source: Path, warnings: Sequence[str], outcome: str | None) -> None:
    """Print on stderr what is wrong with the recording `source`, and on stdout what came of it."""
    for warning in warnings:
        typer.echo(printable(f"swara: {source}: {warning}."), err=True)
    if outcome is not None:
        typer.echo(printable(outcome))


def console() -> Console:
    """Return where reports are printed."""
    from rich.console import Console

    return Console(highlight=False)
