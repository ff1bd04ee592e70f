"""Sa as a user writes it: a note, perhaps with its octave, a key of the harmonium, or a frequency.

Singers of Hindustani music count the keys of an octave of the harmonium from C: safed 1 to 7 the white ones,
kali 1 to 5 the black ones. A4 is 440 Hz.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

from .errors import BadTonic

__all__ = ["MAX_SA_HZ", "MIN_SA_HZ", "ParsedTonic", "note_name", "parse_tonic", "tonic_hz"]

MIN_SA_HZ = 80.0
MAX_SA_HZ = 400.0
"""The range in which a singer's Sa may lie."""

_A4_HZ = 440.0
_A4_MIDI = 69
_NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}
_NOTE = re.compile(
    r"(?P<letter>[A-Ga-g])(?:\s*(?P<sign>[#♯b♭])|[\s_-]*(?P<word>(?i:sharp|flat)))?"
    r"\s*(?P<octave>-?\d{1,2})?(?:\s+(?P<cents>[+-]\d{1,2}))?"
)
_FREQUENCY = re.compile(r"(?P<hz>\d+(?:[.,]\d*)?)\s*(?:hz|hertz)?", re.IGNORECASE)
_MARK = r"(?:scale|key|tonic|sa|सा)"
_MARKED = re.compile(
    rf"{_MARK}(?:[\s:=]+(?:of|on|is)\b)?[\s:=]+(?P<after>.+)|(?P<before>.+?)\s+{_MARK}", re.IGNORECASE
)

_KEYS = {"safed": (0, 2, 4, 5, 7, 9, 11), "kali": (1, 3, 6, 8, 10)}
_KEY_SPELLINGS = {
    "safed": "safed safeda safaid white pandhri pandhari pandhra सफेद सफेदी पांढरी पांढरा",
    "kali": "kali kaali kala kaala black काली काला काळी काळा",
}
_KEY_COLOUR = {word: colour for colour, words in _KEY_SPELLINGS.items() for word in words.split()}
_NUMBER_SPELLINGS = (
    "1 1st one first ek pehli pahli पहली पहला एक",
    "2 2nd two second do doosri dusri दूसरी दूसरा दो",
    "3 3rd three third teen tin teesri tisri तीसरी तीसरा तीन",
    "4 4th four fourth char chaar chauthi चौथी चौथा चार",
    "5 5th five fifth panch paanch panchvi paanchvi पांचवीं पांचवी पांचवां पांच",
    "6 6th six sixth chhe chhah chhathi छठी छठा छह",
    "7 7th seven seventh saat sat saatvi satvi सातवीं सातवी सातवां सात",
)
_NUMBER = {word: number for number, words in enumerate(_NUMBER_SPELLINGS, 1) for word in words.split()}
_BETWEEN = re.compile(r"[\s_.#-]+|(?<=[^\W\d])(?=\d)|(?<=\d)(?=[^\W\d])|(?<=[\u0900-\u0963])(?=\d)")
_BESIDE_KEYS = frozenset({"key", "no", "number", "note", "वाली", "नंबर"})
_ACCEPTED = (
    f"Give a note such as C#, a note with its octave such as C#3, a key of the harmonium such as kali 1, "
    f"or a frequency such as 207.65; Sa lies from {MIN_SA_HZ:g} to {MAX_SA_HZ:g} Hz"
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
    """Read a tonic such as ``A#``, ``B-flat``, ``C sharp 3``, ``kali 1``, ``काली १`` or ``207,65 Hz``.

    A note with cents after it, as `note_name` writes it (``C#3 +12``), becomes a frequency. Numbers may be
    words, ordinals or Devanagari (``4th black``); ``scale`` or ``Sa`` may stand before it.

    Raises
    ------
    BadTonic
        If it is none of these, or a frequency or octave puts Sa outside 80-400 Hz.
    """
    written = unicodedata.normalize("NFKC", text).replace("\u093c", "").strip()
    marked = _MARKED.fullmatch(written)
    bare = (marked["after"] or marked["before"]) if marked else written
    parsed = _frequency(bare) or _note(bare) or _harmonium_key(bare)
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
    return ParsedTonic(None, None, float(found["hz"].replace(",", "."))) if found else None


def _harmonium_key(text: str) -> ParsedTonic | None:
    words = [word for word in _BETWEEN.split(text.casefold().replace("ँ", "ं")) if word not in _BESIDE_KEYS]
    words = [re.sub(r"\d+", lambda digits: str(int(digits[0])), word) for word in words if word]
    if words[1:2] and words[1] in ("st", "nd", "rd", "th"):
        words[:2] = [words[0]]
    if len(words) != 2:
        return None
    colour, number = words if words[0] in _KEY_COLOUR else words[::-1]
    keys = _KEYS.get(_KEY_COLOUR.get(colour, ""), ())
    place = _NUMBER.get(number, 0)
    return ParsedTonic(keys[place - 1], None, None) if 0 < place <= len(keys) else None


def _note(text: str) -> ParsedTonic | None:
    found = _NOTE.fullmatch(text)
    if found is None or (found["cents"] and not found["octave"]):
        return None
    semitones = (
        _NOTE_NAMES.index(found["letter"].upper())
        + _ACCIDENTALS[(found["sign"] or found["word"] or "").casefold()]
    )
    if found["octave"] is None:
        return ParsedTonic(semitones % 12, None, None)
    # Cb4 is B3 and B#3 is C4: the accidental may carry a note into the next octave.
    carried, pitch_class = divmod(semitones, 12)
    octave = int(found["octave"]) + carried
    if found["cents"]:
        return ParsedTonic(None, None, _midi_hz(pitch_class + 12 * (octave + 1) + int(found["cents"]) / 100))
    return ParsedTonic(pitch_class, octave, None)
