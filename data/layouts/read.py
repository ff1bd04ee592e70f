"""The ways in: a folder, one recording, or a table."""

from __future__ import annotations

from pathlib import Path

from swara.data.errors import CorpusError

from .folder import files_in, is_audio_name, read_files, read_folder
from .recording_spec import Given, LayoutContents, Refusal
from .table import read_table
from .table_writer import TABLE_NAME

__all__ = ["read_layout"]


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
        return _read_tabled(where, given) if (where / TABLE_NAME).is_file() else read_folder(where, given)
    if not where.is_file():
        raise CorpusError("no such file or folder", where=str(source), fix="Check the spelling of the path")
    if where.suffix.lower() == ".csv":
        return read_table(where, given)
    return read_files(where.parent, (where,), given)


def _read_tabled(folder: Path, given: Given) -> LayoutContents:
    """Describe the recordings of a folder by its table; audio that the table does not name is refused."""
    layout = read_table(folder / TABLE_NAME, given)
    told = [each.path for each in layout.described] + [each.path for each in layout.refused]
    named = {path.resolve() for path in told}
    strays = (path for path in sorted(files_in(folder)) if is_audio_name(path))
    refused = (_stray(path) for path in strays if path.resolve() not in named)
    return LayoutContents(layout.described, (*layout.refused, *refused))


def _stray(path: Path) -> Refusal:
    fix = f"Add it to the table, or on its own: swara samples add {path.name}"
    return Refusal(path, CorpusError(f"{TABLE_NAME} does not name this file", where=str(path), fix=fix))
