"""The twelve svarasthanas, their names, and the octaves they lie in.

Names are read as singers write them: ``komal Re``, ``r``, ``shuddha gandhar``, ``taar-sa``, ``.D``, ``S'``,
``ध``. A lone letter keeps its case, because ``g`` and ``G`` are different swaras; in a word, case means
nothing. librosa's short svara names (``r``, ``Ṡ``, ``P̣``, ``P,``) are read too. Its long ones are not
meant: there ``re`` is komal and ``Re`` is not, while singers write either for shuddha Re.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from .errors import BadNotation, fold_name, nearest_names

__all__ = ["SVARASTHANAS", "Svarasthana", "SwaraPitch", "parse_swara", "saptak_name", "svarasthana_named"]


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
    0: "s sa shadja shadaj shadj sadja shadjam सा",
    2: "r re ri rishabh rishab rishabha rishabham रे",
    4: "g ga gandhar gandhara gandharam ग",
    5: "m ma madhyam madhyama madhyamam म",
    7: "p pa pancham panchama panchamam प",
    9: "d dha da dhaivat dhaivata dhaivatam ध",
    11: "n ni nishad nishada nishadam नि",
}
_SHUDDHA_INDEX = {word: index for index, words in _SHUDDHA_SPELLINGS.items() for word in words.split()}
_ALTERATION_SPELLINGS = {
    "komal": "komal komala flat कोमल",
    "tivra": "tivra teevra tivr teevr sharp तीव्र",
    "shuddha": "shuddha shuddh shudh sudh shudha natural achal शुद्ध",
}
_ALTERATION = {word: kind for kind, words in _ALTERATION_SPELLINGS.items() for word in words.split()}
_STEP = {"komal": -1, "tivra": 1}
_SAPTAK_SPELLINGS = {-1: "mandra mandr मन्द्र मंद्र", 0: "madhya madhy मध्य", 1: "taar tar tara taara तार"}
_OCTAVE = {word: octave for octave, words in _SAPTAK_SPELLINGS.items() for word in words.split()}
_DOT_ABOVE, _DOT_BELOW = "\u0307", "\u0323"


def _either(words: Iterable[str]) -> str:
    """Return a pattern for the longest of `words`, ASCII letters standing alone left out."""
    return "|".join(sorted((w for w in words if len(w) > 1 or not w.isascii()), key=len, reverse=True))


_SEPARATOR = r"[\s_-]*"
_PATTERN = re.compile(
    r"(?P<low_dots>\.*)"
    rf"(?:(?P<beyond>(?:ati{_SEPARATOR})*)(?P<saptak>{_either(_OCTAVE)}){_SEPARATOR})?"
    rf"(?:(?P<alteration>{_either(_ALTERATION)}){_SEPARATOR})?"
    # A lone letter must stand apart from any word before it, or "tarr" would be taar komal Re.
    rf"(?P<base>{_either(_SHUDDHA_INDEX)}|(?<![^\W_])[srgmpdn])"
    r"(?P<ticks>'*)(?P<commas>,*)",
    re.IGNORECASE,
)


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

    The octave is a word before the name (``taar Sa``, ``mandra_dha``, ``ati-taar Ga``), dots before it
    (``.D``), ticks after it (``S'``), or librosa's marks: a dot above or below, a comma after it.

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
    spelled = unicodedata.normalize("NFD", text.strip()).replace("’", "'").replace("′", "'")
    above, below = spelled.count(_DOT_ABOVE), spelled.count(_DOT_BELOW)
    found = _PATTERN.fullmatch(spelled.replace(_DOT_ABOVE, "").replace(_DOT_BELOW, ""))
    if found is None:
        raise BadNotation(f'"{text}" names no swara', fix=nearest_names(text, _BY_FOLDED_NAME))
    above += len(found["ticks"])
    below += len(found["low_dots"]) + len(found["commas"])
    return _svarasthana(text, found["base"], found["alteration"]), _octave(text, found, above, below)


def _svarasthana(text: str, base: str, alteration: str | None) -> Svarasthana:
    if alteration is None:
        return _BY_LETTER.get(base) or SVARASTHANAS[_SHUDDHA_INDEX[base.casefold()]]
    shuddha = SVARASTHANAS[_SHUDDHA_INDEX[base.casefold()]]
    kind = _ALTERATION[alteration.casefold()]
    altered = SVARASTHANAS[(shuddha.index + _STEP.get(kind, 0)) % 12]
    if kind != "shuddha" and altered.name != f"{kind} {shuddha.name}":
        raise BadNotation(f'"{text}" names no swara', fix=f"{shuddha.name} has no {kind} form")
    return altered


def _octave(text: str, found: re.Match[str], above: int, below: int) -> int | None:
    word = found["saptak"]
    if sum((word is not None, above > 0, below > 0)) > 1:
        raise BadNotation(f'"{text}" gives its octave twice', fix='Write one of "taar Sa" and "S\'"')
    if word is None:
        return above - below if above or below else None
    octave = _OCTAVE[word.casefold()]
    further = found["beyond"].casefold().count("ati")
    if further and octave == 0:
        raise BadNotation(f'"{text}" names no octave', fix="Only mandra and taar go further out, with ati-")
    return octave + further * octave
