"""The command that lets the built-in embedder go on learning: ``finetune``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from service.report.progress_bar import progress_bar

from .options import StoreFolder, console, store_at

__all__ = ["finetune"]

_SEED, _STEPS, _VOICES = 1, 60, 48


def finetune(
    store: StoreFolder = None,
    bundled: Annotated[bool, typer.Option("--bundled", help="Learn from the bundled samples too.")] = False,
    steps: Annotated[int, typer.Option(min=1, help="Batches in each of the seven stages, at most.")] = _STEPS,
    voices: Annotated[int, typer.Option(min=4, help="Synthesized singers to mix in.")] = _VOICES,
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = _SEED,
    keep_anyway: Annotated[
        bool, typer.Option("--keep-anyway", help="Keep the new embedder where it is no better, too.")
    ] = False,
) -> None:
    """Fit the built-in embedder to your singers: a new embedder, kept if it finds them better.

    It goes on where it was stopped when it is run again.
    """
    from embedder.finetune.plan import Plan
    from embedder.model_places import models_folder
    from service.finetune import finetune_embedder
    from service.report.finetuned_lines import render_finetuned

    plan = Plan(seed=seed, steps=steps, every=min(Plan().every, steps), voices=voices)
    with progress_bar(shown=True) as progress:
        made = finetune_embedder(
            store_at(store),
            models_folder(os.environ),
            plan,
            bundled=bundled,
            keep_anyway=keep_anyway,
            progress=progress,
        )
    render_finetuned(made, console())
