"""Phrases as lines of cents above Sa, and how near two such lines are."""

from __future__ import annotations

from .align import Alignment, LocalCost, alignment, alignments, distances
from .contour import Contour, contour, resampled

__all__ = [
    "Alignment",
    "Contour",
    "LocalCost",
    "alignment",
    "alignments",
    "contour",
    "distances",
    "resampled",
]
