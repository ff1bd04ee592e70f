"""A recording that comes through a pipe, put into a file that nobody else sees."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from swara.data.errors import AudioError

__all__ = ["spooled"]

MOST_BYTES = 2 << 30
"""20 minutes of stereo at 192 kHz and 32 bits are 1.8 GB."""

WRITER_S = 5.0
"""A named pipe that nobody writes into would be waited for for ever: this long, then it is said."""

_CHUNK_BYTES = 1 << 20
_SAVE = "Save the recording as a file first"


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
    with tempfile.TemporaryFile(buffering=0, prefix="swara-") as file:
        if path is None:
            _copy(_stdin(where), file, where)
        else:
            with _pipe(path, where) as pipe:
                _copy(pipe, file, where)
        yield file


def _stdin(where: str) -> BinaryIO:
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
