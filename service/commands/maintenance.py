"""``doctor`` and ``cache``: what works on this machine, and what is kept on it."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import AsJson, StoreFolder, console, layout_at, print_json

__all__ = ["cache_app", "doctor"]


def doctor(
    store: StoreFolder = None,
    json: AsJson = False,
) -> None:
    """Show what works and what is missing.

    What is missing comes with the command that gets it. Exits with 1 if a take cannot be analyzed.
    """
    from swara.service.doctor.doctor import examine, healthy
    from swara.service.report.terminal.machine_table import render_doctor

    checks = examine(store)
    if json:
        from swara.service.report.store_json import doctor_json

        print_json(doctor_json(checks, ready=healthy(checks)))
    else:
        render_doctor(checks, console())
    if not healthy(checks):
        raise typer.Exit(1)


cache_app = typer.Typer(
    no_args_is_help=True, help="Show and prune the cache. It keeps what need not be computed again."
)


@cache_app.command("info")
def _info(
    store: StoreFolder = None,
    check: Annotated[bool, typer.Option("--check", help="Read every entry, which takes its time.")] = False,
    json: AsJson = False,
) -> None:
    """Show what is in the cache.

    How much each embedder and pitch tracker left there, and what of it is cut short; with --check all that is
    damaged.
    """
    from swara.service.report.terminal.machine_table import render_cache
    from swara.service.store.usage import cache_shares

    layout = layout_at(store)
    shares = cache_shares(layout, thorough=check)
    if json:
        from swara.service.report.store_json import cache_json

        print_json(cache_json(layout.cache, shares, checked=check))
    else:
        render_cache(layout.cache, shares, console(), checked=check)


@cache_app.command("prune")
def _prune(
    store: StoreFolder = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Remove what the live version needs too.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Remove what is not needed.

    That is what the live version has no use for, and what is damaged.
    """
    from swara.service.report.store_json import pruned_json
    from swara.service.report.terminal.machine_table import render_pruned
    from swara.service.store.usage import prune_cache

    pruned = prune_cache(layout_at(store), everything=everything)
    if json:
        print_json(pruned_json(pruned))
    else:
        render_pruned(pruned, console())
    if pruned.stuck:
        raise typer.Exit(1)
