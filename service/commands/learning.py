"""The commands that learn: ``rebuild`` from the samples, ``train`` from a corpus."""

from __future__ import annotations

import json as json_text
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from swara.service.report.terminal.progress_bar import progress_bar

from .options import (
    AsJson,
    Mlflow,
    StoreFolder,
    complete_embedder,
    console,
    finite,
    journal_at,
    layout_at,
    print_json,
    say_written,
    tell,
)

if TYPE_CHECKING:
    from swara.service.rebuild.rebuild import RebuildResult
    from swara.service.rebuild.run_log import RunLog
    from swara.service.rebuild.shards import Shard
    from swara.service.store import Layout

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
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Embed the share I of N, such as 3/16, into the cache, and make no version: a rebuild"
            " without this finds it there.",
        ),
    ] = None,
    cache_url: Annotated[
        str | None,
        typer.Option(
            envvar="SWARA_CACHE_URL",
            help="Where machines share what they embedded: s3://bucket/folder, file:///folder, gs:// or"
            " abfs://.",
        ),
    ] = None,
    engine: Annotated[
        Literal["processes", "ray"],
        typer.Option(help="What embeds: processes of this machine, or the Ray cluster of RAY_ADDRESS."),
    ] = "processes",
    init: Annotated[bool, typer.Option("--init", help="Make the store if there is none yet.")] = False,
    metrics: Annotated[
        Path | None,
        typer.Option(help="Write figures of the run to this file, for Prometheus: swara.prom."),
    ] = None,
    mlflow: Mlflow = None,
) -> None:
    """Learn from the samples.

    Embeds what is new, fits the head, builds the index, and makes them live unless something got worse.

    Exit codes: 0 they are live, 1 it failed, 3 nothing is new (with --if-changed), 4 something got worse.
    """
    from swara.data.storage.disk import check_writable
    from swara.service.rebuild.plan import check_store
    from swara.service.rebuild.rebuild import run_rebuild
    from swara.service.rebuild.run_log import RunLog, run_id
    from swara.service.report.terminal.versions_table import render_rebuild

    whole = force or if_changed or engine == "ray" or metrics is not None
    share = None if shard is None else _share(shard, whole=whole)
    layout = layout_at(store, cache_url=cache_url)
    log = RunLog(layout, run_id(os.environ), _print if json else None, metrics)
    with log.failing():
        if metrics is not None:
            check_writable(metrics)
        check_store(layout, init=init)
        if share is not None:
            _embed_share(layout, share, embedder, jobs, log, json=json)
            return
        with journal_at(layout.folder, "rebuild", mlflow) as journal, progress_bar(shown=True) as progress:
            warnings, result = run_rebuild(
                layout.folder,
                embedder,
                force=force,
                jobs=jobs,
                progress=progress,
                report=log.stage,
                notice=partial(typer.echo, err=True),
                engine=engine,
                cache_url=cache_url or None,
            )
            if journal is not None:
                from swara.service.tracking.mirror import note_rebuild

                note_rebuild(journal, layout, result, log.run)
    code = _exit_code(result, if_changed=if_changed)
    warnings = log.ended(result, warnings, code)
    if not json:
        render_rebuild(result, console(), warnings)
    if code:
        raise typer.Exit(code)


def _share(text: str, *, whole: bool) -> Shard:
    """Return the share of that name; refuse what a share does not go with, before any line of JSON."""
    from swara.service.rebuild.shards import Shard

    if whole:
        raise typer.BadParameter("--shard goes without --force, --if-changed, --metrics and --engine ray")
    try:
        return Shard.parse(text)
    except ValueError as error:
        raise typer.BadParameter(f"--shard: {error}") from error


def _embed_share(
    store: Layout, shard: Shard, embedder: str | None, jobs: int | None, log: RunLog, *, json: bool
) -> None:
    """Embed one share, and say what came of it; a scheduler looks at the exit code."""
    from swara.service.rebuild.shards import run_shard

    with progress_bar(shown=True) as progress:
        warnings, result = run_shard(
            store,
            embedder,
            shard,
            jobs=jobs,
            progress=progress,
            report=log.stage,
            notice=partial(typer.echo, err=True),
        )
    if json:
        log.embedded(warnings)
        return
    for warning in warnings:
        tell(warning)
    typer.echo(f"{result.line}.")


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
    rate: Annotated[
        float, typer.Option(min=1e-7, max=1.0, callback=finite, help="Learning rate at the beginning.")
    ] = 1e-3,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 1,
    force: Annotated[bool, typer.Option(help="Train even if the same was trained before.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the corpus, say how it is shared out, train nothing.")
    ] = False,
    card: Annotated[Path | None, typer.Option(help="Write the model card to this file too.")] = None,
    store: StoreFolder = None,
    mlflow: Mlflow = None,
    json: AsJson = False,
) -> None:
    """Train a head on a corpus.

    It goes live unless it does worse than the live one, asked about singers or players held out.

    Exit codes: 0 it is live, 1 it failed, 4 it did worse and is kept beside.
    """
    from swara.classifier.head_files import FitOptions
    from swara.data.storage.disk import write_bytes
    from swara.service.export.take_files import check_outputs
    from swara.service.report.learning_json import plan_json, trained_json
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
    check_outputs([card], source=corpus, called="the index that is read")
    if dry_run:
        plan = plan_training(layout, request)
        if json:
            print_json(plan_json(plan))
        else:
            render_plan(plan, console())
        return
    with (
        journal_at(layout.folder, f"train {head}", mlflow) as journal,
        progress_bar(shown=True) as progress,
    ):
        made = train_head(layout, request, partial(trainer_of, head), journal, progress)
    if card is not None:
        write_bytes(card, made.card.read_bytes())
    if json:
        print_json(trained_json(made))
    else:
        render_trained(made, console())
        say_written(card, margin="  ")
    if not made.promoted:
        raise typer.Exit(REJECTED)


def _exit_code(result: RebuildResult, *, if_changed: bool) -> int:
    if result.promoted:
        return 0
    if result.nothing_new:
        # Whoever asks for a rebuild has one; only a scheduler wants to know that it was there before.
        return NOTHING_NEW if if_changed else 0
    return REJECTED


def _print(fields: Mapping[str, Any]) -> None:
    # As bytes, and at once: JSON is UTF-8 whatever the terminal speaks, and a log is read while it grows.
    line = json_text.dumps(fields, ensure_ascii=False, allow_nan=False) + "\n"
    typer.echo(line.encode(errors="backslashreplace"), nl=False)
