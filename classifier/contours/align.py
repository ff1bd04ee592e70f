"""Two lines laid over each other in whatever tempo (dynamic time warping), and how far apart they then are.

The cells of one anti-diagonal of the table hang on the two before it alone, so they are worked out at once,
for all candidates: as quick as compiled code for a hundred of them, and nothing has to be compiled or loaded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray

__all__ = ["Alignment", "LocalCost", "Path", "alignment", "alignments", "distances"]

Path: TypeAlias = npt.NDArray[np.int32]
Moves: TypeAlias = npt.NDArray[np.int8]
Floats: TypeAlias = npt.NDArray[Any]
"""Of float32, in which many lines are ranked, float64, or int16, in which they are looked at."""

_OCTAVE_CENTS = 1200.0
_AT_ONCE = 2**18
"""Bytes of lines that are aligned together: what is worked on then lies in the cache of a core."""

_FAR = 2**14
"""What stands for infinity in whole cents: a path may still go on from there within int16."""

_BOTH, _QUERY, _OTHER = 0, 1, 2  # which of the two lines went on in a step


@dataclass(frozen=True, slots=True)
class LocalCost:
    """What it costs to lay one frame over another.

    Parameters
    ----------
    knee_cents : float
        A difference of d cents costs d / (1 + d / knee): nearly d where it is small, never more than the
        knee. Infinity counts every cent.
    folded : bool
        Whether an octave more or less is no difference.
    stretch_cents : float
        What each frame costs in which one line goes on and the other waits.
    cap_cents : float
        No difference costs more.

    Raises
    ------
    ValueError
        If the knee or the cap is not above 0, or the stretch below 0.
    """

    knee_cents: float = math.inf
    folded: bool = False
    stretch_cents: float = 0.0
    cap_cents: float = math.inf

    def __post_init__(self) -> None:
        if not (self.knee_cents > 0 and self.cap_cents > 0 and self.stretch_cents >= 0):
            raise ValueError(f"there is no such cost: {self}")

    def is_whole(self, steps: int) -> bool:
        """Tell whether paths of so many steps can be counted in whole cents of int16."""
        if math.isinf(self.cap_cents) or not (self.folded and math.isinf(self.knee_cents)):
            return False
        whole = self.cap_cents % 1 == self.stretch_cents % 1 == 0
        return whole and steps * (self.cap_cents + self.stretch_cents) < _FAR

    def of(self, difference_cents: FloatArray) -> FloatArray:
        """Return what differences cost, float64 of their shape.

        Parameters
        ----------
        difference_cents : float64 array
            Of any shape and sign.
        """
        away = self.placed(difference_cents.astype(np.float64))
        self.charge(away, np.empty_like(away))
        return away

    def placed(self, cents: Floats) -> Floats:
        """Return lines ready for `charge`: where octaves are folded, all within one."""
        return np.mod(cents, cents.dtype.type(_OCTAVE_CENTS)) if self.folded else cents

    def charge(self, away: Floats, spare: Floats) -> None:
        """Turn differences of `placed` lines into their costs, in place.

        Parameters
        ----------
        away : float32, float64 or int16 array
            The differences, in cents; whole numbers where there is no knee.
        spare : array of the same shape and dtype
            Written over.
        """
        number = away.dtype.type
        np.abs(away, out=away)
        if self.folded:
            np.subtract(number(_OCTAVE_CENTS), away, out=spare)
            np.minimum(away, spare, out=away)
        if not math.isinf(self.knee_cents):
            np.multiply(away, 1.0 / self.knee_cents, out=spare)
            np.add(spare, 1.0, out=spare)
            np.divide(away, spare, out=away)
        if not math.isinf(self.cap_cents):
            np.minimum(away, number(self.cap_cents), out=away)


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How one line lies over another.

    Parameters
    ----------
    distance : float
        Cost of the path, divided by the frames of the longer line: cents, for two lines of one tempo.
    path : int32 array, shape [steps, 2]
        Frame of the query and frame of the other, from both first frames to both last; none goes back.
    """

    distance: float
    path: Path


def alignment(
    query_cents: FloatArray, other_cents: FloatArray, *, band: float = 0.2, cost: LocalCost | None = None
) -> Alignment:
    """Return the cheapest alignment of two lines.

    Parameters
    ----------
    query_cents : float64 array, shape [n]
        In cents above Sa, without gaps.
    other_cents : float64 array, shape [m]
        The same.
    band : float
        How far the path may leave the straight one, as a share of the other line; 1 leaves it free.
    cost : LocalCost, optional
        Every cent counts where there is none.

    Raises
    ------
    ValueError
        If a line is empty or not finite, or the band is not above 0.
    """
    return alignments(query_cents, other_cents[None], band=band, cost=cost)[0]


def alignments(
    query_cents: FloatArray, others_cents: FloatArray, *, band: float = 0.2, cost: LocalCost | None = None
) -> list[Alignment]:
    """Return the `alignment` of a line with each of several.

    Parameters
    ----------
    query_cents : float64 array, shape [n]
        In cents above Sa, without gaps.
    others_cents : float64 array, shape [others, m]
        As many points each.
    band, cost
        As for `alignment`.

    Raises
    ------
    ValueError
        As `alignment` says.
    """
    costs = cost or LocalCost()
    _check(query_cents, others_cents, band)
    points, moves = others_cents.shape[1], list[Moves]()
    rows = _corridor(query_cents.size, points, band)
    totals = _walked(costs.placed(query_cents), costs.placed(others_cents.T), rows, costs, moves)
    lengths = totals / max(query_cents.size, points)
    return [
        Alignment(float(distance), _walked_back(moves, rows, points, number))
        for number, distance in enumerate(lengths)
    ]


