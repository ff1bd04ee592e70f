"""A fine-tuned network becomes a file that is used without Keras, and is kept under its own name."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from swara.data.errors import OutputError
from swara.data.storage.atomic_file import write_atomically
from swara.data.storage.disk import sha256_of, sync_tree
from swara.data.storage.model_folder import clean_stale, staging_path, swap_in
from swara.embedder.errors import FinetuneError, ModelDamaged
from swara.embedder.finetuned.embedder import MANIFEST_FILE, MODEL_FILE, SCHEMA, finetuned_name
from swara.embedder.hub.savedmodel import first_line
from swara.embedder.litert import stderr_closed
from swara.embedder.training.export import export, parity

__all__ = ["PARITY", "exported", "keep", "writing"]

PARITY = 1e-4
"""How far a component of a vector may differ between Keras and the file; no vector is longer than 1."""

_FULL = (
    "Free some space there and where temporary files go, or name other folders with SWARA_MODELS and TMPDIR; "
    "run the same again to go on"
)
_FIXES = {errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EFBIG: _FULL}
_OTHERWISE = "Give yourself permission to write there, or name another folder with SWARA_MODELS"


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a failure to write below `folder` into `OutputError`."""
    try:
        yield
    except (OSError, OutputError) as error:
        cause = error.__cause__ if isinstance(error, OutputError) else error
        if not isinstance(cause, OSError):
            raise
        reason = (cause.strerror or str(cause)).lower()
        fix = _FIXES.get(cause.errno or 0, _OTHERWISE)
        what = f"the fine-tuning cannot write here: {reason}"
        raise OutputError(what, where=str(folder), fix=fix) from error


def exported(model: keras.Model, file: Path) -> float:
    """Write the LiteRT file of a network, and return how far it is from Keras at most.

    Raises
    ------
    FinetuneError
        If TensorFlow cannot write it, or it answers otherwise than Keras by more than `PARITY`.
    OutputError
        If the disk is full.
    """
    try:
        with stderr_closed():
            write_atomically(file, lambda part: export(model, part))
            difference = parity(model, file)
    except (OutputError, ModelDamaged):
        raise
    except Exception as error:  # what TensorFlow's converter raises is not documented
        raise _failed(
            f"TensorFlow cannot export it ({type(error).__name__}: {first_line(error)})", file
        ) from error
    if not difference <= PARITY:  # NaN too
        raise _failed(f"LiteRT and Keras differ by {difference:.2g}, more than {PARITY:g}", file)
    return difference


def keep(file: Path, models: Path, manifest: Mapping[str, Any]) -> str:
    """Put a network and what is to be known about it into the folder of its name; return that name.

    Raises
    ------
    OSError, OutputError
        If it cannot be written; a folder of that name that was there before is then as it was.
    """
    digest = sha256_of(file)
    name = finetuned_name(digest)
    text = json.dumps({"schema": SCHEMA, "name": name, "sha256": digest, **manifest}, indent=2) + "\n"
    folder = models / name
    clean_stale(folder)
    new = staging_path(folder)
    try:
        new.mkdir()
        shutil.copyfile(file, new / MODEL_FILE)
        (new / MANIFEST_FILE).write_text(text, encoding="utf-8", newline="\n")
        sync_tree(new)
        swap_in(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return name


def _failed(what: str, file: Path) -> FinetuneError:
    fix = (
        "See that the disk for temporary files has some space, and run the same again: it goes on at the end"
    )
    return FinetuneError(what, where=str(file), fix=fix)
