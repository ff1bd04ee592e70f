"""The curve and the notes of a picture."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from swara.data.take import Note, Verdict
from swara.service.report import wording
from swara.service.report.chart import COLOURS, curve_pieces
from swara.service.take.report import TakeReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CURVE", "LOOKS", "Look", "draw_singing"]

CURVE = "#9aa7b0"

_LABEL_ROOM_IN = 0.4
_MARKER_OFFSET_CENTS = 62.0

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


def draw_singing(axes: Axes, report: TakeReport, width_in: float) -> None:
    """Draw the curve, and over it each note in the look of its verdict; `width_in` is the picture's width."""
    for times_s, cents in curve_pieces(report):
        axes.plot(times_s, cents, color=CURVE, lw=1.1, solid_capstyle="round", zorder=2)
    label_all = _in_per_note(report, width_in) >= _LABEL_ROOM_IN
    for note in report.notes:
        colour = COLOURS[note.verdict].paper
        # Where time is squeezed, dashes and thick lines would fill the vibrato in.
        width, dashes = (3.0, LOOKS[note.verdict].dashes) if label_all else (1.8, "solid")
        for times_s, cents in curve_pieces(report, note):
            axes.plot(times_s, cents, color=colour, lw=width, ls=dashes, solid_capstyle="round", zorder=3)
        _mark(axes, note, labelled=label_all or note in report.worst)


def _in_per_note(report: TakeReport, width_in: float) -> float:
    """Width in inches of a rather short note: one note in four is shorter."""
    if not report.notes:
        return 0.0
    shortest_s = sorted(note.duration_s for note in report.notes)[len(report.notes) // 4]
    return shortest_s * width_in / report.duration_s


def _mark(axes: Axes, note: Note, *, labelled: bool) -> None:
    from matplotlib.patheffects import withStroke

    look, colour = LOOKS[note.verdict], COLOURS[note.verdict].paper
    side = -1 if note.verdict == "low" else 1
    at = ((note.start_s + note.end_s) / 2, note.cents + side * _MARKER_OFFSET_CENTS)
    axes.plot(*at, marker=look.marker, ms=6, mew=1.4, color=colour, mfc=look.face or colour, zorder=4)
    if labelled:
        foreign = "\nnot in raga" if note.foreign and note.verdict != "unsure" else ""
        label = axes.annotate(
            wording.note_label(note) + foreign,
            at,
            xytext=(0, 6 * side),
            textcoords="offset points",
            ha="center",
            va="bottom" if side > 0 else "top",
            fontsize=9,
            color=colour,
            fontweight="bold",
            zorder=5,
            linespacing=1.0,
        )
        label.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
