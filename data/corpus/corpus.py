"""The recordings known: where their audio lies, what identifies them, and those in the package itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from swara.data.errors import CorpusError
from swara.data.installation import repair_advice
from swara.data.recording import Recording

from .log import append_recordings, append_removal, json_line, read_corpus, removed_ids, write_corpus
from .recording_json import Json, recording_to_json

__all__ = [
    "PACK_PREFIX",
    "append_recordings",
    "append_removal",
    "audio_digest",
    "audio_path",
    "corpus_digest",
    "pack_folder",
    "pack_recordings",
    "read_corpus",
    "removed_ids",
    "write_corpus",
]

PACK_PREFIX = "pack:"
"""What the path of a recording of the bundled pack starts with."""

_PACK = Path(__file__).resolve().parents[1] / "samples"


def corpus_digest(recordings: Iterable[Recording]) -> str:
    """Return 64 hex digits that differ when any recording does, whatever their order and folders."""
    each = sorted((recording_to_json(recording) | {"path": ""} for recording in recordings), key=_sha256_of)
    return hashlib.sha256(b"".join(json_line(fields) for fields in each)).hexdigest()


def audio_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hex; raises OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def audio_path(recording: Recording) -> Path:
    """Return where the audio of a recording lies."""
    if recording.path.startswith(PACK_PREFIX):
        return _PACK / recording.path.removeprefix(PACK_PREFIX)
    return Path(recording.path)


def pack_folder() -> Path:
    """Return the folder of the samples that come with the package."""
    return _PACK


def pack_recordings() -> tuple[Recording, ...]:
    """Return the samples that come with the package.

    Raises
    ------
    CorpusError
        If they are missing or damaged.
    """
    recordings = read_corpus(_PACK / "pack.jsonl")
    if not recordings:
        raise CorpusError(
            "the bundled samples are missing",
            where=str(_PACK),
            fix=repair_advice(),
        )
    return recordings


def _sha256_of(fields: Mapping[str, Json]) -> str:
    return str(fields["sha256"])
