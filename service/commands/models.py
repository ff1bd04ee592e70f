"""``swara models``: published networks and fine-tuned ones, on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swara.raga.errors import SwaraError
from swara.service.phrases import printable
from swara.service.report.terminal.progress_bar import download_bar, progress_bar

from .options import (
    AsJson,
    Mlflow,
    StoreFolder,
    complete_embedder,
    complete_pullable,
    console,
    journal_at,
    layout_at,
    print_json,
    store_at,
)

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["finetune", "models_app"]


def finetune(
    store: StoreFolder = None,
    bundled: Annotated[bool, typer.Option("--bundled", help="Learn from the bundled samples too.")] = False,
    steps: Annotated[int, typer.Option(min=1, help="Most batches in each of the seven stages.")] = 60,
    voices: Annotated[int, typer.Option(min=4, help="Synthesized singers to mix in.")] = 48,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 1,
    keep_anyway: Annotated[
        bool, typer.Option("--keep-anyway", help="Keep the new embedder even if it is no better.")
    ] = False,
    mlflow: Mlflow = None,
    json: AsJson = False,
) -> None:
    """Fit the built-in embedder to your singers.

    Makes a new embedder, and keeps it if it finds them better. Run again, it goes on where it was stopped.
    """
    from swara.embedder.finetune.plan import FinetunePlan
    from swara.service.embedders.finetune import finetune_embedder
    from swara.service.report.learning_json import finetuned_json
    from swara.service.report.terminal.models_table import render_finetuned

    plan = FinetunePlan(seed=seed, steps=steps, every=min(FinetunePlan().every, steps), voices=voices)
    with (
        journal_at(store_at(store), "finetune", mlflow) as journal,
        progress_bar(shown=True) as progress,
    ):
        made = finetune_embedder(
            store_at(store),
            _models(),
            plan,
            bundled=bundled,
            keep_anyway=keep_anyway,
            progress=progress,
        )
        if journal is not None:
            from swara.service.tracking.mirror import note_finetuned

            note_finetuned(journal, made, plan)
    if json:
        print_json(finetuned_json(made))
    else:
        render_finetuned(made, console())


PulledName = Annotated[
    str,
    typer.Argument(
        help="yamnet, vggish, yamnet-tflite, or the handle of one on Kaggle or TF Hub.",
        autocompletion=complete_pullable,
    ),
]
KeptName = Annotated[
    str,
    typer.Argument(help="The model: as for pull, or finetuned-XXXXXXXX.", autocompletion=complete_embedder),
]

models_app = typer.Typer(no_args_is_help=True, help="Pull, check and remove embedders.")


@models_app.command("pull")
def _pull(
    name: PulledName,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Take this file or folder: .tar.gz, .tflite, or a SavedModel folder."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Download a model from Kaggle, check that it is the documented one, and keep it."""
    from swara.embedder.hub.pull import check_documented, check_needs, pull, pullable
    from swara.service.report.learning_json import pulled_json
    from swara.service.report.terminal.models_table import render_pulled

    model = pullable(name)
    check_needs(model)
    with download_bar() as progress:
        pulled = pull(model, _models(), check_documented, source=source, progress=progress)
    if json:
        print_json(pulled_json(pulled))
    else:
        render_pulled(model, pulled, console())


@models_app.command("list")
def _list(json: AsJson = False) -> None:
    """List the models, and which are here.

    Those that can be pulled, and the fine-tuned ones.
    """
    from swara.embedder.finetuned.inventory import finetuned_kept, unfinished_finetunings
    from swara.embedder.hub.pull import inventory
    from swara.service.report.learning_json import models_json
    from swara.service.report.terminal.models_table import render_finetuned_kept, render_models

    models = _models()
    there = inventory(models, os.environ)
    finetuned = finetuned_kept(os.environ), unfinished_finetunings(os.environ)
    if json:
        print_json(models_json(models, there, *finetuned))
    else:
        render_models(there, models, console())
        render_finetuned_kept(*finetuned, console())


@models_app.command("verify")
def _verify(
    name: Annotated[
        str | None,
        typer.Argument(help="The model. All that are here if left out.", autocompletion=complete_embedder),
    ] = None,
    json: AsJson = False,
) -> None:
    """Check models against their digests.

    Then each is run, and compared with what is documented. Exits with 1 if one is not as it should be.
    """
    from swara.service.report.learning_json import verified_json

    found: dict[str, str | None] = {}
    for each in _here() if name is None else (name,):
        try:
            render = _verify_one(each)
        except SwaraError as error:
            typer.echo(f"swara: {printable(str(error))}", err=True)
            found[each] = str(error)
        else:
            found[each] = None
            if not json:
                render(console())
    if json:
        print_json(verified_json(found))
    elif not found:
        typer.echo("No model is here. To get one: swara models pull yamnet")
    if any(found.values()):
        raise typer.Exit(1)


@models_app.command("remove")
def _remove(
    name: KeptName,
    store: StoreFolder = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Even if the live version was made with it.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Remove a model and what was made from it."""
    from swara.service.report.learning_json import model_removed_json

    if _is_finetuned(name):
        from swara.service.embedders.remove import remove_unused
        from swara.service.report.terminal.models_table import render_finetuned_removed

        removed = remove_unused(name, layout_at(store), os.environ, anyway=anyway)
        if json:
            told = model_removed_json(name, removed.folder, live=removed.live, versions=removed.versions)
            print_json(told)
        else:
            render_finetuned_removed(name, removed, console())
        return
    from swara.embedder.hub.pull import pullable, remove

    folder = remove(pullable(name), _models(), os.environ)
    if json:
        print_json(model_removed_json(name, folder))
    else:
        typer.echo(printable(f"{name} is removed: {folder}"))


def _here() -> tuple[str, ...]:
    from swara.embedder.finetuned.embedder import finetuned_names
    from swara.embedder.hub.pull import inventory

    kept = inventory(_models(), os.environ)
    pulled = (each.model.name for each in kept if each.state not in {"absent", "partial"})
    return (*pulled, *finetuned_names(os.environ))


def _is_finetuned(name: str) -> bool:
    return name.startswith("finetuned-")  # one that is misspelt too: it is told which there are


def _verify_one(name: str) -> Callable[[Console], None]:
    """Check a model, and return what prints how it went."""
    from swara.embedder.finetuned.inventory import run_finetuned
    from swara.embedder.hub.pull import check_documented, pullable, verify
    from swara.service.report.terminal.models_table import render_finetuned_checked, render_verified

    if _is_finetuned(name):
        return partial(render_finetuned_checked, run_finetuned(name, os.environ))
    with download_bar() as progress:
        verified = verify(pullable(name), _models(), os.environ, check_documented, progress)
    return partial(render_verified, verified)


def _models() -> Path:
    from swara.embedder.hub.locate import models_folder

    return models_folder(os.environ)
