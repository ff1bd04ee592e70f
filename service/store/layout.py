"""Where everything in a store lies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["NEW_PREFIX", "Layout", "VersionLayout", "is_version_id", "store_folder", "time_in_id"]

NEW_PREFIX = ".new-"
"""How the folder of a version begins while it is being built."""

_VERSION_ID = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}")


class _Place:
    """A path below the folder of a layout."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __get__(self, layout: Layout | VersionLayout, owner: type) -> Path:
        return layout.folder / self._path


@dataclass(frozen=True, slots=True)
class VersionLayout:
    """The files of one version, in `folder`; the folder is immutable once it has its name."""

    folder: Path

    manifest = _Place("manifest.json")
    """What the version is and what it holds; written last."""
    note_head = _Place("note_head.npz")
    """The note head."""
    holdout_head = _Place("exam_head.npz")
    """The note head as it is without the singers held out, for the gate alone; not in every version."""
    index = _Place("index")
    """Folder of the sample index."""
    targets = _Place("targets.json")
    """Where the professionals sing each swara; not in a version of schema 1."""
    recordings = _Place("recordings.jsonl")
    """What it was learned from, a line for each recording; not in a version of schema 1."""
    report = _Place("report.json")
    """How well the head did on recordings that it was not fitted to."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A store on disk.

    ::

        CURRENT                                    one line: the id of the live version
        versions/<utc>-<hash8>/                    a `VersionLayout`
        cache/embeddings/<fingerprint>/<audio sha256>.npz
        cache/pitch/<tracker fingerprint>/<audio sha256>.npz
        corpus.jsonl                               the recordings known, append-only
        HELD_OUT                                   what versions are examined with, as JSON lines
        feedback.jsonl                             corrections by users, append-only
        rollbacks.jsonl                            which versions people left or made live, append-only
        .lock                                      held by the one writer
        .lock-holder                               who that is, for people

    Parameters
    ----------
    folder : Path
        The store; it need not exist.
    """

    folder: Path

    current = _Place("CURRENT")
    """Names the live version."""
    versions = _Place("versions")
    """Folder of the versions."""
    cache = _Place("cache")
    """Folder of what can be computed again."""
    embeddings = _Place("cache/embeddings")
    """Folder of the embedding cache."""
    pitch = _Place("cache/pitch")
    """Folder of the pitch cache."""
    corpus = _Place("corpus.jsonl")
    """The recordings that were added."""
    held_out = _Place("HELD_OUT")
    """The recordings that versions are examined with, as they were when they were chosen."""
    feedback = _Place("feedback.jsonl")
    """What users said was wrong."""
    rollbacks = _Place("rollbacks.jsonl")
    """Which versions people stepped back from or made live."""
    lock = _Place(".lock")
    """Held by the one writer."""
    lock_holder = _Place(".lock-holder")
    """Who holds the lock."""

    def version(self, version_id: str) -> VersionLayout:
        """Return where the version of that id lies."""
        return VersionLayout(self.versions / version_id)


def is_version_id(text: str) -> bool:
    """Whether `text` has the form of a version's id: its time in UTC, ``-``, 8 hex digits."""
    return _VERSION_ID.fullmatch(text) is not None


def time_in_id(at: datetime) -> str:
    """Write a time, which has a time zone, as a version's id begins; those that are later sort later."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"


def store_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder for what is learned and kept: ``SWARA_STORE``, else the user's data folder."""
    if named := environment.get("SWARA_STORE"):
        return Path(named).expanduser()
    from platformdirs import user_data_path

    return user_data_path("swara")
