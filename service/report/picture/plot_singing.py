"""The curve and the notes of a picture."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from swara.data.take import Note, Verdict
from swara.service.report import wording
from swara.service.report.chart import curve_pieces
from swara.service.take.report import TakeReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CURVE", "FAINT_INK", "INK", "LOOKS", "Look", "draw_singing"]

INK, FAINT_INK, CURVE = "#22303a", "#66757f", "#9aa7b0"

_LABEL_ROOM_IN = 0.4
_MARKER_OFFSET_CENTS = 62.0

_Dashes: TypeAlias = Literal["solid"] | tuple[float, tuple[float, ...]]


class Look(NamedTuple):
    """How the notes of one verdict are drawn."""

    colour: str
    marker: str
    dashes: _Dashes
    filled: bool

    @property
    def face(self) -> str:
        """The inside of the marker."""
        return self.colour if self.filled else "white"


LOOKS: Final = MappingProxyType[Verdict, Look](
    {
        "perfect": Look("#00795c", "o", "solid", True),
        "in tune": Look("#1f9e80", "o", "solid", False),
        "low": Look("#0072b2", "v", (0, (2.2, 0.7)), True),
        "high": Look("#d55e00", "^", (0, (2.2, 0.7)), True),
        "unsure": Look("#7f7f7f", "x", (0, (0.6, 0.9)), True),
    }
)
"""Colours after Okabe and Ito (2008), told apart by every kind of colour vision; low points down and high up,
so that the picture can be read in grey as well.
"""


def draw_singing(axes: Axes, report: TakeReport, width_in: float) -> None:
    """Draw the curve, and over it each note in the look of its verdict; `width_in` is the picture's width."""
    for times_s, cents in curve_pieces(report):
        axes.plot(times_s, cents, color=CURVE, lw=1.1, solid_capstyle="round", zorder=2)
    label_all = _in_per_note(report, width_in) >= _LABEL_ROOM_IN
    for note in report.notes:
        look = LOOKS[note.verdict]
        # Where time is squeezed, dashes and thick lines would fill the vibrato in.
        width, dashes = (3.0, look.dashes) if label_all else (1.8, "solid")
        for times_s, cents in curve_pieces(report, note):
            axes.plot(
                times_s, cents, color=look.colour, lw=width, ls=dashes, solid_capstyle="round", zorder=3
            )
        _mark(axes, note, labelled=label_all or note in report.worst)


def _in_per_note(report: TakeReport, width_in: float) -> float:
    """Width in inches of a rather short note: one note in four is shorter."""
    if not report.notes:
        return 0.0
    shortest_s = sorted(note.duration_s for note in report.notes)[len(report.notes) // 4]
    return shortest_s * width_in / report.duration_s


def _mark(axes: Axes, note: Note, *, labelled: bool) -> None:
    from matplotlib.patheffects import withStroke

    look = LOOKS[note.verdict]
    side = -1 if note.verdict == "low" else 1
    at = ((note.start_s + note.end_s) / 2, note.cents + side * _MARKER_OFFSET_CENTS)
    axes.plot(*at, marker=look.marker, ms=6, mew=1.4, color=look.colour, mfc=look.face, ls="none", zorder=4)
    if labelled:
        label = axes.annotate(
            _label(note),
            at,
            xytext=(0, 6 * side),
            textcoords="offset points",
            ha="center",
            va="bottom" if side > 0 else "top",
            fontsize=9,
            color=look.colour,
            fontweight="bold",
            zorder=5,
            linespacing=1.0,
        )
        label.set_path_effects([withStroke(linewidth=2.5, foreground="white")])


def _label(note: Note) -> str:
    name = wording.letter(note.swara, note.saptak)
    if note.verdict == "unsure":
        return f"{name} ?"
    off = round(note.raga_cents_off)
    words = f"{name} {off:+d}".replace("-", "\u2212") if off else name
    return f"{words}\nnot in raga" if note.foreign else words
