"""Notes on the instruments of a soundfont, as files: those to be told, and others that are none of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from swara.data.corpora.entry import Entry
from swara.data.synth.midi import MidiNote
from swara.data.synth.soundfont import find_soundfont, render_notes

__all__ = ["OTHERS", "PROGRAMS", "Program", "font_entries", "play_font"]

_LICENCES = {"sonivox.sf2": "Apache-2.0", "timgm6mb": "GPL-2"}

RATE_HZ = 16_000
_HELD_S, _EVERY_S, _KEPT_S = 1.3, 1.9, 1.7


@dataclass(frozen=True, slots=True)
class Program:
    """An instrument of General MIDI.

    Parameters
    ----------
    number : int
        Its program, counted from 0.
    lowest, highest : int
        The MIDI keys that are played.
    """

    number: int
    lowest: int
    highest: int


PROGRAMS: Mapping[str, Program] = MappingProxyType(
    {
        "violin": Program(40, 55, 96),
        "cello": Program(42, 36, 79),
        "double bass": Program(43, 28, 64),
        "trumpet": Program(56, 52, 86),
        "soprano saxophone": Program(64, 56, 88),
        "alto saxophone": Program(65, 49, 81),
        "tenor saxophone": Program(66, 44, 76),
        "baritone saxophone": Program(67, 36, 69),
        "oboe": Program(68, 58, 91),
        "clarinet": Program(71, 50, 91),
        "piccolo": Program(72, 74, 106),
        "flute": Program(73, 59, 96),
    }
)
"""The twelve, in the range of the real instrument."""

_MIXED = {44, 45, 48, 49, 50, 51, 52, 53, 54, 55, 59, 61, 62, 63, 85, 91, 110}
"""Sections, choirs, mutes, plucked strings and fiddles: they hold one of the twelve or a voice."""

OTHERS: Mapping[str, Program] = MappingProxyType(
    {"viola": Program(41, 48, 88), "trombone": Program(57, 40, 72), "tuba": Program(58, 28, 58)}
    | {"french horn": Program(60, 35, 77), "english horn": Program(69, 52, 81)}
    | {"bassoon": Program(70, 34, 74), "recorder": Program(74, 60, 98), "timpani": Program(47, 36, 58)}
    | {
        f"program {number}": Program(number, 31 if 32 <= number < 40 else 38, 91)
        for number in (*range(40), 46, *range(75, 112))
        if number not in _MIXED
    }
)
"""What is none of the twelve: what else an orchestra has by its name, all else by its number."""

_VELOCITIES, _OTHER_VELOCITIES = (40, 80, 120), (65, 110)


def play_font(name: str, folder: Path, every: int = 1, every_other: int = 4, below: int = 128) -> None:
    """Play a soundfont into FLAC files ``instrument/key-velocity.flac``; what is there is not played again.

    Parameters
    ----------
    name : str
        As `find_soundfont` takes it.
    folder : Path
        Where a folder of each instrument is made.
    every, every_other : int
        Semitones from one key to the next: of the twelve, and of the others.
    below : int
        Programs from this on are left out unless they have a name.
    """
    import soundfile

    font = find_soundfont(name)
    for instrument, program in {**PROGRAMS, **OTHERS}.items():
        place = folder / instrument
        if place.is_dir() or (instrument.startswith("program") and program.number >= below):
            continue
        own = instrument in PROGRAMS
        keys = range(program.lowest, program.highest + 1, every if own else every_other)
        pairs = [(key, v) for key in keys for v in (_VELOCITIES if own else _OTHER_VELOCITIES)]
        notes = [
            MidiNote(program.number, key, _EVERY_S * at, _HELD_S, v) for at, (key, v) in enumerate(pairs)
        ]
        samples = render_notes(font, notes, RATE_HZ)
        half = folder / f".{instrument}"
        half.mkdir(parents=True, exist_ok=True)
        for note in notes:
            sound = samples[round(note.start_s * RATE_HZ) :][: round(_KEPT_S * RATE_HZ)]
            peak = float(np.max(np.abs(sound), initial=0.0))
            if peak > 1e-4:  # some programs have no sample at some keys
                file = half / f"{note.key:03d}-{note.velocity:03d}.flac"
                soundfile.write(file, sound * np.float32(0.5 / peak), RATE_HZ)
        half.rename(place)


def font_entries(name: str, folder: Path) -> Iterator[Entry]:
    """Yield what `play_font` has played."""
    for file in sorted(folder.glob("*/*.flac")):
        yield Entry(
            file,
            source=name,
            player=f"{name} {file.parent.name}",
            licence=_LICENCES.get(name, "MIT"),
            instrument=file.parent.name,
            midi=int(file.stem[:3]),
        )
