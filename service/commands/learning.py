"""The command that learns from the samples: ``rebuild``."""

from __future__ import annotations

from typing import Annotated

import typer

from service.report.progress_bar import progress_bar

from .options import StoreFolder, console, store_at

__all__ = ["rebuild"]


def rebuild(
    store: StoreFolder = None,
    embedder: Annotated[
        str | None, typer.Option(help="The embedder by its name; that of the live version if left out.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Make a version even where nothing is new.")] = False,
) -> None:
    """Embed what is new, fit the head, build the index, make it live."""
    from classifier.pitch import pitch_tracker
    from service.embedders import choose_embedder
    from service.rebuild import rebuild
    from service.report.samples_table import render_rebuild
    from service.store import Layout

    folder = store_at(store)
    choice = choose_embedder(Layout(folder), embedder)
    with progress_bar(shown=True) as progress:
        result = rebuild(
            folder,
            embedder=choice.embedder,
            tracker=pitch_tracker("head"),
            force=force,
            progress=progress,
        )
    render_rebuild(result, console(), choice.warnings)
