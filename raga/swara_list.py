"""A raga of which no more is known than its swaras, in a list as people type it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .errors import BadNotation
from .ragas import FEWEST_SWARAS, Raga
from .swaras import SVARASTHANAS, parse_swara

__all__ = ["is_joined", "is_list_of_letters", "raga_of_swaras"]

_LETTER = r"\.*[SrRgGmMPdDnN]'*"
_JOINED_SWARAS = re.compile(rf"{_LETTER}(?:\s*[-–]?\s*{_LETTER}){{2,}}")


def is_joined(text: str) -> bool:
    """Tell whether a text is letters of swaras, run together or with hyphens."""
    return _JOINED_SWARAS.fullmatch(text.strip()) is not None


def raga_of_swaras(text: str, name: str = "") -> Raga:
    """Return a raga of which no more is known than its swaras.

    Parameters
    ----------
    text : str
        Three or more swaras, each as `parse_swara` reads it, with spaces or commas between them; Sa belongs
        to them in any case, and the octave says nothing.
    name : str
        What it is called; by its swaras if empty.

    Raises
    ------
    BadNotation
        If one cannot be read, or there are fewer.
    """
    indices = sorted({0, *(parse_swara(each)[0].index for each in _listed_swaras(text))})
    if len(indices) < FEWEST_SWARAS:
        raise BadNotation(f'"{text.strip()}" is no raga', fix=f"Give {FEWEST_SWARAS} swaras or more")
    letters = [SVARASTHANAS[index].letter for index in indices]
    listed, called = " ".join(letters), " ".join(name.replace(":", " ").split())
    return Raga(
        name=f"{called}: {listed}" if called else listed,
        display=f"{called} ({listed})" if called else listed,
        thaat="",
        aroha=(*letters, "S'"),
        avaroha=("S'", *reversed(letters)),
        vadi="",
        samvadi="",
        time="",
        pakad=(),
    )


def _listed_swaras(text: str) -> Iterator[str]:
    """Yield the swaras of a list; "komal", "tivra" and octaves go with what follows, but for commas."""
    if is_joined(text):
        yield from re.findall(_LETTER, text)
        return
    for part in re.split(r"[,;|/]", text):
        if "," in text:
            yield from [part] if part.strip() else []
            continue
        words: list[str] = []
        for word in part.split():
            words.append(word)
            if _is_swara(" ".join(words)):
                yield words[0] if len(words) == 1 else " ".join(words)
                words = []
        if words:
            yield " ".join(words)


def _is_swara(text: str) -> bool:
    if text in ("s", "p"):
        raise BadNotation(
            f'"{text}" is written as a capital', fix="Lower case is komal: S r R g G m M P d D n N"
        )
    try:
        parse_swara(text)
    except BadNotation:
        return False
    return True


def is_list_of_letters(text: str) -> bool:
    """Tell whether each word is a letter, so that it is meant as swaras whether it can be read or not."""
    return all(len(word.strip(".',-")) <= 1 for word in text.split())
