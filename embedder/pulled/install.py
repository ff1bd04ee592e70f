"""A folder of models: a new one enters it whole and checked, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from data.disk import sha256_of, sync_tree
from embedder.errors import ModelError
from embedder.kept_folder import new_beside, put_in_place
from embedder.saved_model import saved_model_digest

from .catalogue import Pullable
from .content import place_content
from .errors import ModelRefused, writing
from .layout import ModelLayout
from .manifest import ModelManifest, records_of, write_manifest
from .opening import Progress

__all__ = ["ContractCheck", "install"]

ContractCheck: TypeAlias = Callable[[Pullable, Path], None]
"""Runs a model, a SavedModel folder or a TFLite file, and raises a `ModelError` unless it does what is
documented."""


def install(
    at: ModelLayout, source: Path, origin: str, check: ContractCheck, progress: Progress | None
) -> ModelManifest:
    """Make the model at `at` out of `source`, and replace the one that is there; hold the lock.

    Parameters
    ----------
    at : ModelLayout
    source : Path
        An archive, a SavedModel folder or a TFLite file; it stays.
    origin : str
        Where it came from, for the manifest.
    check : callable
        The contract.
    progress : callable, optional

    Raises
    ------
    ModelRefused
        If `source` is not the model.
    ModelError
        Whatever `check` raises.
    OutputError
        If the disk is full, or may not be written. Nothing is left then, nor after any other failure.
    """
    tell = progress or (lambda *_: None)
    with _new_folder(at) as new:
        content = at.content_in(new)
        tell("unpacking", 0, None)
        place_content(at.model, source, content)
        _check_digest(at.model, content, source)
        tell("running the documented contract", 0, None)
        _check_contract(at.model, content, source, check)
        with writing(at.models):
            manifest = ModelManifest(
                name=at.model.name,
                handle=at.model.handle,
                source=origin,
                digest=sha256_of(content) if content.is_file() else saved_model_digest(content),
                pulled_at=datetime.now(UTC).isoformat(timespec="seconds"),
                archive_sha256=sha256_of(source) if source.is_file() else None,
                files=records_of(content, new),
            )
            write_manifest(new / at.manifest.name, manifest)
            sync_tree(new)
            put_in_place(new, at.folder)
    return manifest


@contextmanager
def _new_folder(at: ModelLayout) -> Iterator[Path]:
    folder = new_beside(at.folder)
    try:
        with writing(at.models):
            folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_digest(model: Pullable, content: Path, source: Path) -> None:
    if model.file_sha256 is None:
        return
    found, size = sha256_of(content), content.stat().st_size
    if found != model.file_sha256:
        short = (
            f"it has {size} bytes of {model.file_bytes}, and " if model.file_bytes not in {None, size} else ""
        )
        raise ModelRefused(
            f"{short}its SHA-256 begins {found[:12]}, that of {model.handle} {model.file_sha256[:12]}",
            where=str(source),
            fix=f"Get it from {model.url}",
        )


def _check_contract(model: Pullable, content: Path, source: Path, check: ContractCheck) -> None:
    try:
        check(model, content)
    except ModelError as error:
        # What was checked will be gone when this is read.
        raise type(error)(
            error.what, where=str(source), fix=f"Nothing of it was kept. Get it from {model.url}"
        ) from error
