"""What of the models that can be pulled is here: listed, verified, removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from swara.data.errors import MissingPackage
from swara.data.storage.model_folder import size_bytes, take_away
from swara.embedder.errors import ModelAbsent, ModelDamaged, ModelError, removing
from swara.embedder.hub.locate import SAVED_MODEL_FILE, hub_folders

from .catalogue import CATALOGUE, Pullable
from .download import PartFile, Patience, Progress
from .install import ContractCheck, ModelLayout, model_lock
from .manifest import check_files, read_manifest

__all__ = ["Kept", "State", "Verified", "hub_copy", "inventory", "remove", "verify"]

State: TypeAlias = Literal["pulled", "by hand", "TF Hub's", "damaged", "begun", "not here"]


@dataclass(frozen=True, slots=True)
class Kept:
    """One model that can be pulled, and what is here of it.

    Parameters
    ----------
    model : Pullable
    state : {"pulled", "by hand", "TF Hub's", "damaged", "begun", "not here"}
        ``by hand`` lies where a pulled one would and has no manifest, ``TF Hub's`` lies in
        ``TFHUB_CACHE_DIR``; ``begun`` is a download that broke off.
    where : Path or None
        The SavedModel folder or TFLite file, or what is damaged; None if there is nothing.
    size_bytes : int
    digest : str or None
        Of a pulled model: 64 hex digits.
    """

    model: Pullable
    state: State
    where: Path | None = None
    size_bytes: int = 0
    digest: str | None = None


def inventory(models: Path, environment: Mapping[str, str]) -> tuple[Kept, ...]:
    """Look at every model that can be pulled; no file is read but manifests.

    Parameters
    ----------
    models : Path
        The folder of all models.
    environment : mapping of str to str
        For ``TFHUB_CACHE_DIR``.
    """
    return tuple(_kept(ModelLayout(models, model), environment) for model in CATALOGUE)


def _kept(at: ModelLayout, environment: Mapping[str, str]) -> Kept:
    model = at.model
    try:
        manifest = read_manifest(at.manifest)
    except ModelDamaged:
        return Kept(model, "damaged", at.manifest, size_bytes(at.folder))
    if manifest is not None:
        state: State = "pulled" if at.content.exists() else "damaged"
        return Kept(model, state, at.content, manifest.size_bytes, manifest.digest)
    # A TFLite file in the place of a SavedModel comes last, as `find_model` has it.
    by_hand, hub = at.by_hand, hub_copy(model, environment)
    if by_hand is not None and (hub is None or by_hand.is_dir()):
        return Kept(model, "by hand", by_hand, size_bytes(by_hand))
    if hub is not None:
        return Kept(model, "TF Hub's", hub, size_bytes(hub))
    if length := PartFile(at.part).size_bytes:
        return Kept(model, "begun", at.part, length)
    return Kept(model, "not here")


def hub_copy(model: Pullable, environment: Mapping[str, str]) -> Path | None:
    """Return the SavedModel that TF Hub itself has in ``TFHUB_CACHE_DIR``, if there is one."""
    if model.form != "saved_model":
        return None
    folders = hub_folders(model.contract, environment)
    return next((folder for folder in folders if (folder / SAVED_MODEL_FILE).is_file()), None)


@dataclass(frozen=True, slots=True)
class Verified:
    """A model that is as it should be.

    Parameters
    ----------
    kept : Kept
    files : int
        How many files have the digest that they were pulled with; 0 if none is on record.
    contract : bool
        Whether the documented contract was run.
    """

    kept: Kept
    files: int
    contract: bool


def verify(
    model: Pullable,
    models: Path,
    environment: Mapping[str, str],
    check: ContractCheck | None,
    progress: Progress | None = None,
) -> Verified:
    """Compare every file with its digest, then run the documented contract.

    Parameters
    ----------
    model : Pullable
    models : Path
        The folder of all models.
    environment : mapping of str to str
        For ``TFHUB_CACHE_DIR``.
    check : callable or None
        The contract; None to leave it out. So it is where a package that it needs is missing.
    progress : callable, optional

    Raises
    ------
    ModelAbsent
        If it is not here.
    ModelDamaged
        Naming the file that is missing, cut short or changed.
    ModelUnfit
        If it does not do what is documented.
    """
    (kept,) = (each for each in inventory(models, environment) if each.model == model)
    if kept.where is None or kept.state == "begun":
        raise ModelAbsent(
            "the model is not on this machine", where=model.name, fix=f"Run: swara models pull {model.name}"
        )
    tell = progress or (lambda *_: None)
    contract = False
    at, files = ModelLayout(models, model), 0
    if kept.state in {"pulled", "damaged"}:
        tell(f"reading {model.name}", 0, None)
        files = _sound_files(at)
    if check is not None:
        tell(f"running the documented contract of {model.name}", 0, None)
        contract = _run(check, kept, kept.where)
    return Verified(kept, files, contract)


def _run(check: ContractCheck, kept: Kept, where: Path) -> bool:
    """Return whether the contract could be run, which takes TensorFlow for some models."""
    try:
        check(kept.model, where)
    except MissingPackage:
        return False
    except ModelError as error:
        if kept.state != "pulled":
            raise
        # Its files are as they were pulled, so that another pull would leave it as it is.
        name = kept.model.name
        fix = f"Run: swara models remove {name}, then: swara models pull {name}"
        raise type(error)(error.what, where=str(where), fix=fix) from error
    return True


def _sound_files(at: ModelLayout) -> int:
    manifest = read_manifest(at.manifest)
    if manifest is None:  # removed by another process, just now
        raise ModelDamaged("the file is missing", where=str(at.manifest))
    check_files(at.folder, manifest)
    return len(manifest.files)


def remove(
    model: Pullable, models: Path, environment: Mapping[str, str], patience: Patience | None = None
) -> Path:
    """Remove a model with all that was made from it, and what was downloaded of it; return its folder.

    Raises
    ------
    ModelAbsent
        If there is nothing of it, or only a copy that is TF Hub's own.
    ModelBusy
        If another process has it in hand for too long.
    OutputError
        If it may not be removed.
    """
    at = ModelLayout(models, model)
    part = PartFile(at.part)
    if not at.folder.exists() and not part.path.exists():
        raise _absent(at, environment)
    with model_lock(at, (patience or Patience()).lock_s, purpose=removing):
        with removing(at.models):
            take_away(at.folder)
        part.discard()
    return at.folder


def _absent(at: ModelLayout, environment: Mapping[str, str]) -> ModelAbsent:
    hub = hub_copy(at.model, environment)
    if hub is not None:
        return ModelAbsent(
            "the copy here is TF Hub's, which other programs may use",
            where=str(hub),
            fix="Delete that folder yourself, or unset TFHUB_CACHE_DIR",
        )
    return ModelAbsent("the model is not on this machine", where=at.model.name)
