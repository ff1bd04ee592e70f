"""What can go wrong around a take and in the store; the tree is drawn in ``swara.raga.errors``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from swara.data.storage import disk
from swara.data.storage.json_lines import ANOTHER_STORE
from swara.raga.errors import SwaraError

__all__ = [
    "EmbedderChanged",
    "NoNoteThere",
    "NoSuchVersion",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "StoreNewer",
    "damaged",
    "reading",
    "writing",
]


class NoNoteThere(SwaraError):
    """At the time that was asked about, no steady note is sung."""


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
    return StoreDamaged(what, where=str(where), fix="Run: swara versions rollback, or swara rebuild --force")
