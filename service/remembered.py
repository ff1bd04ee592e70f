"""The embedder of one recording, that looks into the cache first."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from data.clip import Clip
from data.errors import OutputError
from embedder import Embedder, EmbedderSpec, Embeddings
from embedder.cache import EmbeddingCache

__all__ = ["Remembered"]


@dataclass(frozen=True, slots=True, eq=False)
class Remembered:
    """An `Embedder` of the one recording with this digest.

    Parameters
    ----------
    embedder : Embedder
        Asked where the cache has no answer.
    cache : EmbeddingCache
        Where the answer is then kept; one that may not be written is only read. It counts what is damaged.
    sha256 : str
        Digest of the recording's file.
    """

    embedder: Embedder
    cache: EmbeddingCache
    sha256: str

    @property
    def spec(self) -> EmbedderSpec:
        """What the embedder is."""
        return self.embedder.spec

    def embed(self, clip: Clip) -> Embeddings:
        """Return the embeddings of the whole recording, which `clip` must be."""
        if (known := self.cache.get(self.spec, self.sha256)) is not None:
            return known
        embeddings = self.embedder.embed(clip)
        # Who asks about a take wants an answer, whatever becomes of the cache.
        with suppress(OutputError, OSError):
            self.cache.put(self.sha256, embeddings)
        return embeddings
