"""Who trains which head, and where the head lies that ships."""

from __future__ import annotations

import importlib.util
import os
from importlib import import_module
from pathlib import Path
from typing import assert_never, cast

from swara.classifier.head_files import MANIFEST, Trainer
from swara.data.corpora.labels import EXERCISES, PIANO
from swara.data.installation import check_tensorflow
from swara.embedder.litert import stderr_closed
from swara.service.store.layout import HeadKind

__all__ = ["known_labels", "shipped_head", "trainer_of"]

_PACKAGES: dict[HeadKind, str] = {
    "exercise": "exercises",
    "instrument": "instruments",
    "pitch": "sample_pitch",
}


def trainer_of(kind: HeadKind) -> Trainer:
    """Return what trains a head of that kind, and lets it answer.

    Raises
    ------
    MissingPackage
        If TensorFlow is not installed.
    """
    check_tensorflow("training a head")
    # Its place is decided when keras is first imported.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with stderr_closed():
        import_module("keras")  # here, where what it has to say of the machine is not seen
        return cast("Trainer", import_module(f"swara.classifier.{_PACKAGES[kind]}.training.fit"))


def shipped_head(kind: HeadKind) -> Path | None:
    """Return the folder of the head that ships; None where none of that kind does."""
    found = importlib.util.find_spec(f"swara.classifier.{_PACKAGES[kind]}")
    folder = Path(found.origin).parent if found is not None and found.origin else None
    return folder if folder is not None and (folder / MANIFEST).is_file() else None


def known_labels(kind: HeadKind) -> tuple[str, ...] | None:
    """Return the only labels that a head of that kind can have; None for any."""
    match kind:
        case "exercise":
            return EXERCISES
        case "instrument":
            return None
        case "pitch":
            return tuple(map(str, PIANO))
        case _:
            assert_never(kind)
