"""How sure a figure is: clips drawn again and again with replacement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from swara.data.arrays import FloatArray

__all__ = ["Interval", "interval", "paired"]

ROUNDS = 2000
SEED = 4242
_LEVELS = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the 95 % interval around it."""

    value: float
    low: float
    high: float


def interval(counts: FloatArray, figure: Callable[[FloatArray], float]) -> Interval:
    """Return `figure` of counts of shape [clips, n], summed over clips, and its interval over clips."""
    return _over(counts.shape[0], lambda weights: figure(weights @ counts))


def paired(ours: FloatArray, theirs: FloatArray, figure: Callable[[FloatArray], float]) -> Interval:
    """Return how far `figure` of one tracker lies above another's, on the same clips drawn for both.

    Raises
    ------
    ValueError
        If the two were not measured on the same clips.
    """
    if ours.shape != theirs.shape:
        raise ValueError(f"{ours.shape[0]} clips cannot be compared with {theirs.shape[0]}")
    return _over(ours.shape[0], lambda weights: figure(weights @ ours) - figure(weights @ theirs))


def _over(clips: int, figure: Callable[[FloatArray], float]) -> Interval:
    drawn = np.random.default_rng(SEED).multinomial(clips, np.full(clips, 1.0 / clips), size=ROUNDS)
    figures = np.array([figure(weights) for weights in drawn.astype(np.float64)])
    value = figure(np.ones(clips))
    low, high = np.nanpercentile(figures, _LEVELS) if np.isfinite(figures).any() else (np.nan, np.nan)
    return Interval(value, float(low), float(high))
