"""A sound becomes one vector: the mean of its frames, with their spread beside it or without."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Clip, Samples
from swara.embedder import Embedder
from swara.embedder.pooling import frame_shares

__all__ = ["POOLINGS", "heard", "pooled"]

POOLINGS = {"mean alone": 0.0, "mean and half the spread": 0.5, "mean and spread": 1.0}
"""Weight of the spread beside the mean; the first is how swara pools."""


def heard(embedder: Embedder, sounds: Iterable[Samples]) -> FloatArray:
    """Return mean and standard deviation of the frames of each sound, shape [sounds, 2, dim]."""
    found = []
    for sound in sounds:
        clip = Clip(sound, embedder.spec.rate_hz)
        embeddings = embedder.embed(clip)
        shares = frame_shares(embeddings, 0.0, clip.duration_s)
        mean = shares @ embeddings.vectors
        found.append(np.stack([mean, np.sqrt(shares @ (embeddings.vectors - mean) ** 2)]))
    return np.stack(found).astype(np.float64)


def pooled(sounds: FloatArray, weight: float) -> FloatArray:
    """Return one vector for each sound, of length 1, or of zeros for silence.

    Parameters
    ----------
    sounds : float64 array, shape [sounds, 2, dim]
        From `heard`.
    weight : float
        Of the spread; 0 leaves it out, and the vector is that of `swara.embedder.pooling.pool`.

    Returns
    -------
    float64 array, shape [sounds, dim], or [sounds, 2 * dim] with the spread
    """
    vectors = np.concatenate([sounds[:, 0], weight * sounds[:, 1]], axis=1) if weight else sounds[:, 0]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