def distances(
    query_cents: FloatArray,
    others_cents: FloatArray | npt.NDArray[np.int16],
    *,
    band: float = 0.2,
    cost: LocalCost | None = None,
    whole: bool = False,
) -> FloatArray:
    """Return the distance of a line to each of several, float64 of shape [others]: `Alignment.distance`.

    Parameters
    ----------
    query_cents : float64 array, shape [n]
        In cents above Sa, without gaps.
    others_cents : float64 or int16 array, shape [others, m]
        As many points each.
    band, cost
        As for `alignment`.
    whole : bool
        Count whole cents: less than one off, in half the time. Short lines alone, and a cost that has a cap.

    Raises
    ------
    ValueError
        As `alignment` says; or if whole cents cannot be counted so.
    """
    _check(query_cents, others_cents, band)
    (count, points), costs = others_cents.shape, cost or LocalCost()
    if whole and not costs.is_whole(query_cents.size + points):
        raise ValueError(f"lines of {query_cents.size} and {points} points cannot be aligned so at {costs}")
    if not count:
        return np.zeros(0)
    dtype = np.dtype(np.int16 if whole else np.float32)
    rows, query = _corridor(query_cents.size, points, band), costs.placed(_cast(query_cents, dtype))
    at_once = max(1, _AT_ONCE // (points * dtype.itemsize))
    totals = [
        _walked(query, costs.placed(_cast(others_cents[begin : begin + at_once].T, dtype)), rows, costs)
        for begin in range(0, count, at_once)
    ]
    return np.asarray(np.concatenate(totals).astype(np.float64) / max(query_cents.size, points))


def _cast(cents: Floats, dtype: np.dtype[Any]) -> Floats:
    rounded = np.rint(cents) if dtype.kind == "i" and cents.dtype.kind == "f" else cents
    return rounded.astype(dtype)


def _check(query_cents: FloatArray, other_cents: npt.NDArray[Any], band: float) -> None:
    if query_cents.ndim != 1 or not query_cents.size or not other_cents.shape[-1]:
        raise ValueError(f"cannot align {query_cents.shape} with {other_cents.shape}")
    if not (np.isfinite(query_cents).all() and np.isfinite(other_cents).all() and band > 0):
        raise ValueError("a line to align has gaps, or the band leaves no room")


@lru_cache(maxsize=64)
def _corridor(frames: int, others: int, band: float) -> list[tuple[int, int]]:
    """Return the first and last frame of the query on each anti-diagonal of the table."""
    slope = (others - 1) / max(frames - 1, 1)
    room = max(band * others, 1.0 + slope)
    rows = list[tuple[int, int]]()
    for total in range(frames + others - 1):
        low, high = max(0, total - others + 1), min(frames - 1, total)
        if frames > 1:
            low = max(low, math.ceil((total - room) / (1.0 + slope)))
            high = min(high, math.floor((total + room) / (1.0 + slope)))
        rows.append((low, high))
    return rows


def _walked(
    query: Floats,
    others: Floats,
    rows: list[tuple[int, int]],
    cost: LocalCost,
    moves: list[Moves] | None = None,
) -> Floats:
    """Return the cost of the cheapest path to the end of each line, of shape [others].

    Parameters
    ----------
    query : float32, float64 or int16 array, shape [n]
    others : array of that dtype, shape [m, others]
        Both `LocalCost.placed`.
    rows : list of (int, int)
        What `_corridor` returns.
    cost : LocalCost
        Of a pair of frames.
    moves : list, optional
        Takes how each cell of each anti-diagonal is reached, of shape [cells, others].
    """
    shape, dtype = (query.size + 1, others.shape[1]), query.dtype
    # A row more before the first, which stands for what lies outside the table.
    number = dtype.type
    far = number(_FAR if dtype.kind == "i" else np.inf)
    before, last, now = (np.full(shape, far, dtype) for _ in range(3))
    pairs, ways = np.empty(shape, dtype), np.empty(shape, dtype)
    before[0] = 0.0
    for total, (low, high) in enumerate(rows):
        pair, way = pairs[: high - low + 1], ways[: high - low + 1]
        both, waits, goes = before[low : high + 1], last[low : high + 1], last[low + 1 : high + 2]
        np.subtract(query[low : high + 1, None], others[total - high : total - low + 1][::-1], out=pair)
        cost.charge(pair, way)
        np.minimum(waits, goes, out=way)
        if cost.stretch_cents:
            np.add(way, number(cost.stretch_cents), out=way)
        if moves is not None:
            waiting = np.where(waits <= goes, _QUERY, _OTHER)
            moves.append(np.where(both <= way, _BOTH, waiting).astype(np.int8))
        np.minimum(way, both, out=way)
        now[max(low - 1, 0) : high + 3] = far
        np.add(pair, way, out=now[low + 1 : high + 2])
        before[0] = far
        before, last, now = last, now, before
    ends: Floats = last[-1]
    return ends


def _walked_back(moves: list[Moves], rows: list[tuple[int, int]], points: int, number: int) -> Path:
    total, row = len(moves) - 1, len(moves) - points
    path = [(row, total - row)]
    while total:
        move = int(moves[total][row - rows[total][0], number])
        total -= 2 if move == _BOTH else 1
        row -= move != _OTHER
        path.append((row, total - row))
    return np.array(path[::-1], dtype=np.int32)
