"""What can be wrong with a model that was not made here; the tree is drawn in ``swara.raga.errors``."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from swara.data.storage import disk
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


def writing(folder: Path) -> AbstractContextManager[None]:
    """Turn a failure to write below `folder` into `OutputError`."""
    elsewhere = (
        "name another folder with SWARA_MODELS; what was downloaded is kept, and the next pull goes on"
    )
    return disk.writing(folder, "the model cannot be kept here", elsewhere=elsewhere)


def removing(folder: Path) -> AbstractContextManager[None]:
    """Turn a failure to remove what lies below `folder` into `OutputError`."""
    return disk.writing(folder, "the model cannot be removed", elsewhere="")


def reading(
    file: Path, fix: str | None = None, what: str = "the file cannot be read"
) -> AbstractContextManager[None]:
    """Turn a failure to read `file`, which must be there, into `ModelDamaged`."""
    return disk.reading(file, ModelDamaged, what, fix=fix)
