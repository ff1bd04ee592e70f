"""``doctor``: what works on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import StoreFolder, console, store_at

__all__ = ["cache_app", "doctor"]


def doctor(
    store: Annotated[Path | None, typer.Option(help="The store to examine, if not the usual one.")] = None,
) -> None:
    """Show what works, what is missing, and how to get it."""
    from swara.service.doctor.doctor import examine, healthy
    from swara.service.report.terminal.doctor_table import render_doctor

    checks = examine(store)
    render_doctor(checks, console())
    if not healthy(checks):
        raise typer.Exit(1)


cache_app = typer.Typer(no_args_is_help=True, help="What is kept so that it need not be computed again.")


@cache_app.command("info")
def _info(store: StoreFolder = None) -> None:
    """Show what each embedder and pitch tracker left in the cache, and what of it is damaged."""
    from swara.service.report.terminal.cache_table import render_cache
    from swara.service.store import Layout
    from swara.service.store.usage import cache_shares

    layout = Layout(store_at(store))
    render_cache(layout.cache, cache_shares(layout), console())


@cache_app.command("prune")
def _prune(
    store: StoreFolder = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Remove what the live version needs too.")
    ] = False,
) -> None:
    """Remove what the live version has no use for, and what is damaged."""
    from swara.service.report.terminal.cache_table import render_pruned
    from swara.service.store import Layout
    from swara.service.store.usage import prune_cache

    pruned = prune_cache(Layout(store_at(store)), everything=everything)
    render_pruned(pruned, console())
    if pruned.stuck:
        raise typer.Exit(1)
