"""The ways in: a folder, one recording, or a table."""

from __future__ import annotations

from pathlib import Path

from data.errors import CorpusError

from .described import Given, Layout
from .folder import read_files, read_folder
from .table import read_table

__all__ = ["read_layout"]


def read_layout(source: Path, given: Given) -> Layout:
    """Describe every recording of a folder, of a table (``.csv``), or the one recording that `source` is.

    Raises
    ------
    CorpusError
        If there is no such file or folder, a folder holds no audio, or a table cannot be read at all.
    """
    where = source.resolve()
    if where.is_dir():
        return read_folder(where, given)
    if not where.is_file():
        raise CorpusError("no such file or folder", where=str(source), fix="Check the spelling of the path")
    if where.suffix.lower() == ".csv":
        return read_table(where, given)
    return read_files(where.parent, (where,), given)
