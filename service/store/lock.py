"""One writer at a time; readers need no lock."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from filelock import FileLock, Timeout

from swara.service.errors import StoreBusy, writing

from .layout import Layout
from .versions import clear_leftovers

__all__ = ["writer_lock"]

_PATIENCE_S = 1.0


@contextmanager
def writer_lock(store: Layout, *, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Be the one writer of `store`, which is made if it does not exist; clear what dead writers left.

    The operating system frees the lock when its holder ends, however it ends.

    Parameters
    ----------
    store : Layout
        What to write to.
    patience_s : float
        How long to wait for another writer, in seconds.

    Raises
    ------
    StoreBusy
        If another writer holds the lock; the message names it.
    StoreError
        If the store may not be written, or the disk is full.
    """
    with writing(store.folder):
        store.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(store.lock)
        try:
            lock.acquire(timeout=patience_s)
        except Timeout as error:
            raise _busy(store) from error
    try:
        _sign(store)
        clear_leftovers(store)
        yield
    finally:
        with suppress(OSError):
            store.lock_holder.unlink(missing_ok=True)
        lock.release()


def _sign(store: Layout) -> None:
    """Say who holds the lock, in a file of its own: Windows lets nobody read a locked one."""
    signature = f"process {os.getpid()} on {platform.node()}, since {datetime.now():%H:%M:%S}"
    # Only a courtesy: where it cannot be written, the writing proper will say why.
    with suppress(OSError):
        store.lock_holder.write_text(signature, encoding="utf-8")


def _busy(store: Layout) -> StoreBusy:
    try:
        holder = store.lock_holder.read_text(encoding="utf-8") or "another process"
    except (OSError, UnicodeDecodeError):
        holder = "another process"
    return StoreBusy(
        f"the store is being written by {holder}",
        where=str(store.folder),
        fix="Wait until it is done, or end it, and try again",
    )
