"""What a sound is, as a picture: its mel spectrogram with the notes in it, and the notes on a staff."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from swara.classifier.instruments.sounds import Heard, Sound
from swara.data.audio.frames import mel_of_hz
from swara.data.audio.mel import MelBands, MelPower
from swara.raga.tonic_names import note_name

from .canvas import FAINT_INK, INK, WIDE_IN, draw_heading, new_figure, save_png, time_axis
from .spectrogram_plot import draw_levels, frequency_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MOST_NOTES", "save_sound", "staff_place"]

MOST_NOTES = 60
"""More would not be read: those after it stand in the table alone."""

_MIDDLE_C = 28
"""Steps of the scale from C0 to middle C, the ledger line between the two staves."""

_STEPS = (0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5, 6)
_SHARP = frozenset((1, 3, 6, 8, 10))
_TREBLE, _BASS = range(_MIDDLE_C + 2, _MIDDLE_C + 11, 2), range(_MIDDLE_C - 10, _MIDDLE_C - 1, 2)
_HEIGHT_IN = 9.0
_CLEFS = 6.0
"""Steps left of the beginning that the clefs stand in."""


def staff_place(midi: int) -> tuple[int, bool, list[int]]:
    """Return where a note stands on a grand staff.

    Parameters
    ----------
    midi : int
        The note; black keys are written as sharps.

    Returns
    -------
    step : int
        Steps of the scale above C0; lines of the staves are at 18, 20 ... 26 and 30, 32 ... 38.
    sharp : bool
        Whether a sharp stands before it.
    ledgers : list of int
        Steps at which it needs lines of its own.
    """
    octave, key = divmod(midi, 12)
    step = 7 * (octave - 1) + _STEPS[key]
    if step > _TREBLE[-1]:
        ledgers = list(range(_TREBLE[-1] + 2, step + 1, 2))
    elif step < _BASS[0]:
        ledgers = list(range(_BASS[0] - 2, step - 1, -2))
    else:
        ledgers = [_MIDDLE_C] if step == _MIDDLE_C else []
    return step, key in _SHARP, ledgers


def save_sound(power: MelPower, bands: MelBands, heard: Heard, path: Path, *, title: str) -> None:
    """Draw a mel spectrogram over a grand staff, in one time, and write them as PNG.

    Parameters
    ----------
    power : float32 array, shape [columns, bands.bands]
        Evenly spread over the recording.
    bands : MelBands
        Which bands the powers are of.
    heard : Heard
        What was heard in it.
    path : Path
        Written over when it exists.
    title : str
        What stands above: the name of the recording, and what it is.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    figure = new_figure((WIDE_IN[0], _HEIGHT_IN))
    top, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 2)})
    draw_levels(top, power, bands, heard.duration_s)
    frequency_axis(top, bands)
    notes = [sound for sound in heard.sounds if sound.midi is not None][:MOST_NOTES]
    _name_notes(top, notes, bands)
    _draw_staff(below, notes, heard.duration_s)
    for axes in (top, below):
        time_axis(axes, 0.0, heard.duration_s, most=14)
    # The clefs stand before the beginning, so that heads lie below what they are of.
    below.set_xlim(-_CLEFS * _wide(below, heard.duration_s), heard.duration_s)
    draw_heading(top, title)
    save_png(figure, path)


def _name_notes(axes: Axes, notes: Sequence[Sound], bands: MelBands) -> None:
    for sound in notes:
        midi = (sound.midi or 0) + sound.cents / 100.0
        place = float(mel_of_hz(max(bands.min_hz, _hz(midi))))
        axes.plot([sound.start_s, sound.end_s], [place, place], color="#56e0ff", lw=1.6, zorder=3)
        if len(notes) <= MOST_NOTES // 2:
            name = note_name(_hz(sound.midi or 0))
            axes.text(sound.start_s, place, name, color="white", fontsize=9, va="bottom", zorder=4)


def _draw_staff(axes: Axes, notes: Sequence[Sound], duration_s: float) -> None:
    """Draw five lines twice, clefs, and a head for each note where it begins."""
    from matplotlib.patches import Ellipse

    places = [staff_place(sound.midi or 0) for sound in notes]
    low = min([_BASS[0] - 3, *(step - 2 for step, _, _ in places)])
    high = max([_TREBLE[-1] + 3, *(step + 2 for step, _, _ in places)])
    axes.set_ylim(low, high)
    wide = _wide(axes, duration_s)
    for line in (*_TREBLE, *_BASS):
        axes.axhline(line, color=INK, lw=0.8, zorder=1)
    _draw_clefs(axes, wide)
    for sound, (step, sharp, ledgers) in zip(notes, places, strict=True):
        at = sound.start_s + 1.3 * wide
        axes.add_patch(Ellipse((at, step), 2.6 * wide, 1.7, angle=0, color=INK, zorder=3))
        for ledger in ledgers:
            axes.plot([at - 2.2 * wide, at + 2.2 * wide], [ledger, ledger], color=INK, lw=0.8, zorder=2)
        if sharp:
            axes.text(
                at - 2.0 * wide, step, "\N{MUSIC SHARP SIGN}", fontsize=11, ha="right", va="center", color=INK
            )
    if not notes:
        middle = (_TREBLE[0] + _BASS[-1]) / 2
        axes.text(duration_s / 2, middle, "no note was heard", ha="center", va="center", color=FAINT_INK)
    axes.set_yticks([])


def _wide(axes: Axes, duration_s: float) -> float:
    """Return how many seconds are as wide as a step of the scale is high."""
    low, high = axes.get_ylim()
    return duration_s / (WIDE_IN[0] - 2.0) * (0.4 * _HEIGHT_IN - 0.8) / (high - low)


def _hz(midi: float) -> float:
    return float(440.0 * 2.0 ** ((midi - 69.0) / 12.0))


def _draw_clefs(axes: Axes, wide: float) -> None:
    """Draw a G clef that curls about the second line and an F clef with its dots about the fourth."""
    turns, left = np.linspace(0.0, 1.0, 80), -_CLEFS
    # The curl around G, growing as it turns, then the stem up, its loop, and down to the hook below.
    radius, angle = 0.3 + 1.5 * turns, -np.pi / 2 + 3.6 * np.pi * turns
    g, f = _TREBLE[1], _BASS[3]
    curl = np.stack([2.6 + 0.9 * radius * np.cos(angle), g + radius * np.sin(angle)])
    stem = np.array([[1.0, 2.2, 3.6, 2.9, 2.3, 2.9, 2.3, 1.4], [0.6, 4.0, 6.6, 8.4, 6.0, -3.2, -4.2, -3.6]])
    bend = np.pi * (1.0 - 1.55 * turns)
    bow = np.stack([2.2 + (1.9 - 0.2 * turns) * np.cos(bend), f + 1.8 * np.sin(bend) * (1.0 + turns)])
    for x, y in (curl, stem + np.array([[0.0], [g]]), bow):
        axes.plot((left + x) * wide, y, color=INK, lw=1.8, solid_joinstyle="round", zorder=2)
    axes.plot([(left + 0.7) * wide], [f], marker="o", markersize=4, color=INK, zorder=2)
    axes.plot([(left + 4.8) * wide] * 2, [f - 1, f + 1], ls="", marker="o", markersize=2.5, color=INK)
