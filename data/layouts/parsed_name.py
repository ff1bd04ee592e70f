"""The swara, the scale and the raga that a single name may mean.

A name is the stem of a file or the name of a folder: ``03_ga_take2``, ``Taar-Sa``, ``dha_komal``, ``A#``,
``scale C#``, ``Bhupali in A sharp``. Full words count wherever they stand. A lone letter counts only where
every other word is understood, so that the initials of a singer are neither scale nor swara; and ``D`` and
``G``, each a scale and a swara, are left to the context.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

from swara.raga.errors import BadNotation, BadTonic, UnknownRaga
from swara.raga.ragas import raga_named
from swara.raga.swaras import SwaraPitch, parse_swara
from swara.raga.tonic_names import ParsedTonic, parse_tonic

__all__ = ["ParsedName", "parse_name"]

_SEPARATORS = re.compile(r"[\s_\-–—.,;:+&()\[\]{}]+")
_PIECES = re.compile(r"[A-Ga-g][#♯♭b]?-?\d(?!\d)|\d+|[^\d]+")
_SHARP_OR_FLAT = {"sharp": "#", "flat": "b"}
_SCALE = re.compile(
    r"(?P<letter>[A-Ga-g])(?:(?P<sign>[#♯♭])|(?P<b>b)|\s?(?P<word>sharp|flat))?(?P<octave>\d)?",
    re.IGNORECASE,
)
_SCALE_MARKS = frozenset({"scale", "key", "tonic"})
_TAKE_MARKS = frozenset({"take", "part", "side", "version", "ver", "v", "mic", "track"})
_FILLER_WORDS = """
    aalap alaap alap and aroha aroh audio avaroha avaroh bandish copy drut female final high in khayal khyal
    low madhyalaya male mid new no note notes number of on raag rag raga rec recording sample samples single
    song sung swar swara swaras the vilambit vocal vocals voice
"""
_FILLER = frozenset(_FILLER_WORDS.split())
_MOST_WORDS = 4
_PHRASE = 3
"""A name with this many swaras, such as ``S R G P D S'``, tells what is sung one after the other."""


class _Reading(NamedTuple):
    """What some words mean; with both a swara and a scale they are in doubt."""

    words: int
    swara: SwaraPitch | None = None
    scale: ParsedTonic | None = None
    raga: str | None = None
    lone: bool = False


@dataclass(frozen=True, slots=True)
class ParsedName:
    """What a name may mean.

    Parameters
    ----------
    swaras : tuple of (Svarasthana, int)
        Every swara that it names for sure, each once.
    scales : tuple of ParsedTonic
        Every scale that it names for sure, each once.
    doubt : tuple of (SwaraPitch, ParsedTonic) or None
        The two readings of a lone ``D`` or ``G``.
    ragas : tuple of str
        Keys of the ragas that it names.
    unrecognised : tuple of str
        Words that say nothing.
    """

    swaras: tuple[SwaraPitch, ...] = ()
    scales: tuple[ParsedTonic, ...] = ()
    doubt: tuple[SwaraPitch, ParsedTonic] | None = None
    ragas: tuple[str, ...] = ()
    unrecognised: tuple[str, ...] = ()


def parse_name(name: str) -> ParsedName:
    """Return what the stem of a file, or the name of a folder, may mean."""
    words = [piece for word in _SEPARATORS.split(name) for piece in _PIECES.findall(word)]
    readings, unrecognised = _readings(words)
    if unrecognised:
        readings = [reading for reading in readings if not reading.lone]
    if len({reading.swara for reading in readings} - {None}) >= _PHRASE:
        readings = [reading for reading in readings if reading.swara is None]
    sure = [reading for reading in readings if reading.swara is None or reading.scale is None]
    doubts = [(r.swara, r.scale) for r in readings if r.swara is not None and r.scale is not None]
    return ParsedName(
        swaras=tuple(dict.fromkeys(r.swara for r in sure if r.swara is not None)),
        scales=tuple(dict.fromkeys(r.scale for r in sure if r.scale is not None)),
        doubt=doubts[0] if doubts else None,
        ragas=tuple(dict.fromkeys(r.raga for r in sure if r.raga is not None)),
        unrecognised=tuple(unrecognised),
    )


def _readings(words: list[str]) -> tuple[list[_Reading], list[str]]:
    """Read from left to right, as many words at a time as make sense together."""
    readings: list[_Reading] = []
    unrecognised: list[str] = []
    at = 0
    while at < len(words):
        before = words[at - 1].casefold() if at else ""
        reading = next(_read_at(words, at, before), None)
        if reading is not None:
            readings.append(reading)
        elif not _says_nothing_new(words[at], before):
            unrecognised.append(words[at])
        at += reading.words if reading else 1
    return readings, unrecognised


def _read_at(words: list[str], at: int, before: str) -> Iterator[_Reading]:
    """Yield what the words from `at` on mean, the longest reading first."""
    if before in _TAKE_MARKS and len(words[at]) == 1:  # take A
        return
    for count in range(min(_MOST_WORDS, len(words) - at), 0, -1):
        some = words[at : at + count]
        swara, scale, raga = _swara(some), _scale(some, after_mark=before in _SCALE_MARKS), _raga(some)
        if swara is not None and before in _SCALE_MARKS and scale is not None:
            swara = None
        if (swara, scale, raga) != (None, None, None):
            yield _Reading(count, swara, scale, raga, lone=count == 1 and len(some[0]) == 1)


def _says_nothing_new(word: str, before: str) -> bool:
    folded = word.casefold()
    known = folded in _FILLER or folded in _SCALE_MARKS or folded in _TAKE_MARKS
    return known or folded.isdigit() or (before in _TAKE_MARKS and len(folded) == 1)


def _swara(words: list[str]) -> SwaraPitch | None:
    """Return the swara of some words; ``dha komal`` means what ``komal dha`` does."""
    for order in permutations(words) if len(words) < _MOST_WORDS else [tuple(words)]:
        try:
            return parse_swara(" ".join(order))
        except BadNotation:
            continue
    return None


def _scale(words: list[str], *, after_mark: bool) -> ParsedTonic | None:
    """Return the scale of some words; a bare letter, or ``Bb``, is a capital unless a mark leads to it."""
    found = _SCALE.fullmatch(" ".join(words))
    if found is None:
        return None
    signed = bool(found["sign"] or found["word"])
    if not signed and not after_mark and found["letter"].islower():
        return None
    sign = found["sign"] or found["b"] or _SHARP_OR_FLAT.get((found["word"] or "").casefold(), "")
    try:
        return parse_tonic(f"{found['letter']}{sign.lower()}{found['octave'] or ''}")
    except BadTonic:
        return None


def _raga(words: list[str]) -> str | None:
    try:
        return raga_named(" ".join(words)).name
    except UnknownRaga:
        return None
