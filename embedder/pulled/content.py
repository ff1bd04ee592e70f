"""What was downloaded or given, made into the files of a model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from embedder.model_places import SAVED_MODEL_FILE

from .catalogue import Pullable
from .errors import ModelRefused, writing
from .unpack import is_archive, unpack

__all__ = ["place_content"]

_SAVED_MODEL_PARTS = ("variables", "assets", "assets.extra", SAVED_MODEL_FILE, "fingerprint.pb")
"""What TensorFlow writes into a SavedModel; anything else in the folder is not part of it."""

_TFLITE, _TFLITE_AT = b"TFL3", 4
"""The file identifier of the TFLite schema, and where a FlatBuffer has it."""


def place_content(model: Pullable, source: Path, target: Path) -> None:
    """Make `target` the SavedModel folder or the TFLite file of `model` out of `source`, which stays.

    Parameters
    ----------
    model : Pullable
    source : Path
        A tar archive, a folder that holds a SavedModel or a TFLite file, or a TFLite file.
    target : Path
        Does not exist yet; its folder is empty.

    Raises
    ------
    ModelRefused
        If `source` is not there, or is nothing of the kind.
    OutputError
        If the disk is full, or may not be written.
    """
    if source.is_dir():
        _copy(_found_in(source, model, source), target)
    elif not source.is_file():
        raise _refused("neither a file nor a folder", model, source)
    elif is_archive(_head(source)):
        unpacked = target.with_name(".unpacked")
        with writing(target.parent):
            unpacked.mkdir()
        unpack(source, unpacked, largest_bytes=model.largest_bytes)
        found = _found_in(unpacked, model, source)
        with writing(target.parent):
            found.rename(target)
            shutil.rmtree(unpacked, ignore_errors=True)
    elif _is_tflite(source) and model.form == "tflite":
        _copy(source, target)
    else:
        raise _refused(f"this is {_what(source)}", model, source)


def _found_in(folder: Path, model: Pullable, source: Path) -> Path:
    """Return the model in `folder` or in a folder of it."""
    candidates = sorted({folder, *(path for path in folder.iterdir() if path.is_dir())})
    if model.form == "saved_model":
        found = [path for path in candidates if (path / SAVED_MODEL_FILE).is_file()]
        # A SavedModel's own folder comes first, whatever lies in its assets.
        found = [folder] if folder in found else found
    else:
        found = [path for each in candidates for path in each.glob("*.tflite") if _is_tflite(path)]
    if len(found) != 1:
        raise _refused(f"there are {len(found)} models in it", model, source)
    return found[0]


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        _copy_file(source, target)
        return
    for path in _parts_of(source):
        _copy_file(path, target / path.relative_to(source))


def _copy_file(source: Path, target: Path) -> None:
    with _opened(source) as original, writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as copy:
            shutil.copyfileobj(original, copy)


def _opened(file: Path) -> IO[bytes]:
    try:
        return file.open("rb")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ModelRefused(f"the file cannot be read: {reason}", where=str(file)) from error


def _parts_of(saved_model: Path) -> Iterator[Path]:
    for name in _SAVED_MODEL_PARTS:
        part = saved_model / name
        yield from [part] if part.is_file() else (p for p in sorted(part.rglob("*")) if p.is_file())


def _is_tflite(file: Path) -> bool:
    return _head(file)[_TFLITE_AT:].startswith(_TFLITE)


def _head(file: Path) -> bytes:
    with _opened(file) as handle:
        return handle.read(512)


def _what(file: Path) -> str:
    head = _head(file)
    if not head:
        return "an empty file"
    if head.lstrip().startswith((b"<", b"{")):
        return "a web page or a message, not a model"
    if head.startswith(b"PK"):
        return "a zip archive: unpack it, and give the folder"
    return "a TFLite file, not a SavedModel" if _is_tflite(file) else "neither an archive nor a model"


def _refused(what: str, model: Pullable, source: Path) -> ModelRefused:
    wanted = (
        f"a folder with {SAVED_MODEL_FILE}, or a .tar.gz of one"
        if model.form == "saved_model"
        else "a .tflite file, or a .tar.gz of one"
    )
    return ModelRefused(what, where=str(source), fix=f"{model.name} is {wanted}: {model.url}")
