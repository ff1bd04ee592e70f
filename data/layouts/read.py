"""The ways in: a table, one recording, or a folder of them, whose names say what they are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from swara.data.errors import CorpusError

from .parsed_name import parse_name
from .path_labels import LabelledPath, PathLabels
from .recording_spec import Given, LayoutContents, NamedNote, RecordingSpec, Refusal, describe_all
from .table import TABLE_NAME, read_table

__all__ = ["read_layout"]

_NO_AUDIO_SUFFIXES = """
    .bib .bmp .csv .doc .docx .gif .gitattributes .gitignore .gitkeep .htm .html .ini .jpeg .jpg .json
    .jsonl .lab .log .lrc .m3u .m3u8 .md .mid .midi .musicxml .npy .npz .pdf .png .rtf .svg .textgrid
    .toml .tsv .txt .xls .xlsx .xml .yaml .yml
"""
_NO_AUDIO = frozenset(_NO_AUDIO_SUFFIXES.split())
_NO_AUDIO_NAMES = frozenset({"copying", "licence", "license", "notice", "readme", "thumbs.db", "desktop.ini"})


def read_layout(source: Path, given: Given) -> LayoutContents:
    """Describe every recording of a folder, of a table (``.csv``), or the one recording that `source` is.

    A folder that holds ``samples.csv`` is described by that.

    Raises
    ------
    CorpusError
        If there is no such file or folder, a folder holds no audio, or a table cannot be read at all.
    """
    where = source.resolve()
    if where.is_dir():
        return _read_tabled(where, given) if (where / TABLE_NAME).is_file() else _read_folder(where, given)
    if not where.is_file():
        raise CorpusError("no such file or folder", where=str(source), fix="Check the spelling of the path")
    if where.suffix.lower() == ".csv":
        return read_table(where, given)
    return _read_files(where.parent, (where,), given)


def _read_tabled(folder: Path, given: Given) -> LayoutContents:
    """Describe the recordings of a folder by its table; audio that the table does not name is refused."""
    layout = read_table(folder / TABLE_NAME, given)
    told = [each.path for each in layout.described] + [each.path for each in layout.refused]
    named = {path.resolve() for path in told}
    strays = (path for path in sorted(_files_in(folder)) if _is_audio_name(path))
    what, fix = (
        f"{TABLE_NAME} does not name this file",
        "Add it to the table, or on its own: swara samples add",
    )
    refused = (
        Refusal(path, CorpusError(what, where=str(path), fix=f"{fix} {path.name}"))
        for path in strays
        if path.resolve() not in named
    )
    return replace(layout, refused=(*layout.refused, *refused))


def _read_folder(root: Path, given: Given) -> LayoutContents:
    """Describe every recording in a folder and the folders in it.

    Hidden files do not count; files that are no audio by their name are passed over.

    Raises
    ------
    CorpusError
        If there is no audio.
    """
    files = sorted(_files_in(root))
    audio = tuple(path for path in files if _is_audio_name(path))
    if not audio:
        raise CorpusError(
            "there is no audio in this folder",
            where=str(root),
            fix="Name the folder that holds the recordings",
        )
    passed_over = tuple(path for path in files if not _is_audio_name(path))
    return replace(_read_files(root, audio, given), passed_over=passed_over)


def _read_files(root: Path, files: Sequence[Path], given: Given) -> LayoutContents:
    """Describe recordings by their names and those of the folders from `root` down to them."""
    _require(given, root)
    claims = PathLabels(root, files, given.tonic)
    return describe_all(files, lambda path: _described(path, claims.named(path), given))


def _is_audio_name(path: Path) -> bool:
    """Tell whether a file may be audio, by its name."""
    return path.suffix.lower() not in _NO_AUDIO and path.name.casefold() not in _NO_AUDIO_NAMES


def _files_in(root: Path) -> Iterator[Path]:
    """Yield the files below `root` that are not hidden, through links, each folder once."""
    seen: set[str] = set()
    for folder, inner, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        inner[:] = sorted(name for name in inner if not name.startswith((".", "__MACOSX")))
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def _require(given: Given, root: Path) -> None:
    for value, option in ((given.singer, "--singer"), (given.licence, "--licence")):
        if not (value or "").strip():
            raise CorpusError(
                f"nothing says what to put down as {option.strip('-')}", where=str(root), fix=f"Give {option}"
            )


def _described(path: Path, named: LabelledPath, given: Given) -> RecordingSpec:
    if named.tonic is None:
        raise CorpusError(
            "nothing says which scale this is in",
            where=str(path),
            fix='Call its folder by the scale, such as "A#" or "scale C", or give --tonic',
        )
    if named.raga and given.raga and named.raga != given.raga:
        raise CorpusError(
            f"its name says raga {named.raga}, --raga {given.raga}",
            where=str(path),
            fix="Leave --raga out where the names tell the raga",
        )
    return RecordingSpec(
        path=path,
        singer=given.singer or "",
        licence=given.licence or "",
        tonic=named.tonic,
        raga=named.raga or given.raga,
        notes=() if named.swara is None else (NamedNote(named.swara),),
        group=named.group,
        unrecognised=_unread(path),
    )


def _unread(path: Path) -> str:
    """Return the first word that says nothing, of the file or of its folder; else the whole name."""
    words = (word for name in (path.stem, path.parent.name) for word in parse_name(name).unrecognised)
    return next(words, path.stem)
