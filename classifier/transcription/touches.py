"""Swaras that the voice touches: where its line turns on one, slows down on its way, or dwells.

Each frame belongs to the swara that it is near to, those of the raga first. A run of frames on one swara is a
touch where it lasts long enough for what the line does there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from swara.classifier.notes.steady import Event, average
from swara.data.arrays import BoolArray, FloatArray, IntArray
from swara.raga.ragas import Raga
from swara.raga.swaras import SVARASTHANAS, SwaraPitch
from swara.raga.tuning import Tuning

__all__ = ["Ladder", "Touched", "smoothed", "touches"]

REACH_CENTS = 75.0
"""A held pitch this near to a swara of the raga is that swara: further off, a singer means another."""

TOUCH_CENTS = 70.0
"""The same of what is touched."""

FOREIGN_CENTS = 50.0
"""Beyond that, it is the swara outside the raga that is this near."""

DWELL_SMOOTHING, KAN_SMOOTHING = 3.0, 1.0
"""Standard deviation, in frames, of the smoothing under which dwelling is looked for, and a kan."""

TURN_FRAMES, SLOW_FRAMES, EDGE_FRAMES, PASS_FRAMES = 8, 8, 12, 20
"""How long a touch lasts where the line turns back, slows down on its way, begins or ends, or goes on."""

SLOWED, AROUND_FRAMES = 0.3, 12
"""It slows down where it is so much slower than within 120 ms on either side."""

KAN_FRAMES, KAN_LEADS_FRAMES, KAN_SLOWED = 4, 9, 0.7
"""Where a note that is held begins within 90 ms, so short a turn, or less of a slowing, is a kan."""

FOREIGN_FRAMES = 12
"""A swara outside the raga is touched only where the line turns, for so long: on its way, it passes many."""

_OCTAVES = range(-4, 5)
_NOBODY = -1000


class Touched(NamedTuple):
    """A touch as frames `start` up to, not including, `stop`; its swara; where its line rests, in cents."""

    start: int
    stop: int
    pitch: SwaraPitch
    cents: float


@dataclass(frozen=True, slots=True)
class Ladder:
    """The swaras by their place: those of a raga with a wide reach, the others with a narrow one."""

    raga: Raga
    tuning: Tuning

    def pitch(self, cents: float) -> SwaraPitch:
        """Return the swara that a pitch above madhya Sa is named by: of the raga, else of all 12."""
        placed = self.tuning.nearest(cents, self.raga.swaras)
        if abs(placed.cents_off) > REACH_CENTS:
            placed = self.tuning.nearest(cents)
        return placed.svarasthana, placed.octave

    def places(self, cents: FloatArray) -> IntArray:
        """Return the place of each frame, semitones above madhya Sa, shape [frames]; below all, none."""
        own, away = self._nearest(cents, sorted(self.raga.swaras))
        others, further = self._nearest(cents, range(12))
        return np.where(away <= TOUCH_CENTS, own, np.where(further <= FOREIGN_CENTS, others, _NOBODY))

    def _nearest(self, cents: FloatArray, indices: Sequence[int]) -> tuple[IntArray, FloatArray]:
        places = np.array([12 * octave + index for octave in _OCTAVES for index in indices])
        centres = np.array([self.tuning.cents_of(place % 12, place // 12) for place in places.tolist()])
        after = np.clip(np.searchsorted(centres, cents), 1, centres.size - 1)
        nearer = np.where(cents - centres[after - 1] <= centres[after] - cents, after - 1, after)
        return places[nearer], np.abs(cents - centres[nearer])


def smoothed(cents: FloatArray, frames: float) -> FloatArray:
    """Return a line without gaps smoothed by a Gaussian, shape [frames].

    Parameters
    ----------
    cents : float64 array, shape [frames]
        On any reference.
    frames : float
        Its standard deviation.
    """
    reach = np.arange(-round(3 * frames), round(3 * frames) + 1)
    padded = np.pad(cents, reach.size // 2, mode="edge")
    return average(padded, np.exp(-0.5 * (reach / frames) ** 2))[reach.size // 2 : -(reach.size // 2)]


def touches(
    cents: FloatArray, held: BoolArray, held_places: IntArray, held_long: BoolArray, ladder: Ladder
) -> list[Touched]:
    """Return the touches of a sung stretch in order.

    Parameters
    ----------
    cents : float64 array, shape [frames]
        Its pitch above madhya Sa, without gaps.
    held : bool array, shape [frames]
        Which frames belong to notes that stand already.
    held_places : int array, shape [frames]
        On which place those are.
    held_long : bool array, shape [frames]
        Which belong to notes that are held.
    ladder : Ladder
        The swaras.
    """
    found = [
        run.touched() for run in _candidates(cents, held, held_places, ladder, DWELL_SMOOTHING) if run.stays
    ]
    free = ~held
    for each in found:
        free[each.start : each.stop] = False
    for run in _candidates(cents, held, held_places, ladder, KAN_SMOOTHING):
        leads = held_long[run.stop : run.stop + KAN_LEADS_FRAMES].any()
        if leads and run.is_kan and free[run.start : run.stop].all():
            found.append(run.touched())
    return sorted(found)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A run of frames on one place: may be a touch."""

    start: int
    stop: int
    pitch: SwaraPitch
    cents: float
    ours: bool
    at_edge: bool
    turns: bool
    slowness: float

    def touched(self) -> Touched:
        return Touched(self.start, self.stop, self.pitch, self.cents)

    @property
    def stays(self) -> bool:
        """Whether it lasts long enough for what the line does there."""
        if not self.ours:
            return self.turns and self.stop - self.start >= FOREIGN_FRAMES
        if self.at_edge:
            least = EDGE_FRAMES if self.slowness <= SLOWED else PASS_FRAMES
        elif self.turns:
            least = TURN_FRAMES
        else:
            least = SLOW_FRAMES if self.slowness <= SLOWED else PASS_FRAMES
        return self.stop - self.start >= least

    @property
    def is_kan(self) -> bool:
        """Whether it is one if it leads to a held note."""
        long = self.ours and self.stop - self.start >= KAN_FRAMES
        return long and (self.turns or self.slowness <= KAN_SLOWED)


