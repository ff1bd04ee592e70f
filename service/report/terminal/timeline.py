"""The take as rows of characters: blocks over time, the swaras under them, and a time axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from swara.data.take import Glide, Note, Segment, Silence, Touch, Verdict
from swara.service.report.wording import letter, tick_label, tick_step_s

__all__ = ["ASCII", "UNICODE", "Glyphs", "Kind", "Row", "kind_of", "timeline"]

Kind: TypeAlias = Verdict | Literal["touched", "glide", "silence"]
Glyphs: TypeAlias = MappingProxyType[Kind, str]

UNICODE: Final[Glyphs] = MappingProxyType(
    {
        "perfect": "█",
        "in tune": "▓",
        "low": "▄",
        "high": "▀",
        "unsure": "░",
        "touched": "╌",
        "glide": "~",
        "silence": "·",
    }
)
"""Low hangs at the foot of its line and high at its head, so that no colour is needed."""

ASCII: Final[Glyphs] = MappingProxyType(
    {
        "perfect": "#",
        "in tune": "=",
        "low": "v",
        "high": "^",
        "unsure": "?",
        "touched": "-",
        "glide": "~",
        "silence": ".",
    }
)

_ONE_ROW_S = 20.0
_MOST_ROWS = 6
_ROUND_SECONDS = (20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_CELLS_PER_TICK = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One stretch of the take.

    Parameters
    ----------
    blocks : tuple of (Kind, str)
        Runs of one kind, each as its glyphs; together they fill the row.
    letters : str
        The swaras, each under the start of its note; one that finds no room is left out.
    axis : str
        Seconds, each under the cell that begins there.
    """

    blocks: tuple[tuple[Kind, str], ...]
    letters: str
    axis: str


@dataclass(frozen=True, slots=True)
class _Scale:
    start_s: float
    cell_s: float
    cells: int

    @property
    def end_s(self) -> float:
        return self.start_s + self.cells * self.cell_s

    def cell(self, time_s: float) -> int:
        """Index of the cell that holds a time, kept inside the row."""
        return min(max(math.floor((time_s - self.start_s) / self.cell_s + 1e-9), 0), self.cells - 1)


def timeline(segments: Sequence[Segment], duration_s: float, width: int, glyphs: Glyphs) -> tuple[Row, ...]:
    """Draw a take in rows of at most `width` characters: one row up to 20 s, at most six up to an hour.

    A cell shows what holds most of it, and every note keeps at least the cell that it begins in.
    """
    row_s = _row_seconds(duration_s)
    rows = max(1, math.ceil(duration_s / row_s - 1e-9))
    return tuple(
        _row(segments, n * row_s, min((n + 1) * row_s, duration_s), row_s / width, glyphs)
        for n in range(rows)
    )


def kind_of(segment: Segment) -> Kind:
    """Return what a segment is drawn as: its verdict for a note."""
    match segment:
        case Note():
            return segment.verdict
        case Touch():
            return "touched"
        case Glide():
            return "glide"
        case Silence():
            return "silence"


def _row_seconds(duration_s: float) -> float:
    if duration_s <= _ONE_ROW_S:
        return max(duration_s, 1e-3)
    needed = duration_s / _MOST_ROWS
    return next((s for s in _ROUND_SECONDS if s >= needed), needed)


def _row(segments: Sequence[Segment], start_s: float, end_s: float, cell_s: float, glyphs: Glyphs) -> Row:
    scale = _Scale(start_s, cell_s, max(1, math.ceil((end_s - start_s) / cell_s - 1e-6)))
    inside = [s for s in segments if s.end_s > start_s and s.start_s < end_s]
    kinds = _kinds(inside, scale)
    blocks = tuple((kind, glyphs[kind] * len(list(run))) for kind, run in groupby(kinds))
    starting = [s for s in inside if isinstance(s, Note) and s.start_s >= start_s]
    return Row(blocks, _letters(starting, scale), _axis(scale))


def _kinds(segments: Sequence[Segment], scale: _Scale) -> list[Kind]:
    share = [0.0] * scale.cells
    kinds: list[Kind] = ["silence"] * scale.cells
    for segment in segments:
        for cell in range(scale.cell(segment.start_s), scale.cell(segment.end_s) + 1):
            left = scale.start_s + cell * scale.cell_s
            covered = min(segment.end_s, left + scale.cell_s) - max(segment.start_s, left)
            if covered > share[cell] + 1e-9:
                share[cell], kinds[cell] = covered, kind_of(segment)
    for segment in segments:
        if isinstance(segment, Note) and segment.start_s >= scale.start_s:
            kinds[scale.cell(segment.start_s)] = segment.verdict
    return kinds


def _letters(notes: Sequence[Note], scale: _Scale) -> str:
    line = [" "] * scale.cells
    free_from = 0
    for note in notes:
        name = letter(*note.called)
        at = scale.cell(note.start_s)
        if at >= free_from and at + len(name) <= scale.cells:
            line[at : at + len(name)] = name
            free_from = at + len(name) + 1
    return "".join(line).rstrip()


def _axis(scale: _Scale) -> str:
    step_s = tick_step_s(scale.cells * scale.cell_s, most=scale.cells // _CELLS_PER_TICK)
    line = ""
    for tick in range(math.ceil(scale.start_s / step_s - 1e-9), math.floor(scale.end_s / step_s + 1e-9) + 1):
        at = round((tick * step_s - scale.start_s) / scale.cell_s)
        label = tick_label(tick * step_s)
        if at + len(label) <= scale.cells and at >= len(line) + bool(line):
            line = line.ljust(at) + label
    return line
