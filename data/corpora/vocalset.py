"""VocalSet: exercises of twenty singers, by singer, exercise and technique."""

from __future__ import annotations

import re
from pathlib import Path

from swara.data.errors import CorpusError

from .entry import CorpusCard, Entry, Found, Given, Refused, audio_files, existing_folder

__all__ = ["CARD", "find"]

CARD = CorpusCard(
    name="vocalset",
    title="VocalSet",
    about=(
        "About ten hours of scales, arpeggios, long tones and song excerpts by nine women and eleven men,"
        " each in up to seventeen techniques (Wilkins et al., ISMIR 2018; Zenodo, record 1193957)."
    ),
    licence="CC BY 4.0",
    leaks=(
        "Every singer sings each exercise dozens of times: files shared out at random put one voice, and"
        " often one take's twin, on both sides.",
        "Scales and arpeggios are sung in C or F alone, so absolute pitch gives away what it should not.",
        "The folders by technique and by vowel hold copies of those by singer.",
    ),
)

_FOLDER = re.compile(r"(female|male)[ _]?(\d+)", re.IGNORECASE)
_PREFIX = re.compile(r"([fm])(\d+)(?=[ _])", re.IGNORECASE)
_SORTED = re.compile(r"(?:scales|arpeggios|long_tones|excerpts|other) ([fm])(\d+)", re.IGNORECASE)
_EXERCISES = {
    "scales": "scale",
    "arpeggios": "arpeggio",
    "long_tones": "other",
    "excerpts": "other",
    "spoken": "other",
    "other": "other",
}


def find(folder: Path, given: Given) -> Found:
    """Read a copy of VocalSet: ``FULL/female1/scales/belt/f1_scales_belt_a.wav``, or ``data_by_singer``.

    Parameters
    ----------
    folder : Path
        What the archive was unpacked into, or a folder in it. One sorted by exercise,
        ``scales/scales f1/belt``, is read too.
    given : Given
        Its licence goes before the corpus's own.

    Raises
    ------
    CorpusError
        If it holds no recording of that layout.
    """
    files = audio_files(existing_folder(folder, "Name the folder that VocalSet was unpacked into"))
    inside = {path: path.relative_to(folder.parent).parts[:-1] for path in files}
    by_singer = {path for path in files if any(map(_FOLDER.fullmatch, inside[path]))}
    kept = [path for path in files if path in by_singer or not by_singer]
    entries, refused, remarks = list[Entry](), list[Refused](), list[str]()
    for path in kept:
        try:
            entry, remark = _described(path, inside[path], given.licence or CARD.licence)
        except CorpusError as error:
            refused.append(Refused(path, str(error).removesuffix(".")))
            continue
        entries.append(entry)
        remarks += remark
    if not entries:
        raise CorpusError(
            "no recording lies here as VocalSet has them",
            where=str(folder),
            fix="It has folders such as FULL/female1/scales/belt",
        )
    if copies := len(files) - len(kept):
        remarks.append(
            f"{copies} files beside the singers' folders are copies by technique or vowel, not read"
        )
    return Found(tuple(entries), tuple(refused), tuple(remarks))


def _described(path: Path, folders: tuple[str, ...], licence: str) -> tuple[Entry, list[str]]:
    told = [found for name in folders if (found := _FOLDER.fullmatch(name) or _SORTED.fullmatch(name))]
    named = _PREFIX.match(path.name)
    who = told[-1] if told else named
    if who is None:
        raise CorpusError("neither a folder nor the name says who sings")
    singer = _singer(who)
    exercises = [name for name in folders if name.lower() in _EXERCISES]
    if not exercises:
        raise CorpusError(
            "no folder says which exercise this is", fix=f"VocalSet's are {', '.join(_EXERCISES)}"
        )
    remarks = []
    if named and told and _singer(named) != singer:
        remarks.append(f"{path.name} lies with {singer}, whom its name does not mean; the folder is believed")
    exercise = exercises[-1]
    technique = folders[-1] if folders[-1] != exercise and not _SORTED.fullmatch(folders[-1]) else ""
    return (
        Entry(
            path,
            source="VocalSet",
            player=singer,
            licence=licence,
            exercise=_EXERCISES[exercise.lower()],
            instrument="voice",
            family="vocal",
            technique=technique,
        ),
        remarks,
    )


def _singer(found: re.Match[str]) -> str:
    return f"{'female' if found[1].lower().startswith('f') else 'male'}{int(found[2])}"
