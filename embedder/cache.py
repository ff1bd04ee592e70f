"""Embeddings of recordings, kept by what was embedded and by whom."""

from __future__ import annotations

import hashlib

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.storage.npz import ArrayCache, Arrays

from .spec import EmbedderSpec, Embeddings, Vectors

__all__ = ["EmbeddingCache"]


class EmbeddingCache(ArrayCache[tuple[Vectors, FloatArray]]):
    """An `ArrayCache` of embeddings, by the fingerprint of the embedder; each with its own digest."""

    def get(self, spec: EmbedderSpec, sha256: str) -> Embeddings | None:
        """Return the embeddings of a recording; None if they are not there, cannot be read or are damaged."""
        found = self.load(spec.fingerprint, sha256)
        return None if found is None else Embeddings(*found, spec)

    def put(self, sha256: str, embeddings: Embeddings) -> None:
        """Keep the embeddings of the recording with this digest.

        Raises
        ------
        OutputError
            If they cannot be written.
        """
        fingerprint, vectors, times_s = embeddings.spec.fingerprint, embeddings.vectors, embeddings.times_s
        digest = np.frombuffer(_digest(sha256, fingerprint, vectors, times_s), dtype=np.uint8)
        self.save(fingerprint, sha256, {"vectors": vectors, "times_s": times_s, "digest": digest})

    def decode(self, arrays: Arrays, fingerprint: str, sha256: str) -> tuple[Vectors, FloatArray]:
        """Return vectors and times, their digest compared."""
        vectors, times_s = arrays["vectors"], arrays["times_s"]
        if arrays["digest"].tobytes() != _digest(sha256, fingerprint, vectors, times_s):
            raise ValueError("its digest is another one")
        return vectors, times_s


def _digest(sha256: str, fingerprint: str, vectors: Vectors, times_s: FloatArray) -> bytes:
    """SHA-256 over what was embedded, by whom, and the result, its dtypes and shape included."""
    head = (sha256, fingerprint, vectors.dtype.str, times_s.dtype.str, str(vectors.shape))
    content = (" ".join(head).encode(), vectors.tobytes(), times_s.tobytes())
    return hashlib.sha256(b"\n".join(content)).digest()
