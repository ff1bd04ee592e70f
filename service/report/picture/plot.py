"""A report as a PNG picture: the pitch curve over the swaras of the raga, in lines as music is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from swara.raga.ragas import Raga
from swara.raga.swaras import saptak_name
from swara.raga.tuning import Tuning
from swara.service.report import wording
from swara.service.report.chart import COLOURS, CentsRange, SwaraLine, cents_range, swara_lines, time_lines
from swara.service.take.report import TakeReport

from .canvas import FAINT_INK, INK, drawable, fitted, new_figure, save_png, time_axis, wrapped
from .plot_singing import CURVE, LOOKS, draw_singing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["save_plot"]

_WIDE_IN, _IN_PER_CENT = 13.0, 0.0016
_ALONE_IN, _AMONG_IN = (3.6, 4.6), (2.2, 3.0)
"""Least and most height of the one line of a short take, and of each of several."""

_LEFT_IN, _RIGHT_IN, _FOOT_IN, _BETWEEN_IN = 1.35, 0.4, 0.75, 0.42
_TITLE_IN, _LINE_IN = 0.4, 0.21
_TITLE_POINTS, _WORDS_POINTS = 14.0, 9.5
_TICKS_PER_IN = 1.1
_FINEST_DPI, _MOST_PIXELS = 160, 20e6
"""A picture of any take is drawn in 100 MB: one of many lines has fewer pixels for each."""

_ZONE = COLOURS["perfect"].paper


class _Layout(NamedTuple):
    """Inches of a picture: what stands above its lines, the height of each line, and all of it."""

    head_in: float
    line_in: float
    high_in: float


def save_plot(report: TakeReport, path: Path, *, tuning: Tuning, raga: Raga) -> None:
    """Draw a report and write it to `path` as PNG, whatever its suffix.

    A take over 20 s goes on in lines of 15 to 20 s, one under the other; over 20 minutes they are longer.

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
    shown, spans_s = cents_range(report), time_lines(report.duration_s)
    words = _words(report)
    layout = _layout(shown, len(spans_s), len(words))
    figure = new_figure((_WIDE_IN, layout.high_in), constrained=False)
    _head(figure, report, words, layout)
    lines, length_s = swara_lines(raga, tuning, shown), spans_s[0][1]
    for number, (start_s, end_s) in enumerate(spans_s):
        axes = _line(figure, layout, number, share=(end_s - start_s) / length_s)
        _swaras(axes, report, shown, lines)
        width_in = float(axes.get_position().width) * _WIDE_IN
        draw_singing(axes, report, (start_s, end_s), (width_in, layout.line_in))
        time_axis(axes, start_s, end_s, most=max(1, int(width_in * _TICKS_PER_IN)))
        axes.grid(axis="x", color=FAINT_INK, alpha=0.12, lw=0.7)
    _legend(figure, report, layout)
    save_png(figure, path, dpi=_dpi(layout))


def _dpi(layout: _Layout) -> int:
    return min(_FINEST_DPI, int(math.sqrt(_MOST_PIXELS / (_WIDE_IN * layout.high_in))))


def _layout(shown: CentsRange, lines: int, words: int) -> _Layout:
    least, most = _ALONE_IN if lines == 1 else _AMONG_IN
    head = _TITLE_IN + _LINE_IN * words + 0.25
    line = min(max(_IN_PER_CENT * (shown.high - shown.low), least), most)
    return _Layout(head, line, head + lines * (line + _BETWEEN_IN) + _FOOT_IN - _BETWEEN_IN)


def _line(figure: Figure, layout: _Layout, number: int, share: float) -> Axes:
    """Return the place of one line, as much of the width as its share of a whole line."""
    width, top = _WIDE_IN - _LEFT_IN - _RIGHT_IN, layout.head_in + number * (layout.line_in + _BETWEEN_IN)
    foot = layout.high_in - top - layout.line_in
    place = (_LEFT_IN / _WIDE_IN, foot / layout.high_in)
    return figure.add_axes((*place, max(share, 0.02) * width / _WIDE_IN, layout.line_in / layout.high_in))


def _swaras(axes: Axes, report: TakeReport, shown: CentsRange, lines: Sequence[SwaraLine]) -> None:
    limits = report.thresholds
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
        if high - low > 450:
            axes.annotate(
                saptak_name(octave),
                (1.0, (low + high) / 2),
                (4, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                rotation=90,
                va="center",
                ha="left",
                fontsize=9,
                color=FAINT_INK,
            )


def _words(report: TakeReport) -> list[str]:
    """Return the lines above the picture: the verdict, and what it was judged by."""
    facts = (
        f"Sa {wording.note_words(report.tonic.name)} ({wording.tonic_words(report.tonic)})",
        f"raga {wording.raga_words(report)}",
        f"{report.tuning} tuning",
        f"in tune within {report.thresholds.in_tune_cents:g} cents",
    )
    width_in = _WIDE_IN - _LEFT_IN - _RIGHT_IN
    return [
        line
        for words in (report.verdict, "   ".join(facts))
        for line in wrapped(drawable(words), width_in, _WORDS_POINTS)
    ]


def _head(figure: Figure, report: TakeReport, words: Sequence[str], layout: _Layout) -> None:
    title = fitted(drawable(report.source), _WIDE_IN - _LEFT_IN - _RIGHT_IN, _TITLE_POINTS)
    texts = [(title, _TITLE_IN, _TITLE_POINTS)]
    texts += [(line, _TITLE_IN + n * _LINE_IN, _WORDS_POINTS) for n, line in enumerate(words, 1)]
    for text, down_in, points in texts:
        at = (_LEFT_IN / _WIDE_IN, 1.0 - down_in / layout.high_in)
        drawn = figure.text(*at, text, va="baseline", fontsize=points, color=FAINT_INK)
        if points == _TITLE_POINTS:
            drawn.set(fontweight="bold", color=INK)
        # A dollar sign in a file's name is no mathematics.
        drawn.set_parse_math(False)


def _legend(figure: Figure, report: TakeReport, layout: _Layout) -> None:
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
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(_LEFT_IN / _WIDE_IN, 0.12 / layout.high_in),
        ncols=len(handles),
        frameon=False,
        fontsize=9.5,
        labelcolor=INK,
        handlelength=2.6,
        borderaxespad=0,
        columnspacing=1.8,
    )
