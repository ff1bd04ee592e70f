"""The recordings known, as a log: one line of JSON for each recording added, or removed.

::

    {"add": {"path": ..., "sha256": ..., "singer": ..., "labels": [[0.11, 1.02, "S"], ...], ...}}
    {"remove": "3f0c9a51be77"}

Lines are only ever appended. Adding a recording that is there replaces it.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from swara.data.errors import CorpusError, OutputError
from swara.data.recording import Recording
from swara.data.storage.atomic_file import write_atomically

from .recording_json import Json, recording_from_json, recording_to_json

__all__ = ["append_recordings", "append_removal", "json_line", "read_corpus", "removed_ids", "write_corpus"]

_LOCK_WAIT_S = 10.0
_FIXES = {
    errno.ENOSPC: "Free some space on the disk; nothing was added",
    errno.EDQUOT: "Free some of your quota; nothing was added",
    errno.EROFS: "Choose a store on a disk that is not read-only",
}


def read_corpus(path: Path) -> tuple[Recording, ...]:
    """Return the recordings added and not removed, in the order of adding; none where there is no file.

    What follows the last line break is the torn end of a crash and left out, unless it is whole.

    Raises
    ------
    CorpusError
        If the file cannot be read, or a line is malformed; it names the line.
    """
    return _replayed(path)[0]


def removed_ids(path: Path) -> frozenset[str]:
    """Return the ids of all that was ever removed; errors as of `read_corpus`."""
    return _replayed(path)[1]


def append_recordings(path: Path, recordings: Iterable[Recording]) -> None:
    """Add recordings to the log in one write, which is on the disk when this returns.

    Raises
    ------
    OutputError
        If they cannot be written; the log is then as it was.
    """
    _append(path, b"".join(_added(recording) for recording in recordings))


def append_removal(path: Path, recording_id: str) -> None:
    """Note in the log that a recording is no longer part of the corpus.

    Raises
    ------
    OutputError
        If it cannot be written; the log is then as it was.
    """
    _append(path, json_line({"remove": recording_id}))


def write_corpus(path: Path, recordings: Iterable[Recording]) -> None:
    """Write a new log with these recordings and nothing else."""
    path.write_bytes(b"".join(_added(recording) for recording in recordings))


def json_line(value: Mapping[str, Json]) -> bytes:
    """Return an object as one line of JSON."""
    # A path need not be valid Unicode; json.loads lets lone surrogates pass as well.
    return (json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n").encode(errors="surrogatepass")


def _replayed(path: Path) -> tuple[tuple[Recording, ...], frozenset[str]]:
    """Return what is known by the end of the log, and the ids of all that was ever removed."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return (), frozenset()
    except OSError as error:
        raise CorpusError(
            f"the list of samples cannot be read ({error.strerror})", where=str(path)
        ) from error
    known: dict[str, Recording] = {}
    removed: set[str] = set()
    *lines, tail = content.split(b"\n")
    for number, line in enumerate([*lines, *_whole(tail)], 1):
        try:
            _apply(known, removed, json.loads(line))
        except ValueError as error:
            raise CorpusError(
                f"this line is damaged: {error}",
                where=f"{path}, line {number}",
                fix="Restore the file from a backup, or delete the line and add its recording again",
            ) from error
    return tuple(known.values()), frozenset(removed)


def _apply(known: dict[str, Recording], removed: set[str], step: Json) -> None:
    """Carry out one line of the log."""
    match step:
        case {"add": added, **rest} if not rest:
            recording = recording_from_json(added)
            known[recording.id] = recording
        case {"remove": str(each), **rest} if not rest:
            known.pop(each, None)
            removed.add(each)
        case _:
            raise ValueError("neither an addition nor a removal; it may come from a newer swara")


def _whole(tail: bytes) -> Iterator[bytes]:
    """Yield what follows the last line break if it is all of a line."""
    try:
        json.loads(tail)
    except ValueError:  # a torn character too
        return
    yield tail


def _added(recording: Recording) -> bytes:
    return json_line({"add": recording_to_json(recording)})


def _append(path: Path, lines: bytes) -> None:
    if not lines:
        return
    with _as_output_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            if not path.exists():
                write_atomically(path, lambda _: None)  # so that its name is on the disk too
            with path.open("ab+", buffering=0) as log:
                _mend_end(log)
                _write_whole(log, lines)


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


def _mend_end(log: FileIO) -> None:
    """Make the log end with a line break, so that the torn end of a crash does not spoil what follows."""
    log.seek(0)
    content = log.read()
    start = content.rfind(b"\n") + 1
    if start == len(content):
        return
    if any(_whole(content[start:])):
        log.write(b"\n")
    else:
        log.truncate(start)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other writers out; readers need no lock."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=_LOCK_WAIT_S):
            yield
    except Timeout as error:
        raise CorpusError(
            "another swara is adding samples", where=str(path), fix="Try again when it is done"
        ) from error


@contextmanager
def _as_output_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        fix = _FIXES.get(error.errno or 0, "Give yourself permission to write there, or choose another store")
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"samples cannot be noted here: {reason}", where=str(path), fix=fix) from error
