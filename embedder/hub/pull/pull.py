"""A model, brought onto this machine: whole and as documented, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from swara.data.storage.model_folder import size_bytes
from swara.embedder.errors import DownloadError, ModelDamaged, ModelError

from .catalogue import Pullable
from .download import DownloadProgress, RetryPolicy, download
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
        What was pulled: source, files, digests.
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
    source: Path | None = None,
    policy: RetryPolicy | None = None,
    progress: DownloadProgress | None = None,
) -> Pulled:
    """Download `model`, or take it from `source`, run its documented contract, and put it into `models`.

    One that is there unchanged is left as it is; a damaged one is replaced. Two that pull the same model at
    once both succeed, and it is downloaded once.

    Parameters
    ----------
    model : Pullable
        Which of the models that can be pulled.
    models : Path
        The folder of all models.
    check : callable
        The contract, run before the model is put in place.
    source : Path, optional
        An archive, a SavedModel folder or a TFLite file to take instead of downloading.
    policy : RetryPolicy, optional
        How long to wait for what.
    progress : callable, optional
        Told the stage at work, and how much of it is done.

    Raises
    ------
    DownloadError
        With what to do without a network. What was downloaded is kept, for the next pull to go on from.
    MissingPackage
        If what downloads it is not installed.
    ModelUnfit
        If it is not the model, or does not do what is documented; nothing of it is kept.
    ModelInUse
        If another process has it in hand for too long.
    ModelError
        If a model lies there that somebody put there by hand, and no `source` is named to replace it.
    OutputError
        If the disk is full, or may not be written.
    """
    at, how = ModelLayout(models, model), policy or RetryPolicy()
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
            _refuse_manual(at, damage)
            manifest = _downloaded(at, check, how, progress)
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


def _refuse_manual(at: ModelLayout, damage: str | None) -> None:
    """Refuse to replace what somebody put there: it may be all that they have."""
    if damage is None and (found := at.manual) is not None:
        same = found.is_dir() or at.model.form == "tflite"
        raise ModelError(
            "a model lies here that was not pulled, so its digests are not known",
            where=str(found),
            fix=f"Record them with: swara models pull {at.model.name} --from {found}"
            if same
            else f"It is another form of {at.model.name}, which would be lost: move it away first",
        )


def _downloaded(
    at: ModelLayout, check: ContractCheck, how: RetryPolicy, progress: DownloadProgress | None
) -> ModelManifest:
    model = at.model
    if at.part.is_file():  # of an earlier version of swara
        at.discard_part()
    try:
        found = download(
            model.contract.kaggle_handle,
            at.part,
            how,
            largest_bytes=model.largest_bytes,
            total_bytes=model.file_bytes,
            progress=progress,
        )
    except DownloadError as error:
        if size_bytes(at.part) > model.largest_bytes:  # nothing to go on from
            at.discard_part()
        raise DownloadError(
            f"{model.name} cannot be downloaded: {error.what}",
            where=model.url,
            fix="Try again later, which goes on from what has arrived; or fetch that file by another program "
            f"or on another machine, and run: swara models pull {model.name} --from FILE, which puts it into "
            f"{at.folder}",
        ) from error
    try:
        manifest = install(at, found, model.url, check, progress)
    except ModelError as error:
        # kagglehub would take what it has for whole, and never ask again.
        at.discard_part()
        raise type(error)(error.what, where=model.url, fix=error.fix) from error
    at.discard_part()
    return manifest
