"""What goes wrong on the disk, in one clear line each."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from swara.data.errors import OutputError
from swara.service.errors import StoreDamaged, StoreReadOnly, StoreUnreadable, StoreUnwritable

__all__ = ["damaged", "reading", "writing"]

_ELSEWHERE = "use another store with --store or SWARA_STORE"
_FULL = f"Free some space on the disk, or {_ELSEWHERE}"
_NOT_ALLOWED = f"Give yourself permission to write there, or {_ELSEWHERE}"
_NO_FOLDER = "Name a folder with --store or SWARA_STORE"
_FIXES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: f"Make the disk writable, or {_ELSEWHERE}",
    errno.EEXIST: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
}
_NO_PERMISSION = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_OTHERWISE = "Look after the disk, or " + _ELSEWHERE


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a failure to write in the store `folder` into `StoreUnwritable`, or its `StoreReadOnly`."""
    try:
        yield
    except OSError as error:
        raise _unwritable(folder, error) from error
    except OutputError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        raise _unwritable(folder, error.__cause__) from error


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Turn a failure to read a `file` that must be there into `StoreDamaged` or `StoreUnreadable`."""
    try:
        yield
    except FileNotFoundError as error:
        raise damaged("the file is missing", file) from error
    except OSError as error:
        fix = f"Give yourself permission to read it, or {_ELSEWHERE}"
        raise StoreUnreadable(f"cannot be read: {_reason(error)}", where=str(file), fix=fix) from error


def damaged(what: str, where: Path) -> StoreDamaged:
    """Return the error for a file of the store that is not what it should be."""
    return StoreDamaged(what, where=str(where), fix="Run: swara versions rollback, or swara rebuild --force")


def _unwritable(folder: Path, error: OSError) -> StoreUnwritable:
    fix = _FIXES.get(error.errno or 0, _OTHERWISE)
    refusal = StoreReadOnly if error.errno in _NO_PERMISSION else StoreUnwritable
    return refusal(f"cannot write to the store: {_reason(error)}", where=str(folder), fix=fix)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
