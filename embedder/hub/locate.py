"""Where models from TF Hub are looked for on this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from swara.embedder.errors import ModelAbsent, ModelDamaged

from .contract import YAMNET_TFLITE, Contract

__all__ = [
    "MANIFEST_FILE",
    "SAVED_MODEL_FILE",
    "SAVED_MODEL_FOLDER",
    "TFLITE_FILE",
    "find_model",
    "find_only",
    "hub_folders",
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

    Looked for at `path` if that is given, else where ``swara models pull`` puts it, else where TF Hub itself
    does: ``TFHUB_CACHE_DIR``, in a folder called by the SHA-1 of the handle; last, a TFLite file.

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
    raise _absent(contract, pulled / SAVED_MODEL_FOLDER)


def find_only(contract: Contract, environment: Mapping[str, str]) -> Path:
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
        raise _absent(contract, file)
    if found := _saved_model(contract, environment):
        return found
    raise _absent(contract, pulled / SAVED_MODEL_FOLDER)


def _saved_model(contract: Contract, environment: Mapping[str, str]) -> Path | None:
    pulled = pulled_folder(contract, environment)
    folders = (pulled, pulled / SAVED_MODEL_FOLDER, *hub_folders(contract, environment))
    return next((each for each in folders if (each / SAVED_MODEL_FILE).is_file()), None)


def _absent(contract: Contract, place: Path) -> ModelAbsent:
    if place.name == TFLITE_FILE:
        what, by_hand = "the file", "put it there by hand"
    else:
        what = f"{SAVED_MODEL_FILE} with its variables"
        by_hand = f"unpack {contract.handle} into that folder by hand"
    return ModelAbsent(
        f"the model is not on this machine: {what}, from {contract.handle}",
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


def hub_folders(contract: Contract, environment: Mapping[str, str]) -> list[Path]:
    """Return where TF Hub keeps what it downloaded; the handle is digested as the caller wrote it."""
    if not (cache := environment.get("TFHUB_CACHE_DIR")):
        return []
    handles = (contract.handle, contract.handle + "/")
    digests = (hashlib.sha1(handle.encode(), usedforsecurity=False).hexdigest() for handle in handles)
    return [Path(cache).expanduser() / digest for digest in digests]


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
    try:
        for path in saved_model_files(folder):
            digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ModelDamaged(f"the SavedModel cannot be read: {reason}", where=str(folder)) from error
    return digest.hexdigest()


def saved_model_files(folder: Path) -> Iterator[Path]:
    """Yield the files that count in the digest, in the order in which they do."""
    yield folder / SAVED_MODEL_FILE
    for part in _PARTS:
        yield from sorted(path for path in (folder / part).rglob("*") if path.is_file())
