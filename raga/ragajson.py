"""RagaJSON: a raga as the OpenRaga project writes it, version 0.2.

A document is one object of ``name``, ``system`` and what is known beside: ``thaat``, ``structure`` with notes
such as ``NI_KOMAL_MANDRA``, ``performance``. It has no place for resting notes, andolan, sources and what
those differ on; these go into its ``description``, as words. OpenRaga's schema is under the MIT licence.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from .errors import BadNotation
from .notation import parse_notation, swara_letter
from .ragas import FEWEST_SWARAS, Raga
from .swaras import SVARASTHANAS, SwaraPitch, svarasthana_named

__all__ = ["RAGAJSON_VERSION", "read_ragajson", "to_ragajson"]

RAGAJSON_VERSION: Final = "0.2"

_TOKENS = (
    *("SA", "RE_KOMAL", "RE", "GA_KOMAL", "GA", "MA", "MA_TIVRA", "PA", "DHA_KOMAL", "DHA", "NI_KOMAL"),
    "NI",
)
_OCTAVES = {-1: "_MANDRA", 0: "", 1: "_TAR"}
_NOTES: dict[str, SwaraPitch] = {
    f"{token}{mark}": (svarasthana, octave)
    for token, svarasthana in zip(_TOKENS, SVARASTHANAS, strict=True)
    for octave, mark in _OCTAVES.items()
}
_HOURS = {
    "dawn": ["Pratah"],
    "morning": ["Purvaahn"],
    "late morning": ["Madhyaahn"],
    "noon": ["Madhyaahn"],
    "afternoon": ["Aparaahn"],
    "late afternoon": ["Aparaahn"],
    "sunset": ["Sandhya"],
    "first part of the night": ["Pradosh"],
    "second part of the night": ["Nisha"],
    "late evening": ["Nisha"],
    "midnight": ["Nisha"],
    "night": ["Pradosh", "Nisha"],
    "late night": ["Ardha-ratri"],
    "end of the night": ["Ardha-ratri", "Pratah"],
    "any time": ["Unrestricted"],
}
"""The hours of the table as its periods of the day."""

_TIMES = {tuple(hours): time for time, hours in reversed(_HOURS.items())}
_FIELDS = {
    "": {
        *("name", "name_devanagari", "aliases", "system", "thaat", "classification", "description"),
        *("similar_ragas", "structure", "performance"),
    },
    "structure": {"aroha", "avaroha", "vadi", "samvadi", "pakad"},
    "performance": {"time_of_day", "season", "rasa"},
}
_LISTS = {"pakad", "classification", "aliases", "similar_ragas", "time_of_day"}
_FIX = f"Give one raga as RagaJSON {RAGAJSON_VERSION}, such as swara ragas yaman --json prints"
_LONGEST_NAME, _MOST = 80, 100


def to_ragajson(raga: Raga) -> dict[str, Any]:
    """Return a raga as a RagaJSON document."""
    structure = {
        "aroha": _noted(raga.aroha),
        "avaroha": _noted(raga.avaroha),
        "vadi": _token(raga.vadi),
        "samvadi": _token(raga.samvadi),
        "pakad": [_noted(phrase.split()) for line in raga.pakad for phrase in line.split(",")],
    }
    document = {
        "name": raga.display,
        "name_devanagari": raga.devanagari,
        "aliases": list({each: 0 for each in (raga.iast, *raga.spellings) if each and each != raga.display}),
        "system": "Hindustani",
        "thaat": raga.thaat,
        "description": " ".join(_described(raga)),
        "similar_ragas": [other for other, _ in raga.allied],
        "structure": {key: part for key, part in structure.items() if part},
        "performance": {"time_of_day": _HOURS[raga.time]} if raga.time in _HOURS else {},
    }
    return {key: part for key, part in document.items() if part}


def _noted(swaras: list[str] | tuple[str, ...]) -> list[str]:
    pitches = (swara.pitch for swara in parse_notation(" ".join(swaras)))
    return [f"{_TOKENS[svarasthana.index]}{_OCTAVES[octave]}" for svarasthana, octave in pitches]


def _token(letter: str) -> str:
    return _TOKENS[svarasthana_named(letter).index] if letter else ""


def _described(raga: Raga) -> Iterator[str]:
    weak = (f"{letter} {where}".rstrip() for letter, where in raga.alpatva)
    lists = {
        "Other swaras": raga.also,
        "Resting notes": raga.nyas,
        "Weak": tuple(weak),
        "With andolan": raga.andolit,
        "Carnatic": (raga.carnatic,) if raga.carnatic else (),
    }
    yield from (f"{title}: {', '.join(parts)}." for title, parts in lists.items() if parts)
    yield from (f"{difference}." for _, difference in raga.allied if difference)
    if raga.debated:
        yield f"Sources differ on {'; '.join(raga.debated)}."
    if raga.sources:
        yield f"Sources: {'; '.join(page for page, _ in raga.sources)}."


def read_ragajson(text: str, where: str) -> Raga:
    """Read a RagaJSON document.

    Parameters
    ----------
    text : str
        The document.
    where : str
        What it is called in errors: its file.

    Returns
    -------
    Raga
        Its `name` lists its swaras too, so that `raga_named` makes a raga of the same swaras of it where the
        document is not at hand.

    Raises
    ------
    BadNotation
        If it is no RagaJSON 0.2, or no raga.
    """
    document = _document(text, where)
    name = _title(document, where)
    structure, performance = document.get("structure", {}), document.get("performance", {})
    aroha, avaroha = (
        _line(structure.get(line), f"{where}: structure.{line}") for line in ("aroha", "avaroha")
    )
    vadi, samvadi = (_letter(structure.get(one), f"{where}: structure.{one}") for one in ("vadi", "samvadi"))
    pakad = tuple(" ".join(_line(each, f"{where}: structure.pakad")) for each in structure.get("pakad", []))
    said = [*" ".join(pakad).split(), vadi, samvadi]
    held = {each.strip(".'") for each in (*aroha, *avaroha)}
    also = tuple(dict.fromkeys(each.strip(".'") for each in said if each and each.strip(".'") not in held))
    if len(held | set(also)) < FEWEST_SWARAS:
        raise BadNotation(f"a raga has {FEWEST_SWARAS} swaras or more", where=f"{where}: structure")
    order = [each.letter for each in SVARASTHANAS if each.letter in held | set(also)]
    return Raga(
        name=f"{name}: {' '.join(order)}",
        display=name,
        thaat=_text(document, "thaat", where),
        aroha=aroha,
        avaroha=avaroha,
        vadi=vadi,
        samvadi=samvadi,
        time=_TIMES.get(tuple(map(str, performance.get("time_of_day", ()))), ""),
        pakad=pakad,
        also=also,
        allied=tuple((other, "") for other in _texts(document, "similar_ragas", where)),
        devanagari=_text(document, "name_devanagari", where),
        spellings=_texts(document, "aliases", where),
    )


def _document(text: str, where: str) -> dict[str, Any]:
    """Read a document, and refuse what is not written as 0.2 is: half understood it would judge wrongly."""
    try:
        document: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadNotation(f"this is no JSON: {error}", where=where, fix=_FIX) from None
    fault = next(_faults(document), None)
    if fault is not None:
        raise BadNotation(fault, where=where, fix=_FIX)
    return document


def _faults(document: object) -> Iterator[str]:
    """Yield what a document has that RagaJSON of this version has not; only the first means anything."""
    if not isinstance(document, dict):
        yield "this is no RagaJSON: a raga is one JSON object"
        return
    schema = str(document.get("$schema", ""))
    if schema and f"/{RAGAJSON_VERSION}/" not in schema:
        yield f"this is RagaJSON of another version ({schema})"
    for part, known in _FIELDS.items():
        inside = document.get(part, {}) if part else document
        if isinstance(inside, dict):
            yield from _faults_of_part(part, inside, known)
        else:
            yield f'"{part}" is no JSON object'
    if document.get("system") != "Hindustani":
        yield '"system" is not Hindustani: swara knows no other'


def _faults_of_part(part: str, inside: Mapping[str, object], known: Collection[str]) -> Iterator[str]:
    other = f"this is no RagaJSON {RAGAJSON_VERSION}, or of another version:"
    for key, given in inside.items():
        title = f"{part}.{key}".lstrip(".")
        if key not in known and key != "$schema":
            yield f'{other} it has "{title}"'
        elif key in _LISTS and not isinstance(given, list):
            yield f'{other} "{title}" is no list'


def _title(document: Mapping[str, Any], where: str) -> str:
    name = " ".join(_text(document, "name", where).replace(":", " ").split())
    if not name:
        raise BadNotation(f"a raga has a name of 1 to {_LONGEST_NAME} letters", where=f"{where}: name")
    return name


def _text(document: Mapping[str, Any], key: str, where: str) -> str:
    return _name(document.get(key) or "", f"{where}: {key}")


def _texts(document: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    names = document.get(key, [])
    if len(names) > _MOST:
        raise BadNotation(f"{len(names)} names are too many: {_MOST} are read", where=f"{where}: {key}")
    return tuple(_name(each, f"{where}: {key}") for each in names)


def _name(given: object, where: str) -> str:
    """Return a name without what no file or terminal can hold; it is printed, and stands in file and page."""
    if not isinstance(given, str) or len(given) > _LONGEST_NAME:
        raise BadNotation(f"a name of at most {_LONGEST_NAME} letters is wanted here", where=where)
    kept = (each if each.isprintable() or each in _JOINERS else " " for each in given)
    return " ".join("".join(kept).split()).strip(_JOINERS)


_JOINERS = "\u200c\u200d"
"""Zero-width joiners: not printable, yet part of how Devanagari is spelt."""


def _line(tokens: object, where: str) -> tuple[str, ...]:
    """Return notes as roman swaras."""
    if not isinstance(tokens, list) or not 0 < len(tokens) <= _MOST:
        raise BadNotation(f"a list of 1 to {_MOST} notes is wanted here, such as SA, RE, GA", where=where)
    return tuple(swara_letter(*_pitch(token, where)) for token in tokens)


def _letter(token: object, where: str) -> str:
    return "" if token is None else _pitch(token, where)[0].letter


def _pitch(token: object, where: str) -> SwaraPitch:
    pitch = _NOTES.get(token) if isinstance(token, str) else None
    if pitch is None:
        notes = f"{', '.join(_TOKENS)}, each with _MANDRA or _TAR where it is not in the middle octave"
        raise BadNotation(f'"{token}" is no note of RagaJSON', where=where, fix=f"Notes are {notes}")
    return pitch
