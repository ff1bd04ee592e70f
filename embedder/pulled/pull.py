"""A model, brought onto this machine: whole and as documented, or not at all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

from data.disk import sha256_of, sync, sync_tree
from embedder.errors import ModelDamaged, ModelError

from .catalogue import Pullable
from .content import place_content
from .download import download
from .errors import DownloadFailed, ModelRefused
from .layout import ModelLayout
from .lock import model_lock
from .manifest import ModelManifest, read_manifest, records_of, write_manifest
from .opening import Trouble
from .part_file import PartFile
from .patience import Patience, Progress
from .refusals import writing
from .soundness import check_files

__all__ = ["ContractCheck", "Pulled", "pull"]

ContractCheck: TypeAlias = Callable[[Pullable, Path], None]
"""Runs a model, a SavedModel folder or a TFLite file, and raises a `ModelError` unless it does what is
documented."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of a pull.

    Parameters
    ----------
    folder : Path
        Where the model lies.
    manifest : ModelManifest
    new : bool
        False if it was there, unchanged, before.
    mended : str or None
        What was wrong with the model that this one replaces.
    """

    folder: Path
    manifest: ModelManifest
    new: bool
    mended: str | None = None


def pull(
    model: Pullable,
    models: Path,
    check: ContractCheck,
    *,
    url: str | None = None,
    source: Path | None = None,
    patience: Patience | None = None,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Pulled:
    """Download `model`, or take it from `source`, run its documented contract, and put it into `models`.

    One that is there unchanged is left as it is; a damaged one is replaced. Two that pull the same model at
    once both succeed, and it is downloaded once.

    Parameters
    ----------
    model : Pullable
    models : Path
        The folder of all models.
    check : callable
        The contract, run before the model is put in place.
    url : str, optional
        Where to download from, if not from ``model.url``.
    source : Path, optional
        An archive, a SavedModel folder or a TFLite file to take instead of downloading.
    patience : Patience, optional
    progress : callable, optional
    sleep : callable
        Waits for so many seconds between two tries.

    Raises
    ------
    DownloadFailed
        With what to do without a network. What was downloaded is kept, for the next pull to go on from.
    ModelRefused, ModelUnfit
        If it is not the model, or does not do what is documented; nothing of it is kept.
    ModelBusy
        If another process has it in hand for too long.
    OutputError
        If the disk is full, or may not be written.
    """
    at, how = ModelLayout(models, model), patience or Patience()
    if found := _intact(at):
        return found
    with model_lock(at, how.lock_s, progress):
        if found := _intact(at):  # by another process, meanwhile
            return found
        damage = _damage(at, replacing=source is not None)
        if source is not None:
            manifest = _install(at, source, str(source.absolute()), check, progress)
        else:
            manifest = _downloaded(at, url or model.url, check, how, progress, sleep)
    return Pulled(at.folder, manifest, new=True, mended=damage)


def _intact(at: ModelLayout) -> Pulled | None:
    """Return the model that is there, if every file of it is as it was."""
    try:
        manifest = read_manifest(at.manifest)
        if manifest is not None:
            check_files(at, manifest)
    except ModelDamaged:
        return None
    return None if manifest is None else Pulled(at.folder, manifest, new=False)


def _damage(at: ModelLayout, *, replacing: bool) -> str | None:
    """Return what is wrong with the model that is there, None if there is none.

    One that somebody put there by hand is not replaced unless by another file that was named.
    """
    try:
        manifest = read_manifest(at.manifest)
        if manifest is not None:
            check_files(at, manifest)
    except ModelDamaged as error:
        return str(error)
    if at.content.exists():
        if not replacing:
            raise ModelError(
                "a model lies here that was not pulled, so its digests are not known",
                where=str(at.content),
                fix=f"Record it with: swara models pull {at.model.name} --from {at.content}",
            )
        return "it was put there by hand"
    return None


def _downloaded(
    at: ModelLayout,
    url: str,
    check: ContractCheck,
    how: Patience,
    progress: Progress | None,
    sleep: Callable[[float], None],
) -> ModelManifest:
    part, model = PartFile(at.part), at.model
    try:
        download(url, part, how, largest_bytes=model.largest_bytes, progress=progress, sleep=sleep)
    except Trouble as trouble:
        raise DownloadFailed(
            f"{model.name} cannot be downloaded: {trouble.reason}",
            where=url,
            fix=f"Try again later; or fetch that file with another program or on another machine, and run: "
            f"swara models pull {model.name} --from FILE, which puts it into {at.folder}",
        ) from trouble
    try:
        manifest = _install(at, part.path, _without_password(url), check, progress)
    except ModelError as error:
        part.discard()
        raise type(error)(error.what, where=url, fix=error.fix) from error
    part.discard()
    return manifest


def _install(
    at: ModelLayout, source: Path, origin: str, check: ContractCheck, progress: Progress | None
) -> ModelManifest:
    """Make a folder of `source`, check it, and give it its name."""
    tell = progress or (lambda *_: None)
    with _new_folder(at) as new:
        content = at.content_in(new)
        tell("unpacking", 0, None)
        place_content(at.model, source, content)
        _check_digest(at.model, content)
        tell("running the documented contract", 0, None)
        check(at.model, content)
        with writing(at.models):
            manifest = ModelManifest(
                name=at.model.name,
                handle=at.model.handle,
                source=origin,
                pulled_at=datetime.now(UTC).isoformat(timespec="seconds"),
                archive_sha256=sha256_of(source) if source.is_file() else None,
                files=records_of(content, new),
            )
            write_manifest(new / at.manifest.name, manifest)
            sync_tree(new)
            _put_in_place(new, at)
    return manifest


@contextmanager
def _new_folder(at: ModelLayout) -> Iterator[Path]:
    folder = at.new_folder()
    try:
        with writing(at.models):
            folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_digest(model: Pullable, content: Path) -> None:
    if model.file_sha256 is None:
        return
    found = sha256_of(content)
    if found != model.file_sha256:
        raise ModelRefused(
            f"its SHA-256 is {found[:12]}, that of {model.handle} is {model.file_sha256[:12]}",
            where=str(content.name),
            fix=f"Get it from {model.url}",
        )


def _put_in_place(new: Path, at: ModelLayout) -> None:
    old = at.old_folder()
    with suppress(FileNotFoundError):
        at.folder.rename(old)
    new.rename(at.folder)
    sync(at.models)
    shutil.rmtree(old, ignore_errors=True)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
