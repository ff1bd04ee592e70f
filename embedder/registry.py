"""The embedders there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeAlias, assert_never, cast

from .spec import Embedder

__all__ = ["EmbedderName", "embedder_named"]

EmbedderName: TypeAlias = Literal["builtin", "yamnet", "vggish"]
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
        An `EmbedderName`, or ``finetuned-`` and 8 hex digits.
    model : Path, optional
        Where the model lies: a SavedModel folder or, for YAMNet, the official TFLite file. Otherwise it is
        looked for as `find_model` says. The builtin one ships with the package.
    environment : mapping of str to str, optional
        The process's, if not given.
    report : callable, optional
        Told, in a line, of work that takes its time: a model is converted on first use.

    Raises
    ------
    ModelError, MissingPackage
        If the model is not there or cannot be used.
    """
    around = os.environ if environment is None else environment
    if name.startswith("finetuned-"):
        from .finetuned import finetuned_embedder

        return finetuned_embedder(name, around)
    known = cast("EmbedderName", name)
    match known:
        case "builtin":
            from .builtin import BuiltinEmbedder

            return BuiltinEmbedder()
        case "yamnet":
            from .contract import YAMNET
            from .model_places import find_model
            from .yamnet import YamnetEmbedder

            return YamnetEmbedder(find_model(YAMNET, around, model), report)
        case "vggish":
            from .contract import VGGISH
            from .model_places import find_model
            from .vggish import VggishEmbedder

            return VggishEmbedder(find_model(VGGISH, around, model), report)
        case _:
            assert_never(known)
