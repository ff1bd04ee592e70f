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


@dataclass(frozen=True, slots=True)
class VersionLayout:
    """The files of one version, in `folder`; the folder is immutable once it has its name."""

    folder: Path

    @property
    def manifest(self) -> Path:
        """What the version is and what it holds; written last."""
        return self.folder / "manifest.json"

    @property
    def note_head(self) -> Path:
        """The note head."""
        return self.folder / "note_head.npz"

    @property
    def holdout_head(self) -> Path:
        """The note head as it is without the singers held out, for the gate alone; not in every version."""
        return self.folder / "exam_head.npz"

    @property
    def index(self) -> Path:
        """Folder of the sample index."""
        return self.folder / "index"

    @property
    def targets(self) -> Path:
        """Where the professionals sing each swara; not in a version of schema 1."""
        return self.folder / "targets.json"

    @property
    def recordings(self) -> Path:
        """What it was learned from, a line for each recording; not in a version of schema 1."""
        return self.folder / "recordings.jsonl"

    @property
    def report(self) -> Path:
        """How well the head did on recordings that it was not fitted to."""
        return self.folder / "report.json"


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

    @property
    def current(self) -> Path:
        """Names the live version."""
        return self.folder / "CURRENT"

    @property
    def versions(self) -> Path:
        """Folder of the versions."""
        return self.folder / "versions"

    @property
    def cache(self) -> Path:
        """Folder of what can be computed again."""
        return self.folder / "cache"

    @property
    def embeddings(self) -> Path:
        """Folder of the embedding cache."""
        return self.cache / "embeddings"

    @property
    def pitch(self) -> Path:
        """Folder of the pitch cache."""
        return self.cache / "pitch"

    @property
    def corpus(self) -> Path:
        """The recordings that were added."""
        return self.folder / "corpus.jsonl"

    @property
    def held_out(self) -> Path:
        """The recordings that versions are examined with, as they were when they were chosen."""
        return self.folder / "HELD_OUT"

    @property
    def feedback(self) -> Path:
        """What users said was wrong."""
        return self.folder / "feedback.jsonl"

    @property
    def rollbacks(self) -> Path:
        """Which versions people stepped back from or made live."""
        return self.folder / "rollbacks.jsonl"

    @property
    def lock(self) -> Path:
        """Held by the one writer."""
        return self.folder / ".lock"

    @property
    def lock_holder(self) -> Path:
        """Who holds the lock."""
        return self.folder / ".lock-holder"

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
