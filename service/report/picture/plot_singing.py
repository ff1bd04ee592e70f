"""The curve and the notes of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, get_args

from swara.data.take import Note, Verdict
from swara.service.report import wording
from swara.service.report.chart import COLOURS, curve_pieces, with_room
from swara.service.take.report import TakeReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CURVE", "LOOKS", "Look", "draw_singing"]

CURVE = "#9aa7b0"

_LABEL_IN = (0.46, 0.3)
"""Width and height that the label of a note takes with its sign."""

_MARK_POINTS, _LABEL_POINTS = 9.0, 15.0
_SQUEEZED_IN_PER_SECOND = 0.3

_Dashes: TypeAlias = Literal["solid"] | tuple[float, tuple[float, ...]]
_DASHED: Final = (0, (2.2, 0.7))


class Look(NamedTuple):
    """How the notes of one verdict are drawn: the sign, its inside where it is no disc, and the line."""

    marker: str
    face: str | None = None
    dashes: _Dashes = "solid"


LOOKS: Final = MappingProxyType[Verdict, Look](
    {
        "perfect": Look("o"),
        "in tune": Look("o", "white"),
        "low": Look("v", dashes=_DASHED),
        "high": Look("^", dashes=_DASHED),
        "unsure": Look("x", dashes=(0, (0.6, 0.9))),
    }
)
"""Low points down and high up, so that the picture can be read in grey as well."""


def draw_singing(
    axes: Axes, report: TakeReport, span_s: tuple[float, float], size_in: tuple[float, float]
) -> None:
    """Draw the curve in a stretch, and over it each note in the look of its verdict.

    Parameters
    ----------
    axes : Axes
        Shows its range of pitch already.
    report : TakeReport
        The take.
    span_s : (float, float)
        Where the stretch begins and ends.
    size_in : (float, float)
        Width and height of `axes`, in inches.
    """
    from matplotlib.collections import LineCollection

    (start_s, end_s), (width_in, height_in), (low, high) = span_s, size_in, axes.get_ylim()
    x_in, y_in = width_in / max(end_s - start_s, 1e-3), height_in / (high - low)
    notes = [note for note in report.notes if note.end_s > start_s and note.start_s < end_s]
    curve = [list(zip(*piece, strict=True)) for piece in curve_pieces(report, start_s, end_s)]
    axes.add_collection(LineCollection(curve, colors=CURVE, linewidths=1.1, zorder=2), autolim=False)
    # Where time is squeezed, dashes and thick lines would fill the vibrato in.
    wide = x_in >= _SQUEEZED_IN_PER_SECOND
    verdicts: tuple[Verdict, ...] = get_args(Verdict)
    for verdict in verdicts:
        same = [note for note in notes if note.verdict == verdict]
        dashes = LOOKS[verdict].dashes if wide else "solid"
        lines = [
            list(zip(*piece, strict=True))
            for note in same
            for piece in curve_pieces(report, max(note.start_s, start_s), min(note.end_s, end_s))
        ]
        look = {"colors": COLOURS[verdict].paper, "linewidths": 3.0 if wide else 1.8, "linestyles": [dashes]}
        axes.add_collection(LineCollection(lines, capstyle="butt", zorder=3, **look), autolim=False)
        _marks(axes, verdict, [note for note in same if start_s <= _middle_s(note) <= end_s], 72 * y_in)
    places = {note: (x_in * (_middle_s(note) - start_s), y_in * note.cents) for note in notes}
    for note in with_room(places, *_LABEL_IN):
        if start_s <= _middle_s(note) <= end_s:
            _label(axes, note)


def _middle_s(note: Note) -> float:
    return (note.start_s + note.end_s) / 2


def _side(verdict: Verdict) -> int:
    return -1 if verdict == "low" else 1


def _marks(axes: Axes, verdict: Verdict, notes: Sequence[Note], points_per_cent: float) -> None:
    """Set a sign below each low note, and above each other."""
    look, colour = LOOKS[verdict], COLOURS[verdict].paper
    off_cents = _side(verdict) * _MARK_POINTS / points_per_cent
    at = [_middle_s(note) for note in notes], [note.cents + off_cents for note in notes]
    face = look.face or colour
    axes.plot(*at, ls="none", marker=look.marker, ms=6, mew=1.4, color=colour, mfc=face, zorder=4)


def _label(axes: Axes, note: Note) -> None:
    from matplotlib.patheffects import withStroke

    side = _side(note.verdict)
    label = axes.annotate(
        wording.note_label(note, "*" if note.foreign else ""),
        (_middle_s(note), note.cents),
        (0, _LABEL_POINTS * side),
        textcoords="offset points",
        ha="center",
        va="bottom" if side > 0 else "top",
        fontsize=9,
        color=COLOURS[note.verdict].paper,
        fontweight="bold",
        zorder=5,
    )
    label.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
