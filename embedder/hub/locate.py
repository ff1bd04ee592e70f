"""Where published models are looked for on this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from swara.embedder.errors import ModelAbsent, ModelDamaged, reading

from .contract import YAMNET, YAMNET_TFLITE, Contract

__all__ = [
    "MANIFEST_FILE",
    "SAVED_MODEL_FILE",
    "SAVED_MODEL_FOLDER",
    "TFLITE_FILE",
    "CacheName",
    "cached_model",
    "find_exact",
    "find_model",
    "models_folder",
    "pulled_folder",
    "saved_model_digest",
    "saved_model_files",
]

SAVED_MODEL_FILE = "saved_model.pb"
"""What makes a folder a SavedModel."""

MANIFEST_FILE = "manifest.json"
"""Beside a pulled model: what it was then."""

SAVED_MODEL_FOLDER, TFLITE_FILE = "saved_model", "model.tflite"
"""Either of them lies in the folder of a pulled model."""

_PULLED = (SAVED_MODEL_FOLDER, TFLITE_FILE)
"""The float network first."""


def models_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder that models are pulled into: ``SWARA_MODELS``, else in the user's data folder."""
    if named := environment.get("SWARA_MODELS"):
        return Path(named).expanduser()
    from platformdirs import user_data_path

    return user_data_path("swara") / "models"


def pulled_folder(contract: Contract, environment: Mapping[str, str]) -> Path:
    """Return where ``swara models pull`` puts this model: ``saved_model/`` or ``model.tflite`` lie in it."""
    return models_folder(environment) / contract.name


def find_model(contract: Contract, environment: Mapping[str, str], path: Path | None = None) -> Path:
    """Return the SavedModel folder or the TFLite file to use.

    Looked for at `path` if that is given, else where ``swara models pull`` puts it, else in the caches of
    `cached_model`; last, a TFLite file.

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
    pulled = pulled_folder(contract, environment)
    _refuse_emptied(pulled)
    if found := _saved_model(contract, environment):
        return found
    files = (folder / TFLITE_FILE for folder in (pulled, _tflite_folder(pulled)))
    if found := next((file for file in files if file.is_file()), None):
        return found
    if contract is YAMNET and (cached := cached_model(YAMNET_TFLITE, environment)):
        return cached[1]
    raise _absent(contract, pulled / SAVED_MODEL_FOLDER)


def find_exact(contract: Contract, environment: Mapping[str, str]) -> Path:
    """Return the model of that very handle: no TFLite file in the place of a SavedModel, nor the reverse.

    Raises
    ------
    ModelAbsent, ModelDamaged
        As `find_model`.
    """
    pulled = pulled_folder(contract, environment)
    _refuse_emptied(pulled)
    if contract is YAMNET_TFLITE:
        file = pulled / TFLITE_FILE
        if file.is_file():
            return file
        if cached := cached_model(contract, environment):
            return cached[1]
        raise _absent(contract, file)
    if found := _saved_model(contract, environment):
        return found
    raise _absent(contract, pulled / SAVED_MODEL_FOLDER)


def _saved_model(contract: Contract, environment: Mapping[str, str]) -> Path | None:
    pulled = pulled_folder(contract, environment)
    for folder in (pulled, pulled / SAVED_MODEL_FOLDER):
        if (folder / SAVED_MODEL_FILE).is_file():
            return folder
    cached = cached_model(contract, environment)
    return None if cached is None else cached[1]


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


def _refuse_emptied(pulled: Path) -> None:
    if (pulled / MANIFEST_FILE).exists() and _model_at(pulled) is None:
        raise ModelDamaged(
            "what was pulled is no longer there",
            where=str(pulled),
            fix=f"Run: swara models pull {pulled.name}",
        )


def _model_at(path: Path) -> Path | None:
    """Return `path` if it is a model, or the model of a pulled folder."""
    if path.is_file() or (path / SAVED_MODEL_FILE).is_file():
        return path
    inside = (path / name for name in _PULLED)
    return next((each for each in inside if each.is_file() or (each / SAVED_MODEL_FILE).is_file()), None)


def _tflite_folder(pulled: Path) -> Path:
    """Where the network of 8-bit integers is pulled to, if there is one: ``yamnet-tflite``."""
    return pulled.with_name(f"{pulled.name}-tflite")


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


_PARTS = ("variables", "assets")
_CHUNK = 1 << 20


def saved_model_digest(folder: Path) -> str:
    """Return the SHA-256 over the graph, the variables and the assets, names included: 64 hex digits.

    Raises
    ------
    ModelDamaged
        If a file cannot be read.
    """
    digest = hashlib.sha256()
    with reading(folder, what="the SavedModel cannot be read"):
        for path in saved_model_files(folder):
            digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
    return digest.hexdigest()


def saved_model_files(folder: Path) -> Iterator[Path]:
    """Yield the files that count in the digest, in the order in which they do."""
    yield folder / SAVED_MODEL_FILE
    for part in _PARTS:
        yield from sorted(path for path in (folder / part).rglob("*") if path.is_file())
