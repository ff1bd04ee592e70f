"""A folder of models: a new one enters it whole and checked, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from filelock import FileLock, Timeout

from swara.data.storage.disk import FileRecord, sha256_of, sync_tree
from swara.data.storage.model_folder import clean_stale, staging_path, swap_in
from swara.embedder.errors import ModelError, ModelInUse, ModelUnfit, writing
from swara.embedder.hub.contract import SAVED_MODEL_FILE, SAVED_MODEL_FOLDER, saved_model_digest
from swara.embedder.hub.locate import MANIFEST_FILE, TFLITE_FILE

from .archive import place_content
from .catalogue import Pullable
from .download import DownloadProgress
from .manifest import ModelManifest, write_manifest

__all__ = ["ContractCheck", "ModelLayout", "install", "model_lock"]


@dataclass(frozen=True, slots=True)
class ModelLayout:
    """One model on disk.

    ::

        <name>/manifest.json            what it is, and the digest of each file; written last
        <name>/saved_model/             a SavedModel, or
        <name>/model.tflite             a TFLite file
        .<name>.part/                   as much as was downloaded, as kagglehub keeps it; earlier versions of
                                        swara kept a file, .<name>.part, and .<name>.part.json
        .<name>.lock                    held by the one who pulls or removes it
        .new-<name>-* and the like      on its way in or out: `swara.data.storage.model_folder`

    Parameters
    ----------
    models : Path
        The folder of all models; it need not exist.
    model : Pullable
        Which of the models that can be pulled.
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

    def discard_part(self) -> None:
        """Remove what was downloaded so far; what cannot be removed stays, and the next pull uses it."""
        for path in (self.part, self.part.with_name(f"{self.part.name}.json")):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            with suppress(OSError):
                path.unlink()

    @property
    def manual(self) -> Path | None:
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
    progress: DownloadProgress | None = None,
    *,
    purpose: Callable[[Path], AbstractContextManager[None]] = writing,
) -> Iterator[None]:
    """Be the one who changes a model; the folder of the models is made if it does not exist.

    The operating system frees the lock when its holder ends, however it ends. What one who was killed left
    half done is removed. `purpose` turns a folder that may not be written into an error.

    Raises
    ------
    ModelInUse
        If another process still holds it after `wait_s`.
    OutputError
        If the folder may not be written.
    """
    with purpose(at.models):
        at.models.mkdir(parents=True, exist_ok=True)
        lock = FileLock(at.models / f".{at.model.name}.lock")
        try:
            with suppress(Timeout):
                lock.acquire(timeout=0.0)
            if not lock.is_locked and progress:
                progress(f"waiting for another swara that has {at.model.name} in hand", 0, None)
            lock.acquire(timeout=wait_s)
        except Timeout as error:
            raise ModelInUse(
                f"another process has had {at.model.name} in hand for {wait_s:.0f} s",
                where=str(at.models),
                fix="Wait until it is done, or end it, and try again",
            ) from error
    try:
        clean_stale(at.folder)
        yield
    finally:
        lock.release(force=True)


ContractCheck: TypeAlias = Callable[[Pullable, Path], None]
"""Runs a model, a SavedModel folder or a TFLite file, and raises a `ModelError` unless it does what is
documented."""


def install(
    at: ModelLayout, source: Path, origin: str, check: ContractCheck, progress: DownloadProgress | None
) -> ModelManifest:
    """Make the model at `at` out of `source`, and replace the one that is there; hold the lock.

    Parameters
    ----------
    at : ModelLayout
        Where the files of the model go.
    source : Path
        An archive, a SavedModel folder or a TFLite file; it stays.
    origin : str
        Where it came from, for the manifest.
    check : callable
        The contract.
    progress : callable, optional
        Called with the bytes done and those to do.

    Raises
    ------
    ModelUnfit
        If `source` is not the model.
    ModelError
        Whatever `check` raises.
    OutputError
        If the disk is full, or may not be written. Nothing is left then, nor after any other failure.
    """
    tell = progress or (lambda *_: None)
    new = staging_path(at.folder)
    content = at.content_in(new)
    try:
        with writing(at.models):
            new.mkdir()
        tell("unpacking", 0, None)
        place_content(at.model, source, content)
        _check_digest(at.model, content, source)
        tell("running the documented contract", 0, None)
        try:
            check(at.model, content)
        except ModelError as error:  # what was checked will be gone when this is read
            fix = f"Nothing of it was kept. Get it from {at.model.url}"
            raise type(error)(error.what, where=str(source), fix=fix) from error
        files = [content] if content.is_file() else sorted(p for p in content.rglob("*") if p.is_file())
        with writing(at.models):
            manifest = ModelManifest(
                schema=1,
                name=at.model.name,
                handle=at.model.handle,
                source=origin,
                digest=sha256_of(content) if content.is_file() else saved_model_digest(content),
                pulled_at=datetime.now(UTC).isoformat(timespec="seconds"),
                archive_sha256=sha256_of(source) if source.is_file() else None,
                files={path.relative_to(new).as_posix(): FileRecord.of(path) for path in files},
            )
            write_manifest(new / at.manifest.name, manifest)
            sync_tree(new)
            swap_in(new, at.folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return manifest


def _check_digest(model: Pullable, content: Path, source: Path) -> None:
    if model.file_sha256 is None or model.file_sha256 == (found := sha256_of(content)):
        return
    size = content.stat().st_size
    short = f"it has {size} bytes of {model.file_bytes}, and " if model.file_bytes not in {None, size} else ""
    raise ModelUnfit(
        f"{short}its SHA-256 begins {found[:12]}, that of {model.handle} {model.file_sha256[:12]}",
        where=str(source),
        fix=f"Get it from {model.url}",
    )
