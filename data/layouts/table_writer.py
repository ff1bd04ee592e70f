"""Recordings written as the table that `read_table` reads."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from swara.data.corpus.corpus import corpus_digest
from swara.data.corpus.recording_json import recording_to_json
from swara.data.errors import CorpusError
from swara.data.recording import Recording

from .table import COLUMNS

__all__ = ["TABLE_NAME", "write_table"]

TABLE_NAME = "samples.csv"
"""The table that describes the folder it lies in."""


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
            writer.writerows(_rows(path, recording))


def _rows(path: str, recording: Recording) -> Iterator[Mapping[str, object]]:
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
