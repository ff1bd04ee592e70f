"""What every picture is drawn on: a figure, a heading, a time axis, and the PNG file that it becomes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from swara.data.storage.disk import write_atomically
from swara.service.phrases import printable
from swara.service.report import wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FAINT_INK", "INK", "WIDE_IN", "draw_heading", "drawable", "new_figure", "save_png", "time_axis"]

INK, FAINT_INK = "#22303a", "#66757f"
WIDE_IN = (13.0, 6.4)
"""Width and height of a picture of one recording."""

_DPI = 160


def new_figure(size_in: tuple[float, float]) -> Figure:
    """Return an empty figure of a width and height in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    # Our own figure and canvas, not pyplot's: no global state, no window, safe in threads.
    figure = Figure(figsize=size_in, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def save_png(figure: Figure, path: Path) -> None:
    """Write a figure to `path` as PNG, whatever its suffix.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    write_atomically(path, lambda file: figure.savefig(file, format="png", dpi=_DPI))


def draw_heading(axes: Axes, title: str, *, size: float = 13.0, pad: float | None = None) -> None:
    """Write what a picture is of above it; `size` and `pad`, the room below, are in points."""
    heading = axes.set_title(
        drawable(title), loc="left", fontsize=size, fontweight="bold", color=INK, pad=pad
    )
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
    """Replace what the font of the picture cannot draw, such as the letters of other scripts."""
    from matplotlib.font_manager import findfont, get_font

    known = get_font(findfont("DejaVu Sans")).get_charmap()
    return "".join(c if ord(c) in known else "\N{WHITE SQUARE}" for c in printable(text))
