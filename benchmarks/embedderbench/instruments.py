"""Single notes of four instruments: recorded in Iowa, and from soundfonts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swara.data.arrays import IntArray
from swara.data.audio.decode import load_clip
from swara.data.clip import Samples
from swara.data.synth.midi import MidiNote
from swara.data.synth.soundfont import find_soundfont, render_notes

__all__ = ["INSTRUMENTS", "Instrument", "Notes", "font_notes", "iowa_notes", "sounding"]

RATE_HZ = 16_000
VELOCITIES = (45, 80, 115)
_HELD_S, _EVERY_S = 1.5, 2.5
_LEVEL = 10.0 ** (-26 / 20)
_QUIET = 10.0 ** (-40 / 20)
_STEP = 320


@dataclass(frozen=True, slots=True)
class Instrument:
    """What an instrument is called in each collection, and the keys that it plays.

    Parameters
    ----------
    name : str
    folder : str
        Among the recordings.
    program : int
        Of General MIDI, counted from 0.
    lowest, highest : int
        MIDI keys, about those that the recordings have.
    """

    name: str
    folder: str
    program: int
    lowest: int
    highest: int


INSTRUMENTS = (
    Instrument("clarinet", "BbClarinet", 71, 50, 93),
    Instrument("flute", "flute", 73, 59, 96),
    Instrument("oboe", "oboe", 68, 58, 91),
    Instrument("trumpet", "trumpet", 56, 52, 86),
)


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """Notes and who plays them.

    Parameters
    ----------
    sounds : sequence of float32 arrays
        At `RATE_HZ`, each cut to where it sounds and brought to -26 dB RMS.
    labels : int array, shape [notes]
        Place in `INSTRUMENTS`.
    keys : int array, shape [notes]
        MIDI key; -1 where it was not read.
    """

    sounds: Sequence[Samples]
    labels: IntArray
    keys: IntArray


def iowa_notes(root: Path) -> Notes:
    """Load every recorded note of the four instruments."""
    sounds, labels = [], []
    for label, instrument in enumerate(INSTRUMENTS):
        for path in sorted((root / "iowa_notes" / instrument.folder).glob("*.flac")):
            sounds.append(sounding(load_clip(path, rate_hz=RATE_HZ).samples))
            labels.append(label)
    return Notes(sounds, np.array(labels, np.intp), np.full(len(labels), -1, np.intp))


def font_notes(name: str, every: int = 1) -> Notes:
    """Play every so-many-th key of the four instruments, at three velocities.

    Raises
    ------
    MissingPackage
        If fluidsynth or the soundfont is not installed.
    """
    font = find_soundfont(name)
    sounds, labels, keys = [], [], []
    for label, instrument in enumerate(INSTRUMENTS):
        played = [
            (key, velocity)
            for key in range(instrument.lowest, instrument.highest + 1, every)
            for velocity in VELOCITIES
        ]
        notes = [
            MidiNote(instrument.program, key, _EVERY_S * place, _HELD_S, velocity)
            for place, (key, velocity) in enumerate(played)
        ]
        samples = render_notes(font, notes, RATE_HZ)
        for note in notes:
            heard = samples[round(note.start_s * RATE_HZ) :][: round(_EVERY_S * RATE_HZ)]
            sounds.append(sounding(heard))
            labels.append(label)
            keys.append(note.key)
    return Notes(sounds, np.array(labels, np.intp), np.array(keys, np.intp))


def sounding(samples: Samples) -> Samples:
    """Cut a note to where it is within 40 dB of its loudest 20 ms, and bring it to -26 dB RMS.

    Level tells nothing of an instrument, but collections differ in it. Silence stays as it is.
    """
    frames = samples[: samples.size // _STEP * _STEP].reshape(-1, _STEP)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    if not power.any():
        return samples
    loud = np.flatnonzero(power >= _QUIET**2 * power.max())
    cut = samples[loud[0] * _STEP : (loud[-1] + 1) * _STEP]
    rms = np.sqrt(np.mean(np.square(cut, dtype=np.float64)))
    return np.asarray(_LEVEL / rms * cut, dtype=np.float32)
