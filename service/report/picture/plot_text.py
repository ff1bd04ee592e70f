"""The words of a picture: title above, legend below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swara.service.phrases import percent
from swara.service.report import wording
from swara.service.report.plain_text import printable
from swara.service.take.report import TakeReport

from .plot_singing import CURVE, FAINT_INK, INK, LOOKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_legend", "draw_title", "drawable"]


def draw_title(axes: Axes, report: TakeReport) -> None:
    """Write the file's name, the verdict, and what it was judged by above the picture."""
    tonic = report.tonic
    facts = (
        f"Sa {tonic.name} ({tonic.hz:.1f} Hz, {wording.how_sure(tonic)})",
        f"raga {wording.raga_words(report)}",
        f"{report.tuning} tuning",
        f"in tune within {report.thresholds.in_tune_cents:g} cents",
    )
    title = axes.set_title(
        drawable(report.source), loc="left", fontsize=14, fontweight="bold", color=INK, pad=40
    )
    # A dollar sign in a file's name is no mathematics.
    title.set_parse_math(False)
    lines = f"{report.verdict}\n{'   '.join(facts)}"
    subtitle = axes.annotate(
        _drawable_lines(lines),
        (0, 1),
        (0, 7),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="left",
        va="bottom",
        fontsize=9.5,
        color=FAINT_INK,
        linespacing=1.45,
    )
    subtitle.set_parse_math(False)


def draw_legend(axes: Axes, report: TakeReport) -> None:
    """Explain the looks below the picture, with the share of each verdict."""
    from matplotlib.lines import Line2D

    handles: list[Line2D] = []
    for verdict, look in LOOKS.items():
        share = report.verdict_shares.get(verdict, 0.0)
        if share == 0.0 and report.verdict_shares:
            continue
        label = f"{verdict}  {percent(share)}" if share else verdict
        handle = Line2D([], [], lw=3, ls=look.dashes, color=look.colour, label=label)
        handle.set(marker=look.marker, markerfacecolor=look.face, markeredgewidth=1.4)
        handles.append(handle)
    handles.append(Line2D([], [], color=CURVE, lw=1.1, label="glide, not judged"))
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, -0.07),
        ncols=len(handles),
        frameon=False,
        fontsize=9.5,
        labelcolor=INK,
        handlelength=2.6,
        borderaxespad=0,
        columnspacing=1.8,
    )


def _drawable_lines(text: str) -> str:
    return "\n".join(drawable(line) for line in text.split("\n"))


def drawable(text: str) -> str:
    """Replace what the font of the picture cannot draw, such as the letters of other scripts."""
    from matplotlib.font_manager import findfont, get_font

    known = get_font(findfont("DejaVu Sans")).get_charmap()
    return "".join(c if ord(c) in known else "\N{WHITE SQUARE}" for c in printable(text))
