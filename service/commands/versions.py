"""``swara versions``: what was learned when, and which of it answers; of the trained heads too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swara.service.phrases import printable

from .options import (
    AsJson,
    HeadName,
    Mlflow,
    StoreFolder,
    asks_mlflow,
    console,
    layout_at,
    print_json,
    store_at,
    tell,
)

if TYPE_CHECKING:
    from swara.service.store import Layout
    from swara.service.versions.info import VersionInfo

__all__ = ["versions_app"]

VersionId = Annotated[str, typer.Argument(help="Id of the version, its start or its end; or live.")]

versions_app = typer.Typer(
    no_args_is_help=True,
    help="List, compare and switch versions. Each rebuild, and each training of a head, makes one.",
)


@versions_app.command("list")
def _list(head: HeadName = None, store: StoreFolder = None, json: AsJson = False) -> None:
    """List the versions, and how each did.

    The newest comes first.
    """
    from swara.service.errors import maker
    from swara.service.report.store_json import versions_json
    from swara.service.report.terminal.versions_table import render_versions
    from swara.service.versions.info import kept_versions, store_troubles

    layout = layout_at(store, head)
    versions, troubles = kept_versions(layout), store_troubles(layout)
    if json:
        print_json(versions_json(versions, troubles))
    else:
        live = next((each for each in versions if each.live), None)
        before = None if live is None or live.manifest is None else live.manifest.made_before
        remarks = troubles if before is None else (*troubles, f"What is live was {before}.")
        render_versions(versions, remarks, console(), maker(layout.versions))


@versions_app.command("show")
def _show(
    version: VersionId = "live", head: HeadName = None, store: StoreFolder = None, json: AsJson = False
) -> None:
    """Show what a version learned from.

    And how it did. Exits with 1 if a file of it is damaged, and names that.
    """
    from swara.service.report.store_json import version_json
    from swara.service.report.terminal.versions_table import render_version
    from swara.service.versions.info import find_version

    layout = layout_at(store, head)
    found = find_version(layout, version)
    if json:
        print_json(version_json(found))
    else:
        render_version(found, console())
    if found.trouble is not None:
        raise found.trouble
    _warn(layout)


@versions_app.command("diff")
def _diff(
    before: VersionId,
    after: VersionId = "live",
    head: HeadName = None,
    store: StoreFolder = None,
    json: AsJson = False,
) -> None:
    """Show two versions side by side.

    What each learned from, and how each did.
    """
    from swara.service.report.store_json import difference_json
    from swara.service.report.terminal.versions_table import render_difference
    from swara.service.versions.diff import difference
    from swara.service.versions.info import find_version

    layout = layout_at(store, head)
    found = find_version(layout, before), find_version(layout, after)
    differs = difference(layout, *found)
    if json:
        print_json(difference_json(differs))
    else:
        render_difference(differs, console())


@versions_app.command("rollback")
def _rollback(
    version: Annotated[
        str | None,
        typer.Argument(
            help="Id of the version, or, of a trained head, shipped. The one live before if left out."
        ),
    ] = None,
    head: HeadName = None,
    store: StoreFolder = None,
    mlflow: Mlflow = None,
    json: AsJson = False,
) -> None:
    """Make an earlier version live.

    No rebuild of the same recordings undoes it.
    """
    from swara.service.store.versions import SHIPPED
    from swara.service.versions.promote import roll_back, roll_back_to_shipped

    layout = layout_at(store, head)
    if head is not None and version == SHIPPED:
        roll_back_to_shipped(layout)
        _say_live(None, json=json)
        _mirror(store, head, None, mlflow)
        return
    live = roll_back(layout, version)
    _say_live(live, json=json)
    _mirror(store, head, live.id, mlflow)
    _warn(layout)


@versions_app.command("promote")
def _promote(
    version: VersionId,
    head: HeadName = None,
    store: StoreFolder = None,
    mlflow: Mlflow = None,
    json: AsJson = False,
) -> None:
    """Make a version live.

    Whatever was found against it.
    """
    from swara.service.versions.promote import make_live

    layout = layout_at(store, head)
    live = make_live(layout, version)
    _say_live(live, json=json)
    _mirror(store, head, live.id, mlflow)
    _warn(layout)


@versions_app.command("prune")
def _prune(
    keep: Annotated[
        int,
        typer.Option(min=0, help="How many to keep of each kind: was live, rejected, left, damaged."),
    ] = 5,
    head: HeadName = None,
    store: StoreFolder = None,
    json: AsJson = False,
) -> None:
    """Remove old versions.

    All but the live one, the one that rollback goes to, and the newest.
    """
    from swara.service.report.store_json import removed_json
    from swara.service.versions.promote import prune_versions

    layout = layout_at(store, head)
    gone = prune_versions(layout, keep)
    if json:
        print_json(removed_json(gone))
    else:
        typer.echo("\n".join(f"Removed: {version}" for version in gone) or "Nothing to remove.")
    _warn(layout)


def _say_live(live: VersionInfo | None, *, json: bool) -> None:
    """Say which version is live now; None for the head that ships."""
    from swara.service.report.store_json import shipped_json, version_json

    if json:
        print_json(shipped_json() if live is None else version_json(live))
    else:
        typer.echo(f"Live: {'the head that ships' if live is None else live.id}")


def _mirror(store: Path | None, head: str | None, live: str | None, mlflow: bool | None) -> None:
    """Let MLflow's registry follow, where somebody asks for it or has it in the store."""
    folder = store_at(store)
    if asks_mlflow(mlflow, otherwise=(folder / "mlflow").is_dir()):
        from swara.service.tracking.run import follow_decision

        follow_decision(folder, head or "note-head", live, os.environ, tell)


def _warn(layout: Layout) -> None:
    """Say on stderr what is wrong beside the version that was asked about."""
    from swara.service.versions.info import store_troubles

    for trouble in store_troubles(layout):
        typer.echo(f"! {printable(trouble)}", err=True)
