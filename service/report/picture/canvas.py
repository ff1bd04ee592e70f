"""What every picture is drawn on: a figure, a heading, a time axis, and the PNG file that it becomes."""

from __future__ import annotations

import logging
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from swara.data.storage.disk import write_atomically
from swara.service.phrases import printable, romanized
from swara.service.report import wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "FAINT_INK",
    "INK",
    "WIDE_IN",
    "draw_heading",
    "drawable",
    "fitted",
    "new_figure",
    "save_png",
    "time_axis",
    "wrapped",
]

# What matplotlib says of its cache goes to stderr unless somebody takes it; programs with a log still get it.
logging.getLogger("matplotlib").addHandler(logging.NullHandler())

INK, FAINT_INK = "#22303a", "#66757f"
WIDE_IN = (13.0, 6.4)
"""Width and height of a picture of one recording."""

_DPI = 160
_SIDES_IN, _HEADING_POINTS = 2.0, 13.0
_END_LETTERS = 16


def new_figure(size_in: tuple[float, float], *, constrained: bool = True) -> Figure:
    """Return an empty figure of a width and height in inches, laid out by itself unless not `constrained`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    # Our own figure and canvas, not pyplot's: no global state, no window, safe in threads.
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1) if constrained else None
    figure = Figure(figsize=size_in, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def save_png(figure: Figure, path: Path, *, dpi: int = _DPI) -> None:
    """Write a figure to `path` as PNG, whatever its suffix, with `dpi` pixels per inch.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    write_atomically(path, lambda file: figure.savefig(file, format="png", dpi=dpi))


def draw_heading(axes: Axes, title: str) -> None:
    """Write what a picture is of above it, cut to its width."""
    short = fitted(drawable(title), WIDE_IN[0] - _SIDES_IN, _HEADING_POINTS)
    heading = axes.set_title(short, loc="left", fontsize=_HEADING_POINTS, fontweight="bold", color=INK)
    # A dollar sign in a file's name is no mathematics.
    heading.set_parse_math(False)


def time_axis(axes: Axes, start_s: float, end_s: float, *, most: int) -> None:
    """Show the seconds from `start_s` to `end_s`, with at most about `most` ticks, and no frame."""
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    axes.set_xlim(start_s, max(end_s, start_s + 1e-3))
    axes.xaxis.set_major_locator(MultipleLocator(wording.tick_step_s(end_s - start_s, most=most)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda t, _: wording.tick_label(t)))
    axes.tick_params(length=0, labelcolor=INK, labelsize=9)
    for spine in axes.spines.values():
        spine.set_visible(False)


def drawable(text: str) -> str:
    """Write in Latin letters what the font of the picture cannot draw, and what has none as a square."""
    from matplotlib.font_manager import findfont, get_font

    known = get_font(findfont("DejaVu Sans")).get_charmap()
    return "".join(c if ord(c) in known else "\N{WHITE SQUARE}" for c in romanized(printable(text)))


def fitted(text: str, width_in: float, points: float) -> str:
    """Cut the middle out of a bold line wider than `width_in` inches; the end of a name tells its kind."""
    end, kept = text[-_END_LETTERS:], len(text) - _END_LETTERS
    short = text
    while kept > 0 and _width_in(short, points, "bold") > width_in:
        kept -= 1
        short = f"{text[:kept].rstrip()} \N{HORIZONTAL ELLIPSIS} {end.lstrip()}"
    return short


def wrapped(text: str, width_in: float, points: float) -> list[str]:
    """Break a line where it is wider than `width_in` inches."""
    letters = max(20, int(len(text) * width_in / max(_width_in(text, points, "normal"), width_in)))
    return textwrap.wrap(text, letters) or [""]


def _width_in(text: str, points: float, weight: str) -> float:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family="DejaVu Sans", weight=weight)))
    font.set_size(points, 72)
    font.set_text(text)
    return float(font.get_width_height()[0]) / 64.0 / 72.0
