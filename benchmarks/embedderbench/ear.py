"""A sound becomes one vector, for every embedder in the same way."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from data.clip import Clip, Samples
from data.pitch_track import FloatArray
from embedder import Embedder
from embedder.pooling import SPREAD_WEIGHT, pool

__all__ = ["POOLINGS", "heard", "repooled"]

POOLINGS = {"mean and half the spread": SPREAD_WEIGHT, "mean alone": 0.0, "mean and spread alike": 1.0}
"""Weight of the spread beside the mean; the first is how swara pools."""


def heard(embedder: Embedder, sounds: Iterable[Samples]) -> FloatArray:
    """Return the pooled vector of each sound, shape [sounds, 2 * dim]."""
    rate_hz = embedder.spec.rate_hz
    clips = [Clip(sound, rate_hz) for sound in sounds]
    return np.stack([pool(embedder.embed(clip), 0.0, clip.duration_s) for clip in clips]).astype(np.float64)


def repooled(pooled: FloatArray, weight: float) -> FloatArray:
    """Return pooled vectors with another weight of the spread, as far as direction goes.

    Parameters
    ----------
    pooled : float64 array, shape [sounds, 2 * dim]
        From `heard`.
    weight : float
        0 leaves the spread out.
    """
    dim = pooled.shape[1] // 2
    return np.concatenate([pooled[:, :dim], (weight / SPREAD_WEIGHT) * pooled[:, dim:]], axis=1)
