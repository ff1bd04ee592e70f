"""The pitch curve as inline SVG: swara lines, time axis, and one button for each note."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.take import Note, Verdict
from swara.raga.ragas import Raga
from swara.raga.tuning import Tuning
from swara.service.report import wording
from swara.service.report.chart import (
    CentsRange,
    SwaraLine,
    cents_range,
    curve_pieces,
    swara_lines,
    tick_step_s,
)
from swara.service.report.plain_text import printable
from swara.service.take.report import TakeReport

__all__ = ["curve_svg", "mark_path", "swara_axis_svg"]

_HEIGHT = 440
_AXIS_HEIGHT = 30
_AXIS_WIDTH = 62
_NARROWEST, _WIDEST = 960, 24_000
_PIXELS_PER_SECOND = 60
_PIXELS_PER_TICK = 90
_MARK_OFFSET = 17
_LABEL_OFFSET = 9
_LABEL_WIDTH, _LABEL_HEIGHT = 58, 30
_MARK_SIZE = 5


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where seconds and cents land, in pixels."""

    shown: CentsRange
    duration_s: float

    @property
    def width(self) -> int:
        return round(min(max(_NARROWEST, _PIXELS_PER_SECOND * self.duration_s), _WIDEST))

    def x(self, time_s: float) -> float:
        return time_s / max(self.duration_s, 1e-3) * self.width

    def y(self, cents: float) -> float:
        share = (cents - self.shown.low) / (self.shown.high - self.shown.low)
        return (1.0 - share) * (_HEIGHT - _AXIS_HEIGHT)


def curve_svg(report: TakeReport, *, tuning: Tuning, raga: Raga) -> str:
    """Return the curve as an ``<svg>`` element that a style sheet colours by class.

    It is 960 pixels wide up to 16 s and grows by 60 for each second after, to 24 000 at most. Paths are
    thinned to the four frames that show in each pixel column. Each note is a ``role="button"`` group with
    ``data-start`` and ``data-end`` in seconds.
    """
    frame = _Frame(cents_range(report), report.duration_s)
    lines = swara_lines(raga, tuning, frame.shown)
    name, verdict = escape(printable(report.source)), escape(printable(report.verdict))
    pieces = "".join(_path(frame, times_s, cents) for times_s, cents in curve_pieces(report))
    labelled = _labelled(report.notes, frame)
    notes = "".join(
        _note(report, note, frame, first=index == 0, labelled=note in labelled)
        for index, note in enumerate(report.notes)
    )
    return (
        f'<svg id="curve" role="group" aria-labelledby="curve-title curve-desc"'
        f' data-duration="{report.duration_s:.3f}" viewBox="0 0 {frame.width} {_HEIGHT}"'
        f' width="{frame.width}" height="{_HEIGHT}">'
        f'<title id="curve-title">Pitch of {name} over the swaras of {escape(raga.display)}</title>'
        f'<desc id="curve-desc">{verdict} The table of notes says the same.</desc>'
        f"{_zones(report, frame, lines)}{_time_axis(frame)}"
        f'<path class="sung" d="{pieces}"/>{notes}'
        f'<line id="playhead" x1="0" x2="0" y1="0" y2="{_HEIGHT - _AXIS_HEIGHT}"/></svg>'
    )


def swara_axis_svg(report: TakeReport, *, tuning: Tuning, raga: Raga) -> str:
    """Return the names of the swara lines as an ``<svg>`` of their own, still while the curve scrolls."""
    frame = _Frame(cents_range(report), report.duration_s)
    names = "".join(
        f'<text x="{_AXIS_WIDTH - 8}" y="{_middle_y(line, frame):.1f}" dy=".35em">{escape(line.label)}</text>'
        for line in swara_lines(raga, tuning, frame.shown)
    )
    return f'<svg class="axis" aria-hidden="true" width="{_AXIS_WIDTH}" height="{_HEIGHT}">{names}</svg>'


def mark_path(verdict: Verdict, x: float, y: float) -> str:
    """Return a path for the sign of a verdict: a disc, a ring, a triangle down or up, a cross."""
    r = _MARK_SIZE
    match verdict:
        case "perfect" | "in tune":
            return f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"
        case "low":
            return f"M{x - r:.1f} {y - r:.1f}h{2 * r}l{-r} {2 * r}z"
        case "high":
            return f"M{x - r:.1f} {y + r:.1f}h{2 * r}l{-r} {-2 * r}z"
        case "unsure":
            return f"M{x - r:.1f} {y - r:.1f}l{2 * r} {2 * r}m0 {-2 * r}l{-2 * r} {2 * r}"


def _zones(report: TakeReport, frame: _Frame, lines: tuple[SwaraLine, ...]) -> str:
    return "".join(_zone(report, frame, line) for line in lines)


