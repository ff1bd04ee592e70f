"""A fine-tuned network becomes a file that is used without Keras, and is kept under its own name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import keras

from swara.data.errors import OutputError
from swara.data.storage import disk
from swara.data.storage.disk import sha256_of, sync_tree, write_atomically
from swara.data.storage.model_folder import clean_stale, staging_path, swap_in
from swara.embedder.errors import FinetuneError, ModelDamaged
from swara.embedder.finetuned.embedder import MANIFEST_FILE, MODEL_FILE, SCHEMA, finetuned_name
from swara.embedder.hub.savedmodel import first_line
from swara.embedder.litert import stderr_closed
from swara.embedder.training.export import export, parity

__all__ = ["PARITY", "exported", "keep", "writing"]

PARITY = 1e-4
"""How far a component of a vector may differ between Keras and the file; no vector is longer than 1."""


def writing(folder: Path) -> AbstractContextManager[None]:
    """Turn a failure to write below `folder` into `OutputError`."""
    elsewhere = (
        "name another folder with SWARA_MODELS, and with TMPDIR one for temporary files;"
        " run the same again to go on"
    )
    return disk.writing(folder, "the fine-tuning cannot write here", elsewhere=elsewhere)


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
