"""The embedders there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never, cast

from .spec import Embedder

if TYPE_CHECKING:
    from .hub.contract import Contract

__all__ = ["EmbedderName", "embedder_named"]

EmbedderName: TypeAlias = Literal["builtin", "yamnet", "yamnet-tflite", "vggish"]
"""Those that there are everywhere; fine-tuned ones have names of their own."""


def embedder_named(
    name: str,
    model: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    report: Callable[[str], None] | None = None,
) -> Embedder:
    """Return the embedder of that name.

    Parameters
    ----------
    name : str
        An `EmbedderName`, ``finetuned-`` and 8 hex digits, or a handle on TF Hub or Kaggle: that very model.
        ``yamnet`` is whichever of its two forms `find_model` comes to first.
    model : Path, optional
        Where the model lies: a SavedModel folder or, for YAMNet, the official TFLite file. Otherwise it is
        looked for. The builtin one ships with the package.
    environment : mapping of str to str, optional
        The process's, if not given.
    report : callable, optional
        Told, in a line, of work that takes its time: a model is converted on first use.

    Raises
    ------
    ModelError, MissingPackage
        If the model is not there, is no longer what was pulled, or cannot be used.
    """
    around = os.environ if environment is None else environment
    if name.startswith("finetuned-"):
        from .finetuned.embedder import finetuned_embedder

        return finetuned_embedder(name, around)
    if name == "builtin":
        from .builtin.embedder import BuiltinEmbedder

        return BuiltinEmbedder()
    return _published(name, model, around, report)


def _published(
    name: str, model: Path | None, environment: Mapping[str, str], report: Callable[[str], None] | None
) -> Embedder:
    """Return the embedder of a model from TF Hub, by the name or the handle of the model."""
    from .hub.contract import VGGISH, YAMNET, YAMNET_TFLITE, contract_with_handle
    from .hub.locate import find_model

    if (contract := contract_with_handle(name)) is not None:
        return _opened(contract, _only(contract, environment, model), environment, report)
    known = cast('Literal["yamnet", "yamnet-tflite", "vggish"]', name)
    match known:
        case "yamnet":
            return _opened(YAMNET, find_model(YAMNET, environment, model), environment, report)
        case "yamnet-tflite":
            return _opened(YAMNET_TFLITE, _only(YAMNET_TFLITE, environment, model), environment, report)
        case "vggish":
            return _opened(VGGISH, find_model(VGGISH, environment, model), environment, report)
        case _:
            assert_never(known)


def _only(contract: Contract, environment: Mapping[str, str], model: Path | None) -> Path:
    from .hub.locate import find_exact, find_model

    return find_exact(contract, environment) if model is None else find_model(contract, environment, model)


def _opened(
    contract: Contract, found: Path, environment: Mapping[str, str], report: Callable[[str], None] | None
) -> Embedder:
    from .hub.contract import VGGISH
    from .hub.embedder import VggishEmbedder, YamnetEmbedder
    from .hub.integrity import manifest_for

    manifest = manifest_for(found, environment)
    if contract is VGGISH:
        return VggishEmbedder(found, report, manifest=manifest)
    return YamnetEmbedder(found, report, manifest=manifest, name=contract.name)