def _zone(report: TakeReport, frame: _Frame, line: SwaraLine) -> str:
    parts = []
    for css, reach in (("zone", report.thresholds.in_tune_cents), ("core", report.thresholds.perfect_cents)):
        top, foot = frame.y(line.high_cents + reach), frame.y(line.low_cents - reach)
        parts.append(f'<rect class="{css}" y="{top:.1f}" width="{frame.width}" height="{foot - top:.1f}"/>')
    for edge in sorted({line.low_cents, line.high_cents}):
        css = "target sa" if line.is_sa else "target"
        parts.append(f'<path class="{css}" d="M0 {frame.y(edge):.1f}h{frame.width}"/>')
    parts.append(
        f'<text class="inline" x="4" y="{_middle_y(line, frame):.1f}" dy=".35em">{escape(line.label)}</text>'
    )
    return "".join(parts)


def _middle_y(line: SwaraLine, frame: _Frame) -> float:
    return frame.y((line.low_cents + line.high_cents) / 2)


def _time_axis(frame: _Frame) -> str:
    step_s = tick_step_s(frame.duration_s, most=frame.width // _PIXELS_PER_TICK)
    foot = _HEIGHT - _AXIS_HEIGHT
    parts = []
    for tick in range(int(frame.duration_s / step_s + 1e-9) + 1):
        time_s, x = tick * step_s, frame.x(tick * step_s)
        anchor = "start" if tick == 0 else "end" if x > frame.width - 20 else "middle"
        label = wording.tick_label(time_s)
        parts.append(f'<path class="tick" d="M{x:.1f} 0V{foot}"/>')
        parts.append(f'<text class="time" x="{x:.1f}" y="{foot + 20}" text-anchor="{anchor}">{label}</text>')
    return "".join(parts)


def _labelled(notes: tuple[Note, ...], frame: _Frame) -> set[Note]:
    """Return the notes whose labels have room; those off the mark come first, then those before others."""
    taken: dict[Note, tuple[float, float]] = {}
    for note in sorted(notes, key=lambda n: n.verdict not in ("low", "high")):
        x, y = frame.x((note.start_s + note.end_s) / 2), _mark_y(note, frame)
        if all(abs(x - u) >= _LABEL_WIDTH or abs(y - v) >= _LABEL_HEIGHT for u, v in taken.values()):
            taken[note] = (x, y)
    return set(taken)


def _side(note: Note) -> int:
    """Where the sign goes: below a low note, above any other."""
    return 1 if note.verdict == "low" else -1


def _mark_y(note: Note, frame: _Frame) -> float:
    return frame.y(note.cents) + _side(note) * _MARK_OFFSET


def _note(report: TakeReport, note: Note, frame: _Frame, *, first: bool, labelled: bool) -> str:
    left, right = frame.x(note.start_s), frame.x(note.end_s)
    side, middle, y = _side(note), (left + right) / 2, _mark_y(note, frame)
    says = (
        f"{wording.spot_words(note, report.raga)}; {note.verdict}; {wording.span(note.start_s, note.end_s)}"
    )
    line = "".join(_path(frame, times_s, cents) for times_s, cents in curve_pieces(report, note))
    css = note.verdict.replace(" ", "-") + (" foreign" if note.foreign else "")
    label_y = y + side * _LABEL_OFFSET + (9 if side > 0 else 0)
    label = f'<text x="{middle:.1f}" y="{label_y:.1f}">{escape(_label(note))}</text>' if labelled else ""
    return (
        f'<g class="note {css}" role="button" tabindex="{0 if first else -1}" data-start="{note.start_s:.3f}"'
        f' data-end="{note.end_s:.3f}" aria-label="{escape(printable(says))}">'
        f'<rect class="hit" x="{left:.1f}" width="{right - left:.1f}" height="{_HEIGHT - _AXIS_HEIGHT}"/>'
        f'<path class="line" d="{line}"/>'
        f'<path class="mark" d="{mark_path(note.verdict, middle, y)}"/>{label}</g>'
    )


def _label(note: Note) -> str:
    name = wording.letter(note.swara, note.saptak) + ("*" if note.foreign else "")
    if note.verdict == "unsure":
        return f"{name} ?"
    off = round(note.raga_cents_off)
    return f"{name} {off:+d}".replace("-", "\N{MINUS SIGN}") if off else name


def _path(frame: _Frame, times_s: FloatArray, cents: FloatArray) -> str:
    kept = _thinned(np.floor(frame.x(1.0) * times_s), cents)
    points = ((frame.x(times_s[i]), frame.y(cents[i])) for i in kept)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _thinned(column: FloatArray, values: FloatArray) -> Iterator[int]:
    """Yield the frames to draw: the first, lowest, highest and last of each pixel column.

    The M4 aggregation of Jugel et al. (VLDB 2014): drawn at that width, the line is the same as with every
    frame.
    """
    starts = np.flatnonzero(np.diff(column, prepend=-1.0))
    for start, end in zip(starts, [*starts[1:], column.size], strict=True):
        inside = values[start:end]
        yield from sorted({start, start + int(inside.argmin()), start + int(inside.argmax()), end - 1})
