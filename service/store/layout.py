"""Where everything in a store lies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from swara.service.errors import HEADS, HeadKind

if TYPE_CHECKING:
    from swara.data.storage.remote import RemoteEntries

__all__ = ["NEW_PREFIX", "HeadKind", "Layout", "VersionLayout", "is_version_id", "store_folder", "time_in_id"]

NEW_PREFIX = ".new-"
"""How the folder of a version begins while it is being built."""

_VERSION_ID = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}")


class _At:
    """The path of that name in the folder of a layout."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, layout: Layout | VersionLayout, owner: type) -> Path:
        return layout.folder / self._name


@dataclass(frozen=True, slots=True)
class VersionLayout:
    """The files of one version, in `folder`; the folder is immutable once it has its name."""

    folder: Path

    manifest = _At("manifest.json")
    """What the version is and what it holds; written last."""
    note_head = _At("note_head.npz")
    """The note head."""
    holdout_head = _At("exam_head.npz")
    """The note head as it is without the singers held out, for the gate alone; not in every version."""
    index = _At("index")
    """Folder of the sample index."""
    targets = _At("targets.json")
    """Where the professionals sing each swara; not in a version of schema 1."""
    recordings = _At("recordings.jsonl")
    """What it was learned from, a line for each recording; not in a version of schema 1."""
    report = _At("report.json")
    """How well the head did on recordings that it was not fitted to."""
    card = _At("card.md")
    """What a trained head is, for people; only in a version of one."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A store on disk.

    Parameters
    ----------
    folder : Path
        The store; it need not exist.
    cache_url : str, optional
        Where several machines share what they embedded and tracked: the URL of a folder, laid out as
        the cache in the store.
    """

    folder: Path
    cache_url: str | None = None

    current = _At("CURRENT")
    """One line: the id of the live version."""
    versions = _At("versions")
    """A folder ``<utc>-<hash8>`` for each version: a `VersionLayout`."""
    cache = _At("cache")
    """What can be computed again."""
    embeddings = _At("cache/embeddings")
    """``<fingerprint of the embedder>/<audio sha256>.npz``"""
    pitch = _At("cache/pitch")
    """``<fingerprint of the tracker>/<audio sha256>.npz``"""
    notes = _At("cache/notes")
    """``<fingerprint of the embedder>/<sha256>.npz``: notes and phrases as the last rebuild cut them."""
    takes = _At("cache/takes")
    """``<fingerprint of the code that hears>/<audio sha256>.npz``: pitch and notes of takes, no sound."""
    whole = _At("cache/whole")
    """``<sha256>``: where a large file of that digest lay, and when, as it was read through last."""
    corpus = _At("corpus.jsonl")
    """The recordings that were added; only ever appended to."""
    held_out = _At("HELD_OUT")
    """The recordings that versions are examined with, as they were when they were chosen, as JSON lines."""
    feedback = _At("feedback.jsonl")
    """What users said was wrong; only ever appended to."""
    rollbacks = _At("rollbacks.jsonl")
    """Which versions people stepped back from or made live; only ever appended to."""
    history = _At("history.sqlite")
    """A summary of each take, and what the singer chose."""
    sounds = _At("takes")
    """``<number in the history>.wav``, where the singer wants the sound kept."""
    lock = _At(".lock")
    """Held by the one writer."""
    lock_holder = _At(".lock-holder")
    """Who that is, for people."""

    @property
    def is_store(self) -> bool:
        """Whether anything of swara is kept there; a folder that is empty, as one not mounted is, is none."""
        kept = (self.corpus, self.versions, self.current, self.held_out, self.feedback, self.history)
        return any(each.exists() for each in (*kept, self.cache, self.folder / HEADS))

    def head(self, kind: HeadKind) -> Layout:
        """Return the store of the trained heads of that kind: versions, one of them live, and a lock."""
        return Layout(self.folder / HEADS / kind)

    def beyond(self, kind: Literal["embeddings", "pitch"]) -> RemoteEntries | None:
        """Return the entries of that kind which machines share; None where they share none."""
        if self.cache_url is None:
            return None
        from swara.data.storage.remote import RemoteEntries, RemoteFolder

        return RemoteEntries(RemoteFolder(f"{self.cache_url.rstrip('/')}/{kind}"))

    def version(self, version_id: str) -> VersionLayout:
        """Return where the version of that id lies."""
        return VersionLayout(self.versions / version_id)


def is_version_id(text: str) -> bool:
    """Tell whether `text` has the form of a version's id: its time in UTC, ``-``, 8 hex digits."""
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
