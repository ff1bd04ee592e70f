"""What the commands share: options that mean the same everywhere, and what they stand for."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from swara.service.phrases import printable

if TYPE_CHECKING:
    from rich.console import Console

    from swara.service.stages import Journal
    from swara.service.store import Layout
    from swara.service.store.layout import HeadKind

__all__ = [
    "STDOUT",
    "AsJson",
    "HeadName",
    "KeepHistory",
    "MaxMinutes",
    "Mlflow",
    "Moment",
    "RagaText",
    "Recording",
    "Recordings",
    "SingerName",
    "StoreFolder",
    "SwarasText",
    "TonicText",
    "TrackNumber",
    "TuningName",
    "asks_mlflow",
    "complete_embedder",
    "complete_pullable",
    "complete_raga",
    "complete_tuning",
    "console",
    "finite",
    "journal_at",
    "layout_at",
    "limit_s",
    "print_json",
    "print_outcome",
    "raga_text",
    "reading_notation",
    "say_written",
    "seconds",
    "store_at",
    "tell",
    "tell_daily",
    "write_text",
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

    return _beginning(incomplete, ("builtin", "crepe", *_PULLABLE, *finetuned_names(os.environ)))


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
    typer.Option(
        help="The raga, such as yaman, or a RagaJSON file of your own. Bhupali if left out.",
        autocompletion=complete_raga,
    ),
]
SwarasText = Annotated[
    str | None,
    typer.Option(help='The swaras of a raga that is not known: "S r G P d". --raga may name it.'),
]


TuningName = Annotated[
    str, typer.Option(help="just, equal, or learned from the samples.", autocompletion=complete_tuning)
]


def seconds(text: str) -> float:
    """Return a time as it was typed, in seconds: 83.5 or 1:23.5; a wrong one is wrong usage."""
    from swara.data.take import read_seconds

    with suppress(ValueError):
        if math.isfinite(found := read_seconds(str(text))):
            return found
    raise typer.BadParameter(f'"{text}" is no time: give seconds (83.5) or minutes (1:23.5)')


def _minutes(text: str) -> float:
    found = seconds(text) / 60 if ":" in str(text) else float(text)
    if not found >= 0:  # NaN too
        raise typer.BadParameter(f"{text}: give a number from 0 up; 0 lifts the limit")
    return found


def finite(value: float | None) -> float | None:
    """Return the number of an option; NaN, which lies in every range, and infinity are wrong usage."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no number to work with")
    return value


Moment = Annotated[
    float,
    typer.Option(
        parser=seconds,
        metavar="TIME",
        help="Where the note is, from the start: in seconds (83.5) or minutes (1:23.5).",
    ),
]
Mlflow = Annotated[
    bool | None,
    typer.Option(
        "--mlflow/--no-mlflow",
        help="Keep it as a run in MLflow too: on the server of MLFLOW_TRACKING_URI, else in the store."
        " As SWARA_MLFLOW says, if left out.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON, for programs.")]
