"""The command that learns from the samples: ``rebuild``."""

from __future__ import annotations

import json as json_text
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from swara.raga.errors import SwaraError
from swara.service.report.terminal.progress_bar import progress_bar

from .options import StoreFolder, console, store_at

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
            help="builtin, yamnet, yamnet-tflite, vggish, a handle of TF Hub or Kaggle, finetuned-XXXXXXXX;"
            " that of the live version if left out."
        ),
    ] = None,
    if_changed: Annotated[
        bool, typer.Option("--if-changed", help="Exit with 3, instead of 0, where nothing is new.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes that embed and track; as many as cores if left out.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a line of JSON for each stage.")] = False,
    force: Annotated[
        bool, typer.Option(help="Make a version even where nothing is new, or the same was rejected.")
    ] = False,
) -> None:
    """Embed what is new, fit the head, build the index, make it live unless something got worse.

    Exit codes: 0 it is live, 1 it failed, 3 nothing new (with --if-changed), 4 rejected.
    """
    from swara.service.rebuild.rebuild import run_rebuild
    from swara.service.report.terminal.samples_table import render_rebuild

    folder = store_at(store)
    with progress_bar(shown=True) as progress:
        try:
            warnings, result = run_rebuild(
                folder,
                embedder,
                force=force,
                jobs=jobs,
                progress=progress,
                report=_print_stage if json else None,
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


def _print_stage(stage: str, facts: Any) -> None:
    _print({"stage": stage, **facts})


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
