"""The version that answers now."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from swara.classifier.note_head.head import NoteHead, load_note_head
from swara.data.errors import OutputError
from swara.data.storage.disk import FileRecord, write_bytes
from swara.embedder import EmbedderSpec
from swara.index import IndexDamaged
from swara.index.files import load_sample_index
from swara.index.samples import SampleIndex
from swara.service.errors import EmbedderChanged, StoreError, damaged, reading

from .layout import Layout
from .manifest import Manifest
from .versions import current_version, verify_version

__all__ = ["LiveVersion", "open_live", "open_version"]


@dataclass(frozen=True, slots=True, eq=False)
class LiveVersion:
    """A version, opened.

    Parameters
    ----------
    id : str
        Its id.
    manifest : Manifest
        What it is.
    head : NoteHead
        Names the swara of a note.
    index : SampleIndex
        Both made with the embedder that it was opened for.
    """

    id: str
    manifest: Manifest
    head: NoteHead
    index: SampleIndex


def open_live(store: Layout, embedder: EmbedderSpec) -> LiveVersion | None:
    """Open the live version, once every file of it was found unchanged; None if there is no version yet.

    Needs no lock: a version never changes, and the one before stays when another becomes live. Where it was
    pruned while it was being read, the one that is live by then is opened.

    Parameters
    ----------
    store : Layout
        Where the versions, the corpus and the caches lie.
    embedder : EmbedderSpec
        Of the embedder that will hear what the head and the index are asked about.

    Raises
    ------
    StoreDamaged
        Naming the file that is missing, cut short or changed.
    StoreNewer
        If a newer swara wrote it.
    EmbedderChanged
        If the head or the index was made with another embedder.
    StoreError
        If a file may not be read.
    """
    while (version := current_version(store)) is not None:
        try:
            return open_version(store, version, embedder)
        except StoreError:
            if current_version(store) == version:
                raise
    return None


def open_version(store: Layout, version: str, embedder: EmbedderSpec) -> LiveVersion:
    """Open the version of that id, live or not; parameters and errors are those of `open_live`."""
    manifest = verify_version(store, version, difference=partial(_difference, store))
    _check_embedder(store, manifest, embedder)
    at = store.version(version)
    try:
        with reading(at.note_head):
            head = load_note_head(at.note_head)
        with reading(at.index):
            index = load_sample_index(at.index, lambda _, __: True)  # as every file was read just now
    except IndexDamaged as error:
        # Its bytes are what was written, so a swara wrote it that saw things otherwise.
        raise damaged(error.what, at.index) from error
    if head.uses_embedding and head.embedding_dim != embedder.dim:
        raise EmbedderChanged(
            f"the note head looks at {head.embedding_dim} numbers of a note, and this swara makes"
            f" {embedder.dim} of it with {embedder.name}",
            where=str(store.folder),
            fix=f"Run: swara rebuild --embedder {embedder.name}",
        )
    return LiveVersion(version, manifest, head, index)


_LARGE = 2**24
"""Bytes of a file that takes 10 ms and more to read through."""

_SETTLED_NS = 2 * 10**9
"""How long ago a file must have been written to be known by its times, which some disks keep in seconds."""


def _difference(store: Layout, record: FileRecord, file: Path) -> str | None:
    """Say how a file differs from its record; a large one is read when it is first opened or was touched.

    What it looked like then, to the file system, is kept in the cache. A rebuild reads all of it again.
    """
    if record.size_bytes < _LARGE:
        return record.difference(file)
    stamp, at = store.whole / record.sha256, file.stat()
    now = f"{at.st_size} {at.st_ino} {at.st_mtime_ns} {at.st_ctime_ns}\n".encode()
    with suppress(OSError):
        if stamp.read_bytes() == now:
            return None
    what = record.difference(file)
    if what is None and time.time_ns() - at.st_ctime_ns > _SETTLED_NS:
        with suppress(OSError, OutputError):
            stamp.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(stamp, now)
    return what


def _check_embedder(store: Layout, manifest: Manifest, embedder: EmbedderSpec) -> None:
    made_with = {*manifest.made_with.values(), manifest.embedder.fingerprint}
    if made_with == {embedder.fingerprint}:
        return
    parts = " and ".join(sorted(part.replace("_", " ") for part in manifest.made_with))
    theirs = manifest.embedder
    # Not where head and index differ from one another, or are of nobody that is named.
    needed = f": with {theirs.name} {theirs.fingerprint}" if made_with == {theirs.fingerprint} else ""
    raise EmbedderChanged(
        f"{parts} were made with another embedder than this one, {embedder.name} {embedder.fingerprint}"
        f"{needed}",
        where=str(store.folder),
        fix=f"Run: swara rebuild --embedder {embedder.name}",
    )
