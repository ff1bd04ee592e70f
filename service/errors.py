"""What can go wrong around a take and in the store; the tree is drawn in ``swara.raga.errors``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from swara.data.storage import disk
from swara.data.storage.json_lines import ANOTHER_STORE
from swara.raga.errors import SwaraError

__all__ = [
    "HEADS",
    "EmbedderChanged",
    "HeadKind",
    "NoNoteThere",
    "NoSuchVersion",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "StoreNewer",
    "damaged",
    "head_at",
    "maker",
    "reading",
    "writing",
]


HEADS = "heads"
"""The folder of a store that holds a store of its own for each kind of trained head."""

HeadKind: TypeAlias = Literal["exercise", "instrument", "pitch"]
"""What a head answers that ``swara train`` makes."""


class NoNoteThere(SwaraError):
    """At the time that was asked about, no steady note is sung, or no phrase."""


class StoreError(SwaraError):
    """The store cannot be used as it is: it may not be read or written, or has not what is asked for."""


class StoreBusy(StoreError):
    """Another process writes to the store."""


class StoreDamaged(StoreError):
    """A file of the store is missing, cut short or changed."""


class StoreNewer(StoreError):
    """The store was written by a newer swara."""


class EmbedderChanged(StoreError):
    """Head, index and embedder do not belong together."""


class NoSuchVersion(StoreError):
    """No version of that name is kept."""


def writing(folder: Path) -> AbstractContextManager[None]:
    """Turn a failure to write in the store `folder` into a `StoreError`."""
    return disk.writing(folder, "cannot write to the store", error=StoreError, elsewhere=ANOTHER_STORE)


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Turn a failure to read a `file` that must be there into a `StoreError`: `StoreDamaged` if it is not."""
    fix = f"Give yourself permission to read it, or {ANOTHER_STORE}"
    with disk.reading(file, StoreError, "cannot be read", fix=fix):
        try:
            yield
        except FileNotFoundError as error:
            raise damaged("the file is missing", file) from error


def damaged(what: str, where: Path) -> StoreDamaged:
    """Return the error for a file of the store that is not what it should be."""
    kind = head_at(where)
    back = f"swara versions rollback --head {kind}" if kind else "swara versions rollback"
    return StoreDamaged(what, where=str(where), fix=f"Run: {back}, or {maker(where)} --force")


def head_at(where: Path) -> str | None:
    """Return which trained head a path in a store belongs to; None for the store's own versions."""
    kinds = [kind for above, kind in pairwise(where.parts) if above == HEADS and kind in get_args(HeadKind)]
    return kinds[-1] if kinds else None


def maker(where: Path) -> str:
    """Return the command that makes versions of what lies at a path in a store."""
    kind = head_at(where)
    return f"swara train {kind} --corpus corpus.csv" if kind else "swara rebuild"
