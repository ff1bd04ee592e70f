"""What the contour says of a stretch of notes, and how much of that speaks for an exercise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from swara.data.arrays import FloatArray

__all__ = ["LEAST_NOTES", "Judge", "Judged", "evidence"]

Judge: TypeAlias = Callable[[FloatArray], FloatArray]
"""Takes features, [n, features], and gives natural logarithms of probabilities, [n, KINDS]."""

Judged: TypeAlias = tuple[tuple[int, int], FloatArray]
"""Where a stretch begins and ends, in notes, and what the contour says of it."""

LEAST_NOTES = 4
"""Fewer notes are neither a scale nor an arpeggio, whatever they are."""

_SUREST = 6.0


def evidence(log_probabilities: FloatArray) -> FloatArray:
    """Return how much speaks for an exercise of any kind, against none, as a logarithm, shape [...]."""
    scale_or_arpeggio = np.logaddexp(log_probabilities[..., 0], log_probabilities[..., 1])
    return np.asarray(np.clip(scale_or_arpeggio - log_probabilities[..., 2], -_SUREST, _SUREST))
