"""Logs of the store: a line of JSON for each thing that happened, only ever appended."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from swara.service.errors import StoreBusy, StoreDamaged

from .disk_errors import reading, writing

__all__ = ["append_line", "damaged_line", "each_line", "read_lines"]

_LOCK_WAIT_S = 10.0


def append_line(log: Path, fields: Mapping[str, Any]) -> None:
    """Append to a log, which is made if it does not exist; on the disk when this returns, or not there.

    Raises
    ------
    StoreBusy
        If another process has been writing to it for 10 s.
    StoreUnwritable
        If it cannot be written.
    """
    # A path need not be valid Unicode; json.loads lets lone surrogates pass as well.
    line = (json.dumps(fields, ensure_ascii=False, allow_nan=False) + "\n").encode(errors="surrogatepass")
    with writing(log.parent):
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(log.with_name(f".{log.name}.lock"), timeout=_LOCK_WAIT_S):
                _append(log, line)
        except Timeout as error:
            raise StoreBusy(
                "another swara is writing this", where=str(log), fix="Try again when it is done"
            ) from error


def read_lines(log: Path) -> tuple[Mapping[str, Any], ...]:
    """Return what a log holds; what follows the last line break is the torn end of a crash, and left out.

    Raises
    ------
    StoreDamaged
        Naming a line that cannot be read.
    StoreUnreadable
        If the log cannot be read.
    """
    lines = each_line(log)
    for line in lines:
        if isinstance(line, StoreDamaged):
            raise line
    return tuple(line for line in lines if not isinstance(line, StoreDamaged))


def each_line(log: Path) -> tuple[Mapping[str, Any] | StoreDamaged, ...]:
    """Return what each line of a log holds, or that it is damaged; otherwise as `read_lines`.

    Raises
    ------
    StoreUnreadable
        If the log cannot be read.
    """
    if not log.exists():
        return ()
    with reading(log):
        *lines, _ = log.read_bytes().split(b"\n")
    return tuple(_parsed(log, number, line) for number, line in enumerate(lines, 1))


def damaged_line(what: str, log: Path, number: int) -> StoreDamaged:
    """Return the error for a line of a log; lines are counted from 1."""
    return StoreDamaged(
        what, where=f"{log}, line {number}", fix="Restore the file from a backup, or delete the line"
    )


def _parsed(log: Path, number: int, line: bytes) -> Mapping[str, Any] | StoreDamaged:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        fields = None
    return fields if isinstance(fields, dict) else damaged_line("this line is damaged", log, number)


def _append(log: Path, line: bytes) -> None:
    with log.open("ab+", buffering=0) as file:
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)  # the torn end of a crash
        try:
            if file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        except OSError:
            file.truncate(whole)
            raise
