"""The recordings known: their log on disk, where their audio lies, and those in the package itself.

The log has a line for each recording added, or removed::

    {"add": {"path": ..., "sha256": ..., "singer": ..., "labels": [[0.11, 1.02, "S"], ...], ...}}
    {"remove": "3f0c9a51be77"}

Lines are only ever appended. Adding a recording that is there replaces it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from swara.data.errors import CorpusError
from swara.data.recording import Recording
from swara.data.storage.disk import sha256_of, write_bytes
from swara.data.storage.json_lines import Json, LineLog, json_line

from .recording_json import recording_from_json, recording_to_json

__all__ = [
    "PACK_PREFIX",
    "MoveResult",
    "Moved",
    "append_recordings",
    "append_removal",
    "audio_path",
    "audio_place",
    "corpus_digest",
    "find_moved",
    "is_bundled",
    "is_remote",
    "pack_folder",
    "pack_recordings",
    "read_corpus",
    "removed_ids",
    "removed_now",
    "write_corpus",
]

PACK_PREFIX = "pack:"
"""What the path of a recording of the bundled pack starts with."""

_PACK = Path(__file__).resolve().parents[1] / "samples"


def read_corpus(path: Path) -> tuple[Recording, ...]:
    """Return the recordings added and not removed, in the order of adding; none where there is no file.

    Raises
    ------
    CorpusError
        If the file cannot be read, or a line is malformed; it names the line.
    """
    return _replayed(path)[0]


def removed_ids(path: Path) -> frozenset[str]:
    """Return the ids of all that was ever removed; errors as of `read_corpus`."""
    return _replayed(path)[1]


_REMOVED_OR_ADDED = re.compile(rb'^\{"remove": ?"([0-9a-f]+)"|"sha256": ?"([0-9a-f]{12})', re.MULTILINE)


def removed_now(path: Path) -> frozenset[str]:
    """Return the ids of what was removed and not added again; empty where the log cannot be read.

    Lines are not parsed, which takes a second for 20,000 of them: who asks about a take has no use for one
    that is malformed.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return frozenset()
    removed = set[bytes]()
    for step in _REMOVED_OR_ADDED.finditer(content):
        if step[1] is not None:
            removed.add(step[1])
        else:
            removed.discard(step[2])
    return frozenset(each.decode() for each in removed)


def append_recordings(path: Path, recordings: Iterable[Recording]) -> None:
    """Add recordings to the log in one write, which is on the disk when this returns.

    Raises
    ------
    CorpusError
        If they cannot be written; the log then says what it said before.
    """
    LineLog(path, CorpusError).append(*map(_addition, recordings))


def append_removal(path: Path, recording_id: str) -> None:
    """Note in the log that a recording is no longer part of the corpus; errors as of `append_recordings`."""
    LineLog(path, CorpusError).append({"remove": recording_id})


def write_corpus(path: Path, recordings: Iterable[Recording]) -> None:
    """Make a new log with these recordings and nothing else, whole or not at all."""
    write_bytes(path, b"".join(json_line(_addition(recording)) for recording in recordings))


def _replayed(path: Path) -> tuple[tuple[Recording, ...], frozenset[str]]:
    """Return what is known by the end of the log, and the ids of all that was ever removed."""
    try:
        at = path.stat()
    except OSError:
        return _replay(path)
    # What is appended makes it longer, what is written anew is another file.
    return _replayed_once(path, at.st_ino, at.st_size, at.st_mtime_ns)


@lru_cache(maxsize=4)
def _replayed_once(path: Path, *_: int) -> tuple[tuple[Recording, ...], frozenset[str]]:
    """Replay a log as it is now: a rebuild asks nine times, for the list, the bundled and the held out."""
    return _replay(path)


def _replay(path: Path) -> tuple[tuple[Recording, ...], frozenset[str]]:
    known: dict[str, Recording] = {}
    removed: set[str] = set()

    def apply(step: Mapping[str, Any]) -> None:
        match step:
            case {"add": added, **rest} if not rest:
                recording = recording_from_json(added)
                known[recording.id] = recording
            case {"remove": str(each), **rest} if not rest:
                known.pop(each, None)
                removed.add(each)
            case _:
                raise ValueError("neither an addition nor a removal; it may come from a newer swara")

    LineLog(path, CorpusError).replay_whole(apply)
    return tuple(known.values()), frozenset(removed)


