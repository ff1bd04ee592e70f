"""What can be wrong with a model that was not made here; the tree is drawn in ``swara.raga.errors``."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from swara.data.errors import OutputError
from swara.raga.errors import SwaraError

__all__ = [
    "DownloadError",
    "FinetuneError",
    "ModelAbsent",
    "ModelDamaged",
    "ModelError",
    "ModelInUse",
    "ModelUnfit",
    "reading",
    "removing",
    "writing",
]


class ModelError(SwaraError):
    """A model from elsewhere that cannot be used."""


class ModelAbsent(ModelError):
    """A model that is in none of the places where it is looked for, or that nobody knows by that name."""


class ModelDamaged(ModelError):
    """A model that is cut short, changed or unreadable."""


class ModelUnfit(ModelError):
    """Something else than the documented model: a web page, another digest, other inputs or outputs."""


class ModelInUse(ModelError):
    """A model that another process, or the live version of a store, has in use."""


class DownloadError(ModelError):
    """A model could not be downloaded: no network, no such address, or a server that gives up."""


class FinetuneError(ModelError):
    """A fine-tuning that made no embedder."""


_ELSEWHERE = "name another folder with SWARA_MODELS"
_FULL = (
    f"Free some space on the disk, or {_ELSEWHERE}; what was downloaded is kept, and the next pull goes on"
)
_FIXES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: f"Give yourself permission to write there, or {_ELSEWHERE}",
    errno.EPERM: f"Give yourself permission to write there, or {_ELSEWHERE}",
    errno.EROFS: f"Make the disk writable, or {_ELSEWHERE}",
    errno.ENOTDIR: "Name a folder with SWARA_MODELS",
    errno.EEXIST: "Name a folder with SWARA_MODELS",
}


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a failure to write below `folder` into `OutputError`."""
    try:
        yield
    except OSError as error:
        fix = _FIXES.get(error.errno or 0, f"Look after the disk, or {_ELSEWHERE}")
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"the model cannot be kept here: {reason}", where=str(folder), fix=fix) from error


@contextmanager
def removing(folder: Path) -> Iterator[None]:
    """Turn a failure to remove what lies below `folder` into `OutputError`."""
    try:
        yield
    except OSError as error:
        fix = (
            "Make the disk writable"
            if error.errno == errno.EROFS
            else "Give yourself permission to write there"
        )
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"the model cannot be removed: {reason}", where=str(folder), fix=fix) from error


@contextmanager
def reading(file: Path, fix: str) -> Iterator[None]:
    """Turn a failure to read `file`, which must be there, into `ModelDamaged`."""
    try:
        yield
    except FileNotFoundError as error:
        raise ModelDamaged("the file is missing", where=str(file), fix=fix) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ModelDamaged(f"the file cannot be read: {reason}", where=str(file), fix=fix) from error
