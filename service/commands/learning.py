"""The command that learns from the samples: ``rebuild``."""

from __future__ import annotations

from typing import Annotated

import typer

from service.report.progress_bar import progress_bar

from .options import StoreFolder, console, store_at

__all__ = ["rebuild"]


def rebuild(
    store: StoreFolder = None,
    force: Annotated[bool, typer.Option(help="Make a version even where nothing is new.")] = False,
) -> None:
    """Embed what is new, fit the head, build the index, make it live."""
    from classifier.pitch import pitch_tracker
    from embedder.registry import embedder_named
    from service.rebuild import rebuild
    from service.report.samples_table import render_rebuild

    with progress_bar(shown=True) as progress:
        result = rebuild(
            store_at(store),
            embedder=embedder_named("builtin"),
            tracker=pitch_tracker("head"),
            force=force,
            progress=progress,
        )
    render_rebuild(result, console())
