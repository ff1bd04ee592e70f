"""Sa as a user writes it: a note, a note with its octave, or a frequency. A4 is 440 Hz."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from .errors import BadTonic

__all__ = ["MAX_SA_HZ", "MIN_SA_HZ", "ParsedTonic", "note_name", "parse_tonic", "tonic_hz"]

MIN_SA_HZ = 80.0
MAX_SA_HZ = 400.0
"""The range in which a singer's Sa may lie."""

_A4_HZ = 440.0
_A4_MIDI = 69
_NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_NOTE = re.compile(
    r"(?P<letter>[A-Ga-g])\s*(?P<accidental>[#♯b♭]?)\s*(?P<octave>-?\d{1,2})?(?:\s+(?P<cents>[+-]\d{1,2}))?"
)
_FREQUENCY = re.compile(r"(?P<hz>\d+(?:\.\d*)?)\s*(?:hz)?", re.IGNORECASE)
_ACCEPTED = (
    f"Give a note such as C#, a note with its octave such as C#3, or a frequency such as 207.65; "
    f"Sa lies from {MIN_SA_HZ:g} to {MAX_SA_HZ:g} Hz"
)


@dataclass(frozen=True, slots=True)
class ParsedTonic:
    """What was written: a note with or without an octave, or else a frequency.

    Parameters
    ----------
    pitch_class : int or None
        Semitones above C, 0 to 11; None for a frequency.
    octave : int or None
        Octave of the note, 4 from middle C upward; None when not given.
    hz : float or None
        The frequency; None for a note.

    Raises
    ------
    ValueError
        If it is neither a note nor a frequency, or both at once.
    """

    pitch_class: int | None
    octave: int | None
    hz: float | None

    def __post_init__(self) -> None:
        if (self.pitch_class is None) == (self.hz is None):
            raise ValueError("a tonic is either a note or a frequency")
        if self.pitch_class is None and self.octave is not None:
            raise ValueError("a frequency has no octave beside it")

    @property
    def has_octave(self) -> bool:
        """Whether it stands for one frequency only, because an octave or a frequency was given."""
        return self.octave is not None or self.hz is not None

    def candidates_hz(self) -> tuple[float, ...]:
        """Return every Sa that may be meant, in Hz, ascending; all lie within 80-400 Hz."""
        if self.pitch_class is None:
            meant_hz = [] if self.hz is None else [self.hz]
        else:
            octaves = range(10) if self.octave is None else (self.octave,)
            meant_hz = [tonic_hz(self.pitch_class, octave) for octave in octaves]
        return tuple(hz for hz in meant_hz if MIN_SA_HZ <= hz <= MAX_SA_HZ)


def parse_tonic(text: str) -> ParsedTonic:
    """Read a tonic such as ``A#``, ``Bb``, ``c#3``, ``C♯3``, ``C#3 +12``, ``207.65`` or ``207.65 Hz``.

    A note with cents after it, as `note_name` writes it, becomes a frequency.

    Raises
    ------
    BadTonic
        If it is none of these, or a frequency or octave puts Sa outside 80-400 Hz.
    """
    parsed = _frequency(text.strip()) or _note(text.strip())
    if parsed is None:
        raise BadTonic(f'"{text}" is no tonic', fix=_ACCEPTED)
    if not parsed.candidates_hz():
        raise BadTonic(f'a Sa of "{text}" is outside the range of a voice', fix=_ACCEPTED)
    return parsed


def tonic_hz(pitch_class: int, octave: int) -> float:
    """Return the frequency in Hz of a note: `pitch_class` semitones above C of `octave`; A4 is 440 Hz."""
    return _midi_hz(pitch_class + 12 * (octave + 1))


def note_name(hz: float) -> str:
    """Return the nearest equal-tempered note: ``C#3``, or ``C#3 +12`` when it lies 12 cents above.

    Raises
    ------
    ValueError
        If `hz` is not a positive, finite frequency.
    """
    if not 0 < hz < math.inf:
        raise ValueError(f"{hz} Hz is not a frequency")
    midi = _A4_MIDI + 12 * math.log2(hz / _A4_HZ)
    nearest = round(midi)
    cents = round(100 * (midi - nearest))
    name = f"{_NOTE_NAMES[nearest % 12]}{nearest // 12 - 1}"
    return f"{name} {cents:+d}" if cents else name


def _midi_hz(midi: float) -> float:
    return float(_A4_HZ * 2.0 ** ((midi - _A4_MIDI) / 12))


def _frequency(text: str) -> ParsedTonic | None:
    found = _FREQUENCY.fullmatch(text)
    return ParsedTonic(None, None, float(found["hz"])) if found else None


def _note(text: str) -> ParsedTonic | None:
    found = _NOTE.fullmatch(text)
    if found is None or (found["cents"] and not found["octave"]):
        return None
    semitones = _NOTE_NAMES.index(found["letter"].upper()) + _ACCIDENTALS[found["accidental"]]
    if found["octave"] is None:
        return ParsedTonic(semitones % 12, None, None)
    # Cb4 is B3 and B#3 is C4: the accidental may carry a note into the next octave.
    carried, pitch_class = divmod(semitones, 12)
    octave = int(found["octave"]) + carried
    if found["cents"]:
        return ParsedTonic(None, None, _midi_hz(pitch_class + 12 * (octave + 1) + int(found["cents"]) / 100))
    return ParsedTonic(pitch_class, octave, None)
