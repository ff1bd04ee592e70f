"""The single notes of instruments: of soundfonts, by ``fluidsynth``, and of free recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import IntArray
from swara.data.audio.decode import load_clip
from swara.data.clip import Samples
from swara.data.corpora.entry import Entry
from swara.data.storage.npz import read_arrays, write_arrays
from swara.data.synth.midi import MidiNote
from swara.data.synth.soundfont import render_notes
from swara.embedder.builtin.features import RATE_HZ, band_powers, log_powers

__all__ = ["HELD_S", "KINDS", "PROGRAMS", "SLOT_S", "SPEEDS", "Notes", "recorded", "render_program"]

Pcm: TypeAlias = npt.NDArray[np.int16]
Stored: TypeAlias = npt.NDArray[np.float16]

KINDS: Mapping[str, int] = MappingProxyType(
    {"violin": 40, "viola": 41, "cello": 42, "double bass": 43, "trumpet": 56, "trombone": 57, "tuba": 58}
    | {"french horn": 60, "soprano saxophone": 64, "alto saxophone": 65, "tenor saxophone": 66}
    | {"baritone saxophone": 67, "oboe": 68, "english horn": 69, "bassoon": 70, "clarinet": 71}
    | {"piccolo": 72, "flute": 73, "recorder": 74}
)
"""Instruments that recordings may be had of, and their programs of General MIDI counted from 0."""

_MIXED = {44, 45, 48, 49, 50, 51, 59, 61, 62, 63, 110}
"""Sections, mutes, plucked strings and fiddles hold one of the kinds, and are not to be told from it."""

_NAMES = {program: name for name, program in KINDS.items()}
PROGRAMS: Mapping[int, str] = MappingProxyType(
    {n: _NAMES.get(n, f"program {n:03d}") for n in range(120) if n not in _MIXED}
)
"""What is played of a soundfont, and how it is called; programs from 120 on are sound effects."""

HELD_S, SLOT_S = 1.3, 1.75
"""How long a key is held, and what is kept of a sound from its beginning."""

_SLOT = round(SLOT_S * RATE_HZ)
_KEYS = range(33, 100)
_VELOCITIES = (30, 127)
_NOTES = 80
_AUDIBLE = 33  # of 32768: a note whose peak is lower is taken for none
_LEAST = 8  # notes without which a source is not used
SPEEDS = tuple(2.0 ** (semitones / 12.0) for semitones in (0.0, -1.7, -0.8, 0.9, 1.8))
"""How fast a recording of an instrument is played: pitch and body move together, as in a larger or a smaller
one of its kind."""

_BEGUN = 1e-3  # of the peak power of 10 ms
_STEP = 160


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """Notes on one instrument from one source, sorted by key.

    Parameters
    ----------
    powers : float16 array, shape [notes, frames, BANDS]
        Natural logarithms of `band_powers`, from the moment that a note begins.
    keys : int64 array, shape [notes]
        MIDI keys, 60 is C4.
    """

    powers: Stored
    keys: IntArray

    @classmethod
    def of(cls, pcm: Pcm, keys: IntArray) -> Notes:
        """Hear notes, int16 array of shape [notes, samples], at 16 kHz."""
        order = np.argsort(keys, kind="stable")
        heard = [log_powers(band_powers(pcm[n].astype(np.float32) / np.float32(32768.0))) for n in order]
        return cls(np.stack(heard), np.asarray(keys, np.int64)[order])

    def write(self, file: Path) -> None:
        """Write them to an ``.npz``, unless they are too few to be of use."""
        if len(self.keys) >= _LEAST:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_arrays(file, {"powers": self.powers, "keys": self.keys})

    @classmethod
    def read(cls, file: Path) -> Notes:
        """Read what `write` wrote."""
        arrays = read_arrays(file)
        return cls(arrays["powers"], arrays["keys"])


def render_program(program: int, font: Path, seed: int) -> tuple[Pcm, IntArray]:
    """Render keys all over the range at random velocities; leave out those that make no sound.

    Raises
    ------
    MissingPackage
        If fluidsynth is not installed.
    AudioError
        If it cannot play that font.
    """
    rng = np.random.default_rng((seed, program))
    keys = np.sort(rng.permutation(np.resize(np.array(_KEYS), _NOTES)))
    velocities = rng.integers(_VELOCITIES[0], _VELOCITIES[1] + 1, keys.size)
    notes = [
        MidiNote(program, int(key), SLOT_S * slot, HELD_S, int(velocity))
        for slot, (key, velocity) in enumerate(zip(keys, velocities, strict=True))
    ]
    sounds = render_notes(font, notes, RATE_HZ)[: _SLOT * keys.size].reshape(-1, _SLOT)
    peaks = np.abs(sounds).max(axis=1)
    loud = peaks > _AUDIBLE / 32768
    pcm = np.round(sounds[loud] / np.maximum(1.0, peaks[loud, None]) * 32767.0).astype(np.int16)
    return pcm, keys[loud].astype(np.int64)


def recorded(rows: Iterable[Entry], speeds: Iterable[float] = (1.0,)) -> Notes:
    """Hear recorded notes of one instrument from one source, each at every speed."""
    found = list(_played(rows, tuple(speeds)))
    keys, sounds = np.array([key for key, _ in found]), np.stack([sound for _, sound in found])
    return Notes.of(np.round(sounds * 32767.0).astype(np.int16), keys)


def _played(rows: Iterable[Entry], speeds: Iterable[float]) -> Iterator[tuple[int, Samples]]:
    import soxr

    for row in rows:
        if row.midi is None:
            continue
        whole = load_clip(row.path, rate_hz=RATE_HZ).samples
        for speed in speeds:
            sound = whole if speed == 1.0 else soxr.resample(whole, RATE_HZ * speed, RATE_HZ)
            sound = sound[_beginning(sound) :][:_SLOT]
            sound = np.pad(sound, (0, _SLOT - sound.size)) / max(1e-6, float(np.abs(sound).max()))
            yield round(row.midi + 12.0 * np.log2(speed)), np.asarray(sound, np.float32)


def _beginning(sound: Samples) -> int:
    """Return where a note begins: the first 10 ms within 30 dB of its loudest."""
    power = np.mean(np.square(sound[: sound.size // _STEP * _STEP].reshape(-1, _STEP)), axis=1)
    return int(np.flatnonzero(power >= _BEGUN * power.max())[0]) * _STEP if power.size else 0
