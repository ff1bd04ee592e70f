"""A mel spectrogram as a PNG picture, with or without the pitch track over it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from swara.data.audio.frames import mel_of_hz
from swara.data.audio.mel import MelBands, MelPower
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack

from .canvas import INK, WIDE_IN, draw_heading, new_figure, save_png, time_axis
from .columns import track_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

__all__ = ["draw_levels", "frequency_axis", "levels_db", "save_spectrogram"]

_MOST_TICKS = 14
_RANGE_DB = 80.0
"""What is further below the loudest is drawn as silence."""

_TICKS_HZ = (100, 200, 300, 400, 500, 700, 1000, 1500, 2000, 3000, 4000, 6000)
_PITCH, _PITCH_EDGE = "#56e0ff", "#06222b"


def save_spectrogram(
    power: MelPower, bands: MelBands, path: Path, *, clip: Clip, track: PitchTrack | None, title: str
) -> None:
    """Draw a mel spectrogram and write it to `path` as PNG, whatever its suffix.

    Parameters
    ----------
    power : float32 array, shape [columns, bands.bands]
        Evenly spread over the frames of `clip`.
    bands : MelBands
        Which bands the powers are of.
    path : Path
        Written over when it exists.
    clip : Clip
        What it is of.
    track : PitchTrack, optional
        Its pitch.
    title : str
        What stands above the picture: the name of the recording.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    figure = new_figure(WIDE_IN)
    axes = figure.add_subplot()
    image = draw_levels(axes, power, bands, clip.duration_s)
    if track is not None:
        _draw_pitch(axes, track)
    frequency_axis(axes, bands)
    time_axis(axes, 0.0, clip.duration_s, most=_MOST_TICKS)
    axes.tick_params(length=3, color=INK)
    _colour_scale(figure, axes, image)
    draw_heading(axes, title)
    save_png(figure, path)


def levels_db(power: MelPower) -> MelPower:
    """Return power in dB below the loudest band of any column, at least -80; of silence, -80 throughout."""
    loudest = float(power.max(initial=0.0))
    if loudest <= 0.0:
        return np.full_like(power, -_RANGE_DB)
    lowest = loudest * 10.0 ** (-_RANGE_DB / 10.0)
    return np.asarray(10.0 * np.log10(np.maximum(power, lowest) / loudest), dtype=np.float32)


def draw_levels(axes: Axes, power: MelPower, bands: MelBands, duration_s: float) -> AxesImage:
    """Draw the powers of a recording over its seconds and mel, from 80 dB below the loudest."""
    return axes.imshow(
        levels_db(power).T,
        origin="lower",
        aspect="auto",
        extent=(-HOP_S / 2, duration_s + HOP_S / 2, *_span_mel(bands)),
        cmap="magma",
        vmin=-_RANGE_DB,
        vmax=0.0,
        interpolation="nearest",
        zorder=1,
    )


def _draw_pitch(axes: Axes, track: PitchTrack) -> None:
    """Draw the voiced pitch as a line, as thick as what its columns cover, on an edge that sets it off."""
    columns = track_columns(track)
    low, high = mel_of_hz(columns.lowest_hz), mel_of_hz(columns.highest_hz)
    sung = np.isfinite(low)
    for colour, width in ((_PITCH_EDGE, 2.8), (_PITCH, 1.3)):
        axes.vlines(columns.times_s[sung], low[sung], high[sung], color=colour, lw=width, zorder=3)
        label = None if colour == _PITCH_EDGE else "pitch" if sung.any() else "no singing was found"
        axes.plot(columns.times_s, (low + high) / 2, color=colour, lw=width, label=label, zorder=3)
    axes.legend(loc="upper right", fontsize=9, labelcolor="white", facecolor="#1b1030", edgecolor="none")


def frequency_axis(axes: Axes, bands: MelBands) -> None:
    """Show hertz at the bands that were drawn."""
    axes.set_ylim(*_span_mel(bands))
    shown = [hz for hz in _TICKS_HZ if bands.min_hz <= hz <= bands.max_hz]
    axes.set_yticks(mel_of_hz(np.array(shown, dtype=np.float64)), [f"{hz} Hz" for hz in shown])


def _colour_scale(figure: Figure, axes: Axes, image: AxesImage) -> None:
    bar = figure.colorbar(image, ax=axes, pad=0.015, fraction=0.03)
    bar.set_label("dB below the loudest", fontsize=9, color=INK)
    steps_db = [0, 20, 40, 60, 80]
    bar.set_ticks([-step for step in steps_db], labels=[str(step) for step in steps_db])
    bar.ax.tick_params(length=0, labelcolor=INK, labelsize=9)
    bar.outline.set_visible(False)


def _span_mel(bands: MelBands) -> tuple[float, float]:
    """Return what the rows of the picture cover, half a band around each peak."""
    low, high = mel_of_hz(np.array([bands.min_hz, bands.max_hz]))
    half = (high - low) / (bands.bands + 1) / 2
    return float(low + half), float(high - half)
