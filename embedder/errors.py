"""What can be wrong with an embedder; the tree is drawn in ``raga.errors``."""

from __future__ import annotations

from raga.errors import SwaraError

__all__ = ["EmbedderDamaged", "EmbedderError"]


class EmbedderError(SwaraError):
    """An embedder that cannot be used."""


class EmbedderDamaged(EmbedderError):
    """A file of an embedder that is missing, cut short or of another kind."""
