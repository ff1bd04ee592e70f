"""Counts, shares, sizes and notes as words, and text from outside made fit to print."""

from __future__ import annotations

import re
import unicodedata

__all__ = [
    "ascii_text",
    "counted",
    "encodable",
    "how_off",
    "megabytes",
    "moment",
    "note_words",
    "percent",
    "printable",
    "romanized",
    "swara_in_saptak",
]

_JOINERS = "\u200c\u200d"
"""Zero-width joiners: invisible, yet part of how Indic scripts are spelt."""

_SCRIPTS = "DEVANAGARI|BENGALI|GURMUKHI|GUJARATI|ORIYA|TAMIL|TELUGU|KANNADA|MALAYALAM"
_INDIC = re.compile(rf"(?:{_SCRIPTS}) (?:(?P<kind>LETTER|VOWEL SIGN|SIGN|DIGIT) )?(?P<sound>.+)")
_SIGNS = {"anusvara": "m", "candrabindu": "m", "tippi": "m", "visarga": "h", "danda": "|"}
_ASCII = str.maketrans({"±": "+/-", "–": "-", "—": "-", "…": "...", "‘": "'", "’": "'", "“": '"', "”": '"'})


def counted(count: int, what: str, several: str | None = None) -> str:
    """Say how many: ``1 note``, ``2 notes``; `several` is the plural where an s does not make it."""
    return f"{count} {what if count == 1 else several or what + 's'}"


def percent(share: float) -> str:
    """Say a share: ``83%``; only a whole is called 100, and only nothing 0."""
    if 0.0 < share < 1.0:
        return f"{min(99, max(1, round(100 * share)))}%"
    return f"{round(100 * share)}%"


def swara_in_saptak(swara: str, saptak: str) -> str:
    """Name a swara with its octave, which goes without saying in the middle one: ``Ga``, ``taar Sa``."""
    return swara if saptak == "madhya" else f"{saptak} {swara}"


def how_off(cents: float) -> str:
    """Say a signed distance: ``32 cents low``, ``1 cent high``, ``on the mark``."""
    size = round(abs(cents))
    return f"{counted(size, 'cent')} {'low' if cents < 0 else 'high'}" if size else "on the mark"


def note_words(name: str) -> str:
    """Say the note that Sa lies on: ``C#3``; of ``D3 +49``, which can be typed, ``D3, 49 cents sharp``."""
    note, _, cents = name.partition(" ")
    if not cents.lstrip("+-").isdecimal():
        return name
    return f"{note}, {counted(abs(int(cents)), 'cent')} {'flat' if int(cents) < 0 else 'sharp'}"


def moment(time_s: float) -> str:
    """Say a time in a take: ``12.3 s``; from a minute on ``1:02``."""
    if time_s < 59.95:
        return f"{time_s:.1f} s"
    minutes, seconds = divmod(round(time_s), 60)
    return f"{minutes}:{seconds:02d}"


def megabytes(size_bytes: int) -> str:
    """Say a size: ``15.4 MB``, of a million bytes each."""
    return f"{size_bytes / 1e6:.1f} MB"


def printable(text: str) -> str:
    """Make text that came from outside harmless to print: no line breaks, escapes or text-reversing marks."""
    return text if text.isprintable() else "".join(map(_printable, text))


def encodable(text: str) -> str:
    """Replace what no UTF-8 file can hold: the stray bytes of a file name that was not UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def ascii_text(text: str) -> str:
    """Say text with ASCII alone, for a terminal that has nothing else; an unknown letter becomes ``?``."""
    letters = unicodedata.normalize("NFKD", romanized(text).translate(_ASCII))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return bare.encode("ascii", "replace").decode("ascii")


def romanized(text: str) -> str:
    """Write the scripts of India in Latin letters, plainly: ``bhupali raga``; all other letters stay.

    Their letters are called in Unicode by how they sound: ``DEVANAGARI LETTER BHA``, ``TAMIL VOWEL SIGN UU``.
    """
    written: list[str] = []
    for character in text:
        name = "" if character.isascii() else unicodedata.name(character, "")
        if (found := _INDIC.fullmatch(name)) is None:
            written.append(character)
            continue
        kind, sound = found["kind"], found["sound"].lower().replace("vocalic r", "ri").replace("ssa", "sha")
        sound = re.sub(r"(.)\1+", r"\1", sound)
        if kind == "DIGIT":
            written.append(str(unicodedata.digit(character)))
        elif kind is None or kind == "SIGN":
            silent = sound == "virama" and written and written[-1].endswith("a")
            written[-1:] = [written[-1][:-1]] if silent else [*written[-1:], _SIGNS.get(sound, "")]
        elif kind == "VOWEL SIGN" and written:
            written[-1] = written[-1].removesuffix("a") + sound  # in place of the a that each consonant has
        else:
            written.append(sound)
    return "".join(written)


def _printable(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
