"""A report as a PNG picture: the pitch curve over the swaras of the raga."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from swara.raga.ragas import Raga
from swara.raga.swaras import saptak_name
from swara.raga.tuning import Tuning
from swara.service.report import wording
from swara.service.report.chart import COLOURS, CentsRange, cents_range, swara_lines
from swara.service.take.report import TakeReport

from .canvas import FAINT_INK, INK, draw_heading, drawable, new_figure, save_png, time_axis
from .plot_singing import CURVE, LOOKS, draw_singing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["save_plot"]

_HEIGHT_IN = 5.6
_NARROWEST_IN, _WIDEST_IN = 10.5, 60.0
_IN_PER_SECOND, _TICKS_PER_IN = 0.25, 1.1
_ZONE = COLOURS["perfect"].paper


def save_plot(report: TakeReport, path: Path, *, tuning: Tuning, raga: Raga) -> None:
    """Draw a report and write it to `path` as PNG, whatever its suffix.

    Parameters
    ----------
    report : TakeReport
        The analysis of the take; one without notes makes a picture too.
    path : Path
        Written over when it exists.
    tuning : Tuning
        Where the swara lines go.
    raga : Raga
        Which swaras get one.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    width_in = min(max(_NARROWEST_IN, 2.0 + _IN_PER_SECOND * report.duration_s), _WIDEST_IN)
    figure = new_figure((width_in, _HEIGHT_IN))
    axes = figure.add_subplot()
    _swaras(axes, report, cents_range(report), tuning, raga)
    draw_singing(axes, report, width_in)
    time_axis(axes, 0.0, report.duration_s, most=int(width_in * _TICKS_PER_IN))
    axes.tick_params(labelsize=10)
    axes.grid(axis="x", color=FAINT_INK, alpha=0.12, lw=0.7)
    _title(axes, report)
    _legend(axes, report)
    save_png(figure, path)


def _swaras(axes: Axes, report: TakeReport, shown: CentsRange, tuning: Tuning, raga: Raga) -> None:
    limits = report.thresholds
    lines = swara_lines(raga, tuning, shown)
    for line in lines:
        for reach, alpha in ((limits.in_tune_cents, 0.09), (limits.perfect_cents, 0.10)):
            axes.axhspan(line.low_cents - reach, line.high_cents + reach, color=_ZONE, alpha=alpha, lw=0)
        for edge in {line.low_cents, line.high_cents}:
            axes.axhline(edge, color=_ZONE, alpha=0.75 if line.is_sa else 0.4, lw=1.1 if line.is_sa else 0.7)
    axes.set_yticks([line.middle_cents for line in lines], [line.label for line in lines])
    axes.set_ylim(shown.low, shown.high)
    _saptaks(axes, shown)


def _saptaks(axes: Axes, shown: CentsRange) -> None:
    """Name the octaves down the right-hand side, each from its Sa up."""
    for octave in range(int(shown.low // 1200), int(shown.high // 1200) + 1):
        low, high = max(shown.low, 1200.0 * octave - 50), min(shown.high, 1200.0 * octave + 1150)
        if high - low > 60:
            axes.annotate(
                saptak_name(octave),
                (1.004, (low + high) / 2),
                xycoords=("axes fraction", "data"),
                rotation=90,
                va="center",
                ha="left",
                fontsize=9,
                color=FAINT_INK,
            )


def _title(axes: Axes, report: TakeReport) -> None:
    """Write the file's name, the verdict, and what it was judged by above the picture."""
    facts = (
        f"Sa {report.tonic.name} ({wording.tonic_words(report.tonic)})",
        f"raga {wording.raga_words(report)}",
        f"{report.tuning} tuning",
        f"in tune within {report.thresholds.in_tune_cents:g} cents",
    )
    draw_heading(axes, report.source, size=14, pad=40)
    subtitle = axes.annotate(
        f"{drawable(report.verdict)}\n{drawable('   '.join(facts))}",
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


def _legend(axes: Axes, report: TakeReport) -> None:
    """Explain the looks below the picture, with the share of each verdict."""
    from matplotlib.lines import Line2D

    shares = wording.share_words(report) or [(verdict, verdict) for verdict in LOOKS]
    handles: list[Line2D] = []
    for verdict, words in shares:
        look, colour = LOOKS[verdict], COLOURS[verdict].paper
        handle = Line2D([], [], lw=3, ls=look.dashes, color=colour, label=words)
        handle.set(marker=look.marker, markerfacecolor=look.face or colour, markeredgewidth=1.4)
        handles.append(handle)
    handles.append(Line2D([], [], color=CURVE, lw=1.1, label="glide or touch, not judged"))
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
