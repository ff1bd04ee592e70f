"""The commands that learn: ``rebuild`` from the samples, ``train`` from a corpus."""

from __future__ import annotations

import json as json_text
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from swara.raga.errors import SwaraError
from swara.service.report.terminal.progress_bar import progress_bar

from .options import Mlflow, StoreFolder, complete_embedder, console, journal_at, layout_at, store_at

if TYPE_CHECKING:
    from swara.service.rebuild.rebuild import RebuildResult

__all__ = ["NOTHING_NEW", "REJECTED", "rebuild", "train"]

NOTHING_NEW, REJECTED = 3, 4
"""Exit codes beside 0 and 1."""


def rebuild(
    store: StoreFolder = None,
    embedder: Annotated[
        str | None,
        typer.Option(
            help="Hear with builtin, crepe, yamnet, yamnet-tflite, vggish, a handle of Kaggle or TF Hub, or"
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
    mlflow: Mlflow = None,
) -> None:
    """Learn from the samples.

    Embeds what is new, fits the head, builds the index, and makes them live unless something got worse.

    Exit codes: 0 they are live, 1 it failed, 3 nothing is new (with --if-changed), 4 something got worse.
    """
    from swara.service.rebuild.rebuild import run_rebuild
    from swara.service.report.terminal.versions_table import render_rebuild

    folder = store_at(store)
    with journal_at(folder, "rebuild", mlflow) as journal, progress_bar(shown=True) as progress:
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
        if journal is not None:
            from swara.service.store import Layout
            from swara.service.tracking.mirror import note_rebuild

            note_rebuild(journal, Layout(folder), result)
    code = _exit_code(result, if_changed=if_changed)
    if json:
        _print_end(result, warnings, code)
    else:
        render_rebuild(result, console(), warnings)
    if code:
        raise typer.Exit(code)


def train(
    head: Annotated[
        Literal["exercise", "instrument", "pitch"], typer.Argument(help="What the head is to tell.")
    ],
    corpus: Annotated[
        Path, typer.Option(help="The index of the recordings, as swara corpus add writes it.")
    ] = Path("corpus.csv"),
    apart: Annotated[
        Literal["player", "source"],
        typer.Option(help="Who is held out whole: singers and players, or sources with all of theirs."),
    ] = "player",
    epochs: Annotated[int, typer.Option(min=1, help="Most passes over the recordings.")] = 40,
    patience: Annotated[int, typer.Option(min=1, help="Passes without a gain after which it ends.")] = 6,
    rate: Annotated[float, typer.Option(min=1e-7, max=1.0, help="Learning rate at the beginning.")] = 1e-3,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 1,
    force: Annotated[bool, typer.Option(help="Train even if the same was trained before.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the corpus, say how it is shared out, train nothing.")
    ] = False,
    card: Annotated[Path | None, typer.Option(help="Write the model card to this file too.")] = None,
    store: StoreFolder = None,
    mlflow: Mlflow = None,
) -> None:
    """Train a head on a corpus.

    It goes live unless it does worse than the live one, asked about singers or players held out.

    Exit codes: 0 it is live, 1 it failed, 4 it did worse and is kept beside.
    """
    from swara.classifier.head_files import FitOptions
    from swara.data.storage.disk import write_bytes
    from swara.service.export.take_files import check_outputs
    from swara.service.report.terminal.training_table import render_plan, render_trained
    from swara.service.training.train import TrainRequest, plan_training, train_head
    from swara.service.training.trainers import known_labels, shipped_head, trainer_of

    options = FitOptions(seed, epochs, patience, rate)
    request = TrainRequest(
        head,
        corpus,
        options,
        apart,
        force=force,
        shipped=shipped_head(head),
        known_labels=known_labels(head),
    )
    layout = layout_at(store)
    if card is not None:
        check_outputs([card], source=corpus, called="the index that is read")
    if dry_run:
        render_plan(plan_training(layout, request), console())
        return
    with (
        journal_at(layout.folder, f"train {head}", mlflow) as journal,
        progress_bar(shown=True) as progress,
    ):
        made = train_head(layout, request, partial(trainer_of, head), journal, progress)
    if card is not None:
        write_bytes(card, made.card.read_bytes())
    render_trained(made, console())
    if not made.promoted:
        raise typer.Exit(REJECTED)


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
