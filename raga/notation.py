"""Swara notation as text, read from roman and written as roman or Devanagari.

Roman notation, with white space between swaras::

    S r R g G m M P d D n N     lower case is komal, m shuddha Ma, M tivra Ma
    .D  ..D                     mandra, and an octave below it
    S'  S''                     taar, and an octave above it
    S -                         one more beat for each dash
    (P)                         the turn around Pa: D P M P in Kalyan
    ^RG                         Ga with a kan (grace) of Re
    G~P                         meend (glide) from Ga to Pa; from a held Ga, G - ~P
    D P G, R S                  a comma ends a phrase

There is no sign for a rest. Devanagari follows Bhatkhande: a dot below is mandra, a dot above taar, a line
below komal, a stroke above tivra. What plain text cannot raise or draw, the kan and the meend, keeps its
roman sign there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from .errors import BadNotation
from .swaras import SVARASTHANAS, Svarasthana, SwaraPitch, parse_swara

__all__ = [
    "NotatedSwara",
    "parse_notation",
    "swara_devanagari",
    "swara_letter",
    "to_devanagari",
    "to_roman",
    "turn_pitches",
]


_KALYAN = (0, 2, 4, 6, 7, 9, 11)


@dataclass(frozen=True, slots=True)
class NotatedSwara:
    """A swara as notation writes it.

    Parameters
    ----------
    svarasthana : Svarasthana
        Which swara.
    octave : int
        -1 mandra, 0 madhya, 1 taar.
    beats : int
        How long it is held, 1 or more.
    kan : SwaraPitch or None
        The grace swara sung just before it.
    turn : bool
        Written in brackets: the figure that `turn_pitches` spells out.
    meend_to_next : bool
        Whether the voice glides from it to the next swara.
    ends_phrase : bool
        Whether a comma follows; no meend leads across it.

    Raises
    ------
    ValueError
        If it is held for less than a beat, or a meend leads across the end of a phrase.
    """

    svarasthana: Svarasthana
    octave: int = 0
    beats: int = 1
    kan: SwaraPitch | None = None
    turn: bool = False
    meend_to_next: bool = False
    ends_phrase: bool = False

    def __post_init__(self) -> None:
        if self.beats < 1:
            raise ValueError(f"a swara is held for a beat or more, not {self.beats}")
        if self.meend_to_next and self.ends_phrase:
            raise ValueError("a meend cannot lead across the end of a phrase")

    @property
    def pitch(self) -> SwaraPitch:
        """Its svarasthana and octave."""
        return self.svarasthana, self.octave


def turn_pitches(pitch: SwaraPitch, among: Collection[int] = _KALYAN) -> tuple[SwaraPitch, ...]:
    """Spell out a swara in brackets: the one above, itself, the one below, itself.

    Parameters
    ----------
    pitch : SwaraPitch
        The swara in brackets.
    among : collection of int
        Indices of the svarasthanas to find its neighbours in, a raga's `swaras` for instance; the scale
        of thaat Kalyan by default, in which ``(P)`` is D P M P.

    Returns
    -------
    tuple of SwaraPitch, length 4

    Raises
    ------
    ValueError
        If `among` holds no other swara.
    """
    svarasthana, octave = pitch
    others = sorted(index for index in set(among) if index != svarasthana.index)
    if not others:
        raise ValueError(f"a turn around {svarasthana.name} needs a neighbour")
    above = next((i for i in others if i > svarasthana.index), others[0] + 12)
    below = next((i for i in reversed(others) if i < svarasthana.index), others[-1] - 12)
    return _pitch(above, octave), pitch, _pitch(below, octave), pitch


def _pitch(semitones: int, octave: int) -> SwaraPitch:
    carried, index = divmod(semitones, 12)
    return SVARASTHANAS[index], octave + carried


_TOKEN = re.compile(r"[~,]|-+|[^\s~,-]+")
_PITCH = r"\.+[SrRgGmMPdDnN]|[SrRgGmMPdDnN]'*"
_SWARA = re.compile(rf"(?:\^(?P<kan>{_PITCH}))?(?:\((?P<turned>{_PITCH})\)|(?P<plain>{_PITCH}))")

_DOT_ABOVE, _DOT_BELOW = "\u0307", "\u0323"
_LINE_BELOW = "\N{DEVANAGARI STRESS SIGN ANUDATTA}"
_STROKE_ABOVE = "\N{DEVANAGARI STRESS SIGN UDATTA}"
_ALTERATION_MARKS = dict.fromkeys("rgdn", _LINE_BELOW) | {"M": _STROKE_ABOVE}


def parse_notation(text: str) -> tuple[NotatedSwara, ...]:
    """Read roman notation; empty text is no swaras.

    Raises
    ------
    BadNotation
        Naming the part that cannot be read and its column, counted from 1 (and its line, if several).
    """
    spelled = text.replace("’", "'").replace("′", "'")
    line: list[NotatedSwara] = []
    for found in _TOKEN.finditer(spelled):
        token, place = found[0], _place(spelled, found.start())
        if token[0] in "~,-":
            _mark_last(line, token, place)
        else:
            line.append(_swara(token, place))
    if line and line[-1].meend_to_next:
        raise BadNotation(
            f'the meend from "{swara_letter(*line[-1].pitch)}" leads nowhere',
            where=_place(spelled, spelled.rindex("~")),
            fix="Write the swara that it glides to",
        )
    return tuple(line)


def to_roman(swaras: Iterable[NotatedSwara]) -> str:
    """Write roman notation; `parse_notation` reads it back as the same swaras.

    Raises
    ------
    ValueError
        If the last swara has a meend to a next one.
    """
    return _written(swaras, swara_letter)


def to_devanagari(swaras: Iterable[NotatedSwara]) -> str:
    """Write Devanagari notation, with the marks of the Bhatkhande system, in Unicode NFC.

    Raises
    ------
    ValueError
        If the last swara has a meend to a next one.
    """
    return _written(swaras, swara_devanagari)


def swara_letter(svarasthana: Svarasthana, octave: int) -> str:
    """Return a swara in roman notation, such as ``.D`` or ``S'``."""
    return "." * -octave + svarasthana.letter + "'" * octave


