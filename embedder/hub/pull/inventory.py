"""What of the models that can be pulled is here: listed, verified, removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from swara.data.errors import MissingPackage
from swara.data.storage.model_folder import remove_dir, size_bytes
from swara.embedder.errors import ModelAbsent, ModelDamaged, ModelError, removing
from swara.embedder.hub.locate import CacheName, cached_model

from .catalogue import CATALOGUE, Pullable
from .download import DownloadProgress, RetryPolicy
from .install import ContractCheck, ModelLayout, model_lock
from .manifest import check_files, read_manifest

__all__ = ["LocalModel", "State", "VerifyResult", "inventory", "remove", "verify"]

State: TypeAlias = Literal["pulled", "manual", CacheName, "damaged", "partial", "absent"]

_CACHE_OF = {"tfhub-cache": "TF Hub", "kagglehub-cache": "kagglehub"}


@dataclass(frozen=True, slots=True)
class LocalModel:
    """One model that can be pulled, and what is here of it.

    Parameters
    ----------
    model : Pullable
        Which of the models that can be pulled.
    state : {"pulled", "manual", "tfhub-cache", "kagglehub-cache", "damaged", "partial", "absent"}
        A ``manual`` one lies where a pulled one would and has no manifest; a ``partial`` one is a download
        that broke off.
    where : Path or None
        The SavedModel folder or TFLite file, or what is damaged; None if there is nothing.
    size_bytes : int
        Of all its files; of a partial one, what arrived.
    digest : str or None
        Of a pulled model: 64 hex digits.
    """

    model: Pullable
    state: State
    where: Path | None = None
    size_bytes: int = 0
    digest: str | None = None

    @property
    def usable(self) -> bool:
        """Whether there is a whole model, as far as can be said without reading it."""
        return self.state not in {"damaged", "partial", "absent"}


def inventory(models: Path, environment: Mapping[str, str]) -> tuple[LocalModel, ...]:
    """Look at every model that can be pulled; no file is read but manifests.

    Parameters
    ----------
    models : Path
        The folder of all models.
    environment : mapping of str to str
        For the caches of other programs, as `cached_model` has them.
    """
    return tuple(_local_model(ModelLayout(models, model), environment) for model in CATALOGUE)


def _local_model(at: ModelLayout, environment: Mapping[str, str]) -> LocalModel:
    model = at.model
    try:
        manifest = read_manifest(at.manifest)
    except ModelDamaged:
        return LocalModel(model, "damaged", at.manifest, size_bytes(at.folder))
    if manifest is not None:
        state: State = "pulled" if at.content.exists() else "damaged"
        return LocalModel(model, state, at.content, manifest.size_bytes, manifest.digest)
    # A TFLite file in the place of a SavedModel comes last, as `find_model` has it.
    manual, cached = at.manual, cached_model(model.contract, environment)
    if manual is not None and (cached is None or manual.is_dir() or model.form == "tflite"):
        return LocalModel(model, "manual", manual, size_bytes(manual))
    if cached is not None:
        return LocalModel(model, cached[0], cached[1], size_bytes(cached[1]))
    if at.part.exists():
        return LocalModel(model, "partial", at.part, size_bytes(at.part))
    return LocalModel(model, "absent")


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What was compared of a model that is as it should be.

    Parameters
    ----------
    local : LocalModel
        The model, as it lies there.
    files : int
        How many files have the digest that they were pulled with; 0 if none is on record.
    contract : bool
        Whether the documented contract was run.
    """

    local: LocalModel
    files: int
    contract: bool


def verify(
    model: Pullable,
    models: Path,
    environment: Mapping[str, str],
    check: ContractCheck,
    progress: DownloadProgress | None = None,
) -> VerifyResult:
    """Compare every file with its digest, then run the documented contract.

    Parameters
    ----------
    model : Pullable
        Which of the models that can be pulled.
    models : Path
        The folder of all models.
    environment : mapping of str to str
        For the caches of other programs.
    check : callable
        The contract; left out where a package that it needs is missing.
    progress : callable, optional
        Called with the bytes done and those to do.

    Raises
    ------
    ModelAbsent
        If it is not here.
    ModelDamaged
        Naming the file that is missing, cut short or changed.
    ModelUnfit
        If it does not do what is documented.
    """
    (local,) = (each for each in inventory(models, environment) if each.model == model)
    if local.where is None or local.state == "partial":
        raise ModelAbsent(
            "the model is not on this machine", where=model.name, fix=f"Run: swara models pull {model.name}"
        )
    tell = progress or (lambda *_: None)
    at, files = ModelLayout(models, model), 0
    if local.state in {"pulled", "damaged"}:
        tell(f"reading {model.name}", 0, None)
        manifest = read_manifest(at.manifest)
        if manifest is None:  # removed by another process, just now
            raise ModelDamaged("the file is missing", where=str(at.manifest))
        check_files(at.folder, manifest)
        files = len(manifest.files)
    tell(f"running the documented contract of {model.name}", 0, None)
    try:
        check(model, local.where)
    except MissingPackage:
        return VerifyResult(local, files, contract=False)
    except ModelError as error:
        if local.state != "pulled":
            raise
        # Its files are as they were pulled, so that another pull would leave it as it is.
        fix = f"Run: swara models remove {model.name}, then: swara models pull {model.name}"
        raise type(error)(error.what, where=str(local.where), fix=fix) from error
    return VerifyResult(local, files, contract=True)


def remove(
    model: Pullable, models: Path, environment: Mapping[str, str], policy: RetryPolicy | None = None
) -> Path:
    """Remove a model with all that was made from it, and what was downloaded of it; return its folder.

    Raises
    ------
    ModelAbsent
        If there is nothing of it, or only a copy in the cache of another program.
    ModelInUse
        If another process has it in hand for too long.
    OutputError
        If it may not be removed.
    """
    at = ModelLayout(models, model)
    if not at.folder.exists() and not at.part.exists():
        if (cached := cached_model(model.contract, environment)) is None:
            raise ModelAbsent("the model is not on this machine", where=model.name)
        raise ModelAbsent(
            f"the copy here is in the cache of {_CACHE_OF[cached[0]]}, which other programs may use",
            where=str(cached[1]),
            fix="Delete it there yourself",
        )
    with model_lock(at, (policy or RetryPolicy()).lock_s, purpose=removing):
        with removing(at.models):
            remove_dir(at.folder)
        at.discard_part()
    return at.folder
