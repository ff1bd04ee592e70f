"""One vector for a stretch of a clip, from the vectors of its frames."""

from __future__ import annotations

import numpy as np

from swara.data.arrays import FloatArray

from .spec import Embeddings, Vectors

__all__ = ["frame_shares", "pool"]

_SILENT = 1e-6


def pool(embeddings: Embeddings, start_s: float, end_s: float) -> Vectors:
    """Return the direction of the mean of the frames from `start_s` to `end_s`.

    Their spread is left out: on notes of a soundfont, which stand still, and on those of a player it is so
    unlike that a head taught with the one is misled about the other (``docs/benchmarks/embedders.md``).

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
    float32 array, shape [dim]
        Of length 1, or all zero if every frame is (silence).

    Raises
    ------
    ValueError
        If there are no frames, or the stretch does not run from a time to the same or a later one.
    """
    mean = frame_shares(embeddings, start_s, end_s) @ embeddings.vectors
    length = float(np.linalg.norm(mean))
    return np.asarray(mean / length if length > _SILENT else np.zeros_like(mean), dtype=np.float32)


def frame_shares(embeddings: Embeddings, start_s: float, end_s: float) -> FloatArray:
    """Return what each frame counts in `pool`: float64 of shape [frames], summing to 1.

    Raises
    ------
    ValueError
        As `pool`.
    """
    if not embeddings.times_s.size:
        raise ValueError("there are no frames to pool")
    if not -np.inf < start_s <= end_s < np.inf:
        raise ValueError(f"{start_s} to {end_s} s is no stretch of time")
    times_s, hop_s = embeddings.times_s, embeddings.spec.hop_s
    ends_s, starts_s = np.minimum(times_s + hop_s / 2, end_s), np.maximum(times_s - hop_s / 2, start_s)
    overlaps_s = np.maximum(0.0, ends_s - starts_s)
    if end_s - start_s < hop_s or not overlaps_s.any():
        overlaps_s = np.zeros_like(times_s)
        overlaps_s[np.argmin(np.abs(times_s - (start_s + end_s) / 2))] = 1.0
    return np.asarray(overlaps_s / overlaps_s.sum())