def swara_devanagari(svarasthana: Svarasthana, octave: int) -> str:
    """Return a swara in Devanagari, its marks after the whole syllable, vowel sign included.

    A mark between consonant and vowel sign would break the syllable in two when it is drawn.
    """
    alteration = _ALTERATION_MARKS.get(svarasthana.letter, "")
    dots = _DOT_BELOW * -octave + _DOT_ABOVE * octave
    return unicodedata.normalize("NFC", svarasthana.devanagari + alteration + dots)


def _written(swaras: Iterable[NotatedSwara], sign_of: Callable[[Svarasthana, int], str]) -> str:
    text, joint, glides = "", "", False
    for swara in swaras:
        sign = f"({sign_of(*swara.pitch)})" if swara.turn else sign_of(*swara.pitch)
        kan = "" if swara.kan is None else "^" + sign_of(*swara.kan)
        text += joint + kan + sign + " -" * (swara.beats - 1) + "," * swara.ends_phrase
        glides = swara.meend_to_next
        joint = ("~" if swara.beats == 1 else " ~") if glides else " "
    if glides:
        raise ValueError("the last swara has a meend to a next one")
    return text


def _swara(token: str, place: str) -> NotatedSwara:
    found = _SWARA.fullmatch(token)
    if found is None:
        raise BadNotation(
            f'"{token}" is not a swara',
            where=place,
            fix="Write S r R g G m M P d D n N with a space between swaras, .D for mandra and S' for taar",
        )
    svarasthana, octave = parse_swara(found["turned"] or found["plain"])
    kan: SwaraPitch | None = parse_swara(found["kan"]) if found["kan"] else None
    return NotatedSwara(svarasthana, octave, kan=kan, turn=found["turned"] is not None)


def _mark_last(line: list[NotatedSwara], token: str, place: str) -> None:
    """Hold, glide from, or end the phrase after the last swara of `line`, in place."""
    if not line:
        raise BadNotation(f'"{token}" has no swara before it', where=place, fix="Begin with a swara")
    last = line[-1]
    if last.ends_phrase or (last.meend_to_next and token[0] != "-"):
        raise BadNotation(f'"{token}" cannot stand here', where=place, fix="Write a swara before it")
    match token[0]:
        case "-":
            line[-1] = replace(last, beats=last.beats + len(token))
        case "~":
            line[-1] = replace(last, meend_to_next=True)
        case _:
            line[-1] = replace(last, ends_phrase=True)


def _place(text: str, start: int) -> str:
    column = start - text.rfind("\n", 0, start)
    if "\n" not in text:
        return f"column {column}"
    return f"line {text.count(chr(10), 0, start) + 1}, column {column}"