def _addition(recording: Recording) -> Mapping[str, Json]:
    return {"add": recording_to_json(recording)}


def corpus_digest(recordings: Iterable[Recording]) -> str:
    """Return 64 hex digits that differ when any recording does, whatever their order and folders."""
    ordered = sorted(recordings, key=lambda recording: recording.sha256)
    lines = (json_line(recording_to_json(each) | {"path": ""}) for each in ordered)
    return hashlib.sha256(b"".join(lines)).hexdigest()


def is_bundled(recording: Recording) -> bool:
    """Tell whether a recording came with the package."""
    return recording.path.startswith(PACK_PREFIX)


def audio_path(recording: Recording) -> Path:
    """Return where the audio of a recording lies; of one at a URL, a copy on this disk.

    Raises
    ------
    CorpusError, RemoteError, MissingPackage
        Of one at a URL, if it is gone or changed, or cannot be read.
    """
    if is_bundled(recording):
        return _PACK / recording.path.removeprefix(PACK_PREFIX)
    if is_remote(recording):
        from .remote_audio import fetched

        return fetched(recording.path, recording.sha256)
    return Path(recording.path)


def is_remote(recording: Recording) -> bool:
    """Tell whether a recording lies at a URL: ``s3://bucket/take.wav``."""
    return "://" in recording.path


def audio_place(recording: Recording) -> str:
    """Return where the audio of a recording lies, for people."""
    return recording.path if is_remote(recording) else str(audio_path(recording))


def pack_folder() -> Path:
    """Return the folder of the samples that come with the package."""
    return _PACK


def pack_recordings() -> tuple[Recording, ...]:
    """Return the samples that come with the package.

    Raises
    ------
    CorpusError
        If they are missing or damaged.
    """
    recordings = read_corpus(_PACK / "pack.jsonl")
    if not recordings:
        from swara.data.installation import repair_advice

        raise CorpusError(
            "the bundled samples are missing",
            where=str(_PACK),
            fix=repair_advice(),
        )
    return recordings


@dataclass(frozen=True, slots=True)
class Moved:
    """A known file that was looked for at `before`, and lies at `path`; a str is a URL, or beside one."""

    before: Path | str
    path: Path | str


@dataclass(frozen=True, slots=True)
class MoveResult:
    """What became of the files of a folder: found again, by their digests; or not where they should be."""

    moved: Mapping[str, Moved]
    missing: tuple[Path | str, ...]


def find_moved(files: Mapping[str, Path], old: Path, new: Path) -> MoveResult:
    """Look for files that lay in one place in another: at the same place in the folder, else anywhere in it.

    Parameters
    ----------
    files : mapping of str to Path
        Where each was, by the SHA-256 of its bytes; those elsewhere than in `old` do not count.
    old, new : Path
        Folders or files; `old` need not be there.

    Raises
    ------
    CorpusError
        If `new` is not there.
    """
    target, places = new.resolve(), {old.resolve(), Path(os.path.normpath(old.absolute()))}
    if not target.exists():
        raise CorpusError("no such file or folder", where=str(new), fix="Check the spelling of the path")
    below = {sha256: inside for sha256, path in files.items() for inside in _inside(path, places)}
    found = {sha256: target / inside for sha256, inside in below.items()}
    found = {sha256: path for sha256, path in found.items() if _digest(path) == sha256}
    if wanted := below.keys() - found.keys():
        there = [target] if target.is_file() else sorted(target.rglob("*"))
        found |= {digest: path for path in there if (digest := _digest(path)) in wanted}
    moved = {sha256: Moved(files[sha256], found[sha256]) for sha256 in below if sha256 in found}
    return MoveResult(moved, tuple(files[sha256] for sha256 in below if sha256 not in found))


def _inside(path: Path, places: Iterable[Path]) -> Iterator[Path]:
    return (path.relative_to(place) for place in places if path.is_relative_to(place))


def _digest(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None
