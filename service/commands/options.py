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

    from swara.service.history.keeping import Kind
    from swara.service.store import Layout
    from swara.service.take.report import TakeReport

__all__ = [
    "STDOUT",
    "KeepHistory",
    "MaxMinutes",
    "Moment",
    "RagaText",
    "Recording",
    "Recordings",
    "StoreFolder",
    "SwarasText",
    "TonicText",
    "TrackNumber",
    "complete_embedder",
    "complete_pullable",
    "complete_raga",
    "complete_tuning",
    "console",
    "keep_figures",
    "layout_at",
    "limit_s",
    "print_outcome",
    "raga_text",
    "seconds",
    "store_at",
]

STDOUT = Path("-")
"""What stands for stdout where a file is asked for."""

_PULLABLE = ("yamnet", "vggish", "yamnet-tflite")
_TUNINGS = ("just", "equal", "learned")


def complete_raga(incomplete: str) -> list[str]:
    """Return the ragas whose name begins as typed, with hyphens for spaces: shells split at those."""
    from swara.raga.ragas import RAGAS

    return _beginning(incomplete, [name.replace(" ", "-") for name in RAGAS])


def complete_tuning(incomplete: str) -> list[str]:
    """Return the tunings whose name begins as typed."""
    return _beginning(incomplete, _TUNINGS)


def complete_pullable(incomplete: str) -> list[str]:
    """Return the models that can be pulled whose name begins as typed."""
    return _beginning(incomplete, _PULLABLE)


def complete_embedder(incomplete: str) -> list[str]:
    """Return the embedders whose name begins as typed, the fine-tuned ones on this machine among them."""
    from swara.embedder.finetuned.embedder import finetuned_names

    return _beginning(incomplete, ("builtin", *_PULLABLE, *finetuned_names(os.environ)))


def _beginning(incomplete: str, names: Sequence[str]) -> list[str]:
    # What was typed stays, Yam as well as yam: shells put up with no other beginning.
    begun = incomplete.casefold()
    return [incomplete + name[len(begun) :] for name in names if name.startswith(begun)]


Recording = Annotated[
    Path, typer.Argument(help="The take: wav, flac, ogg, mp3, m4a, aac, webm or opus; - for stdin.")
]
Recordings = Annotated[
    list[Path],
    typer.Argument(
        help="A take (wav, flac, ogg, mp3, m4a, aac, webm, opus; - for stdin), several, or a folder of them."
    ),
]
TonicText = Annotated[
    str | None,
    typer.Option(
        help="Sa: a note (C#3), a note or key in the octave of the voice (C sharp, kali 1), or Hz."
        " Estimated if left out."
    ),
]
RagaText = Annotated[
    str | None,
    typer.Option(help="The raga, such as yaman. Bhupali if left out.", autocompletion=complete_raga),
]
SwarasText = Annotated[
    str | None,
    typer.Option(help='The swaras of a raga that is not known: "S r G P d". --raga may name it.'),
]


def seconds(text: str) -> float:
    """Return a time as it was typed, in seconds: 83.5 or 1:23.5; a wrong one is wrong usage."""
    from swara.data.take import read_seconds

    try:
        return read_seconds(str(text))
    except ValueError:
        raise typer.BadParameter(f'"{text}" is no time: give seconds (83.5) or minutes (1:23.5)') from None


def _minutes(text: str) -> float:
    return seconds(text) / 60 if ":" in str(text) else float(text)


Moment = Annotated[
    float,
    typer.Option(
        parser=seconds,
        metavar="TIME",
        help="Where the note is, from the start: in seconds (83.5) or minutes (1:23.5).",
    ),
]
StoreFolder = Annotated[
    Path | None, typer.Option(help="Folder of the store. That of SWARA_STORE, or the usual one, if left out.")
]
KeepHistory = Annotated[
    bool, typer.Option("--history/--no-history", help="Keep the figures of each take: see swara history.")
]
TrackNumber = Annotated[
    int | None,
    typer.Option(
        min=1, help="Which sound of a file with several. The default one, or one that sounds, if left out."
    ),
]
MaxMinutes = Annotated[
    float,
    typer.Option(
        parser=_minutes,
        metavar="MINUTES",
        help="Longest take to accept, in minutes (20) or minutes and seconds (20:30); 0 for no limit.",
    ),
]


def raga_text(raga: str | None, swaras: str | None) -> str | None:
    """Return what `raga_named` is to read: a raga by its name, by its swaras, or both."""
    if swaras is None:
        return raga
    return f"{raga or ''}: {swaras}"


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
    from swara.service.report.terminal.terminal_page import open_console

    return open_console()


def keep_figures(reports: Sequence[TakeReport], folder: Path, kind: Kind, *, wanted: bool) -> None:
    """Keep each take in the history; say on stderr, once, that it is begun or why it cannot be."""
    if not wanted:
        return
    from swara.service.history.keeping import FIRST_NOTICE, keep_take
    from swara.service.store import Layout

    for report in reports:
        words = keep_take(Layout(folder), report, kind, os.environ)
        if words is not None:
            typer.echo(printable(f"swara: {words}."), err=True)
            if words != FIRST_NOTICE:
                return
