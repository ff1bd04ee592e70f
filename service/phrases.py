"""Counts, shares and sizes as words, and text from outside made fit to print."""

from __future__ import annotations

import unicodedata

__all__ = ["ascii_text", "counted", "encodable", "megabytes", "percent", "printable"]

_JOINERS = "\u200c\u200d"
"""Zero-width joiners: invisible, yet part of how Indic scripts are spelt."""

_ASCII = str.maketrans({"±": "+/-", "–": "-", "—": "-", "…": "...", "‘": "'", "’": "'", "“": '"', "”": '"'})


def counted(count: int, what: str, several: str | None = None) -> str:
    """Say how many: ``1 note``, ``2 notes``; `several` is the plural where an s does not make it."""
    return f"{count} {what if count == 1 else several or what + 's'}"


def percent(share: float) -> str:
    """Say a share: ``83%``; only a whole is called 100, and only nothing 0."""
    if 0.0 < share < 1.0:
        return f"{min(99, max(1, round(100 * share)))}%"
    return f"{round(100 * share)}%"


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
    letters = unicodedata.normalize("NFKD", text.translate(_ASCII))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return bare.encode("ascii", "replace").decode("ascii")


def _printable(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
