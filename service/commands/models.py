"""``swara models``: networks from TF Hub, on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import console

if TYPE_CHECKING:
    from embedder.pulled import Verified

__all__ = ["models_app"]

ModelName = Annotated[str, typer.Argument(help="The model: yamnet, vggish or yamnet-tflite.")]

models_app = typer.Typer(no_args_is_help=True, help="Models from TF Hub: YAMNet and VGGish.")


@models_app.command("pull")
def _pull(
    name: ModelName,
    url: Annotated[str | None, typer.Option(help="Download from here, not from TF Hub.")] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Take this file or folder: .tar.gz, .tflite, or a SavedModel folder."),
    ] = None,
) -> None:
    """Download a model, check that it is the documented one, and keep it."""
    from embedder.pulled import check_documented, check_needs, pull, pullable
    from service.report.download_bar import download_bar
    from service.report.models_table import render_pulled

    if url is not None and source is not None:
        raise typer.BadParameter("give --url or --from, not both")
    model = pullable(name)
    check_needs(model)
    with download_bar() as progress:
        pulled = pull(model, _models(), check_documented, url=url, source=source, progress=progress)
    render_pulled(model, pulled, console())


@models_app.command("list")
def _list() -> None:
    """List the models that can be pulled, and what of them is here."""
    from embedder.pulled import inventory
    from service.report.models_table import render_models

    models = _models()
    render_models(inventory(models, os.environ), models, console())


@models_app.command("verify")
def _verify(
    name: Annotated[str | None, typer.Argument(help="The model; all that are here if left out.")] = None,
) -> None:
    """Compare every file of a model with its digest, then run it against what is documented."""
    from embedder.pulled import inventory, pullable
    from raga.errors import SwaraError
    from service.report.models_table import render_verified
    from service.report.plain_text import printable

    here = [
        each.model.name
        for each in inventory(_models(), os.environ)
        if each.state not in {"not here", "begun"}
    ]
    names = here if name is None else [pullable(name).name]
    bad = False
    for each in names:
        try:
            render_verified(_verified(each), console())
        except SwaraError as error:
            typer.echo(f"swara: {printable(str(error))}", err=True)
            bad = True
    if not names:
        typer.echo("No model is here. To get one: swara models pull yamnet")
    if bad:
        raise typer.Exit(1)


@models_app.command("remove")
def _remove(name: ModelName) -> None:
    """Remove a model, and all that was made from it."""
    from embedder.pulled import pullable, remove
    from service.report.plain_text import printable

    folder = remove(pullable(name), _models(), os.environ)
    typer.echo(printable(f"{name} is removed: {folder}"))


def _verified(name: str) -> Verified:
    from embedder.pulled import can_run, check_documented, pullable, verify
    from service.report.download_bar import download_bar

    model = pullable(name)
    check = check_documented if can_run(model) else None
    with download_bar() as progress:
        return verify(model, _models(), os.environ, check, progress)


def _models() -> Path:
    from embedder.model_places import models_folder

    return models_folder(os.environ)
