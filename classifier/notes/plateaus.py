"""A voiced stretch of pitch becomes plateaus, where one pitch is held, and the glides between them.

A hidden Markov model without probabilities: each frame either belongs to a plateau at some pitch of a fine
grid, and pays for its distance from it, or to a glide, and pays a fixed price; changing costs too. The
cheapest path is found by dynamic programming. Nothing here knows Sa: moving every pitch by the same
amount moves every plateau with it.
"""

from __future__ import annotations

import numpy as np

from swara.data.arrays import FloatArray, IntArray

__all__ = ["GLIDE", "cheapest_path", "hold_costs", "plateau_path"]

GRID_CENTS = 20.0
SPREAD_CENTS = 60.0
"""A frame this far from its plateau costs 1."""

FURTHEST = 4.0
"""No frame costs a plateau more: an octave error must not break a note."""

GLIDE_COST = 1.6
LEAP_COST = 16.0
"""From plateau to plateau."""

EDGE_COST = 8.0
"""From plateau to glide or back."""

GLIDE = -1


def plateau_path(cents: FloatArray) -> IntArray:
    """Return the plateau that each frame belongs to.

    Parameters
    ----------
    cents : float64 array, shape [frames]
        Pitch of a voiced stretch on any reference, without gaps.

    Returns
    -------
    int array, shape [frames]
        Equal within one plateau and different in the next; `GLIDE` between plateaus.
    """
    costs = hold_costs(cents)
    path = cheapest_path(costs)
    return np.where(path == costs.shape[1], GLIDE, path)


def hold_costs(cents: FloatArray) -> FloatArray:
    """Return what each frame costs on each plateau of the grid, shape [frames, plateaus]."""
    grid = np.arange(cents.min(), cents.max() + GRID_CENTS, GRID_CENTS)
    return np.minimum(np.abs(cents[:, None] - grid) / SPREAD_CENTS, FURTHEST)


def cheapest_path(costs: FloatArray) -> IntArray:
    """Return the cheapest sequence of states, where state ``costs.shape[1]`` is the glide.

    Leaps cost the same from anywhere, so each frame only looks at staying and at the best state before it:
    frames times states, not times states squared.
    """
    frames, plateaus = costs.shape
    stay = np.arange(plateaus)
    came_from = np.empty((frames, plateaus + 1), dtype=np.int32)
    held = costs[0].copy()
    gliding = GLIDE_COST
    for frame in range(1, frames):
        best = int(held.argmin())
        leap, land = held[best] + LEAP_COST, gliding + EDGE_COST
        arrive, source = (leap, best) if leap <= land else (land, plateaus)
        came_from[frame, :plateaus] = np.where(held <= arrive, stay, source)
        take_off = held[best] + EDGE_COST
        came_from[frame, plateaus] = plateaus if gliding <= take_off else best
        gliding = min(gliding, take_off) + GLIDE_COST
        held = np.minimum(held, arrive) + costs[frame]
    return _trace_back(came_from, int(np.append(held, gliding).argmin()))


def _trace_back(came_from: np.ndarray[tuple[int, int], np.dtype[np.int32]], last: int) -> IntArray:
    path = np.empty(came_from.shape[0], dtype=np.intp)
    path[-1] = last
    for frame in range(path.size - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path
