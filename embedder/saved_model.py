"""The identity of a SavedModel folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from .errors import ModelDamaged
from .model_places import SAVED_MODEL_FILE

__all__ = ["saved_model_digest", "saved_model_files"]

_PARTS = ("variables", "assets")
_CHUNK = 1 << 20


def saved_model_digest(folder: Path) -> str:
    """Return the SHA-256 over the graph, the variables and the assets, names included: 64 hex digits.

    Raises
    ------
    ModelDamaged
        If a file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        for path in saved_model_files(folder):
            digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ModelDamaged(f"the SavedModel cannot be read: {reason}", where=str(folder)) from error
    return digest.hexdigest()


def saved_model_files(folder: Path) -> Iterator[Path]:
    """Yield the files that count in the digest, in the order in which they do."""
    yield folder / SAVED_MODEL_FILE
    for part in _PARTS:
        yield from sorted(path for path in (folder / part).rglob("*") if path.is_file())
