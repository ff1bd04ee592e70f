"""The trained heads of a store: which one answers now, of each kind."""

from __future__ import annotations

from pathlib import Path

from swara.classifier.head_files import read_head
from swara.service.errors import StoreError, head_at

from .layout import HeadKind, Layout
from .versions import current_version, verify_version

__all__ = ["head_in", "live_head"]


def live_head(store: Layout, kind: HeadKind, shipped: Path) -> Path:
    """Return the folder of the head that answers, once every file of it was found unchanged.

    Needs no lock: a version never changes. Where it was pruned while it was being read, the one that
    is live by then is returned.

    Parameters
    ----------
    store : Layout
        Where the user's heads lie.
    kind : str
        What the head answers.
    shipped : Path
        The folder of the head that ships, which answers where no version is live.

    Raises
    ------
    StoreError
        Naming the file that is missing, cut short, changed, or may not be read, and how to go back.
    HeadError
        If what ships is damaged.
    """
    of_kind = store.head(kind)
    while (version := current_version(of_kind)) is not None:
        try:
            return head_in(of_kind, version)
        except StoreError:
            if current_version(of_kind) == version:
                raise
    read_head(shipped, kind)
    return shipped


def head_in(store: Layout, version: str) -> Path:
    """Return the folder of a version of a head, once every file of it was found unchanged.

    Parameters
    ----------
    store : Layout
        That of the heads of its kind, as `Layout.head` returns it.
    version : str
        Its id, live or not.

    Raises
    ------
    StoreError
        As of `live_head`.
    """
    verify_version(store, version)
    folder = store.version(version).folder
    read_head(folder, head_at(folder), fix=f"Run: swara versions rollback --head {head_at(folder)}")
    return folder
