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
from collections.abc import Iterable
from dataclasses import replace

from .errors import BadNotation
from .notation_types import NotatedSwara, turn_pitches
from .swaras import Svarasthana, SwaraPitch, parse_swara

__all__ = [
    "NotatedSwara",
    "parse_notation",
    "swara_devanagari",
    "swara_letter",
    "to_devanagari",
    "to_roman",
    "turn_pitches",
]

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
    return _joined((s, _signed(s, swara_letter(*s.pitch), _kan_letter(s))) for s in swaras)


def to_devanagari(swaras: Iterable[NotatedSwara]) -> str:
    """Write Devanagari notation, with the marks of the Bhatkhande system, in Unicode NFC.

    Raises
    ------
    ValueError
        If the last swara has a meend to a next one.
    """
    return _joined((s, _signed(s, swara_devanagari(*s.pitch), _kan_devanagari(s))) for s in swaras)


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


def _kan_letter(swara: NotatedSwara) -> str:
    return "" if swara.kan is None else "^" + swara_letter(*swara.kan)


def _kan_devanagari(swara: NotatedSwara) -> str:
    return "" if swara.kan is None else "^" + swara_devanagari(*swara.kan)


def _signed(swara: NotatedSwara, letter: str, kan: str) -> str:
    turned = f"({letter})" if swara.turn else letter
    return kan + turned + " -" * (swara.beats - 1) + ("," if swara.ends_phrase else "")


def _joined(written: Iterable[tuple[NotatedSwara, str]]) -> str:
    text, previous = "", None
    for swara, sign in written:
        text += _between(previous) + sign
        previous = swara
    if previous is not None and previous.meend_to_next:
        raise ValueError("the last swara has a meend to a next one")
    return text


def _between(previous: NotatedSwara | None) -> str:
    if previous is None:
        return ""
    if not previous.meend_to_next:
        return " "
    return "~" if previous.beats == 1 else " ~"


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
