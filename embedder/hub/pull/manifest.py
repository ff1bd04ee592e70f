"""What was pulled, as it stands beside the model, and whether the model still is that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from swara.data.storage.disk import FileRecord
from swara.embedder.errors import ModelDamaged, reading
from swara.embedder.hub.contract import SAVED_MODEL_FOLDER, saved_model_files

__all__ = ["ModelManifest", "check_files", "read_manifest", "write_manifest"]


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """A pulled model; its JSON has these fields in this order.

    Parameters
    ----------
    schema : int
        Of the JSON.
    name : str
        As in the catalogue.
    handle : str
        As TF Hub knew it.
    source : str
        The address that it was downloaded from, or the file or folder that it was taken from.
    digest : str
        What an embedder calls the weights by: the SHA-256 of the TFLite file, or that over the files of the
        SavedModel.
    pulled_at : str
        When, in UTC.
    archive_sha256 : str or None
        Of the archive or file that it was taken from; None for a folder, or what ``kagglehub`` downloaded.
    files : mapping of str to FileRecord
        By path relative to the manifest; at least one.
    """

    schema: Literal[1]
    name: str
    handle: str
    source: str
    digest: str
    pulled_at: str
    archive_sha256: str | None
    files: Annotated[Mapping[str, FileRecord], msgspec.Meta(min_length=1)]

    @property
    def size_bytes(self) -> int:
        """Of all files together."""
        return sum(record.size_bytes for record in self.files.values())


def write_manifest(path: Path, manifest: ModelManifest) -> None:
    """Write it as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")


def read_manifest(path: Path) -> ModelManifest | None:
    """Return what a manifest says; None where there is no such file.

    Raises
    ------
    ModelDamaged
        If it cannot be read, or was not written by `write_manifest`.
    """
    fix = f"Run: swara models remove {path.parent.name}, then: swara models pull {path.parent.name}"
    if not path.exists():
        return None
    with reading(path, fix):
        content = path.read_bytes()
    try:
        return msgspec.json.decode(content, type=ModelManifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        what = f"no manifest of a pulled model ({str(error).lower()})"
        raise ModelDamaged(what, where=str(path), fix=fix) from error


def check_files(folder: Path, manifest: ModelManifest) -> None:
    """Compare every file of the pulled model in `folder` with its digest.

    Raises
    ------
    ModelDamaged
        Naming the first file that is missing, cut short or changed, or that a SavedModel should not hold.
    """
    fix = f"Run: swara models pull {folder.name}"
    for name, record in manifest.files.items():
        path = folder / name
        with reading(path, fix):
            if (what := record.difference(path)) is not None:
                raise ModelDamaged(what, where=str(path), fix=fix)
    for path in saved_model_files(folder / SAVED_MODEL_FOLDER):
        if path.is_file() and path.relative_to(folder).as_posix() not in manifest.files:
            raise ModelDamaged("the file was not pulled with the others", where=str(path), fix=fix)
