"""What a recording is called, and one that comes through a pipe put into a file that nobody else sees."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

from swara.data.errors import AudioError
from swara.data.storage.disk import os_reason

__all__ = [
    "STDIN",
    "digest_of",
    "is_pipe",
    "opened",
    "readable",
    "received",
    "spooled",
    "stdin_pipe",
    "take_name",
]

STDIN = Path("-")
"""What stands for stdin where a recording is asked for."""

MOST_BYTES = 2 << 30
"""20 minutes of stereo at 192 kHz and 32 bits are 1.8 GB."""

WRITER_S = 5.0
"""A named pipe that nobody writes into would be waited for for ever: this long, then it is said."""

_CHUNK_BYTES = 1 << 20
_SAVE = "Save the recording as a file first"


def take_name(path: Path) -> str:
    """Return what reports call a recording."""
    return "stdin" if path == STDIN else path.name


def is_pipe(path: Path) -> bool:
    """Tell whether what stands at a path is read once, and then gone: a pipe, or `STDIN`."""
    return path == STDIN or path.is_fifo()


@contextmanager
def received(path: Path) -> Iterator[tuple[BinaryIO, str]]:
    """Read a pipe, or `STDIN`, to its end; give what came as an open file, and its digest in 64 hex digits.

    Raises
    ------
    AudioError
        As `decode` does where nothing can be read.
    """
    where = "stdin" if path == STDIN else str(path)
    with ExitStack() as stack:
        with readable(where):
            file = stack.enter_context(opened(path, where))
            digest = digest_of(file)
        yield file, digest


@contextmanager
def opened(path: Path, where: str) -> Iterator[BinaryIO]:
    """Open a recording as a plain file that is not empty; a pipe is put into one first.

    Raises
    ------
    AudioError
        If it is a folder, a device or empty, or as `spooled`.
    OSError
        If it cannot be read.
    """
    mode = 0 if path == STDIN else path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise AudioError("this is a folder", where=where, fix="Name one recording in it")
    if is_pipe(path):
        opening: AbstractContextManager[BinaryIO] = spooled(None if path == STDIN else path, where)
    elif stat.S_ISREG(mode):
        opening = path.open("rb", buffering=0)
    else:
        raise AudioError(
            "this is a device, not a file", where=where, fix="Save the recording as a file first"
        )
    with opening as file:
        if not file.seek(0, 2):
            raise AudioError("the file is empty (0 bytes)", where=where, fix="Record or export it again")
        yield file


@contextmanager
def readable(where: str) -> Iterator[None]:
    """Turn a failure to read a recording, which errors call `where`, into an `AudioError`."""
    try:
        yield
    except PermissionError as error:
        raise AudioError(
            "reading it is not permitted", where=where, fix="Give yourself permission to read the file"
        ) from error
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a NUL in the name
        raise AudioError("no such file", where=where, fix="Check the spelling of the path") from error
    except OSError as error:
        raise AudioError(
            f"the file cannot be read: {os_reason(error)}",
            where=where,
            fix="Check the disk, or copy the file",
        ) from error


def digest_of(file: Any) -> str:
    """Return the SHA-256 of all that an open file holds, as 64 hex digits."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def spooled(path: Path | None, where: str) -> Iterator[BinaryIO]:
    """Read a pipe to its end, and give what came as an open file without a name, which nothing leaves behind.

    Parameters
    ----------
    path : Path or None
        The pipe; stdin if None.
    where : str
        What the errors call it.

    Raises
    ------
    AudioError
        If stdin is closed or a terminal, nobody writes into the pipe, or more comes than `MOST_BYTES`.
    OSError
        If it cannot be read, or the disk is full.
    """
    import tempfile  # which most takes do without

    with tempfile.TemporaryFile(buffering=0, prefix="swara-") as file:
        if path is None:
            _copy(stdin_pipe(where), file, where)
        else:
            with _pipe(path, where) as pipe:
                _copy(pipe, file, where)
        yield file


def stdin_pipe(where: str) -> BinaryIO:
    """Return what is piped into this program.

    Raises
    ------
    AudioError
        If stdin is closed or a terminal; `where` is what the error calls it.
    """
    if sys.stdin is None or sys.stdin.closed:
        raise AudioError("stdin is closed", where=where, fix="Pipe a recording into it, or name a file")
    if sys.stdin.isatty():
        raise AudioError("stdin is a terminal", where=where, fix="Pipe a recording into it, or name a file")
    return sys.stdin.buffer


def _pipe(path: Path, where: str) -> BinaryIO:
    """Open a pipe; a named one answers soon, or not at all."""
    if not path.resolve().exists():  # /dev/fd/63: not named, so it has a writer, or had one
        return path.open("rb")
    import select

    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    pipe = os.fdopen(descriptor, "rb")
    if not select.select([descriptor], [], [], WRITER_S)[0] or not stat.S_ISFIFO(
        os.fstat(descriptor).st_mode
    ):
        pipe.close()
        raise AudioError("this is a pipe that nobody writes into", where=where, fix=_SAVE)
    os.set_blocking(descriptor, True)
    return pipe


def _copy(pipe: BinaryIO, file: IO[bytes], where: str) -> None:
    left = MOST_BYTES
    while piece := pipe.read(_CHUNK_BYTES):
        left -= len(piece)
        if left < 0:
            raise AudioError(
                f"more than {MOST_BYTES >> 30} GiB came through the pipe", where=where, fix=_SAVE
            )
        file.write(piece)
