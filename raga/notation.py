"""Swara notation as text, read from roman and written as roman or Devanagari.

Roman notation, with white space between swaras::

    S r R g G m M P d D n N     lower case is komal, m shuddha Ma, M tivra Ma; names such as Ga are read too
    .D  ..D                     mandra, and an octave below it
    S'  S''                     taar, and an octave above it
    S -                         one more beat for each dash
    [R G]                       Re and Ga in one beat; [R - G] two thirds of it and one
    _                           a beat of silence
    (P)                         the turn around Pa: D P M P in Kalyan
    ^RG  ^RSG                   Ga with a kan (grace) of Re, of Re and Sa
    G~P                         meend (glide) from Ga to Pa; from a held Ga, G - ~P
    D P G, R S                  a comma ends a phrase
    S R | G                     bars say nothing, and are read over

Devanagari follows Bhatkhande: a dot below is mandra, a dot above taar, a line below komal, a stroke above
tivra. What plain text cannot raise or draw, the kan, the meend and the arc under a beat, keeps its roman sign
there. It is read as roman is; the dots that a keyboard has, anusvara above and nukta below, are read as well.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from .errors import BadNotation
from .swaras import NotatedSwara, Svarasthana, parse_swara, turn_pitches

__all__ = [
    "NotatedSwara",
    "beat_texts",
    "joined_beats",
    "parse_notation",
    "swara_devanagari",
    "swara_letter",
    "to_devanagari",
    "to_roman",
    "turn_pitches",
]

_SIGN = re.compile(r"[~,_]|-+|[^\s~,|\[\]_-]+")
_BEAT = re.compile(rf"\[(?P<beat>[^\[\]|]*)\]|[\[\]|]|{_SIGN.pattern}")
_DOT_ABOVE, _DOT_BELOW = "\u0307", "\u0323"
_LINE_BELOW = "\N{DEVANAGARI STRESS SIGN ANUDATTA}"
_STROKE_ABOVE = "\N{DEVANAGARI STRESS SIGN UDATTA}"
_ALTERATION_MARKS = dict.fromkeys("rgdn", _LINE_BELOW) | {"M": _STROKE_ABOVE}

_LETTER = r"(?:(?i:sa|re|ga|ma|pa|dha|ni)|[SrRgGmMPdDnN])"
_SYLLABLE = f"(?:सा|स|रे|ग|म|प|ध|नि)[{_LINE_BELOW}{_STROKE_ABOVE}{_DOT_ABOVE}{_DOT_BELOW}\u0902\u093c]*"
_PITCH = rf"(?:\.+{_LETTER}|{_LETTER}'*|{_SYLLABLE})"
_SWARA = re.compile(rf"(?:\^(?P<kan>{_PITCH}+))?(?:\((?P<turned>{_PITCH})\)|(?P<plain>{_PITCH}))")
_HELP = "Write S r R g G m M P d D n N with a space between swaras, .D for mandra and S' for taar"


def parse_notation(text: str) -> tuple[NotatedSwara, ...]:
    """Read notation, roman or Devanagari; empty text is no swaras.

    Raises
    ------
    BadNotation
        Naming the part that cannot be read, its column, counted from 1 (and its line, if several), and what
        was expected there.
    """
    spelled = text.replace("’", "'").replace("′", "'")
    line: list[NotatedSwara] = []
    rest, last_meend = Fraction(0), 0
    for sign, start, share in _timed(spelled):
        place = _place(spelled, start)
        if sign == "_":
            if line and line[-1].meend_to_next:
                raise BadNotation('"_" cannot stand here', where=place, fix="A meend leads to a swara")
            rest += share
        elif sign[0] in "~,-":
            if rest:
                raise BadNotation(f'"{sign}" cannot stand here', where=place, fix="Write a swara before it")
            _mark_last(line, sign, place, share)
            last_meend = start if sign == "~" else last_meend
        else:
            line.append(_swara(sign, place, share, rest))
            rest = Fraction(0)
    if line and line[-1].meend_to_next:
        raise BadNotation(
            f'the meend from "{swara_letter(*line[-1].pitch)}" leads nowhere',
            where=_place(spelled, last_meend),
            fix="Write the swara that it glides to",
        )
    return tuple(line)


def _timed(text: str) -> Iterator[tuple[str, int, Fraction]]:
    """Yield each sign but bars and brackets, where it stands, and the share of a beat it takes."""
    for found in _BEAT.finditer(text):
        if found["beat"] is None:
            if found[0] in "[]":
                raise BadNotation(
                    f'"{found[0]}" has no other bracket', where=_place(text, found.start()), fix=_BEAT_FIX
                )
            if found[0] != "|":
                yield found[0], found.start(), Fraction(1)
            continue
        inside = [(each[0], found.start("beat") + each.start()) for each in _SIGN.finditer(found["beat"])]
        count = sum(len(each) if each[0] == "-" else each not in "~," for each, _ in inside)
        if not count:
            raise BadNotation('"[]" holds nothing', where=_place(text, found.start()), fix=_BEAT_FIX)
        yield from ((*each, Fraction(1, count)) for each in inside)


_BEAT_FIX = "Write the swaras of one beat in brackets: [R G]"


def to_roman(swaras: Iterable[NotatedSwara]) -> str:
    """Write roman notation; `parse_notation` reads it back as the same swaras.

    Where the last one ends within a beat, silence fills it.

    Raises
    ------
    ValueError
        If the last swara has a meend to a next one, or one leads across a rest.
    """
    return _written(swaras, devanagari=False)


def to_devanagari(swaras: Iterable[NotatedSwara]) -> str:
    """Write Devanagari notation, with the marks of the Bhatkhande system, in Unicode NFC.

    Raises
    ------
    ValueError
        If the last swara has a meend to a next one, or one leads across a rest.
    """
    return _written(swaras, devanagari=True)


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


def beat_texts(swaras: Iterable[NotatedSwara], *, devanagari: bool = False) -> list[str]:
    """Return what stands in each beat, from the first; `joined_beats` makes a line of them.

    Raises
    ------
    ValueError
        If the last swara has a meend to a next one, or one leads across a rest.
    """
    beats = _beats(tuple(swaras), swara_devanagari if devanagari else swara_letter)
    return [signs[0] if len(signs) == 1 else f"[{joined_beats(signs)}]" for signs in beats]


def joined_beats(texts: Iterable[str]) -> str:
    """Return the beats in one line: a meend stands right between two swaras."""
    line = ""
    for text in texts:
        line += ("" if not line or (text[0] == "~" and line[-1] not in "-]") else " ") + text
    return line


def _written(swaras: Iterable[NotatedSwara], *, devanagari: bool) -> str:
    return joined_beats(beat_texts(swaras, devanagari=devanagari))


def _beats(swaras: Sequence[NotatedSwara], sign_of: Callable[[Svarasthana, int], str]) -> Iterator[list[str]]:
    """Yield the signs of each beat, of equal length within one."""
    spans = list(_spans(swaras, sign_of))
    length = spans[-1].end if spans else Fraction(0)
    if length.denominator > 1:  # silence to the end of the beat
        spans.append(_Span(length, Fraction(math.ceil(length)), "_", "_"))
    starts = [span.start for span in spans]
    for beat in range(math.ceil(length)):
        inside = spans[bisect_right(starts, beat) - 1 : bisect_left(starts, beat + 1)]
        units = math.lcm(*(edge.denominator for span in inside for edge in span[:2] if 0 < edge - beat < 1))
        signs = []
        for at in (beat + Fraction(unit, units) for unit in range(units)):
            span = next(span for span in inside if span.start <= at < span.end)
            signs.append(span.sign if at == span.start else span.goes_on)
            signs[-1] += span.close * (at + Fraction(1, units) == span.end)
        yield signs


class _Span(NamedTuple):
    """What is written from one beat to another: a sign, how it goes on, how it ends."""

    start: Fraction
    end: Fraction
    sign: str
    goes_on: str
    close: str = ""


def _spans(swaras: Iterable[NotatedSwara], sign_of: Callable[[Svarasthana, int], str]) -> Iterator[_Span]:
    now, glides = Fraction(0), False
    for swara in swaras:
        if swara.rest_beats:
            if glides:
                raise ValueError("a meend leads across a rest")
            yield _Span(now, now + swara.rest_beats, "_", "_")
            now += swara.rest_beats
        sign = f"({sign_of(*swara.pitch)})" if swara.turn else sign_of(*swara.pitch)
        kan = "^" * bool(swara.kan) + "".join(sign_of(*each) for each in swara.kan)
        yield _Span(now, now + swara.beats, "~" * glides + kan + sign, "-", "," * swara.ends_phrase)
        now, glides = now + swara.beats, swara.meend_to_next
    if glides:
        raise ValueError("the last swara has a meend to a next one")


def _swara(token: str, place: str, beats: Fraction, rest: Fraction) -> NotatedSwara:
    typed = unicodedata.normalize("NFD", token)
    found = _SWARA.fullmatch(typed)
    if found is None:
        raise BadNotation(f'"{token}" is not a swara', where=place, fix=_expected(typed))
    try:
        svarasthana, octave = parse_swara(found["turned"] or found["plain"])
        kan = tuple(parse_swara(each) for each in re.findall(_PITCH, found["kan"] or ""))
    except BadNotation as error:  # marks that do not go together, such as a stroke above Re
        raise BadNotation(f'"{token}" is not a swara', where=place, fix=error.fix) from error
    turned = found["turned"] is not None
    return NotatedSwara(svarasthana, octave, beats, kan, turned, rest_beats=rest, place=place)


def _expected(token: str) -> str:
    """Say what could have stood in the place of what is no swara."""
    swaras = re.findall(_PITCH, token)
    if len(swaras) > 1 and "".join(swaras) == token:
        return f"Write swaras apart, {' '.join(swaras)}, or in one beat, [{' '.join(swaras)}]"
    if token.startswith("^") and re.fullmatch(_PITCH, token[1:]):
        return f"Write the swara that this kan leads to after it, as in ^{token[1:]}G"
    if "(" in token or ")" in token:
        return "Write one swara between two brackets, as in (P)"
    if re.fullmatch(r"\.*[sp]'*", token):
        return f"Write {token.upper()}: it has no komal form"
    if re.fullmatch(r"\.+[A-Za-z]+'+", token):
        return "Write dots before it for mandra or ticks after it for taar, not both"
    return _HELP


def _mark_last(line: list[NotatedSwara], token: str, place: str, share: Fraction) -> None:
    """Hold, glide from, or end the phrase after the last swara of `line`, in place."""
    if not line:
        raise BadNotation(f'"{token}" has no swara before it', where=place, fix="Begin with a swara")
    last = line[-1]
    if last.ends_phrase or (last.meend_to_next and token[0] != "-"):
        raise BadNotation(f'"{token}" cannot stand here', where=place, fix="Write a swara before it")
    match token[0]:
        case "-":
            line[-1] = replace(last, beats=last.beats + share * len(token))
        case "~":
            line[-1] = replace(last, meend_to_next=True)
        case _:
            line[-1] = replace(last, ends_phrase=True)


def _place(text: str, start: int) -> str:
    column = start - text.rfind("\n", 0, start)
    if "\n" not in text:
        return f"column {column}"
    return f"line {text.count(chr(10), 0, start) + 1}, column {column}"
