"""The rows of a table as text programs write them: their separators, encodings, and headings."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from swara.data.errors import CorpusError
from swara.raga.errors import fold_name, nearest_names

from .recording_spec import Refusal

__all__ = ["COLUMNS", "TableRow", "row_place", "table_rows"]

COLUMNS = ("path", "singer", "tonic", "raga", "swara", "start_s", "end_s", "licence", "digest")
"""Every column that a table may have; only ``path`` it must."""

TableRow: TypeAlias = tuple[int, Mapping[str, str]]
"""The line that a row ends in, and its cells by column; some may be missing."""

_OTHER_NAMES = {
    "id": "sample",
    "path": "file filename filepath recording audio",
    "singer": "artist voice",
    "tonic": "sa scale key",
    "raga": "raag rag",
    "swara": "note label swar",
    "start_s": "start from begin starts at at_s",
    "end_s": "end to stop ends",
    "licence": "license",
}
_COLUMN = {fold_name(name): name for name in ("id", *COLUMNS)} | {
    other: name for name, others in _OTHER_NAMES.items() for other in others.split()
}
_UNITS = re.compile(r"\s*[(\[]?\b(?:s|sec|seconds)[)\]]?\s*$", re.IGNORECASE)

_SEPARATORS = ",;\t|"
_TOLD_SEPARATOR = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""In this order: the mark of UTF-32 begins with that of UTF-16."""


def table_rows(
    table: Path, *, columns: Sequence[str] = COLUMNS, keys: Sequence[str] = ("path",)
) -> tuple[list[TableRow], list[Refusal]]:
    """Return the rows of a CSV table that can be read, and those that cannot.

    Parameters
    ----------
    table : Path
        Of the kinds that `swara.data.layouts.table.read_table` takes.
    columns : sequence of str
        Those that it may have.
    keys : sequence of str
        Those of which each row must fill one.

    Raises
    ------
    CorpusError
        If the table cannot be read, lacks every key, has a column of another name, or holds no row.
    """
    try:
        text = _decoded(table.read_bytes())
        known = {other: name for other, name in _COLUMN.items() if name in columns}
        told = _TOLD_SEPARATOR.match(text)
        text = text[told.end() :] if told else text
        separator = told[1] if told else _separator(text, known)
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True
        )
        headings = _columns(table, next((cells for cells in reader if any(cells)), []), known, keys)
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except (OSError, UnicodeError, csv.Error) as error:
        raise CorpusError(
            f"the table cannot be read: {error}", where=str(table), fix="Save it as CSV, UTF-8, with commas"
        ) from error
    rows, refused = list[TableRow](), list[Refusal]()
    for number, cells in lines:
        line = number + bool(told)
        row = dict(zip(headings, cells, strict=False))
        more = [cell for name, cell in zip(headings, cells, strict=False) if not name] + cells[
            len(headings) :
        ]
        if any(more) or (any(cells) and not any(row.get(key, "").strip("\0") for key in keys)):
            fault = "more cells than columns" if any(more) else f"no {' or '.join(keys)}"
            refused.append(Refusal(table, CorpusError(f"this row has {fault}", where=row_place(table, line))))
        elif any(cells):
            rows.append((line, row))
    if not rows and not refused:
        raise CorpusError("the table has no rows", where=str(table))
    return rows, refused


def _decoded(content: bytes) -> str:
    for mark, encoding in _BOMS.items():
        if content.startswith(mark):
            return content.decode(encoding)
    if content[1:2] == b"\0" or content[:1] == b"\0":  # UTF-16 without its mark: every other byte is 0
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be")
    return content.decode()


def _separator(text: str, known: Mapping[str, str]) -> str:
    """Return what separates the headings: that by which most of them are columns."""
    heading = next((line for line in text.splitlines() if line.strip()), "")
    return max(
        _SEPARATORS, key=lambda each: sum(_column(name, known) is not None for name in heading.split(each))
    )


def _column(heading: str, known: Mapping[str, str]) -> str | None:
    """Return the column that a heading names; None if it names none."""
    plain = heading.strip().strip('"')
    return known.get(fold_name(plain)) or known.get(fold_name(_UNITS.sub("", plain)))


def _columns(
    table: Path, headings: Sequence[str], known: Mapping[str, str], keys: Sequence[str]
) -> list[str]:
    """Return the columns of the headings; empty for an empty one, as a comma at the end makes it."""
    columns = []
    for heading in headings:
        column = _column(heading, known)
        if heading.strip() and (column is None or column in columns):
            fault = (
                f'no column is called "{heading.strip()}"' if column is None else f"two columns are {column}"
            )
            names = {fold_name(name): name for name in dict.fromkeys(known.values())}
            fix = nearest_names(heading, names) if column is None else "Leave one of them out"
            raise CorpusError(fault, where=str(table), fix=fix)
        columns.append(column or "")
    if not set(keys) & set(columns):
        listed = ", ".join(dict.fromkeys(known.values()))
        what = f"the table has no column {' or '.join(keys)}"
        raise CorpusError(what, where=str(table), fix=f"The columns are {listed}")
    return columns


def row_place(table: Path, line: int) -> str:
    """Return where a row stands, for a message."""
    return f"{table}, line {line}"
