"""NSynth: single notes of a thousand instruments, described by a JSON beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from swara.data.errors import CorpusError
from swara.data.storage.disk import reading

from .entry import CorpusCard, Entry, Found, Given, Refused, audio_files, existing_folder
from .labels import FAMILIES

__all__ = ["CARD", "find"]

CARD = CorpusCard(
    name="nsynth",
    title="NSynth",
    about=(
        "305,979 notes of 4 s at 16 kHz of 1,006 instruments from sample libraries, each at every key and"
        " five velocities (Engel et al., 2017)."
    ),
    licence="CC BY 4.0",
    leaks=(
        "An instrument's next key, or the same key at another velocity, is all but the same sound: a random"
        " split asks for what was learned. Nearest neighbour with k = 1 being best is the tell.",
        "Its own validation and test parts share instruments; only the training part shares none with them.",
        "Families are of sounds from libraries, many of them synthetic, not of rooms and players.",
    ),
)

JSON_NAME = "examples.json"
FIELDS = {
    *("note", "note_str", "instrument", "instrument_str", "pitch", "velocity", "sample_rate", "qualities"),
    *("qualities_str", "instrument_family", "instrument_family_str", "instrument_source"),
    "instrument_source_str",
}
"""What its makers document; what else stands there is named and not read."""


def find(folder: Path, given: Given) -> Found:
    """Read ``examples.json`` and ``audio/*.wav`` of one part of NSynth, or of the parts in a folder.

    Parameters
    ----------
    folder : Path
        ``nsynth-valid``, or what several archives were unpacked into.
    given : Given
        Its licence goes before the corpus's own.

    Raises
    ------
    CorpusError
        If there is no such JSON, or it is none.
    """
    existing_folder(folder, "Name the folder that NSynth was unpacked into")
    parts = (
        [folder]
        if (folder / JSON_NAME).exists()
        else sorted(each.parent for each in folder.glob(f"*/{JSON_NAME}"))
    )
    if not parts:
        raise CorpusError(
            f"no {JSON_NAME} lies here", where=str(folder), fix="Name a folder such as nsynth-valid"
        )
    found = [_read(part, given.licence or CARD.licence) for part in parts]
    return Found(
        tuple(entry for each in found for entry in each.entries),
        tuple(line for each in found for line in each.refused),
        tuple(line for each in found for line in each.remarks),
    )


def _read(part: Path, licence: str) -> Found:
    described = _examples(part / JSON_NAME)
    sounds = {path.stem: path for path in audio_files(part / "audio")} if (part / "audio").is_dir() else {}
    entries, refused, unknown = list[Entry](), list[Refused](), set[str]()
    for name, fields in sorted(described.items()):
        path = sounds.pop(name, None)
        where = path or part / "audio" / f"{name}.wav"
        fault = f"{JSON_NAME} describes it, and it is not there" if path is None else _fault(name, fields)
        if fault:
            refused.append(Refused(where, fault))
            continue
        unknown |= fields.keys() - FIELDS
        entries.append(_entry(where, fields, licence))
    refused += [Refused(path, f"{JSON_NAME} says nothing of it") for path in sounds.values()]
    remarks = [f"{part / JSON_NAME} has fields that are not known and not read: {', '.join(sorted(unknown))}"]
    return Found(tuple(entries), tuple(refused), tuple(remarks if unknown else ()))


def _examples(file: Path) -> dict[str, Any]:
    with reading(file, CorpusError):
        content = file.read_bytes()
    try:
        described = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"this is no JSON: {error}", where=str(file), fix="Unpack NSynth again") from error
    if not isinstance(described, dict) or not described:
        raise CorpusError("it describes no notes by their names", where=str(file), fix="Unpack NSynth again")
    return described


def _fault(name: str, fields: object) -> str | None:
    """Say what is wrong with the description of a note; None if nothing is."""
    if not isinstance(fields, Mapping):
        return f"{JSON_NAME} does not describe it by fields"
    texts = ("note_str", "instrument_str", "instrument_family_str", "instrument_source_str")
    for field in (*texts, "pitch", "velocity"):
        kind: type = str if field in texts else int
        if not isinstance(fields.get(field), kind) or isinstance(fields.get(field), bool):
            return f"{JSON_NAME} gives it no {field}"
    if fields["instrument_family_str"] not in FAMILIES:
        return f"no family is called {fields['instrument_family_str']}"
    if not 0 <= fields["pitch"] <= 127:
        return f"pitch {fields['pitch']} is no MIDI number"
    means = f"{fields['instrument_str']}-{fields['pitch']:03d}-{fields['velocity']:03d}"
    if not name == fields["note_str"] == means:
        return f"{JSON_NAME} describes it as {means}"
    return None


def _entry(path: Path, fields: Mapping[str, Any], licence: str) -> Entry:
    return Entry(
        path,
        source="NSynth",
        player=fields["instrument_str"],
        licence=licence,
        family=fields["instrument_family_str"],
        midi=fields["pitch"],
        technique=f"{fields['instrument_source_str']}, velocity {fields['velocity']}",
    )
