"""Freesound: sounds that were fetched from there, described by the list that was written beside them."""

from __future__ import annotations

from pathlib import Path

from swara.data.errors import CorpusError
from swara.data.freesound.download import LIST_NAME, kept_sounds

from .entry import CorpusCard, Entry, Found, Given, Refused, audio_files, existing_folder
from .labels import family_of, instrument_named

__all__ = ["CARD", "find"]

CARD = CorpusCard(
    name="freesound",
    title="Freesound",
    about=(
        "Sounds that people uploaded to freesound.org, found by a query; as previews (MP3) unless the"
        " originals were asked for. Its API is free for non-commercial use only."
    ),
    licence="by sound: CC0 or CC BY unless others were allowed; ATTRIBUTION.md credits each",
    leaks=(
        "Uploaders record dozens of notes in one sitting: sounds of one uploader belong on one side.",
        "The label is the query, and nobody listened: names such as 'cello-like pad' answer to cello.",
        "A sound may be on Freesound twice under other names; the same bytes are added once only.",
    ),
)


def find(folder: Path, given: Given) -> Found:
    """Read what `swara.data.freesound.download` left in a folder.

    Parameters
    ----------
    folder : Path
        Where the sounds were put.
    given : Given
        Not used: each sound has a licence of its own.

    Raises
    ------
    CorpusError
        If the folder holds no such list, or the list is damaged.
    """
    del given
    existing_folder(folder, "Name the folder that the sounds were put into")
    if not (folder / LIST_NAME).exists():
        raise CorpusError(
            f"no {LIST_NAME} lies here", where=str(folder), fix="Fetch sounds into it with --query"
        )
    entries, refused, listed = list[Entry](), list[Refused](), set[Path]()
    for sound in kept_sounds(folder).values():
        path = folder / sound.file
        listed.add(path)
        instrument = instrument_named(sound.label)
        entries.append(
            Entry(
                path,
                source=f"Freesound, {sound.username}",
                player=sound.username,
                licence=sound.licence,
                instrument=instrument,
                family=family_of(instrument),
                credit=sound.credit,
                duration_s=sound.duration_s,
                sha256=sound.sha256,
            )
        )
    for path in audio_files(folder):
        if path not in listed:
            refused.append(Refused(path, f"{LIST_NAME} says nothing of it"))
    return Found(tuple(entries), tuple(refused))