def _candidates(
    cents: FloatArray, held: BoolArray, held_places: IntArray, ladder: Ladder, smoothing: float
) -> Iterator[_Candidate]:
    line = smoothed(cents, smoothing)
    places = np.where(held, _NOBODY, ladder.places(line))
    speed = np.abs(np.gradient(line)) if line.size > 1 else np.zeros(line.size)
    for run in _runs(places):
        place = int(places[run.start])
        if place == _NOBODY or _is_approach(run, place, held, held_places):
            continue
        rest = run.start + int(speed[slice(*run)].argmin())
        before, after = line[max(0, run.start - 1)], line[min(line.size - 1, run.stop)]
        yield _Candidate(
            *run,
            pitch=(SVARASTHANAS[place % 12], place // 12),
            cents=float(line[rest]),
            ours=ladder.raga.allows(place % 12),
            at_edge=run.start == 0 or run.stop == line.size,
            turns=bool((before - line[rest]) * (after - line[rest]) > 0),
            slowness=_slowness(speed, rest, run),
        )


def _slowness(speed: FloatArray, rest: int, run: Event) -> float:
    """Return how slow the line is, as a share of its speed on either side; where it begins, on the other."""
    before = speed[max(0, rest - AROUND_FRAMES) : rest + 1].max() if run.start else np.inf
    after = speed[rest : rest + AROUND_FRAMES + 1].max() if run.stop < speed.size else np.inf
    around = min(before, after)
    return float(speed[rest] / around) if 0 < around < np.inf else 1.0


def _is_approach(run: Event, place: int, held: BoolArray, held_places: IntArray) -> bool:
    """Tell whether a run is the way to or from a note on the same place."""
    beside = [frame for frame in (run.start - 1, run.stop) if 0 <= frame < held.size and held[frame]]
    return any(held_places[frame] == place for frame in beside)


def _runs(places: IntArray) -> Iterator[Event]:
    edges = [0, *(np.flatnonzero(np.diff(places)) + 1).tolist(), places.size]
    return (Event(start, stop) for start, stop in pairwise(edges) if stop > start)
