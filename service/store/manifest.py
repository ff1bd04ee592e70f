"""What a version of the store says about itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from swara.data.installation import installed_version
from swara.embedder import EmbedderSpec

from .migrations import SCHEMA, UNGATED, migrated

__all__ = ["SCHEMA", "FileRecord", "Manifest", "Parameters", "code_version", "hash8", "stored_schema"]

Parameters: TypeAlias = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file of a version: the SHA-256 of its bytes, as 64 hex digits, and their number."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of a version.

    Parameters
    ----------
    made_at : str
        When, in UTC, as ISO 8601.
    parent : str or None
        Id of the version that was live before; None for the first.
    code_version : str
        Version of swara that made it.
    embedder : EmbedderSpec
        What made the vectors.
    made_with : mapping of str to str
        Fingerprint of the embedder behind each part, ``note_head`` and ``index``.
    parameters : mapping of str to (str, int or float)
        Everything else that decides what the files hold, seed included.
    corpus_digest : str
        Digest of the recordings that it was made from.
    metrics : mapping
        How well it did on recordings held out; JSON values.
    files : mapping of str to FileRecord
        Every other file of the version, by its path in it, with ``/`` between folders.
    gate : mapping
        How it did beside the version that was live, as ``GateDecision`` writes it; JSON values.
    schema : int
        Number of the schema.
    """

    made_at: str
    parent: str | None
    code_version: str
    embedder: EmbedderSpec
    made_with: Mapping[str, str]
    parameters: Parameters
    corpus_digest: str
    metrics: Mapping[str, Any]
    files: Mapping[str, FileRecord]
    gate: Mapping[str, Any]
    schema: int = SCHEMA

    def to_json(self) -> bytes:
        """Return the manifest as UTF-8 JSON, the embedder's fingerprint beside its spec."""
        fields = asdict(self) | {"fingerprint": self.embedder.fingerprint}
        text = json.dumps(fields, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return f"{text}\n".encode()

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        """Read what `to_json` wrote, now or in an older swara.

        Raises
        ------
        ValueError
            If it is something else.
        """
        try:
            fields = migrated(json.loads(content))
            fingerprint = fields.pop("fingerprint")
            fields["embedder"] = EmbedderSpec(**fields["embedder"])
            fields["files"] = {path: FileRecord(**record) for path, record in fields["files"].items()}
            manifest = cls(**fields)
            if missing := UNGATED.keys() - manifest.gate.keys():
                raise ValueError(f"not a manifest: its gate lacks {', '.join(sorted(missing))}")
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a manifest: {error}") from error
        if manifest.embedder.fingerprint != fingerprint:
            raise ValueError("not a manifest: its fingerprint is not that of its embedder")
        return manifest


def stored_schema(content: bytes) -> int | None:
    """Return the number of the schema that a manifest of any age states; None where there is none."""
    try:
        schema = json.loads(content)["schema"]
    except (ValueError, KeyError, TypeError):
        return None
    return schema if isinstance(schema, int) else None


def hash8(manifest: bytes) -> str:
    """Return the last part of a version's id: 8 hex digits of the SHA-256 of its manifest.

    The manifest holds the digest of every other file, so the id vouches for all of them. No later schema
    may change this: it is how an older swara tells a newer version from a damaged one.
    """
    return hashlib.sha256(manifest).hexdigest()[:8]


def code_version() -> str:
    """Return the version of swara that runs; ``source`` where it is not installed."""
    return installed_version() or "source"
