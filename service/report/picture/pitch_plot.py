"""The pitch of a recording as a PNG picture: salience, the track over it, and the confidence beneath."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from swara.classifier.pitch.decode import PITCH_BINS, Salience, bins_of_hz
from swara.data.arrays import FloatArray
from swara.data.pitch_track import HOP_S, PitchTrack

from .canvas import FAINT_INK, INK, WIDE_IN, draw_heading, new_figure, save_png, time_axis
from .columns import TrackColumns, track_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["save_pitch_plot"]

_MOST_TICKS = 14
_PITCH, _CONFIDENCE = "#d55e00", "#0072b2"  # after Okabe and Ito (2008)
_TICKS_HZ = (60, 80, 100, 130, 160, 200, 250, 300, 400, 500, 600, 800, 1000)
_C_HZ = {f"C{octave}": 440.0 * 2.0 ** (octave - 4 - 9 / 12) for octave in (2, 3, 4, 5, 6)}


def save_pitch_plot(salience: Salience, track: PitchTrack, path: Path, *, title: str) -> None:
    """Draw a pitch track and write it to `path` as PNG, whatever its suffix.

    Parameters
    ----------
    salience : float32 array, shape [columns, PITCH_BINS]
        The highest of each column, as `Columns` gathers it.
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
    figure = new_figure(WIDE_IN)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    columns = track_columns(track)
    span_s = (-HOP_S / 2, float(track.times_s[-1]) + HOP_S / 2)
    for axes in (upper, lower):
        time_axis(axes, *span_s, most=_MOST_TICKS)
    _salience(upper, salience, span_s)
    _pitch(upper, columns)
    _frequency_axis(upper)
    _confidence(lower, columns)
    draw_heading(upper, title)
    save_png(figure, path)


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


def _bins(hz: tuple[float, ...]) -> FloatArray:
    return bins_of_hz(np.array(hz, dtype=np.float64))
