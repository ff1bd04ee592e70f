"""Whether a version is what it was when it was made."""

from __future__ import annotations

from pathlib import Path

from swara.data.installation import newer_advice
from swara.data.storage.disk import sha256_of
from swara.service.errors import StoreNewer

from .disk_errors import damaged, reading
from .layout import Layout
from .manifest import SCHEMA, FileRecord, Manifest, hash8, stored_schema

__all__ = ["read_manifest", "verify_version"]


def verify_version(store: Layout, version: str) -> Manifest:
    """Return the manifest of `version` once it and every file that it lists are found unchanged.

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
        _check(at.folder / path, record)
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
        raise StoreNewer(
            "the store was written by a newer swara",
            where=str(at.folder),
            fix=newer_advice(),
        )
    try:
        return Manifest.from_json(content)
    except ValueError as error:
        raise damaged(str(error), at.manifest) from error


def _check(file: Path, record: FileRecord) -> None:
    with reading(file):
        size = file.stat().st_size
        if size != record.size:
            raise damaged(f"the file holds {size} bytes, not {record.size}", file)
        if sha256_of(file) != record.sha256:
            raise damaged("the file was changed since it was made", file)
