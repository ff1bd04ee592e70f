"""The embedders there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never, cast

from .spec import Embedder

if TYPE_CHECKING:
    from .contract import Contract

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
        If the model is not there, is no longer what was pulled, or cannot be used.
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
            from .yamnet import YamnetEmbedder

            found, manifest = _found(YAMNET, around, model)
            return YamnetEmbedder(found, report, manifest=manifest)
        case "vggish":
            from .contract import VGGISH
            from .vggish import VggishEmbedder

            found, manifest = _found(VGGISH, around, model)
            return VggishEmbedder(found, report, manifest=manifest)
        case _:
            assert_never(known)


def _found(contract: Contract, environment: Mapping[str, str], path: Path | None) -> tuple[Path, Path | None]:
    """Return where the model lies, and the manifest that it was pulled with, if it was."""
    from .as_pulled import record_of
    from .model_places import find_model

    found = find_model(contract, environment, path)
    return found, record_of(found, environment)
