"""Where the line between two notes takes another way than in the other take."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from swara.classifier.contours import LocalCost, alignment
from swara.data.arrays import FloatArray

__all__ = ["Way", "other_way"]

_APART_CENTS, _APART_FRAMES = 100.0, 7
"""The lines differ where they are so far apart, laid over each other in whatever tempo, for 70 ms:
a kan is, the dip of a consonant is not."""

_FURTHEST_CENTS = 900.0
"""What lies further apart is an octave that the tracker missed, not a way that somebody sang."""

_EDGE_CENTS = 50.0
_GLIDE_FRAMES, _STEP_FRAMES = 15, 6
"""So many frames between two pitches, more than 50 cents from both, are a meend; so few, a step. Of a glide
of 200 ms over a tone, shaped as a cosine, a third is that far from both ends."""

_GAP_FRAMES = 8
_LEAST_CENTS = 150.0
_LEAST_FRAMES = 10
_COST = LocalCost(knee_cents=300.0)


WayKind: TypeAlias = Literal["glides", "steps", "over", "straight"]


class Way(NamedTuple):
    """How the way from one note to the next differs: what the other take does, and the singer's own."""

    kind: WayKind
    cents: float | None


def other_way(mine: FloatArray, other: FloatArray, from_cents: float, to_cents: float) -> Way | None:
    """Tell how the way from one note to the next differs from that in another take.

    Parameters
    ----------
    mine, other : float64 arrays, shape [frames]
        The pitch every 10 ms from a little before one note ends until a little after the next begins, in
        cents above Sa; NaN where nothing is sung. Neither need be as long as the other.
    from_cents, to_cents : float
        The two notes, as the other take has them.

    Returns
    -------
    Way or None
        What the other take does and this one does not: it ``glides``, ``steps``, goes ``over`` a pitch, which
        is given; or goes ``straight`` where this one goes over a pitch. None where they go the same way, and
        where it cannot be told.
    """
    own, theirs = mine[np.isfinite(mine)], other[np.isfinite(other)]
    if min(own.size, theirs.size) < _LEAST_FRAMES:
        return None
    broken = [_longest_gap(line) >= _GAP_FRAMES for line in (mine, other)]
    if not any(broken) and (over := _goes_over(own, theirs, from_cents, to_cents)) is not None:
        return over
    if abs(to_cents - from_cents) < _LEAST_CENTS:
        return None
    ways = [_frames_between(line, from_cents, to_cents) for line in (own, theirs)]
    if ways[1] >= _GLIDE_FRAMES and ways[0] <= _STEP_FRAMES and not broken[1]:
        return Way("glides", None)
    if ways[0] >= _GLIDE_FRAMES and ways[1] <= _STEP_FRAMES and not broken[0]:
        return Way("steps", None)
    return None


def _goes_over(mine: FloatArray, other: FloatArray, from_cents: float, to_cents: float) -> Way | None:
    """Tell which of two lines leaves the room between its two notes where the other does not."""
    path = alignment(mine, other, band=1.0, cost=_COST).path
    apart = mine[path[:, 0]] - other[path[:, 1]]
    if np.abs(apart).max() > _FURTHEST_CENTS:
        return None
    low, high = min(from_cents, to_cents), max(from_cents, to_cents)
    found = list[tuple[float, Way]]()
    sides: tuple[tuple[WayKind, int, FloatArray], ...] = (("straight", 0, mine), ("over", 1, other))
    for kind, side, line in sides:
        outside = np.maximum(line - high, low - line)[path[:, side]]
        far = (np.abs(apart) > _APART_CENTS) & (outside > _APART_CENTS)
        frames = np.unique(path[far, side])
        if frames.size >= _APART_FRAMES:
            found.append((float(np.abs(apart[far]).max()), Way(kind, float(np.median(line[frames])))))
    return max(found, default=(0.0, None), key=lambda each: each[0])[1]


def _frames_between(line: FloatArray, from_cents: float, to_cents: float) -> int:
    low, high = min(from_cents, to_cents) + _EDGE_CENTS, max(from_cents, to_cents) - _EDGE_CENTS
    return int(((line > low) & (line < high)).sum())


def _longest_gap(line: FloatArray) -> int:
    silent = np.flatnonzero(np.diff(np.concatenate(([0], np.isnan(line).astype(np.int8), [0]))))
    return int((silent[1::2] - silent[::2]).max(initial=0))
