"""The command line: the names of the commands, and what becomes of an error.

Each command lies in ``swara.service.commands``: parse, one call into ``service``, print. Nothing heavy is
imported at the top, so that ``swara --help`` answers at once.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

from swara.raga.errors import SwaraError
from swara.service.commands.cache import cache_app
from swara.service.commands.doctor import doctor
from swara.service.commands.feedback import feedback_app
from swara.service.commands.learning import rebuild
from swara.service.commands.models import finetune, models_app
from swara.service.commands.samples import samples_app
from swara.service.commands.takes import analyze, pitch, search, spectrogram
from swara.service.commands.versions import versions_app

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Was I in tune, where not, and what should it sound like?",
)

for _command in (analyze, pitch, spectrogram, search, rebuild, finetune, doctor):
    app.command(_command.__name__)(_command)
for _group, _name in (
    (samples_app, "samples"),
    (cache_app, "cache"),
    (models_app, "models"),
    (versions_app, "versions"),
    (feedback_app, "feedback"),
):
    app.add_typer(_group, name=_name)


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
        app()
    except SwaraError as error:
        _fail(str(error))
    except Exception as error:
        if os.environ.get("SWARA_DEBUG"):
            raise
        fault = " ".join(f"{type(error).__name__}: {error}".split())
        _fail(f"a fault in swara itself: {fault}. Set SWARA_DEBUG=1 to see where.")


def _fail(line: str) -> NoReturn:
    from swara.service.report.plain_text import printable

    typer.echo(f"swara: {printable(line)}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
