"""The swara, the scale and the raga that a single name may mean.

A name is the stem of a file or the name of a folder: ``03_ga_take2``, ``Taar-Sa``, ``dha_komal``, ``A#``,
``kali 1``, ``scale C#``, ``Bhupali in A sharp``. Its words are read as those of the command line. Full words
count wherever they stand. A lone letter counts only where every other word is understood, so that the
initials of a singer are neither scale nor swara; and ``D`` and ``G``, each a scale and a swara, are left to
the context.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

from swara.raga.errors import BadNotation, BadTonic
from swara.raga.ragas import find_raga, is_other_raga
from swara.raga.swaras import SwaraPitch, parse_swara
from swara.raga.tonic_names import ParsedTonic, parse_tonic

__all__ = ["ParsedName", "parse_name"]

_SEPARATORS = re.compile(r"[\s_\-–—.,;:+&()\[\]{}]+")
_PIECES = re.compile(r"[A-Ga-g][#♯♭b]?-?\d(?!\d)|\d+|[^\d]+")
_FREQUENCY = re.compile(
    r"(?<![\w.,])\d{2,3}(?:[.,]\d+)?\s*hz(?!\w)|(?:^|(?<=\bsa )|(?<=scale )|(?<=key ))\d{2,3}[.,]\d+$",
    re.IGNORECASE,
)
_NO_SCALE = re.compile(r"[a-g]b?\s?\d?|[\d\s]+")
"""A letter in lower case is more often a swara or an initial; a number counts takes."""
_SCALE_MARKS = frozenset({"scale", "key", "tonic"})
_RAGA_MARKS = frozenset({"raag", "rag", "raga", "ragam", "राग"})
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
    other_raga: str | None = None
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
    other_ragas : tuple of str
        Ragas that it names and that are not known yet, as it writes them.
    unrecognised : tuple of str
        Words that say nothing.
    """

    swaras: tuple[SwaraPitch, ...] = ()
    scales: tuple[ParsedTonic, ...] = ()
    doubt: tuple[SwaraPitch, ParsedTonic] | None = None
    ragas: tuple[str, ...] = ()
    other_ragas: tuple[str, ...] = ()
    unrecognised: tuple[str, ...] = ()


def parse_name(name: str) -> ParsedName:
    """Return what the stem of a file, or the name of a folder, may mean."""
    in_hz = _scale([found[0]]) if (found := _FREQUENCY.search(name)) else None
    rest = name if in_hz is None else _FREQUENCY.sub(" ", name, count=1)
    words = [piece for word in _SEPARATORS.split(rest) for piece in _PIECES.findall(word)]
    readings, unrecognised = _readings(words)
    readings += [] if in_hz is None else [_Reading(0, scale=in_hz)]
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
        other_ragas=tuple(dict.fromkeys(r.other_raga for r in sure if r.other_raga is not None)),
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
        swara, scale = _swara(some), _scale(some, after_mark=before in _SCALE_MARKS)
        raga, other = find_raga(" ".join(some)), is_other_raga(" ".join(some))
        if swara is not None and before in _SCALE_MARKS and scale is not None:
            swara = None
        if (swara, scale, raga, other) != (None, None, None, False):
            name, unknown = None if raga is None else raga.name, " ".join(some) if other else None
            yield _Reading(count, swara, scale, name, unknown, lone=count == 1 and len(some[0]) == 1)
    if before in _RAGA_MARKS and not _says_nothing_new(words[at], ""):
        yield _Reading(1, other_raga=words[at])


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


def _scale(words: list[str], *, after_mark: bool = False) -> ParsedTonic | None:
    """Return the scale of some words; a bare letter, or ``Bb``, is a capital unless a mark leads to it."""
    text = " ".join(words)
    marked = {words[0].casefold(), words[-1].casefold()} & {*_SCALE_MARKS, "sa", "सा"}
    if marked or (_NO_SCALE.fullmatch(text) and not after_mark):
        return None
    try:
        return parse_tonic(text)
    except BadTonic:
        return None
