"""A clip becomes embeddings."""

from __future__ import annotations

from .spec import Embedder, EmbedderSpec, Embeddings, Vectors

__all__ = ["Embedder", "EmbedderSpec", "Embeddings", "Vectors"]
