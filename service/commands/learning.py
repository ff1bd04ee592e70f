"""The command that learns from the samples: ``rebuild``."""

from __future__ import annotations

import json as json_text
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from swara.raga.errors import SwaraError
from swara.service.report.terminal.progress_bar import progress_bar

from .options import StoreFolder, complete_embedder, console, store_at

if TYPE_CHECKING:
    from swara.service.rebuild.rebuild import RebuildResult

__all__ = ["NOTHING_NEW", "REJECTED", "rebuild"]

NOTHING_NEW, REJECTED = 3, 4
"""Exit codes beside 0 and 1."""


def rebuild(
    store: StoreFolder = None,
    embedder: Annotated[
        str | None,
        typer.Option(
            help="Hear with builtin, yamnet, yamnet-tflite, vggish, a handle of Kaggle or TF Hub, or"
            " finetuned-XXXXXXXX"
            " from now on. That of the live version if left out.",
            autocompletion=complete_embedder,
        ),
    ] = None,
    if_changed: Annotated[
        bool, typer.Option("--if-changed", help="Exit with 3 instead of 0 if nothing is new.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that embed and find the pitch. As many as cores if left out."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a line of JSON for each stage.")] = False,
    force: Annotated[
        bool, typer.Option(help="Make a version even if nothing is new or the same was rejected.")
    ] = False,
) -> None:
    """Learn from the samples.

    Embeds what is new, fits the head, builds the index, and makes them live unless something got worse.

    Exit codes: 0 they are live, 1 it failed, 3 nothing is new (with --if-changed), 4 something got worse.
    """
    from swara.service.rebuild.rebuild import run_rebuild
    from swara.service.report.terminal.versions_table import render_rebuild

    folder = store_at(store)
    with progress_bar(shown=True) as progress:
        try:
            warnings, result = run_rebuild(
                folder,
                embedder,
                force=force,
                jobs=jobs,
                progress=progress,
                report=(lambda stage, facts: _print({"stage": stage, **facts})) if json else None,
                notice=partial(typer.echo, err=True),
            )
        except SwaraError as error:
            if json:
                _print({"stage": "end", "outcome": "failed", "error": str(error)})
            raise
    code = _exit_code(result, if_changed=if_changed)
    if json:
        _print_end(result, warnings, code)
    else:
        render_rebuild(result, console(), warnings)
    if code:
        raise typer.Exit(code)


def _exit_code(result: RebuildResult, *, if_changed: bool) -> int:
    if result.promoted:
        return 0
    if result.nothing_new:
        # Whoever asks for a rebuild has one; only a scheduler wants to know that it was there before.
        return NOTHING_NEW if if_changed else 0
    return REJECTED


def _print_end(result: RebuildResult, warnings: tuple[str, ...], code: int) -> None:
    _print(
        {
            "stage": "end",
            "outcome": result.outcome,
            "exit_code": code,
            "live": result.version or None,
            "candidate": result.candidate,
            "reasons": list(result.reasons),
            "warnings": [*warnings, *result.warnings],
        }
    )


def _print(fields: dict[str, Any]) -> None:
    # As bytes, and at once: JSON is UTF-8 whatever the terminal speaks, and a log is read while it grows.
    line = json_text.dumps(fields, ensure_ascii=False, allow_nan=False) + "\n"
    typer.echo(line.encode(errors="backslashreplace"), nl=False)
