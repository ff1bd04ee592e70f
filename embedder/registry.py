"""The embedders there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from .spec import Embedder

__all__ = ["EmbedderName", "embedder_named"]

EmbedderName: TypeAlias = Literal["builtin", "crepe", "yamnet", "yamnet-tflite", "vggish"]
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
        looked for. The builtin one ships with the package, CREPE's weights come with the extra ``crepe``.
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
    if name == "crepe":
        from .crepe.embedder import crepe_embedder

        return crepe_embedder(file=model, report=report)
    return _published(name, model, around, report)


def _published(
    name: str, model: Path | None, environment: Mapping[str, str], report: Callable[[str], None] | None
) -> Embedder:
    """Return the embedder of a model from TF Hub, by the name or the handle of the model."""
    from .hub.contract import CONTRACTS, YAMNET_TFLITE, contract_with_handle
    from .hub.embedder import hub_embedder
    from .hub.locate import find_model, manifest_for

    by_handle = contract_with_handle(name)
    contract = by_handle or {each.name: each for each in CONTRACTS}[name]
    exact = by_handle is not None or contract is YAMNET_TFLITE
    found = find_model(contract, environment, model, exact=exact)
    return hub_embedder(found, contract, report, manifest=manifest_for(found, environment))
