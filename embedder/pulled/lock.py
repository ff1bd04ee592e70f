"""One process at a time pulls or removes a model; to use it, no lock is needed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from .errors import ModelBusy
from .layout import ModelLayout
from .patience import Progress
from .refusals import writing

__all__ = ["model_lock"]


@contextmanager
def model_lock(at: ModelLayout, wait_s: float, progress: Progress | None = None) -> Iterator[None]:
    """Be the one who changes a model; the folder of the models is made if it does not exist.

    The operating system frees the lock when its holder ends, however it ends. What one who was killed left
    half done is removed.

    Raises
    ------
    ModelBusy
        If another process still holds it after `wait_s`.
    OutputError
        If the folder may not be written.
    """
    with writing(at.models):
        at.models.mkdir(parents=True, exist_ok=True)
        lock = FileLock(at.lock)
        if not _acquired(lock, 0.0):
            if progress:
                progress(f"waiting for another swara that has {at.model.name} in hand", 0, None)
            if not _acquired(lock, wait_s):
                raise ModelBusy(
                    f"another process has had {at.model.name} in hand for {wait_s:.0f} s",
                    where=str(at.models),
                    fix="Wait until it is done, or end it, and try again",
                )
    try:
        for folder in at.leftovers():
            shutil.rmtree(folder, ignore_errors=True)
        yield
    finally:
        lock.release()


def _acquired(lock: FileLock, wait_s: float) -> bool:
    try:
        lock.acquire(timeout=wait_s)
    except Timeout:
        return False
    return True
