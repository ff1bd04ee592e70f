"""Versions are made whole, then named, then made live, and found unchanged whenever they are read."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from swara.data.storage.disk import FileRecord, sync, sync_tree, write_bytes
from swara.service.errors import StoreNewer, damaged, head_at, reading, writing

from .layout import NEW_PREFIX, Layout, VersionLayout, is_version_id, time_in_id
from .manifest import SCHEMA, Manifest, hash8, stored_schema

__all__ = [
    "SHIPPED",
    "Build",
    "all_versions",
    "clear_leftovers",
    "create_version",
    "current_version",
    "promote",
    "promote_shipped",
    "publish",
    "read_manifest",
    "training_recordings",
    "verify_version",
    "withdraw",
]


SHIPPED = "shipped"
"""In the place of an id: no version of a trained head is live, and the one that ships answers."""

_TEMPORARY = ".swara-*"
"""The files that `write_atomically` had not yet renamed; they end as their targets do."""


def clear_leftovers(store: Layout) -> None:
    """Remove half-made versions and temporary files; only the writer that holds the lock may do so.

    What cannot be removed stays: it takes space, and does no harm.
    """
    for folder in store.versions.glob(f"{NEW_PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)
    for file in _temporary_files(store):
        with suppress(OSError):
            file.unlink(missing_ok=True)


def _temporary_files(store: Layout) -> Iterator[Path]:
    # Not those of the corpus, which has a lock of its own and may be growing at this moment.
    yield from (file for file in store.folder.glob(_TEMPORARY) if file.suffix == store.current.suffix)
    yield from store.cache.rglob(_TEMPORARY)


Build = Callable[[VersionLayout], None]
"""Fills the empty folder of a version."""


def create_version(store: Layout, draft: Manifest, build: Build) -> str:
    """Make a version and return its id; the caller holds the lock.

    It is built under another name, forced to the disk and named last: whoever sees the name sees all of it.

    Parameters
    ----------
    store : Layout
        Where the versions, the corpus and the caches lie.
    draft : Manifest
        What it is; the records of its files are filled in.
    build : callable
        Fills the version; whatever it raises passes through, and nothing stays behind.

    Raises
    ------
    StoreError
        If the disk is full, or may not be written.
    """
    new = store.versions / f"{NEW_PREFIX}{secrets.token_hex(6)}"
    with writing(store.folder):
        try:
            new.mkdir(parents=True)
            build(VersionLayout(new))
            files = sorted(path for path in new.rglob("*") if path.is_file())
            records = {path.relative_to(new).as_posix(): FileRecord.of(path) for path in files}
            content = replace(draft, files=records).to_json()
            VersionLayout(new).manifest.write_bytes(content)
            sync_tree(new)
            version = f"{time_in_id(datetime.fromisoformat(draft.made_at))}-{hash8(content)}"
            new.rename(store.version(version).folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return version


def promote(store: Layout, version: str) -> None:
    """Make `version` the live one; a reader sees the one before or this, never neither.

    Raises
    ------
    StoreError
        If the disk is full, or may not be written.
    """
    with writing(store.folder):
        # The name of the version must not reach the disk after that of its being live.
        sync(store.versions)
        write_bytes(store.current, f"{version}\n".encode("ascii"))


def promote_shipped(store: Layout) -> None:
    """Let the head that ships answer, in a store of heads; errors are those of `promote`."""
    with writing(store.folder):
        write_bytes(store.current, f"{SHIPPED}\n".encode("ascii"))


def publish(store: Layout, draft: Manifest, build: Build) -> str:
    """Make a version live as soon as it is made, and return its id; where that fails, it is not kept."""
    version = create_version(store, draft, build)
    try:
        promote(store, version)
    except BaseException:
        if current_version(store) != version:
            withdraw(store, version)
        raise
    return version


def current_version(store: Layout) -> str | None:
    """Return the id of the live version; None if there is none yet, or what ships answers.

    Raises
    ------
    StoreDamaged
        If ``CURRENT`` does not hold an id.
    """
    if not store.current.exists():
        return None
    with reading(store.current):
        line = store.current.read_bytes().decode("ascii", errors="replace")
    version = line.removesuffix("\n")
    if line == f"{SHIPPED}\n" and head_at(store.current):
        return None
    if version == line or not is_version_id(version):
        raise damaged("does not name a version", store.current)
    return version


def all_versions(store: Layout) -> tuple[str, ...]:
    """Return the ids of the versions kept, sound or not, the oldest first."""
    if not store.versions.is_dir():
        return ()
    with reading(store.versions):
        names = [path.name for path in store.versions.iterdir()]
    return tuple(sorted(name for name in names if is_version_id(name)))


def withdraw(store: Layout, version: str) -> None:
    """Remove a version that is not live; renamed first, so that no part of it keeps its name.

    What cannot be removed stays under a name that the next writer clears.
    """
    doomed = store.version(version).folder
    with suppress(OSError):
        doomed = doomed.rename(store.versions / f"{NEW_PREFIX}{secrets.token_hex(6)}")
    shutil.rmtree(doomed, ignore_errors=True)


Difference = Callable[[FileRecord, Path], str | None]
"""Says how a file differs from its record; None if it does not."""


def verify_version(
    store: Layout, version: str, *, difference: Difference = FileRecord.difference
) -> Manifest:
    """Return the manifest of `version` once it and every file that it lists are found unchanged.

    Parameters
    ----------
    store : Layout
        Where the versions lie.
    version : str
        Its id.
    difference : callable, optional
        Says how a file differs from its record; by default all of it is read.

    Raises
    ------
    StoreDamaged
        Naming the first file that is missing, cut short or changed.
    StoreNewer
        If the version has a schema that this swara does not know.
    """
    at = store.version(version)
    manifest = read_manifest(store, version)
    for path, record in manifest.files.items():
        with reading(at.folder / path):
            if (what := difference(record, at.folder / path)) is not None:
                raise damaged(what, at.folder / path)
    return manifest


def read_manifest(store: Layout, version: str) -> Manifest:
    """Return the manifest of `version`, itself found unchanged; the files that it lists are not looked at.

    Raises
    ------
    StoreDamaged
        If it is missing or changed.
    StoreNewer
        If it has a schema that this swara does not know.
    """
    at = store.version(version)
    with reading(at.manifest):
        content = at.manifest.read_bytes()
    if not version.endswith(f"-{hash8(content)}"):
        raise damaged("the file was changed since it was made", at.manifest)
    if (stored_schema(content) or 0) > SCHEMA:
        from swara.data.installation import newer_advice

        raise StoreNewer(
            "the store was written by a newer swara",
            where=str(at.folder),
            fix=newer_advice(),
        )
    try:
        return Manifest.from_json(content)
    except ValueError as error:
        raise damaged(str(error), at.manifest) from error


def training_recordings(
    store: Layout, version: str, manifest: Manifest
) -> Mapping[str, Mapping[str, Any]] | None:
    """Return the singer, Sa and labels of each recording by its id; None where an older swara noted none.

    Raises
    ------
    StoreError
        If the file is missing, damaged, or may not be read.
    """
    at = store.version(version).recordings
    if at.name not in manifest.files:
        return None
    with reading(at):
        lines = at.read_bytes().splitlines()
    try:
        return {fields["id"]: fields for fields in map(json.loads, lines)}
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(str(error), at) from error
