"""A model, brought onto this machine: whole and as documented, or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from swara.embedder.errors import DownloadFailed, ModelDamaged, ModelError

from .catalogue import Pullable
from .download import PartFile, Patience, Progress, Trouble, download
from .install import ContractCheck, ModelLayout, install, model_lock
from .manifest import ModelManifest, check_files, read_manifest

__all__ = ["Pulled", "pull"]


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
    ModelError
        If a model lies there that somebody put there by hand, and no `source` is named to replace it.
    OutputError
        If the disk is full, or may not be written.
    """
    at, how = ModelLayout(models, model), patience or Patience()
    found, _ = _standing(at)
    if found is not None:
        return found
    with model_lock(at, how.lock_s, progress):
        found, damage = _standing(at)
        if found is not None:  # by another process, meanwhile
            return found
        if source is not None:
            manifest = install(at, source, str(source.absolute()), check, progress)
        else:
            _refuse_by_hand(at, damage)
            manifest = _downloaded(at, url or model.url, check, how, progress, sleep)
    return Pulled(at.folder, manifest, new=True, mended=damage)


def _standing(at: ModelLayout) -> tuple[Pulled | None, str | None]:
    """Return the model that is there if every file of it is as it was, and what is wrong with it if not."""
    try:
        manifest = read_manifest(at.manifest)
        if manifest is None:
            return None, None
        check_files(at.folder, manifest)
    except ModelDamaged as error:
        return None, f"{error.where}: {error.what}"
    return Pulled(at.folder, manifest, new=False), None


def _refuse_by_hand(at: ModelLayout, damage: str | None) -> None:
    """Refuse to replace what somebody put there: it may be all that they have."""
    if damage is None and (found := at.by_hand) is not None:
        same = found.is_dir() or at.model.form == "tflite"
        raise ModelError(
            "a model lies here that was not pulled, so its digests are not known",
            where=str(found),
            fix=f"Record them with: swara models pull {at.model.name} --from {found}"
            if same
            else f"It is another form of {at.model.name}, which would be lost: move it away first",
        )


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
        raise _failed(at, url, trouble) from trouble
    try:
        manifest = install(at, part.path, _without_password(url), check, progress)
    except ModelError as error:
        part.discard()
        raise type(error)(error.what, where=_without_password(url), fix=error.fix) from error
    part.discard()
    return manifest


def _failed(at: ModelLayout, url: str, trouble: Trouble) -> DownloadFailed:
    name = at.model.name
    return DownloadFailed(
        f"{name} cannot be downloaded: {trouble.reason}",
        where=_without_password(url),
        fix=f"Try again later; or fetch that file with another program or on another machine, and run: "
        f"swara models pull {name} --from FILE, which puts it into {at.folder}",
    )


def _without_password(url: str) -> str:
    try:
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        return "the address"
