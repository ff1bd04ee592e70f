"""Embedders that ``swara finetune`` made: found by name, checked, and used as the built-in one is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from swara.data.clip import Clip
from swara.data.storage.disk import sha256_of
from swara.embedder.builtin.embedder import BuiltinEmbedder
from swara.embedder.builtin.network import EmbedderNetwork
from swara.embedder.errors import ModelAbsent, ModelDamaged
from swara.embedder.hub.locate import models_folder
from swara.embedder.spec import EmbedderSpec, Embeddings

__all__ = [
    "MANIFEST_FILE",
    "MODEL_FILE",
    "SCHEMA",
    "FinetunedEmbedder",
    "finetuned_embedder",
    "finetuned_folder",
    "finetuned_manifest",
    "finetuned_name",
    "finetuned_names",
    "is_finetuned",
]

SCHEMA = 1
MODEL_FILE, MANIFEST_FILE = "model.tflite", "manifest.json"

_PREFIX = "finetuned-"
_NAME = re.compile(_PREFIX + r"[0-9a-f]{8}")


class FinetunedEmbedder:
    """The built-in embedder with weights of its own, and so with a name and a fingerprint of its own.

    Parameters
    ----------
    name : str
        ``finetuned-`` and 8 hex digits.
    network : EmbedderNetwork
    """

    def __init__(self, name: str, network: EmbedderNetwork) -> None:
        self._inner = BuiltinEmbedder(network)
        self._spec = replace(self._inner.spec, name=name)

    @property
    def spec(self) -> EmbedderSpec:
        """What this embedder is; its weights count by their digest."""
        return self._spec

    def embed(self, clip: Clip) -> Embeddings:
        """Embed the whole clip, as `BuiltinEmbedder.embed` does.

        Raises
        ------
        ModelDamaged
            If the network cannot be run, or is of another shape than this swara's.
        """
        try:
            embeddings = self._inner.embed(clip)
        except ModelDamaged as error:
            fix = f"Remove it with: swara models remove {self._spec.name}; and fine-tune again"
            raise ModelDamaged(f"{self._spec.name} cannot be run", where=error.where, fix=fix) from error
        return Embeddings(embeddings.vectors, embeddings.times_s, self._spec)


def is_finetuned(name: str) -> bool:
    """Whether `name` has the form of a fine-tuned embedder's name."""
    return _NAME.fullmatch(name) is not None


def finetuned_name(sha256: str) -> str:
    """Return the name of the embedder whose LiteRT file has this digest."""
    return _PREFIX + sha256[:8]


def finetuned_names(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the fine-tuned embedders on this machine, whole or not, sorted."""
    with suppress(OSError):
        found = (path.name for path in models_folder(environment).glob(f"{_PREFIX}*") if path.is_dir())
        return tuple(sorted(name for name in found if is_finetuned(name)))
    return ()


def finetuned_embedder(name: str, environment: Mapping[str, str]) -> FinetunedEmbedder:
    """Return the fine-tuned embedder of that name.

    Raises
    ------
    ModelAbsent
        If it is not on this machine.
    ModelDamaged
        If its files are not what was kept.
    """
    folder = finetuned_folder(name, environment)
    file = folder / MODEL_FILE
    try:
        digest = sha256_of(file)
    except OSError as error:
        raise _damaged(file, f"cannot be read ({error.strerror or error})") from error
    if finetuned_manifest(folder).get("sha256") != digest or finetuned_name(digest) != name:
        raise _damaged(file, "the model is not the one that was kept")
    return FinetunedEmbedder(name, EmbedderNetwork(file))


def finetuned_folder(name: str, environment: Mapping[str, str]) -> Path:
    """Return the folder of the fine-tuned embedder of that name.

    Raises
    ------
    ModelAbsent
        If it is not on this machine; the message says which are.
    """
    folder = models_folder(environment) / name
    if is_finetuned(name) and folder.is_dir():
        return folder
    others = finetuned_names(environment)
    there = f"There is {', '.join(others)}" if others else "Make one with: swara finetune"
    raise ModelAbsent("this fine-tuned embedder is not on this machine", where=str(folder), fix=there)


def finetuned_manifest(folder: Path) -> dict[str, Any]:
    """Return what is on record about the fine-tuned embedder in a folder.

    Raises
    ------
    ModelDamaged
        If it cannot be read.
    """
    path = folder / MANIFEST_FILE
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, "the manifest cannot be read") from error
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise _damaged(path, f"the manifest is not of schema {SCHEMA}")
    return manifest


def _damaged(path: Path, what: str) -> ModelDamaged:
    fix = f"Remove it with: swara models remove {path.parent.name}; and fine-tune again"
    return ModelDamaged(what, where=str(path), fix=fix)
