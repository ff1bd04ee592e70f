"""Text from outside made fit for a terminal, a file or a page."""

from __future__ import annotations

import unicodedata

__all__ = ["ascii_text", "encodable", "printable"]

_JOINERS = "\u200c\u200d"
"""Zero-width joiners: invisible, yet part of how Indic scripts are spelt."""

_ASCII = str.maketrans({"±": "+/-", "–": "-", "—": "-", "…": "...", "‘": "'", "’": "'", "“": '"', "”": '"'})


def printable(text: str) -> str:
    """Make text that came from outside harmless to print: no line breaks, escapes or text-reversing marks."""
    return "".join(_printable(character) for character in text)


def encodable(text: str) -> str:
    """Replace what no UTF-8 file can hold: the stray bytes of a file name that was not UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def ascii_text(text: str) -> str:
    """Say text with ASCII alone, for a terminal that has nothing else; an unknown letter becomes ``?``."""
    letters = unicodedata.normalize("NFKD", text.translate(_ASCII))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return bare.encode("ascii", "replace").decode("ascii")


def _printable(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
