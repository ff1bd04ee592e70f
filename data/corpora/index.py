"""The index of a corpus: a CSV table with a row for each recording."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from swara.data.errors import CorpusError
from swara.data.layouts.table import harmless_cell, unguarded
from swara.data.storage.disk import os_reason, reading, sha256_of, write_bytes

from .entry import Entry
from .labels import EXERCISES, FAMILIES

__all__ = ["COLUMNS", "IndexRow", "changed_files", "read_index", "write_index"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow(Entry):
    """A recording of a corpus that was heard; each field is a column of the index.

    Parameters
    ----------
    corpus : str
        Which layout it was read by: ``nsynth``.
    sha256 : str
        Digest of the bytes, 64 hex digits.
    duration_s : float
        How long it lasts, in seconds.
    """

    corpus: str
    sha256: str
    duration_s: float


COLUMNS = (
    *("path", "sha256", "corpus", "source", "player", "exercise", "instrument", "family", "midi"),
    *("technique", "duration_s", "licence", "credit"),
)
"""The path is written from the folder of the index where it lies below that."""

_MUST_BE_THERE = ("path", "sha256", "corpus", "source", "licence")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def write_index(index: Path, rows: Iterable[IndexRow]) -> None:
    """Write an index, whole or not at all, its rows in the order of their paths.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    folder = index.resolve().parent
    for row in sorted(rows, key=lambda row: (row.corpus, str(row.path))):
        path = row.path.relative_to(folder) if row.path.is_relative_to(folder) else row.path
        cells: dict[str, object] = {name: getattr(row, name) for name in COLUMNS}
        cells |= {"path": path.as_posix(), "duration_s": f"{row.duration_s:.3f}"}
        writer.writerow([harmless_cell("" if cell is None else cell) for cell in cells.values()])
    write_bytes(index, text.getvalue().encode(errors="surrogateescape"))


def read_index(index: Path) -> tuple[IndexRow, ...]:
    """Return the rows of an index.

    Raises
    ------
    CorpusError
        If it cannot be read, lacks a column, or a row has an unknown label, a wrong value, or the path or
        digest of another; it names the line.
    """
    with reading(index, CorpusError, fix="Make it with: swara corpus add"):
        content = index.read_bytes()
    try:
        reader = csv.reader(
            io.StringIO(content.decode("utf-8-sig", "surrogateescape"), newline=""), strict=True
        )
        header = next(reader, [])
        lines = [(reader.line_num, cells) for cells in reader if any(cells)]
    except (UnicodeError, csv.Error) as error:
        raise CorpusError(
            f"this is no CSV: {error}", where=str(index), fix="Save it as CSV, UTF-8"
        ) from error
    if missing := [name for name in COLUMNS if name not in header]:
        raise CorpusError(f"the index lacks {', '.join(missing)}", where=str(index), fix="Make it anew")
    rows, seen = list[IndexRow](), dict[str, int]()
    for number, cells in lines:
        try:
            row = _row(index.resolve().parent, header, cells)
            for key in (str(row.path), row.sha256):
                if (before := seen.setdefault(key, number)) != number:
                    raise CorpusError(f"it is listed twice: line {before} has it already")
        except CorpusError as error:
            place = f"{index}, line {number}"
            raise CorpusError(error.what, where=place, fix="Mend or delete the line") from error
        rows.append(row)
    return tuple(rows)


def _row(folder: Path, header: Sequence[str], cells: Sequence[str]) -> IndexRow:
    if len(cells) != len(header):
        raise CorpusError(f"the row has {len(cells)} cells, not {len(header)}")
    told = {name: unguarded(cell) for name, cell in zip(header, cells, strict=True)}
    for column in _MUST_BE_THERE:
        if not told[column]:
            raise CorpusError(f"it has no {column}")
    if not _SHA256.fullmatch(told["sha256"]):
        raise CorpusError("sha256 must be 64 hex digits in lower case")
    for column, known in (("exercise", EXERCISES), ("family", FAMILIES)):
        if told[column] and told[column] not in known:
            raise CorpusError(f'"{told[column]}" is no {column}: they are {", ".join(known)}')
    texts = {name: told[name] for name in COLUMNS if name not in ("path", "midi", "duration_s")}
    path = Path(os.path.normpath(folder / told["path"]))
    return IndexRow(path=path, midi=_midi(told), duration_s=_duration_s(told), **texts)


def _midi(told: Mapping[str, str]) -> int | None:
    if not told["midi"]:
        return None
    if not told["midi"].isascii() or not told["midi"].isdigit() or not int(told["midi"]) <= 127:
        raise CorpusError(f'midi is "{told["midi"]}", not a whole number from 0 to 127')
    return int(told["midi"])


def _duration_s(told: Mapping[str, str]) -> float:
    try:
        duration_s = float(told["duration_s"])
    except ValueError:
        duration_s = math.nan
    if not 0 < duration_s < math.inf:
        raise CorpusError(f'duration_s is "{told["duration_s"]}", not a number of seconds')
    return duration_s


def changed_files(rows: Iterable[IndexRow]) -> dict[Path, str]:
    """Return the recordings that are not what their index says, and what is wrong with each."""
    wrong = {}
    for row in rows:
        try:
            if sha256_of(row.path) != row.sha256:
                wrong[row.path] = "it was changed since it was added"
        except FileNotFoundError:
            wrong[row.path] = "it is missing"
        except OSError as error:
            wrong[row.path] = f"it cannot be read: {os_reason(error)}"
    return wrong
