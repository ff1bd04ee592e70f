"""What recordings of a corpus are labelled with: exercises, instruments and their families, notes."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias, get_args

from swara.data.errors import CorpusError
from swara.raga.errors import fold_name, nearest_names

__all__ = [
    "EXERCISES",
    "FAMILIES",
    "LABELS",
    "PIANO",
    "Kind",
    "Label",
    "exercise_named",
    "family_of",
    "instrument_named",
    "midi_of",
]

Label: TypeAlias = Literal["exercise", "instrument", "family"]
LABELS: tuple[Label, ...] = get_args(Label)
"""The columns of an index that a head may learn to tell."""

Kind: TypeAlias = Literal["scale", "arpeggio", "other"]
EXERCISES: tuple[Kind, ...] = get_args(Kind)
_EXERCISE: dict[str, str] = {
    **{name: name for name in EXERCISES},
    "scales": "scale",
    "arpeggios": "arpeggio",
    "arpeggi": "arpeggio",
}

_BY_FAMILY = {
    "string": ("cello", "double bass", "viola", "violin"),
    "reed": (
        *("alto saxophone", "baritone saxophone", "bass clarinet", "bassoon", "clarinet", "contrabassoon"),
        *("english horn", "oboe", "saxophone", "soprano saxophone", "tenor saxophone"),
    ),
    "flute": ("alto flute", "bass flute", "flute", "piccolo", "recorder"),
    "brass": ("french horn", "trombone", "trumpet", "tuba"),
    "guitar": ("banjo", "guitar", "mandolin"),
    "vocal": ("voice",),
}
FAMILIES = (
    *("bass", "brass", "flute", "guitar", "keyboard", "mallet", "organ", "reed", "string", "synth_lead"),
    "vocal",
)
"""The families of NSynth."""

PIANO = range(21, 109)
"""The notes that a head may learn, those of a piano, as MIDI numbers."""

_FAMILY = {name: family for family, names in _BY_FAMILY.items() for name in names}
_INSTRUMENT = {fold_name(name): name for name in _FAMILY} | {
    "contrabass": "double bass",
    "stringbass": "double bass",
    "violoncello": "cello",
    "coranglais": "english horn",
    "horn": "french horn",
    "piccoloflute": "piccolo",
    "singer": "voice",
    "singing": "voice",
    "vocals": "voice",
}
_INSTRUMENT |= {
    fold_name(written): f"{size} saxophone"
    for size in ("soprano", "alto", "tenor", "baritone")
    for written in (f"{size} sax", f"sax {size}", f"saxophone {size}")
} | {"sax": "saxophone"}

_NOTE = re.compile(r"([A-G])([#sb♯♭]?)(-?\d)")
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def exercise_named(text: str) -> str:
    """Return the exercise that a name means: scale, arpeggio or other.

    Raises
    ------
    CorpusError
        If it means none of these.
    """
    try:
        return _EXERCISE[fold_name(text)]
    except KeyError:
        known: dict[str, str] = {name: name for name in EXERCISES}
        raise CorpusError(f'no exercise is called "{text}"', fix=nearest_names(text, known)) from None


def instrument_named(text: str) -> str:
    """Return one name for an instrument that has several; an instrument that is not known keeps its own."""
    plain = " ".join(re.split(r"[\s_-]+", text.strip().casefold()))
    return _INSTRUMENT.get(fold_name(text), plain)


def family_of(instrument: str) -> str:
    """Return the family of NSynth that an instrument belongs to; empty where it is not known."""
    return _FAMILY.get(instrument, "")


def midi_of(note: str) -> int | None:
    """Return the MIDI number of a note such as ``A2``, ``As3`` or ``C#4`` (A4 is 69); None if it is none."""
    found = _NOTE.fullmatch(note)
    if not found:
        return None
    sign = {"": 0, "b": -1, "♭": -1}.get(found[2], 1)
    midi = 12 * (int(found[3]) + 1) + _STEPS[found[1]] + sign
    return midi if 0 <= midi <= 127 else None
