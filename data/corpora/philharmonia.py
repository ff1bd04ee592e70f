"""The samples of the Philharmonia Orchestra: everything is in the name of the file."""

from __future__ import annotations

import re
from pathlib import Path

from swara.data.errors import CorpusError

from .entry import CorpusCard, Entry, Found, Given, Refused, audio_files, existing_folder
from .labels import family_of, instrument_named, midi_of

__all__ = ["CARD", "find"]

CARD = CorpusCard(
    name="philharmonia",
    title="Philharmonia Orchestra sound samples",
    about=(
        "Some 13,000 single notes of twenty instruments and percussion, as MP3, by players of the"
        " Philharmonia Orchestra, London, in several lengths, dynamics and techniques."
    ),
    licence="the orchestra's own: any use but passing them on as samples or as a sampler",
    leaks=(
        "One player, room and microphone an instrument: no split within it keeps players apart. Train on all"
        " of it or test on all of it, beside another source.",
        "Saxophone means the alto.",
        "Durations and dynamics of one note are takes of the same minute.",
    ),
)

_NAME = re.compile(
    r"(?P<instrument>[^_]+)_(?P<note>[^_]*)_(?P<length>[^_]+)_(?P<dynamic>[^_]+)_(?P<technique>[^_]+)"
)
_SAXOPHONE = "alto saxophone"


def find(folder: Path, given: Given) -> Found:
    """Read samples such as ``cello/cello_As2_05_forte_arco-normal.mp3``, in folders or not.

    Parameters
    ----------
    folder : Path
        What the archives were unpacked into.
    given : Given
        Its licence goes before the corpus's own.

    Raises
    ------
    CorpusError
        If no name is of that form.
    """
    entries, refused = list[Entry](), list[Refused]()
    for path in audio_files(existing_folder(folder, "Name the folder that the samples were unpacked into")):
        parts = _NAME.fullmatch(path.stem)
        midi = midi_of(parts["note"]) if parts else None
        if parts is None or (parts["note"] and midi is None):
            line = "the name is not of the form instrument_note_length_dynamic_technique"
            refused.append(Refused(path, line))
            continue
        instrument = instrument_named(parts["instrument"])
        instrument = _SAXOPHONE if instrument == "saxophone" else instrument
        entries.append(
            Entry(
                path,
                source="Philharmonia Orchestra",
                player=f"Philharmonia {instrument}",
                licence=given.licence or CARD.licence,
                instrument=instrument,
                family=family_of(instrument),
                midi=midi,
                technique=f"{parts['technique']} {parts['dynamic']}",
            )
        )
    if not entries:
        raise CorpusError(
            "no sample lies here that is named as the Philharmonia's are",
            where=str(folder),
            fix="Their names are such as cello_A2_05_forte_arco-normal.mp3",
        )
    return Found(tuple(entries), tuple(refused))
