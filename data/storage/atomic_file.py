"""Files reach the disk whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from swara.data.errors import OutputError

__all__ = ["check_writable", "write_atomically"]

_FIXES = {
    errno.ENOENT: "Create the folder first, or write somewhere else",
    errno.ENOTDIR: "Write into a folder",
    errno.EACCES: "Give yourself permission to write there, or write somewhere else",
    errno.EPERM: "Give yourself permission to write there, or write somewhere else",
    errno.EROFS: "Write to a disk that is not read-only",
    errno.ENOSPC: "Free some space on the disk, or write to another",
    errno.EDQUOT: "Free some of your quota, or write to another disk",
    errno.EISDIR: "Name a file in the folder",
    errno.ENAMETOOLONG: "Choose a shorter name",
}


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Make the file `path` by calling `write` on a temporary file beside it, then renaming that.

    A reader sees the old file or the new one, never a part; a failure leaves the old one and nothing else.
    A link is followed: what it points to is replaced.

    Parameters
    ----------
    path : Path
        The file to make or replace.
    write : callable
        Fills the file that it is given, which exists, is empty and has the suffix of `path`.

    Raises
    ------
    OutputError
        If the file cannot be written. Whatever else `write` raises passes through.
    """
    with _as_output_error(path):
        target = path.resolve()
        _refuse_special(target, path)
        temporary = _new_beside(target)
        try:
            write(temporary)
            _sync(temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(target.parent)


def check_writable(path: Path) -> None:
    """Raise `OutputError` unless `path` could be written now; tries it out with an empty file beside it."""
    with _as_output_error(path):
        target = path.resolve()
        _refuse_special(target, path)
        _new_beside(target).unlink()


def _refuse_special(target: Path, path: Path) -> None:
    """Refuse to rename over a folder, or over a device such as ``/dev/null``."""
    if target.is_dir():
        raise OutputError("this is a folder", where=str(path), fix=_FIXES[errno.EISDIR])
    if os.path.lexists(target) and not target.is_file():
        raise OutputError("this is not a plain file", where=str(path), fix="Choose another output file")


def _new_beside(target: Path) -> Path:
    """Create an empty file in the folder of `target`, with its suffix and the permissions of a new file."""
    temporary = target.with_name(f".swara-{secrets.token_hex(6)}{target.suffix}")
    temporary.touch(exist_ok=False)
    return temporary


def _sync(file: Path) -> None:
    # For writing: Windows flushes only what may be written.
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where folders can be opened at all (not on Windows)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _as_output_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        fix = _FIXES.get(error.errno or 0, "Write somewhere else")
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot write here: {reason}", where=str(path), fix=fix) from error
