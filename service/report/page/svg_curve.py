"""Where everything in the pitch curve of a page stands; ``curve.svg.j2`` draws it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.take import Note, Verdict
from swara.raga.ragas import Raga
from swara.raga.tuning import Tuning
from swara.service.report import wording
from swara.service.report.chart import (
    SwaraLine,
    cents_range,
    curve_pieces,
    swara_lines,
    time_lines,
    with_room,
)
from swara.service.take.report import TakeReport

__all__ = ["Places", "SvgCurve", "thinned"]

Places = TypeVar("Places", float, FloatArray)
"""One place or many."""

_NARROWEST, _WIDEST = 960, 72_000
_PIXELS_PER_SECOND = 60
_PIXELS_PER_TICK = 90
_PIXELS_PER_LETTER, _AXIS_EDGE = 6.6, 14
_MARK_OFFSET = 17
_LABEL_OFFSET = 9
_LABEL_ROOM = (58, 30)
_OVERVIEW = (1000, 60)


class SvgCurve:
    """Places of a take's curve, in pixels from the upper left corner.

    It is 960 pixels wide up to 16 s and grows by 60 for each second after, to 72 000 at most. Paths are
    thinned to the four frames that show in each pixel column.

    Parameters
    ----------
    report : TakeReport
        The analysis of the take.
    tuning : Tuning
        Where the swara lines go.
    raga : Raga
        Which swaras get one.

    Attributes
    ----------
    width, height, foot : int
        Size of the whole, and where the time axis begins.
    axis : int
        Width of the names of the swaras, left of it.
    raga : str
        Name of the raga.
    lines : tuple of SwaraLine
        The swaras, from low to high.
    spans_s : tuple of (float, float)
        The stretches that it is printed in, one line under the other.
    labelled : set of Note
        Those whose labels have room.
    """

    height, foot = 440, 410

    def __init__(self, report: TakeReport, tuning: Tuning, raga: Raga) -> None:
        self._report, self._shown = report, cents_range(report)
        self.width = round(min(max(_NARROWEST, _PIXELS_PER_SECOND * report.duration_s), _WIDEST))
        self.raga = raga.display
        self.set_lines(swara_lines(raga, tuning, self._shown))
        self.spans_s = time_lines(report.duration_s)
        self.labelled = with_room({note: self.mark(note) for note in report.notes}, *_LABEL_ROOM)

    def set_lines(self, lines: tuple[SwaraLine, ...]) -> None:
        """Show these swara lines, with as much room for their names as those need."""
        self.lines = lines
        longest = max((len(line.label) for line in lines), default=0)
        self.axis = round(_PIXELS_PER_LETTER * longest) + _AXIS_EDGE

    def x(self, time_s: Places) -> Places:
        """Return where a time stands, from the left."""
        return time_s / max(self._report.duration_s, 1e-3) * self.width

    def y(self, cents: Places) -> Places:
        """Return where a pitch stands, in cents above madhya Sa, from the top."""
        share = (cents - self._shown.low) / (self._shown.high - self._shown.low)
        return (1.0 - share) * self.foot

    def mark(self, note: Note) -> tuple[float, float]:
        """Return where the sign of a note stands: below a low note, above any other."""
        return self.x((note.start_s + note.end_s) / 2), self.y(note.cents) + _side(note) * _MARK_OFFSET

    def label_y(self, note: Note) -> float:
        """Return where the foot of a note's label stands, beyond its sign."""
        return self.mark(note)[1] + (2 * _LABEL_OFFSET if _side(note) > 0 else -_LABEL_OFFSET)

    def ticks(self) -> Iterator[tuple[float, str, str]]:
        """Yield the ticks of the time axis: where each stands, how its label is anchored, and the label."""
        duration_s = self._report.duration_s
        step_s = wording.tick_step_s(duration_s, most=self.width // _PIXELS_PER_TICK)
        for tick in range(int(duration_s / step_s + 1e-9) + 1):
            x = self.x(tick * step_s)
            anchor = "start" if tick == 0 else "end" if x > self.width - 20 else "middle"
            yield x, anchor, wording.tick_label(tick * step_s)

    def notes_by_line(self) -> Iterator[list[tuple[int, Note]]]:
        """Yield for each stretch of `spans_s` the notes that begin in it, with their places in the take."""
        notes = self._report.notes
        edges = np.searchsorted([note.start_s for note in notes], [start for start, _ in self.spans_s])
        bounds = [*map(int, edges), len(notes)]
        for first, last in pairwise(bounds):
            yield list(enumerate(notes[first:last], first))

    def path(self, start_s: float, end_s: float) -> str:
        """Return the curve from one time to another as the data of a path."""
        pieces = curve_pieces(self._report, start_s, end_s)
        return "".join(self._piece(times_s, cents) for times_s, cents in pieces)

    def overview(self, verdict: Verdict) -> str:
        """Return the notes of one verdict as bars in the overview of the take, 1000 by 60 pixels."""
        width, height = _OVERVIEW
        right, down = width / self.width, height / self.height
        notes = [note for note in self._report.notes if note.verdict == verdict]
        bars = ((self.x(note.start_s), self.y(note.cents), self.x(note.duration_s)) for note in notes)
        return "".join(f"M{right * x:.1f} {down * y:.1f}h{right * long:.1f}" for x, y, long in bars)

    def _piece(self, times_s: FloatArray, cents: FloatArray) -> str:
        kept = list(thinned(np.floor(self.x(1.0) * times_s), cents))
        places = zip(self.x(times_s[kept]).tolist(), self.y(cents[kept]).tolist(), strict=True)
        return "M" + "L".join([f"{x:.1f} {y:.1f}" for x, y in places])


def _side(note: Note) -> int:
    return 1 if note.verdict == "low" else -1


def thinned(column: FloatArray, values: FloatArray) -> Iterator[int]:
    """Yield the frames to draw: the first, lowest, highest and last of each pixel column.

    The M4 aggregation of Jugel et al. (VLDB 2014): drawn at that width, the line is the same as with every
    frame.
    """
    starts = np.flatnonzero(np.diff(column, prepend=-1.0)).tolist()
    for start, end in zip(starts, [*starts[1:], column.size], strict=True):
        if end - start <= 2:
            yield from range(start, end)
            continue
        inside = values[start:end]
        yield from sorted({start, start + int(inside.argmin()), start + int(inside.argmax()), end - 1})
