"""The command line: the names of the commands, and what becomes of an error.

Each command lies in ``swara.service.commands``: parse, one call into ``service``, print. Nothing heavy is
imported at the top, so that ``swara --help`` answers at once.
"""

from __future__ import annotations

# ruff: noqa: E402
import signal
import sys
from contextlib import contextmanager, suppress
from types import FrameType


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End at once where Ctrl-C comes while something is imported: no module expects it, and some hide it."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        frame = frame.f_back
    raise KeyboardInterrupt


if __name__ == "__main__" or sys.argv[0].endswith(("/swara", "\\swara", "swara.exe")):
    # Before anything is imported that takes its time; never in a program that is not swara.
    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, _interrupt)

import errno
import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from swara.raga.errors import SwaraError

__all__ = ["app", "main"]

_COMMANDS = {
    "analyze": "takes.analyze",
    "pitch": "takes.pitch",
    "spectrogram": "takes.spectrogram",
    "search": "search.search",
    "compare": "compare.compare",
    "notate": "notation.notate",
    "ragas": "notation.ragas",
    "raga-of": "notation.raga_of",
    "identify": "identify.identify",
    "exercise": "identify.exercise",
    "live": "live.live",
    "serve": "serve.serve",
    "history": "history.history_app",
    "rebuild": "learning.rebuild",
    "finetune": "models.finetune",
    "train": "learning.train",
    "doctor": "maintenance.doctor",
    "samples": "samples.samples_app",
    "compare-models": "identify.compare_models",
    "corpus": "corpus.corpus_app",
    "cache": "maintenance.cache_app",
    "models": "models.models_app",
    "versions": "versions.versions_app",
    "feedback": "feedback.feedback_app",
}
"""Where each command, or group of commands, lies in ``swara.service.commands``."""


_REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
"""How a disk or a device says that it takes no more."""


class _Commands(Mapping[str, Any]):
    """The commands by name; each is imported once it is asked for, so that one command loads itself alone."""

    def __getitem__(self, name: str) -> Any:
        module, _, what = _COMMANDS[name].partition(".")
        found = getattr(import_module(f"swara.service.commands.{module}"), what)
        if isinstance(found, typer.Typer):
            found.rich_markup_mode = None  # as of `app`
            command: Any = typer.main.get_group(found)
        else:
            alone = typer.Typer(add_completion=False, rich_markup_mode=None)
            alone.command(name)(found)
            command = typer.main.get_command(alone)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS)

    def __len__(self) -> int:
        return len(_COMMANDS)


class _Group(typer.core.TyperGroup):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands: Any = _Commands()


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Was I in tune, where not, and what should it sound like?",
)


def _show_version(wanted: bool) -> None:
    if not wanted:
        return
    from swara.data.installation import installed_version

    version = installed_version()
    typer.echo(f"swara {version}" if version else "swara, run from a source folder and not installed")
    raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; exit 1 with one line on what the user can mend, 2 on wrong usage."""
    try:
        with _printing():
            app()
    except SwaraError as error:
        _fail(str(error))
    except Exception as error:
        if os.environ.get("SWARA_DEBUG"):
            raise
        fault = " ".join(f"{type(error).__name__}: {error}".split())
        _fail(f"a fault in swara itself: {fault}. Set SWARA_DEBUG=1 to see where.")


@contextmanager
def _printing() -> Iterator[None]:
    """Bring out what is printed, or say in one line why that cannot be: a full disk is no fault of ours."""
    from swara.data.storage.disk import writing

    try:
        try:
            yield
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as error:
        if error.filename is not None or error.errno not in _REFUSED:  # a file has a name, stdout has none
            raise
        # What is left would be tried again, and complained of, when Python ends.
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        with writing(Path("stdout"), elsewhere="send it somewhere else"):
            raise


def _fail(line: str) -> NoReturn:
    from swara.service.phrases import printable

    with suppress(OSError):  # stderr may be full too: the exit code still tells
        typer.echo(f"swara: {printable(line)}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
