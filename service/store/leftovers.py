"""What writers that were killed leave behind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .layout import NEW_PREFIX, Layout

__all__ = ["clear_leftovers"]

_TEMPORARY = ".swara-*"
"""The files that `data.atomic_file.write_atomically` had not yet renamed; they end as their targets do."""


def clear_leftovers(store: Layout) -> None:
    """Remove half-made versions and temporary files; only the writer that holds the lock may do so.

    What cannot be removed stays: it takes space, and does no harm.
    """
    for folder in store.versions.glob(f"{NEW_PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)
    for file in _temporary_files(store):
        with suppress(OSError):
            file.unlink(missing_ok=True)


def _temporary_files(store: Layout) -> Iterator[Path]:
    # Not those of the corpus, which has a lock of its own and may be growing at this moment.
    yield from (file for file in store.folder.glob(_TEMPORARY) if file.suffix == store.current.suffix)
    yield from store.cache.rglob(_TEMPORARY)
