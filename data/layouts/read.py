"""The ways in: a table, one recording, or a folder of them, whose names say what they are."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from swara.data.errors import CorpusError
from swara.data.storage.disk import os_reason
from swara.raga.errors import UnknownRaga
from swara.raga.ragas import RAGAS, raga_named

from .parsed_name import parse_name
from .path_labels import LabelledPath, PathLabels
from .recording_spec import Given, LayoutContents, NamedNote, RecordingSpec, Refusal, describe_all
from .table import TABLE_NAME, read_table

__all__ = ["audio_files", "read_layout"]

_AUDIO_SUFFIXES = """
    .3gp .aac .ac3 .aif .aifc .aiff .amr .au .caf .flac .m4a .m4b .mka .mkv .mov .mp2 .mp3 .mp4 .oga
    .ogg .opus .rf64 .snd .w64 .wav .wave .webm .wma
"""
_AUDIO = frozenset(_AUDIO_SUFFIXES.split())
_NO_AUDIO_SUFFIXES = """
    .als .asd .aup .aup3 .bak .bib .bmp .cfa .cpr .crdownload .csv .cue .doc .docx .download .flp
    .gif .gitattributes .gitignore .gitkeep .gpk .htm .html .icloud .ini .jpeg .jpg .json .jsonl
    .lab .lnk .log .logicx .lrc .m3u .m3u8 .md .md5 .mid .midi .mrk .mscz .musicxml .npy .npz .ods
    .ovw .part .partial .pdf .peak .pek .pk .pkf .png .ptx .reapeaks .reapindex .rpp .rpp-bak .rtf
    .sfap0 .sfk .sfl .sha256 .sv .svg .textgrid .tmp .toml .torrent .tsv .txt .url .wfm .xls .xlsx
    .xml .yaml .yml .zip
"""
_NO_AUDIO = frozenset(_NO_AUDIO_SUFFIXES.split())
"""Text, pictures, half a download, and what editors leave beside a recording."""
_NO_AUDIO_NAMES = frozenset({"copying", "licence", "license", "notice", "readme", "thumbs.db", "desktop.ini"})

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_layout(source: Path, given: Given) -> LayoutContents:
    """Describe every recording of a folder, of a table (``.csv``), or the one recording that `source` is.

    A folder that holds ``samples.csv`` is described by that.

    Raises
    ------
    CorpusError
        If there is no such file or folder, a folder holds no audio, or a table cannot be read at all.
    """
    where = source.resolve()
    try:
        if where.is_dir():
            tabled = (where / TABLE_NAME).is_file()
            return _read_tabled(where, given) if tabled else _read_folder(where, given)
    except PermissionError as error:
        raise _unreadable_folder(error) from error
    if (odd := _oddity(where)) is not None:
        raise CorpusError(odd, where=str(source), fix="Give a file, a folder or a table")
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
    audio, unreadable, passed_over = audio_files(folder)
    what, fix = (
        f"{TABLE_NAME} does not name this file",
        "Add it to the table, or on its own: swara samples add",
    )
    strays = (
        Refusal(path, CorpusError(what, where=str(path), fix=f"{fix} {path.name}"))
        for path in audio
        if path.resolve() not in named
    )
    # The table itself, and what it says where it cannot be decoded, need no word.
    asides = tuple(path for path in passed_over if path.resolve() not in named and path.name != TABLE_NAME)
    return replace(layout, refused=(*layout.refused, *unreadable, *strays), passed_over=asides)


def _read_folder(root: Path, given: Given) -> LayoutContents:
    """Describe every recording in a folder and the folders in it.

    Hidden files do not count; files that are no audio by their name are passed over.

    Raises
    ------
    CorpusError
        If there is no audio.
    """
    audio, unreadable, passed_over = audio_files(root)
    if not audio:
        raise CorpusError(
            "there is no audio in this folder" + (f"; {unreadable[0].error}" if unreadable else ""),
            where=str(root),
            fix="Name the folder that holds the recordings",
        )
    read = _read_files(root, audio, given)
    return replace(read, refused=(*read.refused, *unreadable), passed_over=passed_over)


def _read_files(root: Path, files: Sequence[Path], given: Given) -> LayoutContents:
    """Describe recordings by their names and those of the folders from `root` down to them."""
    _require(given, root)
    claims = PathLabels(root, files, given.tonic)
    return describe_all(files, lambda path: _described(path, claims.named(path), given))


def audio_files(root: Path) -> tuple[tuple[Path, ...], tuple[Refusal, ...], tuple[Path, ...]]:
    """Return what may be audio below a folder; what is no file or cannot be looked into; and all else."""
    unreadable: list[Refusal] = []
    files = sorted(_files_in(root, unreadable))
    odd = ((path, said) for path in files if (said := _oddity(path)) is not None)
    unreadable += [Refusal(path, CorpusError(said, where=str(path))) for path, said in odd]
    odd_ones = {refusal.path for refusal in unreadable}
    plain = [path for path in files if path not in odd_ones]
    audio = tuple(path for path in plain if _may_be_audio(path))
    others = frozenset(plain).difference(audio)
    return audio, tuple(unreadable), tuple(path for path in plain if path in others)


def _may_be_audio(path: Path) -> bool:
    """Tell whether a file may be audio, by its name; ``sa.flac.asd`` is a note on ``sa.flac``."""
    *before, last = [suffix.lower() for suffix in path.suffixes] or [""]
    if last in _AUDIO:
        return True
    beside = bool(_AUDIO.intersection(before)) or path.name.endswith("~")
    return not beside and last not in _NO_AUDIO and path.name.casefold() not in _NO_AUDIO_NAMES


def _oddity(path: Path) -> str | None:
    """Say what stands where a file should: to open a pipe is to wait for ever, a device has no end."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return None  # reading it will tell
    return next((f"this is {kind}, no file" for is_kind, kind in _KINDS if is_kind(mode)), None)


def _files_in(root: Path, unreadable: list[Refusal]) -> Iterator[Path]:
    """Yield the files below `root` that are not hidden, through links, each folder once."""
    seen: set[str] = set()

    def refuse(error: OSError) -> None:
        unreadable.append(Refusal(Path(error.filename or root), _unreadable_folder(error)))

    for folder, inner, names in os.walk(root, followlinks=True, onerror=refuse):
        real = os.path.realpath(folder)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        inner[:] = sorted(name for name in inner if not name.startswith((".", "__MACOSX")))
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def _unreadable_folder(error: OSError) -> CorpusError:
    return CorpusError(
        f"this folder cannot be read: {os_reason(error)}",
        where=str(error.filename or ""),
        fix="Give yourself permission to read it",
    )


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
    _check_raga(path, named, given)
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


def _check_raga(path: Path, named: LabelledPath, given: Given) -> None:
    said = named.raga or named.other_raga
    if said and given.raga and said != given.raga and (named.raga or given.raga in RAGAS):
        raise CorpusError(
            f"its name says raga {said}, --raga {given.raga}",
            where=str(path),
            fix="Leave --raga out where the names tell the raga",
        )
    if named.other_raga and not given.raga and named.swara is None:
        try:
            raga_named(named.other_raga)
        except UnknownRaga as error:
            raise CorpusError(error.what, where=str(path), fix=error.fix) from error


def _unread(path: Path) -> str:
    """Return the first word that says nothing, of the file or of its folder; else the whole name."""
    words = (word for name in (path.stem, path.parent.name) for word in parse_name(name).unrecognised)
    return next(words, path.stem)
