"""JSON on disk: logs that are only ever appended to, and values checked against a dataclass."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from swara.raga.errors import SwaraError

from .disk import reading, write_atomically, writing

__all__ = ["ANOTHER_STORE", "Json", "LineLog", "converted", "json_line"]

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | float | bool | None"
"""What the ``json`` module reads and writes."""

ANOTHER_STORE = "use another store with --store or SWARA_STORE"
"""What else can be done where a store cannot be read or written, as the end of a sentence."""

_LOCK_WAIT_S = 10.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LineLog:
    """A file with a JSON object on each line, to which any number of processes may append.

    What follows the last line break is what a crash left of a line, and is cut off by the next that appends;
    unless it is a whole object, to which only the line break is lacking. A part of an object is never one, so
    nothing that was acknowledged is lost, and a reader in the middle of a write sees whole lines alone.

    Parameters
    ----------
    path : Path
        The log; it is made when something is first appended.
    error : type of SwaraError
        Raised where the log cannot be read or written.
    damaged : type of SwaraError, optional
        What a line becomes that cannot be read; `error` if not given.
    """

    path: Path
    error: type[SwaraError]
    damaged: type[SwaraError] | None = None

    def append(self, *steps: Mapping[str, Json]) -> None:
        """Append objects in one write, which is on the disk when this returns.

        Raises
        ------
        SwaraError
            Of the class `error`, if they cannot be written; the log then says what it said before.
        """
        lines = b"".join(map(json_line, steps))
        if not lines:
            return
        with writing(self.path, "this cannot be noted", error=self.error, elsewhere=ANOTHER_STORE):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._locked():
                if not self.path.exists():
                    write_atomically(self.path, lambda _: None)  # so that its name is on the disk too
                with self.path.open("ab+", buffering=0) as log:
                    _mend_end(log)
                    _write_whole(log, lines)

    def replay(self, apply: Callable[[dict[str, Any]], None]) -> tuple[SwaraError, ...]:
        """Call `apply` with each object in turn; none where there is no file.

        Parameters
        ----------
        apply : callable
            Raises ValueError for an object that says nothing.

        Returns
        -------
        tuple of SwaraError
            One for each line that is damaged, or that `apply` refused; they name the lines.

        Raises
        ------
        SwaraError
            Of the class `error`, if the log cannot be read.
        """
        refused = []
        for number, step in enumerate(self._steps(), 1):
            try:
                if isinstance(step, ValueError):
                    raise step
                apply(step)
            except ValueError as error:
                damage = (self.damaged or self.error)(
                    f"this line is damaged: {error}",
                    where=f"{self.path}, line {number}",
                    fix="Restore the file from a backup, or delete the line and give again what it said",
                )
                refused.append(damage)
        return tuple(refused)

    def replay_whole(self, apply: Callable[[dict[str, Any]], None]) -> None:
        """Do as `replay`, and raise the first of the errors that it returns."""
        for error in self.replay(apply):
            raise error

    def _steps(self) -> list[dict[str, Any] | ValueError]:
        """Return what each line holds, or what is wrong with it."""
        content, steps = b"", list[dict[str, Any] | ValueError]()
        # A line that another process is mending as it is read is another one when it is read again.
        while (now := self._content()) != content:
            content = now
            *lines, end = content.split(b"\n")
            whole = [] if isinstance(_parsed(end), ValueError) else [end]
            steps = [_parsed(line) for line in (*lines, *whole)]
            if not any(isinstance(step, ValueError) for step in steps):
                break
        return steps

    def _content(self) -> bytes:
        with reading(self.path, self.error, fix=f"Give yourself permission to read it, or {ANOTHER_STORE}"):
            try:
                return self.path.read_bytes()
            except FileNotFoundError:
                return b""

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other writers out; readers need no lock."""
        from filelock import FileLock, Timeout

        try:
            with FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=_LOCK_WAIT_S):
                yield
        except Timeout as error:
            what = "another swara is writing this"
            raise self.error(what, where=str(self.path), fix="Try again when it is done") from error


def json_line(value: Mapping[str, Json]) -> bytes:
    """Return an object as one line of JSON."""
    # A path need not be valid Unicode; json.loads lets lone surrogates pass as well.
    return (json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n").encode(errors="surrogatepass")


def converted(value: Any, kind: type[T]) -> T:
    """Return what JSON holds as the dataclass `kind`, the values of its fields checked against their types.

    Raises
    ------
    ValueError
        Naming the field that is missing, unknown or wrong.
    """
    import msgspec

    known = _field_names(kind)  # type: ignore[arg-type]
    if isinstance(value, Mapping) and (unknown := sorted(value.keys() - known)):
        raise ValueError(f"nothing is known of {', '.join(unknown)}; it may come from a newer swara")
    return msgspec.convert(value, kind)


@lru_cache
def _field_names(kind: Any) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind))


def _parsed(line: bytes) -> dict[str, Any] | ValueError:
    try:
        step = json.loads(line)
    except ValueError as error:  # a torn character too
        return error
    except RecursionError:
        return ValueError("it is nested too deeply")
    return step if isinstance(step, dict) else ValueError("it holds no JSON object")


def _mend_end(log: FileIO) -> None:
    """Make the log end with a line break, so that what a crash left does not spoil what follows."""
    log.seek(0)
    content = log.read()
    start = content.rfind(b"\n") + 1
    if start == len(content):
        return
    if isinstance(_parsed(content[start:]), ValueError):
        log.truncate(start)
    else:
        log.write(b"\n")


def _write_whole(log: FileIO, lines: bytes) -> None:
    """Write to the end of the log, and on to the disk, or leave it as it was."""
    length = log.seek(0, os.SEEK_END)
    try:
        if log.write(lines) != len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(log.fileno())
    except OSError:
        log.truncate(length)
        raise