HeadName = Annotated[
    Literal["exercise", "instrument", "pitch"] | None,
    typer.Option("--head", help="Of this trained head. Of what rebuild makes, if left out."),
]
StoreFolder = Annotated[
    Path | None, typer.Option(help="Folder of the store. That of SWARA_STORE, or the usual one, if left out.")
]
KeepHistory = Annotated[
    bool, typer.Option("--history/--no-history", help="Keep the figures of each take: see swara history.")
]
SingerName = Annotated[
    str,
    typer.Option("--singer", help="Whose take it is: swara history --singer NAME then shows those."),
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
    """Return what `raga_named` is to read: a raga by its name, by its swaras, or both, or from a file."""
    if raga is not None and raga.casefold().endswith(".json"):
        from swara.service.request import own_raga

        if swaras is not None:
            raise typer.BadParameter("--swaras goes with a name: a file has its own")
        return own_raga(Path(raga)).name
    if swaras is None:
        return raga
    return f"{raga or ''}: {swaras}"


@contextmanager
def reading_notation(option: str) -> Iterator[None]:
    """Say of which option notation is that cannot be read."""
    from swara.raga.errors import BadNotation

    try:
        yield
    except BadNotation as error:
        where = option if error.where in (None, option) else f"{option}, {error.where}"
        raise BadNotation(error.what, where=where, fix=error.fix) from error


def limit_s(max_minutes: float) -> float | None:
    """Return the longest duration to accept in seconds; None for no limit."""
    return 60.0 * max_minutes or None


def store_at(folder: Path | None) -> Path:
    """Return the folder of the store: the one given, else the usual one."""
    from swara.service.store import store_folder

    return folder or store_folder(os.environ)


def layout_at(folder: Path | None, head: HeadKind | None = None, *, cache_url: str | None = None) -> Layout:
    """Return what lies where in the store, or in that of one of its trained heads.

    Parameters
    ----------
    folder : Path or None
        The store; the usual one, if not given.
    head : str, optional
        What the head answers.
    cache_url : str, optional
        Where machines share what they embedded; an empty one counts for none.
    """
    from swara.service.store import Layout

    store = Layout(store_at(folder), cache_url or None)
    return store if head is None else store.head(head)


def asks_mlflow(option: bool | None, *, otherwise: bool = False) -> bool:
    """Tell whether MLflow is wanted: by the option, else by ``SWARA_MLFLOW``, else as `otherwise` says."""
    if option is not None:
        return option
    said = os.environ.get("SWARA_MLFLOW", "").casefold()
    return said in {"1", "on", "yes", "true"} if said else otherwise


@contextmanager
def journal_at(store: Path, name: str, option: bool | None) -> Iterator[Journal | None]:
    """Yield where a run of that name is kept in MLflow; None where nobody asked."""
    if not asks_mlflow(option):
        yield None
        return
    from swara.service.tracking.run import tracked

    with tracked(store, name, os.environ, tell) as journal:
        yield journal


def tell(line: str) -> None:
    """Say on stderr what goes on beside, as a sentence without full stop."""
    typer.echo(printable(f"swara: {line}."), err=True)


def print_json(text: str) -> None:
    """Print JSON on stdout, as UTF-8 whatever the terminal speaks."""
    write_text(STDOUT, text)


def write_text(path: Path, text: str) -> None:
    """Write a text to a file, or to stdout where `path` is -, as UTF-8 whatever the terminal speaks."""
    if path == STDOUT:
        typer.echo(text.encode(), nl=False)
        return
    from swara.data.storage.disk import write_bytes

    write_bytes(path, text.encode())


def print_outcome(source: Path, warnings: Sequence[str], outcome: str | None) -> None:
    """Print on stderr what is wrong with the recording `source`, and on stdout what came of it."""
    for warning in warnings:
        typer.echo(printable(f"swara: {source}: {warning}."), err=True)
    if outcome is not None:
        typer.echo(printable(outcome))


def say_written(*paths: Path | None, margin: str = "") -> None:
    """Say on stdout which files hold the result; None, and stdout itself, are none."""
    files = [str(path) for path in paths if path not in (None, STDOUT)]
    if files:
        typer.echo(printable(f"{margin}Written: {', '.join(files)}"))


def console() -> Console:
    """Return where reports are printed."""
    from swara.service.report.terminal.terminal_page import open_console

    return open_console()


def tell_daily(line: str) -> None:
    """Say on stderr what stays so for long: once a day."""
    if not _said_today(line):
        tell(line)


def _said_today(words: str) -> bool:
    """Tell whether this was said in the last 24 hours, and remember that it is said now.

    What cannot be remembered in the store is in the folder for temporary files; who cannot write there either
    is told each time.
    """
    import hashlib
    import tempfile
    import time

    user = os.getuid() if hasattr(os, "getuid") else 0
    digest = hashlib.sha256(f"{user} {words}".encode(errors="replace")).hexdigest()
    mark = Path(tempfile.gettempdir()) / f"swara-said-{digest[:16]}"
    try:
        if mark.is_symlink() or time.time() - mark.stat().st_mtime < 24 * 3600:
            return True
    except FileNotFoundError:
        pass
    except OSError:
        return False
    with suppress(OSError):
        mark.unlink(missing_ok=True)
        mark.touch(0o600, exist_ok=False)
    return False
