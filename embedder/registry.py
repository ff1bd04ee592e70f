"""The embedders there are."""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never

from .builtin import BuiltinEmbedder
from .spec import Embedder

__all__ = ["EmbedderName", "embedder_named"]

EmbedderName: TypeAlias = Literal["builtin"]


def embedder_named(name: EmbedderName) -> Embedder:
    """Return the embedder of that name."""
    match name:
        case "builtin":
            return BuiltinEmbedder()
        case _:
            assert_never(name)
