"""The pitch of a recording as a PNG picture: salience, the track over it, and the confidence beneath."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from swara.classifier.pitch.decode import PITCH_BINS, Salience, bins_of_hz
from swara.data.arrays import FloatArray
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.storage.disk import write_atomically
from swara.service.report import wording
from swara.service.report.chart import tick_step_s

from .pitch_columns import TrackColumns, track_columns
from .plot_singing import FAINT_INK, INK
from .plot_text import drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["save_pitch_plot"]

_DPI = 160
_SIZE_IN = (13.0, 6.4)
_MOST_TICKS = 14
_PITCH, _CONFIDENCE = "#d55e00", "#0072b2"  # after Okabe and Ito (2008)
_TICKS_HZ = (60, 80, 100, 130, 160, 200, 250, 300, 400, 500, 600, 800, 1000)
_C_HZ = {f"C{octave}": 440.0 * 2.0 ** (octave - 4 - 9 / 12) for octave in (2, 3, 4, 5, 6)}


def save_pitch_plot(salience: Salience, track: PitchTrack, path: Path, *, title: str) -> None:
    """Draw a pitch track and write it to `path` as PNG, whatever its suffix.

    Parameters
    ----------
    salience : float32 array, shape [columns, PITCH_BINS]
        As `SalienceColumns` gathers it.
    track : PitchTrack
        All of its frames, at least one.
    path : Path
        Written over when it exists.
    title : str
        What stands above the picture: the name of the recording.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08)
    figure = Figure(figsize=_SIZE_IN, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    columns = track_columns(track)
    span_s = (-HOP_S / 2, float(track.times_s[-1]) + HOP_S / 2)
    _salience(upper, salience, span_s)
    _pitch(upper, columns)
    _frequency_axis(upper)
    _confidence(lower, columns)
    _time_axis(lower, span_s)
    heading = upper.set_title(drawable(title), loc="left", fontsize=13, fontweight="bold", color=INK)
    heading.set_parse_math(False)
    for axes in (upper, lower):
        axes.tick_params(length=0, labelcolor=INK, labelsize=9)
        for spine in axes.spines.values():
            spine.set_visible(False)
    write_atomically(path, lambda file: figure.savefig(file, format="png", dpi=_DPI))


def _salience(axes: Axes, salience: Salience, span_s: tuple[float, float]) -> None:
    from matplotlib.colors import PowerNorm

    axes.imshow(
        salience.T,
        origin="lower",
        aspect="auto",
        extent=(*span_s, -0.5, PITCH_BINS - 0.5),
        cmap="Greys",
        norm=PowerNorm(0.5, vmin=0.0, vmax=max(float(salience.max()), 1e-3)),  # faint rivals show too
        interpolation="nearest",
        zorder=1,
    )


def _pitch(axes: Axes, columns: TrackColumns) -> None:
    """Draw the voiced pitch: a line, or where columns hold many frames each all that they cover."""
    low, high = bins_of_hz(columns.lowest_hz), bins_of_hz(columns.highest_hz)
    sung = np.isfinite(low)
    joined = bool(np.array_equal(low[sung], high[sung]))
    line = "-" if joined else "none"
    axes.vlines(columns.times_s[sung], low[sung], high[sung], color=_PITCH, lw=0.9, zorder=2)
    axes.plot(columns.times_s, (low + high) / 2, color=_PITCH, ls=line, lw=1.3, marker=".", ms=1.6, zorder=3)


def _frequency_axis(axes: Axes) -> None:
    axes.set_ylim(-0.5, PITCH_BINS - 0.5)
    axes.set_yticks(_bins(_TICKS_HZ), [f"{hz} Hz" for hz in _TICKS_HZ])
    notes = axes.secondary_yaxis("right")
    notes.set_yticks(_bins(tuple(_C_HZ.values())), list(_C_HZ))
    notes.tick_params(length=0, labelcolor=FAINT_INK, labelsize=9)
    notes.spines["right"].set_visible(False)
    for at in _bins(tuple(_C_HZ.values())):
        axes.axhline(at, color=FAINT_INK, alpha=0.35, lw=0.7, zorder=1.5)


def _confidence(axes: Axes, columns: TrackColumns) -> None:
    axes.fill_between(columns.times_s, 0.0, columns.confidence, color=_CONFIDENCE, alpha=0.25, lw=0)
    axes.plot(columns.times_s, columns.confidence, color=_CONFIDENCE, lw=0.9)
    axes.set_ylim(0.0, 1.0)
    axes.set_yticks([0.0, 0.5, 1.0], ["0", "0.5", "1"])
    axes.set_ylabel("confidence", fontsize=9, color=INK)
    axes.grid(axis="y", color=FAINT_INK, alpha=0.15, lw=0.7)


def _time_axis(axes: Axes, span_s: tuple[float, float]) -> None:
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    axes.set_xlim(*span_s)
    axes.xaxis.set_major_locator(MultipleLocator(tick_step_s(span_s[1] - span_s[0], most=_MOST_TICKS)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda t, _: wording.tick_label(t)))


def _bins(hz: tuple[float, ...]) -> FloatArray:
    return bins_of_hz(np.array(hz, dtype=np.float64))
