"""Where a pulled model lies, what is there while it is pulled, and the lock of the one who does that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from embedder.kept_folder import tidy
from embedder.model_places import MANIFEST_FILE, SAVED_MODEL_FILE, SAVED_MODEL_FOLDER, TFLITE_FILE

from .catalogue import Pullable
from .errors import ModelBusy, writing
from .opening import Progress

__all__ = ["ModelLayout", "model_lock"]


@dataclass(frozen=True, slots=True)
class ModelLayout:
    """One model on disk.

    ::

        <name>/manifest.json            what it is, and the digest of each file; written last
        <name>/saved_model/             a SavedModel, or
        <name>/model.tflite             a TFLite file
        .<name>.part, .<name>.part.json as much as was downloaded, and of what
        .<name>.lock                    held by the one who pulls or removes it
        .new-<name>-* and the like      on its way in or out: `embedder.kept_folder`

    Parameters
    ----------
    models : Path
        The folder of all models; it need not exist.
    model : Pullable
    """

    models: Path
    model: Pullable

    @property
    def folder(self) -> Path:
        """The model, with all that was made from it."""
        return self.models / self.model.name

    @property
    def content(self) -> Path:
        """What is loaded: the SavedModel folder or the TFLite file."""
        return self.content_in(self.folder)

    @property
    def manifest(self) -> Path:
        """What was pulled."""
        return self.folder / MANIFEST_FILE

    @property
    def part(self) -> Path:
        """What was downloaded so far."""
        return self.models / f".{self.model.name}.part"

    @property
    def lock(self) -> Path:
        """Held by the one who pulls or removes it."""
        return self.models / f".{self.model.name}.lock"

    @property
    def by_hand(self) -> Path | None:
        """What is loaded though nobody pulled it: ``yamnet/model.tflite`` too, without a SavedModel."""
        if self.manifest.exists():
            return None
        if (self.folder / SAVED_MODEL_FILE).is_file():
            return self.folder
        places = (self.content, self.folder / TFLITE_FILE)
        return next((place for place in places if place.exists()), None)

    def content_in(self, folder: Path) -> Path:
        """Return where the model proper lies in its `folder`."""
        return folder / (SAVED_MODEL_FOLDER if self.model.form == "saved_model" else TFLITE_FILE)


@contextmanager
def model_lock(
    at: ModelLayout,
    wait_s: float,
    progress: Progress | None = None,
    *,
    purpose: Callable[[Path], AbstractContextManager[None]] = writing,
) -> Iterator[None]:
    """Be the one who changes a model; the folder of the models is made if it does not exist.

    The operating system frees the lock when its holder ends, however it ends. What one who was killed left
    half done is removed. `purpose` turns a folder that may not be written into an error.

    Raises
    ------
    ModelBusy
        If another process still holds it after `wait_s`.
    OutputError
        If the folder may not be written.
    """
    with purpose(at.models):
        at.models.mkdir(parents=True, exist_ok=True)
        lock = FileLock(at.lock)
        if not _acquired(lock, 0.0):
            if progress:
                progress(f"waiting for another swara that has {at.model.name} in hand", 0, None)
            if not _acquired(lock, wait_s):
                raise ModelBusy(
                    f"another process has had {at.model.name} in hand for {wait_s:.0f} s",
                    where=str(at.models),
                    fix="Wait until it is done, or end it, and try again",
                )
    try:
        tidy(at.folder)
        yield
    finally:
        lock.release()


def _acquired(lock: FileLock, wait_s: float) -> bool:
    try:
        lock.acquire(timeout=wait_s)
    except Timeout:
        return False
    return True
