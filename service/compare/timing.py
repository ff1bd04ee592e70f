"""When notes begin, measured against the tempo of the other take as it is around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from swara.data.arrays import FloatArray

__all__ = ["LEAST_LATE_S", "Shifted", "TimeMap", "shifted_onsets", "tempo_ratio", "unevenness_s"]

LEAST_LATE_S = 0.12
_LATE_SHARE = 0.15
"""A note is early or late from here on, and by this share of the time from note to note around it: in a slow
alap 200 ms are nothing."""

_REACH = 5
"""Notes to either side that the tempo is taken from."""

_ONSET_SD_S, _TEMPO_SD = 0.04, 0.1
"""How exactly an onset is found, in seconds; how much the tempo of a few notes may differ from that of the
take."""

_FIRST_TIMES, _FIRST_MOST_S = 1.4, 0.3
"""The first note of a phrase must be further out of place, as it begins when its singer likes, on consonants;
but not too far, as a drone that is taken for the voice begins it too early."""

_LEAST_NOTES, _LEAST_UNEVEN = 3, 6
_SPREADS = 3.0
"""What stands out must be so many standard deviations of what is left unexplained around it."""


class Shifted(NamedTuple):
    """A note that begins elsewhere than the tempo has it: its number, and by how much; early is negative."""

    at: int
    late_s: float


@dataclass(frozen=True, slots=True, eq=False)
class TimeMap:
    """Times of one take on the clock of another, piece by piece linear.

    Parameters
    ----------
    mine_s, other_s : float64 arrays, shape [knots]
        The same moments in both, rising.
    """

    mine_s: FloatArray
    other_s: FloatArray

    @classmethod
    def of(cls, moments: Sequence[tuple[float, float]]) -> TimeMap:
        """Return the map through moments of mine and the other; one that goes back in either is left out."""
        kept = list[tuple[float, float]]()
        for mine_s, other_s in moments:
            if not kept or (mine_s > kept[-1][0] + 1e-6 and other_s > kept[-1][1] + 1e-6):
                kept.append((mine_s, other_s))
        return cls(*np.array(kept, np.float64).reshape(-1, 2).T)

    def to_mine(self, other_s: float) -> float:
        """Return when in mine that is; before the first knot and after the last, one to one."""
        return float(_extended(np.array([other_s]), self.other_s, self.mine_s)[0])

    def all_to_mine(self, other_s: FloatArray) -> FloatArray:
        """Return `to_mine` of each, shape of `other_s`."""
        return _extended(other_s, self.other_s, self.mine_s)

    def to_other(self, mine_s: float) -> float:
        """Return when in the other take that is."""
        return float(_extended(np.array([mine_s]), self.mine_s, self.other_s)[0])


def _extended(at: FloatArray, knots: FloatArray, values: FloatArray) -> FloatArray:
    if not knots.size:
        return at
    inside: FloatArray = np.interp(at, knots, values)
    outside: FloatArray = np.minimum(at - knots[0], 0.0) + np.maximum(at - knots[-1], 0.0)
    return np.add(inside, outside)


def tempo_ratio(pieces: Sequence[FloatArray]) -> float:
    """Return how much longer notes last in mine than in the other take: the median from note to note.

    Parameters
    ----------
    pieces : sequence of float64 arrays, shape [notes, 2]
        Onsets in the other take and in mine, in seconds, of notes that follow each other without a break.
    """
    steps = np.concatenate([np.zeros((0, 2)), *(np.diff(piece, axis=0) for piece in pieces)])
    steps = steps[(steps > 0).all(axis=1)]
    return float(np.median(steps[:, 1] / steps[:, 0])) if len(steps) else 1.0


def unevenness_s(pieces: Sequence[FloatArray]) -> float:
    """Return the standard deviation of onsets about an even tempo, in seconds, from note to note; robust.

    Parameters
    ----------
    pieces : sequence of float64 arrays, shape [notes, 2]
        As for `tempo_ratio`.
    """
    away = list[float]()
    for piece in pieces:
        for before, note, after in zip(piece, piece[1:], piece[2:], strict=False):
            share = (note[0] - before[0]) / max(after[0] - before[0], 1e-3)
            away.append(abs(note[1] - before[1] - share * (after[1] - before[1])))
    # The line through two neighbours is as uncertain as they are: half of the variance more.
    return float(1.4826 * np.median(away) / 1.5**0.5) if len(away) >= _LEAST_UNEVEN else 0.0


def shifted_onsets(onsets_s: FloatArray, tempo: float, uneven_s: float = 0.0) -> list[Shifted]:
    """Find the notes that begin early or late within one phrase.

    What stands out most is taken first, and the rest measured anew without it: one note alone that is out of
    its place, or one from which on all are, as after a pause. The tempo around a note is a straight line
    through up to five to either side of it.

    Parameters
    ----------
    onsets_s : float64 array, shape [notes, 2]
        Onsets in the other take and in mine, in seconds.
    tempo : float
        `tempo_ratio` of the whole take, from which that of a few notes does not differ much.
    uneven_s : float
        `unevenness_s` of the whole take: what is usual in it does not stand out.
    """
    found = list[Shifted]()
    pending = [np.arange(len(onsets_s))]
    while pending:
        piece = pending.pop()
        best = max(
            _candidates(onsets_s, piece, tempo, _SPREADS * uneven_s), key=lambda each: each.gain, default=None
        )
        if best is None:
            continue
        if best.said:
            found.append(Shifted(int(piece[best.place]), best.late_s))
        if best.moves_rest:
            pending += [piece[: best.place], piece[best.place :]]
        else:
            pending.append(np.delete(piece, best.place))
    return sorted(found)


class _Candidate(NamedTuple):
    place: int
    late_s: float
    moves_rest: bool
    gain: float
    said: bool


def _candidates(
    onsets_s: FloatArray, piece: np.ndarray, tempo: float, usual_s: float
) -> Iterator[_Candidate]:
    """Yield what would explain the onsets of a piece better than an even tempo, and is large enough."""
    if piece.size < _LEAST_NOTES:
        return
    step_s = float(np.median(np.diff(onsets_s[piece, 1])))
    limit_s = max(LEAST_LATE_S, _LATE_SHARE * step_s, usual_s)
    for place in range(piece.size):
        first, last = max(0, place - _REACH), min(piece.size, place + _REACH + 1)
        around = onsets_s[piece[first:last]]
        others = np.arange(first, last)
        for moves_rest in (False, True):
            if moves_rest and (place - first < 2 or last - place < 2):
                continue  # of one note alone it is not known whether it or the rest is out of place
            out = others >= place if moves_rest else others == place
            late_s, spread_s, gain = _fit(around, out, tempo)
            if abs(late_s) < max(limit_s, _SPREADS * spread_s):
                continue
            said = place > 0 or _FIRST_TIMES * limit_s <= abs(late_s) <= _FIRST_MOST_S
            if place == 0 and late_s < 0 and said:  # the first one early is the second one late
                yield _Candidate(1, -late_s, True, gain, said)
            else:
                yield _Candidate(place, late_s, moves_rest, gain, said)


def _fit(around: FloatArray, out: np.ndarray, tempo: float) -> tuple[float, float, float]:
    """Fit a line, and how far what is `out` lies beside it.

    Returns
    -------
    float
        How late that is, in seconds.
    float
        Standard deviation of the others, in seconds; never less than how exactly an onset is found.
    float
        By how much the squared error is less than without it.
    """
    since = around[:, 0] - around[:, 0].mean()
    held = np.array([0.0, _ONSET_SD_S / (_TEMPO_SD * tempo), 0.0])  # a tempo that is known, as one more row
    rows = np.vstack((np.column_stack((np.ones(since.size), since, out)), held))
    aims = np.append(around[:, 1], held[1] * tempo)
    fitted = np.linalg.lstsq(rows, aims, rcond=None)[0]
    plain = np.linalg.lstsq(rows[:, :2], aims, rcond=None)[0]
    left, before = (float(((rows[:, : x.size] @ x - aims) ** 2).sum()) for x in (fitted, plain))
    spread_s = max(_ONSET_SD_S / 2, (left / max(since.size - 2, 1)) ** 0.5)
    return float(fitted[2]), spread_s, before - left
