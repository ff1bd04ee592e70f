"""One vector for a stretch of a clip, from the vectors of its frames."""

from __future__ import annotations

import numpy as np

from data.pitch_track import FloatArray

from .spec import EmbedderSpec, Embeddings, Vectors

__all__ = ["pool", "pooled_dim"]

SPREAD_WEIGHT = 0.5
"""How much the spread counts beside the mean."""

_SILENT = 1e-6


def pooled_dim(spec: EmbedderSpec) -> int:
    """Return the length of a pooled vector: mean and spread of each component."""
    return 2 * spec.dim


def pool(embeddings: Embeddings, start_s: float, end_s: float) -> Vectors:
    """Return the mean of the frames from `start_s` to `end_s`, then half their standard deviation.

    A frame counts by how much of the hop around its centre lies inside. A stretch shorter than a hop, or
    one in which no frame counts, is taken for the frame whose centre is nearest to its middle.

    Parameters
    ----------
    embeddings : Embeddings
        At least one frame.
    start_s, end_s : float
        In seconds of the clip; what lies outside it is left out.

    Returns
    -------
    float32 array, shape [pooled_dim(embeddings.spec)]
        Of length 1, or all zero if every frame is (silence).

    Raises
    ------
    ValueError
        If there are no frames, or the stretch does not run from a time to the same or a later one.
    """
    if not embeddings.times_s.size:
        raise ValueError("there are no frames to pool")
    if not -np.inf < start_s <= end_s < np.inf:
        raise ValueError(f"{start_s} to {end_s} s is no stretch of time")
    weights = _weights(embeddings.times_s, embeddings.spec.hop_s, start_s, end_s)
    inside = np.flatnonzero(weights)
    weights, vectors = weights[inside], embeddings.vectors[inside]
    mean = weights @ vectors
    spread = np.sqrt(weights @ (vectors - mean) ** 2)
    pooled = np.concatenate([mean, SPREAD_WEIGHT * spread])
    length = float(np.linalg.norm(pooled))
    return np.asarray(pooled / length if length > _SILENT else np.zeros_like(pooled), dtype=np.float32)


def _weights(times_s: FloatArray, hop_s: float, start_s: float, end_s: float) -> FloatArray:
    """Return the weight of each frame; they sum to 1."""
    ends_s, starts_s = np.minimum(times_s + hop_s / 2, end_s), np.maximum(times_s - hop_s / 2, start_s)
    overlaps_s = np.maximum(0.0, ends_s - starts_s)
    if end_s - start_s < hop_s or not overlaps_s.any():
        overlaps_s = np.zeros_like(times_s)
        overlaps_s[np.argmin(np.abs(times_s - (start_s + end_s) / 2))] = 1.0
    return np.asarray(overlaps_s / overlaps_s.sum())
