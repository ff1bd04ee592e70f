"""Whether a pulled model is still what was pulled."""

from __future__ import annotations

from data.disk import sha256_of
from embedder.errors import ModelDamaged

from .layout import ModelLayout
from .manifest import ModelManifest
from .refusals import reading

__all__ = ["check_files"]


def check_files(at: ModelLayout, manifest: ModelManifest) -> None:
    """Compare every file with its digest.

    Raises
    ------
    ModelDamaged
        Naming the first file that is missing, cut short or changed.
    """
    fix = f"Run: swara models pull {at.model.name}"
    for name, record in manifest.files.items():
        path = at.folder / name
        with reading(path, fix):
            size = path.stat().st_size
            if size != record.size_bytes:
                what = f"the file has {size} bytes, not the {record.size_bytes} that were pulled"
                raise ModelDamaged(what, where=str(path), fix=fix)
            if sha256_of(path) != record.sha256:
                raise ModelDamaged("the file is not what was pulled", where=str(path), fix=fix)
