"""A report as a PNG picture: the pitch curve over the swaras of the raga."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from swara.data.storage.disk import write_atomically
from swara.raga.ragas import Raga
from swara.raga.swaras import saptak_name
from swara.raga.tuning import Tuning
from swara.service.report import wording
from swara.service.report.chart import CentsRange, cents_range, swara_lines, tick_step_s
from swara.service.take.report import TakeReport

from .plot_singing import FAINT_INK, INK, draw_singing
from .plot_text import draw_legend, draw_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["save_plot"]

_DPI = 160
_HEIGHT_IN = 5.6
_NARROWEST_IN, _WIDEST_IN = 10.5, 60.0
_IN_PER_SECOND = 0.25
_ZONE = "#00795c"


def save_plot(report: TakeReport, path: Path, *, tuning: Tuning, raga: Raga) -> None:
    """Draw a report and write it to `path` as PNG, whatever its suffix.

    Parameters
    ----------
    report : TakeReport
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
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    # Our own figure and canvas, not pyplot's: no global state, no window, safe in threads.
    size_in = (_width_in(report.duration_s), _HEIGHT_IN)
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1)
    figure = Figure(figsize=size_in, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    shown = cents_range(report)
    _swaras(axes, report, shown, tuning, raga)
    draw_singing(axes, report, _width_in(report.duration_s))
    _time_axis(axes, report, figure)
    draw_title(axes, report)
    draw_legend(axes, report)
    write_atomically(path, lambda file: figure.savefig(file, format="png", dpi=_DPI))


def _width_in(duration_s: float) -> float:
    return min(max(_NARROWEST_IN, 2.0 + _IN_PER_SECOND * duration_s), _WIDEST_IN)


def _swaras(axes: Axes, report: TakeReport, shown: CentsRange, tuning: Tuning, raga: Raga) -> None:
    limits = report.thresholds
    lines = swara_lines(raga, tuning, shown)
    for line in lines:
        for reach, alpha in ((limits.in_tune_cents, 0.09), (limits.perfect_cents, 0.10)):
            axes.axhspan(line.low_cents - reach, line.high_cents + reach, color=_ZONE, alpha=alpha, lw=0)
        for edge in {line.low_cents, line.high_cents}:
            axes.axhline(edge, color=_ZONE, alpha=0.75 if line.is_sa else 0.4, lw=1.1 if line.is_sa else 0.7)
    axes.set_yticks(
        [(line.low_cents + line.high_cents) / 2 for line in lines], [line.label for line in lines]
    )
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


def _time_axis(axes: Axes, report: TakeReport, figure: Figure) -> None:
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    axes.set_xlim(0.0, max(report.duration_s, 1e-3))
    step_s = tick_step_s(report.duration_s, most=int(figure.get_figwidth() * 1.1))
    axes.xaxis.set_major_locator(MultipleLocator(step_s))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda t, _: wording.tick_label(t)))
    axes.tick_params(length=0, labelcolor=INK, labelsize=10)
    axes.grid(axis="x", color=FAINT_INK, alpha=0.12, lw=0.7)
    for spine in axes.spines.values():
        spine.set_visible(False)
