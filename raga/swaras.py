"""The twelve svarasthanas, their names, the octaves they lie in, and a swara as notation holds it.

Names are read as singers write them: ``komal Re``, ``r``, ``shuddha gandhar``, ``taar-sa``, ``Pa mandra``,
``high sa``, ``.D``, ``S'``, ``ध``, ``ṛṣabha``. A lone letter keeps its case, because ``g`` and ``G`` are
different swaras; in a word, case means nothing. librosa's short svara names (``r``, ``Ṡ``, ``P̣``, ``P,``)
are read too. Its long ones are not meant: there ``re`` is komal and ``Re`` is not, while singers write either
for shuddha Re.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from .errors import BadNotation, fold_name, nearest_names

__all__ = [
    "SVARASTHANAS",
    "NotatedSwara",
    "Svarasthana",
    "SwaraPitch",
    "parse_swara",
    "saptak_name",
    "svarasthana_named",
    "turn_pitches",
]


@dataclass(frozen=True, slots=True)
class Svarasthana:
    """One of the twelve positions in the octave.

    Parameters
    ----------
    index : int
        Semitones above Sa, 0 to 11.
    letter : str
        Its letter in roman notation: one of ``S r R g G m M P d D n N``.
    name : str
        Its English name, such as ``komal Re``.
    devanagari : str
        Its syllable, without the mark for komal or tivra.
    """

    index: int
    letter: str
    name: str
    devanagari: str


SwaraPitch: TypeAlias = tuple[Svarasthana, int]
"""A svarasthana and its octave: -1 mandra, 0 madhya, 1 taar."""

SVARASTHANAS: tuple[Svarasthana, ...] = (
    Svarasthana(0, "S", "Sa", "सा"),
    Svarasthana(1, "r", "komal Re", "रे"),
    Svarasthana(2, "R", "Re", "रे"),
    Svarasthana(3, "g", "komal Ga", "ग"),
    Svarasthana(4, "G", "Ga", "ग"),
    Svarasthana(5, "m", "Ma", "म"),
    Svarasthana(6, "M", "tivra Ma", "म"),
    Svarasthana(7, "P", "Pa", "प"),
    Svarasthana(8, "d", "komal Dha", "ध"),
    Svarasthana(9, "D", "Dha", "ध"),
    Svarasthana(10, "n", "komal Ni", "नि"),
    Svarasthana(11, "N", "Ni", "नि"),
)
"""All twelve; each stands at its own `index`."""

_BY_LETTER = {s.letter: s for s in SVARASTHANAS}
_BY_FOLDED_NAME = {fold_name(s.name): s.name for s in SVARASTHANAS}

_SHUDDHA_SPELLINGS = {
    0: "s sa shadja shadaj shadj sadja shadjam सा षड्ज षडज",
    2: "r re ri rishabh rishab rishabha rishabham rsabha रे री ऋषभ रिषभ",
    4: "g ga gandhar gandhara gandharam ग गा गंधार गांधार गान्धार गन्धार",
    5: "m ma madhyam madhyama madhyamam म मा मध्यम",
    7: "p pa pancham panchama panchamam pancama प पा पंचम पञ्चम",
    9: "d dha da dhaivat dhaivata dhaivatam ध धा धैवत",
    11: "n ni nishad nishada nishadam nisada नि नी निषाद",
}
_SHUDDHA_INDEX = {word: index for index, words in _SHUDDHA_SPELLINGS.items() for word in words.split()}
_ALTERATION_SPELLINGS = {
    "komal": "komal komala flat कोमल",
    "tivra": "tivra teevra tivr teevr sharp तीव्र",
    "shuddha": "shuddha shuddh shudh sudh shudha suddha natural achal शुद्ध",
}
_ALTERATION = {word: kind for kind, words in _ALTERATION_SPELLINGS.items() for word in words.split()}
_STEP = {"komal": -1, "tivra": 1}
_SAPTAK_SPELLINGS = {
    -2: "anumandra anumandr अनुमन्द्र अनुमंद्र",
    -1: "mandra mandr low lower मन्द्र मंद्र",
    0: "madhya madhy middle mid मध्य",
    1: "taar tar tara taara high upper तार",
}
_OCTAVE = {word: octave for octave, words in _SAPTAK_SPELLINGS.items() for word in words.split()}
_DOT_ABOVE, _DOT_BELOW = "\u0307", "\u0323"
_ANUSVARA, _NUKTA, _UDATTA, _ANUDATTA = "\u0902", "\u093c", "\u0951", "\u0952"
_TYPED_MARKS = str.maketrans(
    {_ANUSVARA: _DOT_ABOVE, _NUKTA: _DOT_BELOW, "’": "'", "′": "'", "(": " ", ")": " "}
)
"""Who types Devanagari has no other dots than these above and below a syllable."""
_JOINERS = dict.fromkeys((0x200C, 0x200D))
_LATIN_MARK = re.compile("[\u0300-\u036f]")
_SPELLED_OUT = re.compile(r"[^\W_]{5,}|[^\x00-\x7f]{3,}")
"""A name that is no syllable: ``rishabh``, ``पंचम``."""


def _either(words: Iterable[str]) -> str:
    """Return a pattern for the longest of `words`, ASCII letters standing alone left out."""
    return "|".join(sorted((w for w in words if len(w) > 1 or not w.isascii()), key=len, reverse=True))


_SEPARATOR = r"[\s_-]*"
_QUALIFIER = (
    rf"(?:(?P<beyond>(?:(?:ati|अति){_SEPARATOR})*)(?P<saptak>{_either(_OCTAVE)})"
    rf"(?:{_SEPARATOR}(?:saptak|octave|सप्तक))?|(?P<alteration>{_either(_ALTERATION)}))"
)
_UNNAMED = re.sub(r"\?P<\w+>", "?:", _QUALIFIER)
_PATTERN = re.compile(
    rf"(?P<low_dots>\.*)(?P<before>(?:{_UNNAMED}{_SEPARATOR})*?)"
    # A lone letter must stand apart from any word beside it, or "tarr" would be taar komal Re.
    rf"(?P<base>{_either(_SHUDDHA_INDEX)}|(?<![^\W_])[srgmpdn](?![^\W_]))"
    rf"(?P<stroke>[{_UDATTA}{_ANUDATTA}]?)(?P<ticks>'*)(?P<commas>,*)"
    rf"(?P<after>(?:[\s_-]+{_UNNAMED})*)",
    re.IGNORECASE,
)
_QUALIFIERS = re.compile(_QUALIFIER, re.IGNORECASE)


def svarasthana_named(text: str) -> Svarasthana:
    """Return the svarasthana that `text` names, by letter or by name, with no octave.

    Raises
    ------
    BadNotation
        If it names none, or names an octave as well.
    """
    svarasthana, octave = _read(text)
    if octave is not None:
        raise BadNotation(f'"{text}" names an octave too', fix=f'Write "{svarasthana.name}"')
    return svarasthana


def parse_swara(text: str) -> SwaraPitch:
    """Return the svarasthana and the octave that `text` names; madhya when it names no octave.

    The octave is a word before or after the name (``taar Sa``, ``Pa mandra``, ``high sa``, ``ati-taar Ga``),
    dots before it (``.D``), ticks after it (``S'``), or librosa's marks: a dot above or below, a comma after
    it. Komal and tivra may stand on either side too.

    Raises
    ------
    BadNotation
        If it names no swara, or gives its octave in two ways.
    """
    svarasthana, octave = _read(text)
    return svarasthana, octave or 0


def saptak_name(octave: int) -> str:
    """Return the name of an octave: -1 is ``mandra``, 0 ``madhya``, 1 ``taar``, 2 ``ati-taar`` and so on."""
    if octave == 0:
        return "madhya"
    return "ati-" * (abs(octave) - 1) + ("taar" if octave > 0 else "mandra")


@lru_cache(maxsize=1024)
def _read(text: str) -> tuple[Svarasthana, int | None]:
    found, above, below = _matched(text)
    if found is None:
        raise BadNotation(f'"{text}" names no swara', fix=nearest_names(text, _BY_FOLDED_NAME))
    above += len(found["ticks"])
    below += len(found["low_dots"]) + len(found["commas"])
    words = [*_QUALIFIERS.finditer(found["before"]), *_QUALIFIERS.finditer(found["after"])]
    kinds = {_ALTERATION[each["alteration"].casefold()] for each in words if each["alteration"]}
    if found["stroke"]:
        kinds.add("tivra" if found["stroke"] == _UDATTA else "komal")
    if len(kinds) > 1:
        raise BadNotation(f'"{text}" names no swara', fix=f"Write one of {' and '.join(sorted(kinds))}")
    octaves = [_octave(text, each) for each in words if each["saptak"]]
    if len(set(octaves)) + (above > 0) + (below > 0) > 1:
        raise BadNotation(f'"{text}" gives its octave twice', fix='Write one of "taar Sa" and "S\'"')
    octave = octaves[0] if octaves else above - below if above or below else None
    return _svarasthana(text, found["base"], kinds.pop() if kinds else None), octave


def _matched(text: str) -> tuple[re.Match[str] | None, int, int]:
    """Return what is left of `text` without dots, matched, and how many dots stood above and below it."""
    typed = unicodedata.normalize("NFD", text).translate(_JOINERS)
    spelled_out = _PATTERN.fullmatch(typed.strip()) or _PATTERN.fullmatch(_LATIN_MARK.sub("", typed).strip())
    if spelled_out is not None and _SPELLED_OUT.fullmatch(spelled_out["base"]):
        return spelled_out, 0, 0  # ṣaḍja: what looks like dots belongs to the letters
    dotted = typed.translate(_TYPED_MARKS).strip()
    plain = dotted.replace(_DOT_ABOVE, "").replace(_DOT_BELOW, "")
    return _PATTERN.fullmatch(plain), dotted.count(_DOT_ABOVE), dotted.count(_DOT_BELOW)


def _svarasthana(text: str, base: str, kind: str | None) -> Svarasthana:
    if kind is None:
        return _BY_LETTER.get(base) or SVARASTHANAS[_SHUDDHA_INDEX[base.casefold()]]
    shuddha = SVARASTHANAS[_SHUDDHA_INDEX[base.casefold()]]
    altered = SVARASTHANAS[(shuddha.index + _STEP.get(kind, 0)) % 12]
    if kind != "shuddha" and altered.name != f"{kind} {shuddha.name}":
        raise BadNotation(f'"{text}" names no swara', fix=f"{shuddha.name} has no {kind} form")
    return altered


def _octave(text: str, qualifier: re.Match[str]) -> int:
    octave = _OCTAVE[qualifier["saptak"].casefold()]
    further = len(re.findall("ati|अति", qualifier["beyond"].casefold()))
    if further and octave == 0:
        raise BadNotation(f'"{text}" names no octave', fix="Only mandra and taar go further out, with ati-")
    return octave + further * (1 if octave > 0 else -1)


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
    beats : int or Fraction
        How long it is held, kan and all; more than 0.
    kan : tuple of SwaraPitch
        The grace swaras sung just before it, in order.
    turn : bool
        Written in brackets: the figure that `turn_pitches` spells out.
    meend_to_next : bool
        Whether the voice glides from it to the next swara.
    ends_phrase : bool
        Whether a comma follows; no meend leads across it.
    rest_beats : int or Fraction
        Silent beats before it.
    place : str
        Where it stood in the text that it was read from, as errors say it; empty where it was not read.

    Raises
    ------
    ValueError
        If it is held for no time, a rest is less than none, or a meend leads across the end of a phrase.
    """

    svarasthana: Svarasthana
    octave: int = 0
    beats: int | Fraction = 1
    kan: tuple[SwaraPitch, ...] = ()
    turn: bool = False
    meend_to_next: bool = False
    ends_phrase: bool = False
    rest_beats: int | Fraction = 0
    place: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.beats <= 0 or self.rest_beats < 0:
            raise ValueError(f"no swara is held for {self.beats} beats after a rest of {self.rest_beats}")
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
