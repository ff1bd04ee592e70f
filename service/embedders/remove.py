"""A fine-tuned embedder is removed, unless the live version of the store cannot do without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from swara.embedder.errors import ModelInUse
from swara.embedder.finetuned.embedder import finetuned_folder
from swara.embedder.finetuned.inventory import remove_finetuned
from swara.service.errors import StoreDamaged, StoreNewer
from swara.service.store import Layout, all_versions, read_manifest
from swara.service.versions.info import known_live

from .choose import DEFAULT

__all__ = ["Removed", "remove_unused"]


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed, and what that means.

    Parameters
    ----------
    folder : Path
        Where it was.
    live : bool
        Whether the live version was made with it.
    versions : tuple of str
        Ids of the other versions that were; they cannot be used any more.
    """

    folder: Path
    live: bool
    versions: tuple[str, ...]


def remove_unused(name: str, store: Layout, environment: Mapping[str, str], *, anyway: bool) -> Removed:
    """Remove the fine-tuned embedder of that name; the store is only read.

    Parameters
    ----------
    name : str
        Of the fine-tuned embedder.
    store : Layout
        Where the versions, the corpus and the caches lie.
    environment : mapping of str to str
        Says where the models are.
    anyway : bool
        Remove it even if the live version was made with it.

    Raises
    ------
    ModelAbsent
        If it is not on this machine.
    ModelInUse
        If the live version was made with it.
    StoreError
        If the store cannot be read.
    OutputError
        If it may not be removed.
    """
    finetuned_folder(name, environment)
    live = known_live(store)
    users = [version for version in all_versions(store) if _made_with(store, version) == name]
    if live in users and not anyway:
        raise ModelInUse(
            f"the live version of the store was made with {name}, and cannot be used without it",
            where=str(store.folder),
            fix=f"To do without it, first run: swara rebuild --embedder {DEFAULT}; or give --anyway",
        )
    folder = remove_finetuned(name, environment)
    return Removed(folder, live in users, tuple(version for version in users if version != live))


def _made_with(store: Layout, version: str) -> str | None:
    try:
        return read_manifest(store, version).embedder.name
    except (StoreDamaged, StoreNewer):
        return None
