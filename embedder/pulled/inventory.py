"""What can be pulled, and what of it is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from embedder.errors import ModelDamaged
from embedder.model_places import SAVED_MODEL_FILE, hub_folders

from .catalogue import CATALOGUE, Pullable
from .layout import ModelLayout
from .manifest import read_manifest
from .part_file import PartFile

__all__ = ["Kept", "State", "hub_copy", "inventory"]

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
        return Kept(model, "damaged", at.manifest, _size_bytes(at.folder))
    if manifest is not None:
        state: State = "pulled" if at.content.exists() else "damaged"
        return Kept(model, state, at.content, manifest.size_bytes, manifest.digest)
    if at.content.exists():
        return Kept(model, "by hand", at.content, _size_bytes(at.content))
    if (hub := hub_copy(model, environment)) is not None:
        return Kept(model, "TF Hub's", hub, _size_bytes(hub))
    if size_bytes := PartFile(at.part).size_bytes:
        return Kept(model, "begun", at.part, size_bytes)
    return Kept(model, "not here")


def hub_copy(model: Pullable, environment: Mapping[str, str]) -> Path | None:
    """Return the SavedModel that TF Hub itself has in ``TFHUB_CACHE_DIR``, if there is one."""
    if model.form != "saved_model":
        return None
    folders = hub_folders(model.contract, environment)
    return next((folder for folder in folders if (folder / SAVED_MODEL_FILE).is_file()), None)


def _size_bytes(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())
