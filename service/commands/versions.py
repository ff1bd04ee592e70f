"""``swara versions``: what was learned when, and which of it answers."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import StoreFolder, console, store_at

__all__ = ["versions_app"]

VersionId = Annotated[
    str, typer.Argument(help="Id of the version, the start or the end of it, or the word live.")
]

versions_app = typer.Typer(no_args_is_help=True, help="The versions of what was learned.")


@versions_app.command("list")
def _list(store: StoreFolder = None) -> None:
    """List the versions, the newest first, with how each did."""
    from service.report.versions_table import render_versions
    from service.store import Layout
    from service.versions import kept_versions

    render_versions(kept_versions(Layout(store_at(store))), console())


@versions_app.command("show")
def _show(version: VersionId = "live", store: StoreFolder = None) -> None:
    """Show what a version was learned from and how it did."""
    from service.report.versions_table import render_version
    from service.store import Layout
    from service.versions import find_version

    render_version(find_version(Layout(store_at(store)), version), console())


@versions_app.command("diff")
def _diff(
    before: VersionId,
    after: VersionId = "live",
    store: StoreFolder = None,
) -> None:
    """Show two versions side by side: what each saw and how each did."""
    from service.report.versions_table import render_difference
    from service.store import Layout
    from service.versions import difference, find_version

    layout = Layout(store_at(store))
    found = find_version(layout, before), find_version(layout, after)
    render_difference(difference(layout, *found), console())


@versions_app.command("rollback")
def _rollback(
    version: Annotated[
        str | None, typer.Argument(help="Id of the version; the one live before, if left out.")
    ] = None,
    store: StoreFolder = None,
) -> None:
    """Make an earlier version live; no rebuild of the same recordings undoes it."""
    from service.store import Layout
    from service.versions import roll_back

    typer.echo(f"Live: {roll_back(Layout(store_at(store)), version).id}")


@versions_app.command("promote")
def _promote(version: VersionId, store: StoreFolder = None) -> None:
    """Make a version live, whatever was found against it."""
    from service.store import Layout
    from service.versions import make_live

    typer.echo(f"Live: {make_live(Layout(store_at(store)), version).id}")


@versions_app.command("prune")
def _prune(
    keep: Annotated[int, typer.Option(min=0, help="How many to keep beside the live one.")] = 5,
    store: StoreFolder = None,
) -> None:
    """Remove all versions but the live one and the newest."""
    from service.store import Layout
    from service.versions import prune_versions

    gone = prune_versions(Layout(store_at(store)), keep)
    for version in gone:
        typer.echo(f"Removed: {version}")
    if not gone:
        typer.echo("Nothing to remove.")
