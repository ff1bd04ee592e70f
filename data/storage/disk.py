"""Files that reach the disk whole or not at all, their digests, and one clear line where the disk refuses."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from swara.data.errors import OutputError
from swara.raga.errors import SwaraError

__all__ = [
    "NOT_PERMITTED",
    "FileRecord",
    "check_writable",
    "errno_of",
    "forget_oldest",
    "os_reason",
    "reading",
    "sha256_of",
    "sync",
    "sync_tree",
    "write_atomically",
    "write_bytes",
    "writing",
]

NOT_PERMITTED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
"""The errors of a place that may not be written, full or not."""

_ROOM = "Free some space on the disk"
_PERMISSION = "Give yourself permission to write there"
_FOLDER = "Name a folder"
_FIXES = {
    errno.ENOSPC: _ROOM,
    errno.EFBIG: _ROOM,
    errno.EDQUOT: "Free some of your quota",
    errno.EACCES: _PERMISSION,
    errno.EPERM: _PERMISSION,
    errno.EROFS: "Make the disk writable",
    errno.ENOENT: "Create the folder first",
    errno.ENOTDIR: _FOLDER,
    errno.EEXIST: _FOLDER,
    errno.EISDIR: "Name a file in the folder",
    errno.ENAMETOOLONG: "Choose a shorter name",
}
_OTHERWISE = "Look after the disk"


@contextmanager
def writing(
    where: Path,
    what: str = "cannot write here",
    *,
    error: type[SwaraError] = OutputError,
    elsewhere: str = "write somewhere else",
) -> Iterator[None]:
    """Turn a failure to write into one line; of several around one another, the outermost has its say.

    Parameters
    ----------
    where : Path
        The file or folder that the line names.
    what : str
        What cannot be done, as the start of the line.
    error : type of SwaraError
        The class that is raised.
    elsewhere : str
        What else can be done than what mends the disk, as the end of a sentence; empty for nothing.

    Raises
    ------
    SwaraError
        Of the class `error`, for an OSError, or for an `OutputError` that came of one.
    """
    try:
        yield
    except (OSError, OutputError) as failure:
        cause = _os_error(failure)
        if cause is None:
            raise
        fix = _FIXES.get(cause.errno or 0, _OTHERWISE)
        fix = f"{fix}, or {elsewhere}" if elsewhere else fix
        raise error(f"{what}: {os_reason(cause)}", where=str(where), fix=fix) from cause


@contextmanager
def reading(
    where: Path, error: type[SwaraError], what: str = "the file cannot be read", *, fix: str | None = None
) -> Iterator[None]:
    """Turn a failure to read what must be there into one line; parameters are those of `writing`.

    Raises
    ------
    SwaraError
        Of the class `error`.
    """
    try:
        yield
    except OSError as failure:
        gone = isinstance(failure, FileNotFoundError) and not where.is_dir()
        what = "the file is missing" if gone else f"{what}: {os_reason(failure)}"
        raise error(what, where=str(where), fix=fix) from failure


def errno_of(error: SwaraError) -> int | None:
    """Return the number of the failure of the operating system that an error came of; None if it did not."""
    cause = _os_error(error)
    return None if cause is None else cause.errno


def _os_error(failure: OSError | SwaraError) -> OSError | None:
    cause = failure if isinstance(failure, OSError) else failure.__cause__
    return cause if isinstance(cause, OSError) else None


def os_reason(failure: OSError) -> str:
    """Return what the operating system says of a failure, as the end of a sentence."""
    return (failure.strerror or str(failure)).lower()


def write_atomically(path: Path, write: Callable[[Path], object], *, suffix: str | None = None) -> None:
    """Make the file `path` by calling `write` on a temporary file beside it, then renaming that.

    A reader sees the old file or the new one, never a part; a failure leaves the old one and nothing else.
    A link is followed: what it points to is replaced.

    Parameters
    ----------
    path : Path
        The file to make or replace.
    write : callable
        Fills the file that it is given, which exists, is empty and has the suffix of `path`.
    suffix : str, optional
        Another suffix for that file, where somebody reads whatever bears that of `path`.

    Raises
    ------
    OutputError
        If the file cannot be written. Whatever else `write` raises passes through.
    """
    with writing(path):
        target = _target(path)
        temporary = _new_beside(target, suffix)
        try:
            write(temporary)
            sync(temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        sync(target.parent)


def write_bytes(path: Path, content: bytes, *, suffix: str | None = None) -> None:
    """Make the file `path` hold `content`, as `write_atomically` does."""
    write_atomically(path, lambda part: part.write_bytes(content), suffix=suffix)


def forget_oldest(files: Iterable[Path], most_bytes: int, room: float = 0.0) -> None:
    """Remove those of some files that were written, or touched, the longest ago, if all of them are too much.

    Parameters
    ----------
    files : iterable of Path
        Another process may be removing them too. The newest stays.
    most_bytes : int
        What all of them may take together.
    room : float
        Share of `most_bytes` that is free afterwards where something had to go.
    """
    found = []
    for path in files:
        with suppress(OSError):
            at = path.stat()
            found.append((at.st_mtime_ns, at.st_size, path))
    total = sum(size for _, size, _ in found)
    if total <= most_bytes:
        return
    for _, size, path in sorted(found)[:-1]:
        if total <= (1.0 - room) * most_bytes:
            return
        with suppress(OSError):
            path.unlink()
            total -= size


def check_writable(path: Path) -> None:
    """Raise `OutputError` unless `path` could be written now; tries it out with an empty file beside it."""
    with writing(path):
        _new_beside(_target(path)).unlink()


def _target(path: Path) -> Path:
    """Return what `path` leads to; refuse to rename over a folder, or over a device such as ``/dev/null``."""
    target = path.resolve()
    if target.is_dir():
        raise OutputError("this is a folder", where=str(path), fix=_FIXES[errno.EISDIR])
    if os.path.lexists(target) and not target.is_file():
        raise OutputError("this is not a plain file", where=str(path), fix="Choose another output file")
    return target


def _new_beside(target: Path, suffix: str | None = None) -> Path:
    """Create an empty file in the folder of `target`, with its suffix and the permissions of a new file."""
    suffix = target.suffix if suffix is None else suffix
    temporary = target.with_name(f".swara-{secrets.token_hex(6)}{suffix}")
    temporary.touch(exist_ok=False)
    return temporary


def sync_tree(folder: Path) -> None:
    """Force every file below `folder`, and the folders themselves, to the disk."""
    for path in sorted(folder.rglob("*"), reverse=True):
        sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """Force a file, or the names in a folder, to the disk; a folder only where it can be opened."""
    if not path.is_dir():
        # For writing: Windows flushes only what may be written.
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    elif hasattr(os, "O_DIRECTORY"):
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of the bytes of `file` as 64 hex digits; raises OSError if it cannot be read.

    A pipe is not opened, which would wait for who writes to it; nor a device, which may have no end.
    """
    mode = file.stat().st_mode
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise OSError(errno.EINVAL, f"this is {kind}, no file")
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What a file was when it was kept.

    Parameters
    ----------
    sha256 : str
        Digest of its bytes, 64 hex digits.
    size_bytes : int
        Its length.
    """

    sha256: str
    size_bytes: int

    @classmethod
    def of(cls, file: Path) -> FileRecord:
        """Return the record of `file` as it is now; raises OSError if it cannot be read."""
        return cls(sha256_of(file), file.stat().st_size)

    def difference(self, file: Path) -> str | None:
        """Say how `file` differs from this, None if it does not; raises OSError if it cannot be read."""
        size = file.stat().st_size
        if size != self.size_bytes:
            return f"the file holds {size} bytes, not {self.size_bytes}"
        return None if sha256_of(file) == self.sha256 else "the file was changed since it was kept"
