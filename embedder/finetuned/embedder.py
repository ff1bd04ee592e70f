"""Embedders that ``swara finetune`` made: found by name, checked, and used as the built-in one is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec

from swara.data.clip import Clip
from swara.data.storage.disk import sha256_of
from swara.embedder.builtin.embedder import BuiltinEmbedder, EmbedderNetwork
from swara.embedder.errors import ModelAbsent, ModelDamaged, reading
from swara.embedder.hub.locate import models_folder
from swara.embedder.spec import EmbedderSpec, Embeddings

__all__ = [
    "MANIFEST_FILE",
    "MODEL_FILE",
    "SCHEMA",
    "FinetunedEmbedder",
    "FinetunedManifest",
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


@dataclass(frozen=True, slots=True)
class Base:
    """Name and fingerprint of the embedder that another one was made from."""

    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Rank:
    """How well singers were found: mean reciprocal rank, 0 to 1."""

    reciprocal_rank: float


@dataclass(frozen=True, slots=True)
class Judged:
    """How well the embedder `before` did on the recordings that only judged, and the one made from it."""

    before: Rank
    after: Rank


@dataclass(frozen=True, slots=True)
class FinetunedManifest:
    """What is needed of the manifest of a fine-tuned embedder; it holds more, for people.

    Parameters
    ----------
    schema : int
        Of the JSON.
    sha256 : str
        Digest of the network, 64 hex digits.
    base : Base, optional
        What it was made from.
    judged : Judged, optional
        How well it does.
    """

    schema: Literal[1]
    sha256: str
    base: Base | None = None
    judged: Judged | None = None


class FinetunedEmbedder:
    """The built-in embedder with weights of its own, and so with a name and a fingerprint of its own.

    Parameters
    ----------
    name : str
        ``finetuned-`` and 8 hex digits.
    network : EmbedderNetwork
        The fine-tuned network, loaded.
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
            what, fix = f"{self._spec.name} cannot be run", _fix(Path(self._spec.name))
            raise ModelDamaged(what, where=error.where, fix=fix) from error
        return Embeddings(embeddings.vectors, embeddings.times_s, self._spec)


def is_finetuned(name: str) -> bool:
    """Tell whether `name` has the form of a fine-tuned embedder's name."""
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
    with reading(file, _fix(folder)):
        digest = sha256_of(file)
    if finetuned_manifest(folder).sha256 != digest or finetuned_name(digest) != name:
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


def finetuned_manifest(folder: Path) -> FinetunedManifest:
    """Return what is on record about the fine-tuned embedder in a folder.

    Raises
    ------
    ModelDamaged
        If it cannot be read.
    """
    path = folder / MANIFEST_FILE
    with reading(path, _fix(folder)):
        content = path.read_bytes()
    try:
        return msgspec.json.decode(content, type=FinetunedManifest)
    except ValueError as error:
        raise _damaged(path, f"the manifest is damaged: {error}") from error


def _damaged(path: Path, what: str) -> ModelDamaged:
    return ModelDamaged(what, where=str(path), fix=_fix(path.parent))


def _fix(folder: Path) -> str:
    return f"Remove it with: swara models remove {folder.name}; and fine-tune again"
