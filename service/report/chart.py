"""What every picture of a take needs: colours, swara lines, the range of pitch, the curve in pieces."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.take import Note, Verdict
from swara.raga.ragas import Raga
from swara.raga.swaras import SVARASTHANAS, saptak_name
from swara.raga.tuning import Tuning
from swara.service.phrases import swara_in_saptak
from swara.service.take.report import TakeReport

__all__ = [
    "COLOURS",
    "CentsRange",
    "Colours",
    "SwaraLine",
    "cents_range",
    "curve_pieces",
    "swara_lines",
    "time_lines",
    "with_room",
]

_HEADROOM_CENTS, _HEADROOM_SHARE = 140.0, 0.13
_NARROWEST_CENTS = 700.0
_EDGE_CENTS = 40.0
_EMPTY_RANGE = (-100.0, 1300.0)
_OUTLIERS_PERCENT = 2.0
_LINE_S, _MOST_LINES = 20.0, 60


class Colours(NamedTuple):
    """The colours of one verdict: on white paper, and on a dark page."""

    paper: str
    dark: str


COLOURS: Final = MappingProxyType[Verdict, Colours](
    {
        "perfect": Colours("#00795c", "#2fd3a8"),
        "in tune": Colours("#1f9e80", "#8fe3cb"),
        "low": Colours("#0072b2", "#5bbcf5"),
        "high": Colours("#c65300", "#ff9d4d"),
        "unsure": Colours("#767676", "#a6a6a6"),
    }
)
"""Bluish green, blue and orange after Okabe and Ito (2008), told apart by every kind of colour vision."""


@dataclass(frozen=True, slots=True)
class CentsRange:
    """The pitches that a picture shows, in cents above madhya Sa."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SwaraLine:
    """A swara's target in one octave.

    Parameters
    ----------
    low_cents, high_cents : float
        Edges of the target above madhya Sa; equal unless it is a band.
    label : str
        Name with its octave, as in the whole report: ``mandra Dha``, ``Ga``, ``taar Sa``.
    is_sa : bool
        Whether an octave begins here.
    """

    low_cents: float
    high_cents: float
    label: str
    is_sa: bool

    @property
    def middle_cents(self) -> float:
        """Where its name stands."""
        return (self.low_cents + self.high_cents) / 2


def cents_range(report: TakeReport) -> CentsRange:
    """Return a range that holds every note and nearly all of the curve.

    The outermost 2% of frames at either end may fall outside, so that a tracker's octave slip cannot flatten
    the picture.
    """
    cents = report.track.cents(report.tonic.hz)
    sung = cents[np.isfinite(cents)]
    if sung.size == 0:
        return CentsRange(*_EMPTY_RANGE)
    low, high = (float(p) for p in np.percentile(sung, (_OUTLIERS_PERCENT, 100.0 - _OUTLIERS_PERCENT)))
    notes = [note.cents for note in report.notes]
    low, high = min([low, *notes]), max([high, *notes])
    # Room for the sign and the name over the highest note and under the lowest, however tall the range.
    room = max(_HEADROOM_CENTS, _HEADROOM_SHARE * (high - low))
    low, high = low - room, high + room
    spare = max(0.0, _NARROWEST_CENTS - (high - low)) / 2
    return CentsRange(low - spare, high + spare)


def swara_lines(raga: Raga | Collection[int], tuning: Tuning, shown: CentsRange) -> tuple[SwaraLine, ...]:
    """Return the swaras of a raga, or of these indices, that lie well within the range, from low to high."""
    swaras = raga.swaras if isinstance(raga, Raga) else raga
    octaves = range(math.floor(shown.low / 1200) - 1, math.ceil(shown.high / 1200) + 1)
    lines = (_line(index, octave, tuning) for octave in octaves for index in sorted(swaras))
    low, high = shown.low + _EDGE_CENTS, shown.high - _EDGE_CENTS
    return tuple(line for line in lines if low <= line.low_cents and line.high_cents <= high)


def time_lines(duration_s: float) -> tuple[tuple[float, float], ...]:
    """Return the stretches, in seconds, that a take is drawn in, one line under the other.

    Up to 20 s it is one line; else each has as many whole seconds, 15 to 20 from 45 s on, and the last has
    what is left. Over 20 minutes they become longer, and stay 60.
    """
    if duration_s <= _LINE_S:
        return ((0.0, duration_s),)
    count = min(math.ceil(duration_s / _LINE_S), _MOST_LINES)
    line_s = math.ceil(duration_s / count)
    starts = np.arange(0.0, duration_s, line_s)
    return tuple((float(start), min(float(start) + line_s, duration_s)) for start in starts)


def with_room(places: Mapping[Note, tuple[float, float]], width: float, height: float) -> set[Note]:
    """Return the notes whose labels have room: notes off the mark come first, then those before others.

    Parameters
    ----------
    places : mapping of Note to (float, float)
        Where the label of each would stand, from the left and up or down.
    width, height : float
        How far two must lie apart, in either direction.
    """
    taken: dict[int, list[tuple[float, float]]] = {}
    kept = set()
    for note in sorted(places, key=lambda n: (n.verdict not in ("low", "high"), n.start_s)):
        x, y = places[note]
        column = math.floor(x / width)
        near = (place for at in range(column - 1, column + 2) for place in taken.get(at, ()))
        if all(abs(x - u) >= width or abs(y - v) >= height for u, v in near):
            taken.setdefault(column, []).append((x, y))
            kept.add(note)
    return kept


def curve_pieces(
    report: TakeReport, start_s: float = 0.0, end_s: float = math.inf
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield the sung stretches of the curve, of the whole take or of a part, in seconds.

    Yields
    ------
    times_s, cents : float64 arrays, shape [frames]
        A run of voiced frames; where nothing is sung no line is drawn.
    """
    track = report.track
    first, last = np.searchsorted(track.times_s, (start_s - 1e-9, end_s - 1e-9))
    times_s = track.times_s[first:last]
    sung_hz = np.where(track.voiced[first:last], track.hz[first:last], np.nan)
    cents = 1200.0 * np.log2(sung_hz / report.tonic.hz)
    drawn = np.isfinite(cents)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], drawn.astype(np.int8), [0]))))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield times_s[start:end], cents[start:end]


def _line(index: int, octave: int, tuning: Tuning) -> SwaraLine:
    target = tuning.targets[index]
    label = swara_in_saptak(SVARASTHANAS[index].name, saptak_name(octave))
    low, high = target.low_cents + 1200 * octave, target.high_cents + 1200 * octave
    return SwaraLine(low, high, label, is_sa=index == 0)
