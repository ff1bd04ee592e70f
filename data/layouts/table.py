"""Recordings in a table: CSV with a header, one row for a recording or for a note of one."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from swara.data.errors import CorpusError
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import corpus_digest
from swara.data.sample_corpus.recording_json import recording_to_json
from swara.data.take import read_seconds
from swara.raga.errors import SwaraError
from swara.raga.ragas import raga_named
from swara.raga.swaras import parse_swara
from swara.raga.tonic_names import parse_tonic

from .recording_spec import Given, LayoutContents, NamedNote, RecordingSpec, describe_all
from .table_rows import COLUMNS, TableRow, row_place, table_rows

__all__ = ["TABLE_NAME", "harmless_cell", "read_table", "unguarded", "write_table"]

TABLE_NAME = "samples.csv"
"""The table that describes the folder it lies in."""

_FORMULA, _GUARDED = re.compile(r"'*[=+\-@]"), re.compile(r"'+[=+\-@]")
_OF_THE_WHOLE = ("singer", "tonic", "raga", "licence", "digest")

_T = TypeVar("_T")


def read_table(table: Path, given: Given) -> LayoutContents:
    """Describe the recordings of a table; a cell that is empty or missing falls back on what is given.

    Parameters
    ----------
    table : Path
        UTF-8 or UTF-16, separated by commas, semicolons or tabs; relative paths start from its folder.
        Headings may have capitals and blanks around them, paths backslashes.
    given : Given
        What was said on the command line; the table goes before it.

    Raises
    ------
    CorpusError
        If the table cannot be read, lacks ``path``, has a column of another name, or holds no row.
    """
    rows, refused = table_rows(table)
    by_path: dict[Path, list[TableRow]] = {}
    names: dict[Path, dict[str, str]] = {}
    for row in rows:
        by_path.setdefault(_located(table.parent, _cell(row, "path"), names), []).append(row)
    layout = describe_all(by_path, lambda path: _described(table, path, by_path[path], given))
    return replace(layout, refused=(*refused, *layout.refused))


def _located(folder: Path, written: str, names: dict[Path, dict[str, str]]) -> Path:
    """Return the file that a cell means: with slashes for backslashes, or of letters composed otherwise.

    `names` keeps what the folders hold by their names in NFC.
    """
    slashed = written if _exists(folder / written) else written.replace("\\", "/")
    path = folder / slashed
    if _exists(path):
        return path
    found = Path(path.anchor or folder)
    for part in path.relative_to(found).parts:
        if found not in names:
            listed = [each.name for each in found.iterdir()] if found.is_dir() else []
            names[found] = {unicodedata.normalize("NFC", name): name for name in listed}
        found /= names[found].get(unicodedata.normalize("NFC", part), part)
    return found if _exists(found) else path


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that is too long, or no name
        return False


def _described(table: Path, path: Path, rows: Sequence[TableRow], given: Given) -> RecordingSpec:
    """Put the rows of one recording together; what they say of the whole of it must agree."""
    whole = {column: _agreed(table, rows, column) for column in _OF_THE_WHOLE}
    place = row_place(table, rows[0][0])
    singer, licence = whole["singer"] or given.singer, whole["licence"] or given.licence
    for value, column in ((singer, "singer"), (licence, "licence")):
        if not value:
            raise CorpusError(
                f"no {column} is given", where=place, fix=f"Fill the column, or give --{column}"
            )
    tonic = _told(lambda: parse_tonic(whole["tonic"]), place) if whole["tonic"] else given.tonic
    if tonic is None:
        raise CorpusError("no tonic is given", where=place, fix="Fill the column, or give --tonic")
    return RecordingSpec(
        path=path,
        singer=singer or "",
        licence=licence or "",
        tonic=tonic,
        raga=_told(lambda: raga_named(whole["raga"]).name, place) if whole["raga"] else given.raga,
        notes=_notes(table, rows),
        group=path.parent,
        unrecognised=path.stem,
        digest=whole["digest"],
    )


def _agreed(table: Path, rows: Sequence[TableRow], column: str) -> str:
    values = list(dict.fromkeys(value for row in rows if (value := _cell(row, column))))
    if len(values) > 1:
        raise CorpusError(
            f"rows of one recording give it different values of {column}: {' and '.join(values)}",
            where=row_place(table, rows[0][0]),
        )
    return values[0] if values else ""


def _notes(table: Path, rows: Sequence[TableRow]) -> tuple[NamedNote, ...]:
    notes = [_note(table, row) for row in rows if _cell(row, "swara")]
    if any(note.span_s is None for note in notes) and len(rows) > 1:
        raise CorpusError(
            "a recording of several notes needs start_s and end_s in each row",
            where=row_place(table, rows[0][0]),
        )
    if notes and len(notes) < len(rows):
        raise CorpusError("a row of this recording has no swara", where=row_place(table, rows[0][0]))
    notes.sort(key=lambda note: note.span_s or (0.0, 0.0))
    spans_s = [note.span_s for note in notes if note.span_s is not None]
    if any(before[1] > after[0] for before, after in pairwise(spans_s)):
        raise CorpusError("notes of this recording overlap", where=row_place(table, rows[0][0]))
    return tuple(notes)


def _note(table: Path, row: TableRow) -> NamedNote:
    place = row_place(table, row[0])
    pitch = _told(lambda: parse_swara(_cell(row, "swara")), place)
    edges = [_cell(row, column) for column in ("start_s", "end_s")]
    if not any(edges):
        return NamedNote(pitch)
    try:
        start_s, end_s = (read_seconds(edge) for edge in edges)
    except ValueError:
        start_s = end_s = float("nan")
    if not 0 <= start_s < end_s < float("inf"):  # NaN too
        raise CorpusError(
            f'a note cannot go from "{edges[0]}" to "{edges[1]}" s',
            where=place,
            fix="Give both in seconds, or as 1:23.5",
        )
    return NamedNote(pitch, (start_s, end_s))


def _cell(row: TableRow, column: str) -> str:
    return unguarded(row[1].get(column, ""))


def _told(read: Callable[[], _T], place: str) -> _T:
    """Return what `read` returns, and say where in the table it failed."""
    try:
        return read()
    except SwaraError as error:
        raise CorpusError(error.what, where=place, fix=error.fix) from error


def write_table(table: Path, placed: Iterable[tuple[str, Recording]]) -> None:
    """Write a table of recordings, each with the path that its row is to name.

    Each row bears the digest of its recording, by which `swara.service.samples.add` knows it again: the table
    may be edited, and what was is then held against the sound like any other.

    Raises
    ------
    CorpusError
        If a recording has a singer or licence that no table can hold.
    OSError
        If the table cannot be written.
    """
    with table.open("w", encoding="utf-8", newline="") as file:
        writer: csv.DictWriter[str] = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for path, recording in placed:
            _check_texts(recording)
            writer.writerows(
                {name: harmless_cell(cell) for name, cell in row.items()} for row in _rows_of(path, recording)
            )


def harmless_cell(cell: object) -> object:
    """Guard a text that a spreadsheet would compute, such as ``=1+1``, by an apostrophe; numbers stay."""
    if not isinstance(cell, str) or not _FORMULA.match(cell):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def unguarded(cell: str) -> str:
    """Return the text that `harmless_cell` guarded, without the apostrophe."""
    return cell[1:] if _GUARDED.match(cell) else cell


def _rows_of(path: str, recording: Recording) -> Iterator[Mapping[str, object]]:
    # As the log has it, to the digit.
    fields = recording_to_json(recording)
    whole = {
        "path": path,
        "singer": recording.singer,
        "tonic": fields["tonic_hz"],
        "raga": recording.raga or "",
        "licence": recording.licence,
        "digest": corpus_digest([recording]),
    }
    labels: Any = fields["labels"]
    if not isinstance(labels, list) or not labels:
        yield whole
        return
    for start_s, end_s, swara in labels:
        yield whole | {"swara": swara, "start_s": start_s, "end_s": end_s}


def _check_texts(recording: Recording) -> None:
    """Refuse a text that would be read back as another."""
    for option, text in (("singer", recording.singer), ("licence", recording.licence)):
        if text != text.strip() or text != text.encode("utf-8", "replace").decode("utf-8"):
            raise CorpusError(
                f"the {option} of {recording.id} begins or ends with a space, or is no Unicode text",
                where=recording.path,
                fix=f'Run: swara samples label {recording.id} --{option} "..."',
            )
