"""Where published models are looked for on this machine, and whether they still are what was pulled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeAlias

from swara.embedder.errors import ModelAbsent, ModelDamaged

from .contract import (
    SAVED_MODEL_FILE,
    SAVED_MODEL_FOLDER,
    YAMNET,
    YAMNET_TFLITE,
    Contract,
)

__all__ = [
    "MANIFEST_FILE",
    "TFLITE_FILE",
    "CacheName",
    "cached_model",
    "find_model",
    "manifest_for",
    "models_folder",
    "verify_unchanged",
]

MANIFEST_FILE = "manifest.json"
"""Beside a pulled model: what it was then."""

TFLITE_FILE = "model.tflite"
"""In the folder of a pulled model, where it is no SavedModel."""

_PULLED = (SAVED_MODEL_FOLDER, TFLITE_FILE)
"""The float network first."""


def models_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder that models are pulled into: ``SWARA_MODELS``, else in the user's data folder."""
    if named := environment.get("SWARA_MODELS"):
        return Path(named).expanduser()
    from platformdirs import user_data_path

    return user_data_path("swara") / "models"


def find_model(
    contract: Contract, environment: Mapping[str, str], path: Path | None = None, *, exact: bool = False
) -> Path:
    """Return the SavedModel folder or the TFLite file to use.

    Looked for at `path` if that is given, else where ``swara models pull`` puts it, else in the caches of
    `cached_model`; last, a TFLite file, unless the model must be of that very handle (`exact`).

    Raises
    ------
    ModelAbsent
        If it is not there; the message says what to put where.
    ModelDamaged
        If it was pulled, and no longer is there: another one must not take its place unnoticed.
    """
    if path is not None:
        if found := _model_at(path.expanduser()):
            return found
        raise ModelAbsent(
            "neither a TFLite file nor a folder with a SavedModel",
            where=str(path),
            fix=f"Name the folder that holds {SAVED_MODEL_FILE}, or get the model with: "
            f"swara models pull {contract.name}",
        )
    pulled = models_folder(environment) / contract.name
    if (pulled / MANIFEST_FILE).exists() and _model_at(pulled) is None:
        raise ModelDamaged(
            "what was pulled is no longer there",
            where=str(pulled),
            fix=f"Run: swara models pull {pulled.name}",
        )
    found = next(_candidates(contract, pulled, environment, exact=exact), None)
    if found is None:
        raise _absent(contract, pulled / (TFLITE_FILE if contract is YAMNET_TFLITE else SAVED_MODEL_FOLDER))
    return found


def _candidates(
    contract: Contract, pulled: Path, environment: Mapping[str, str], *, exact: bool
) -> Iterator[Path]:
    """Yield what there is of a model, the best first."""
    if contract is YAMNET_TFLITE:
        files = [pulled / TFLITE_FILE]
    else:
        folders = (pulled, pulled / SAVED_MODEL_FOLDER)
        yield from (folder for folder in folders if (folder / SAVED_MODEL_FILE).is_file())
        files = (
            [] if exact else [pulled / TFLITE_FILE, pulled.with_name(f"{pulled.name}-tflite") / TFLITE_FILE]
        )
        if cached := cached_model(contract, environment):
            yield cached[1]
    yield from (file for file in files if file.is_file())
    lite = contract is YAMNET_TFLITE or (contract is YAMNET and not exact)
    if lite and (cached := cached_model(YAMNET_TFLITE, environment)):
        yield cached[1]


def _absent(contract: Contract, place: Path) -> ModelAbsent:
    if place.name == TFLITE_FILE:
        what, by_hand = "the file", "put it there by hand"
    else:
        what = f"{SAVED_MODEL_FILE} with its variables"
        by_hand = f"unpack {contract.url} into that folder by hand"
    return ModelAbsent(
        f"the model is not on this machine: {what}, from {contract.url}",
        where=str(place),
        fix=f"Run: swara models pull {contract.name}; or {by_hand}",
    )


def _model_at(path: Path) -> Path | None:
    """Return `path` if it is a model, or the model of a pulled folder."""
    if path.is_file() or (path / SAVED_MODEL_FILE).is_file():
        return path
    inside = (path / name for name in _PULLED)
    return next((each for each in inside if each.is_file() or (each / SAVED_MODEL_FILE).is_file()), None)


CacheName: TypeAlias = Literal["tfhub-cache", "kagglehub-cache"]


def cached_model(contract: Contract, environment: Mapping[str, str]) -> tuple[CacheName, Path] | None:
    """Return the SavedModel folder or TFLite file that another program downloaded, and whose cache has it.

    ``tensorflow_hub`` keeps a model in ``TFHUB_CACHE_DIR``, in a folder called by the SHA-1 of the handle as
    the caller wrote it; ``kagglehub`` in ``KAGGLEHUB_CACHE`` or ``~/.cache/kagglehub``, with a mark beside it
    once it is whole.
    """
    if cache := environment.get("TFHUB_CACHE_DIR"):
        for handle in _spellings(contract):
            digest = hashlib.sha1(handle.encode(), usedforsecurity=False).hexdigest()
            folder = Path(cache).expanduser() / digest
            if (folder / SAVED_MODEL_FILE).is_file():
                return "tfhub-cache", folder
    home = environment.get("KAGGLEHUB_CACHE") or Path.home() / ".cache" / "kagglehub"
    folder = Path(home) / "models" / contract.kaggle_handle
    if folder.with_name(f"{folder.name}.complete").is_file():
        pattern = "*.tflite" if contract is YAMNET_TFLITE else SAVED_MODEL_FILE
        if found := next((file for file in folder.glob(pattern) if file.is_file()), None):
            return "kagglehub-cache", found if contract is YAMNET_TFLITE else folder
    return None


def _spellings(contract: Contract) -> tuple[str, ...]:
    """Return the handles that people give to ``tensorflow_hub`` for one model."""
    kaggle = contract.url, contract.url.replace("/tensorFlow2/", "/TensorFlow2/")
    return (contract.handle, f"{contract.handle}/", *kaggle)


def manifest_for(model: Path, environment: Mapping[str, str]) -> Path | None:
    """Return the manifest that a model was pulled with; None for one that lies elsewhere or has none."""
    folder = model.parent
    manifest = folder / MANIFEST_FILE
    return manifest if folder.parent == models_folder(environment) and manifest.exists() else None


def verify_unchanged(manifest: Path | None, digest: str) -> None:
    """Compare what a model is now with what was pulled.

    Parameters
    ----------
    manifest : Path or None
        As `manifest_for` says; nothing is known of a model without one.
    digest : str
        SHA-256 of the TFLite file, or that over the files of the SavedModel.

    Raises
    ------
    ModelDamaged
        Naming the file that is missing, cut short or changed.
    """
    if manifest is None:
        return
    with suppress(OSError, ValueError, KeyError, TypeError):
        if json.loads(manifest.read_bytes())["digest"] == digest:
            return
    from .pull.manifest import check_files, read_manifest  # slow to import, and seldom needed

    if (pulled := read_manifest(manifest)) is not None:
        check_files(manifest.parent, pulled)
    raise ModelDamaged(
        "another one was pulled while it was read", where=str(manifest.parent), fix="Try again"
    )
