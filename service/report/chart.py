"""What every picture of a take needs: colours, swara lines, the range of pitch, the curve in pieces."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.take import Note, Verdict
from swara.raga.ragas import Raga
from swara.raga.swaras import SVARASTHANAS
from swara.raga.tuning import Tuning
from swara.service.take.report import TakeReport

__all__ = ["COLOURS", "CentsRange", "Colours", "SwaraLine", "cents_range", "curve_pieces", "swara_lines"]

_HEADROOM_CENTS, _HEADROOM_SHARE = 140.0, 0.13
_NARROWEST_CENTS = 700.0
_EDGE_CENTS = 40.0
_EMPTY_RANGE = (-100.0, 1300.0)
_OUTLIERS_PERCENT = 2.0


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
        Name with its octave as notation marks it: ``.Dha``, ``Ga``, ``Sa'``.
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


def swara_lines(raga: Raga, tuning: Tuning, shown: CentsRange) -> tuple[SwaraLine, ...]:
    """Return the raga's swaras whose targets lie well within the range, from low to high."""
    octaves = range(math.floor(shown.low / 1200) - 1, math.ceil(shown.high / 1200) + 1)
    lines = (_line(index, octave, tuning) for octave in octaves for index in sorted(raga.swaras))
    low, high = shown.low + _EDGE_CENTS, shown.high - _EDGE_CENTS
    return tuple(line for line in lines if low <= line.low_cents and line.high_cents <= high)


def curve_pieces(report: TakeReport, note: Note | None = None) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield the sung stretches of the curve, of the whole take or of one note.

    Yields
    ------
    times_s, cents : float64 arrays, shape [frames]
        A run of voiced frames; where nothing is sung no line is drawn.
    """
    cents = report.track.cents(report.tonic.hz)
    times_s = report.track.times_s
    drawn = np.isfinite(cents)
    if note is not None:
        drawn &= (times_s >= note.start_s - 1e-9) & (times_s < note.end_s - 1e-9)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], drawn.astype(np.int8), [0]))))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield times_s[start:end], cents[start:end]


def _line(index: int, octave: int, tuning: Tuning) -> SwaraLine:
    target = tuning.targets[index]
    label = "." * -octave + SVARASTHANAS[index].name + "'" * octave
    low, high = target.low_cents + 1200 * octave, target.high_cents + 1200 * octave
    return SwaraLine(low, high, label, is_sa=index == 0)
