"""What a version of the store says about itself, in today's schema or an older one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from swara.data.storage.disk import FileRecord
from swara.data.storage.json_lines import converted
from swara.embedder import EmbedderSpec

__all__ = [
    "ACCURACY",
    "BUILD_FORMAT",
    "HARD",
    "HITS",
    "HITS_IN_COMMON",
    "INDEX_RECALL",
    "MACRO_F1",
    "MIGRATIONS",
    "NO_EMBEDDER",
    "PHRASES",
    "PHRASES_KEPT",
    "RELATIVE",
    "SCHEMA",
    "UNGATED",
    "Manifest",
    "Parameters",
    "Score",
    "Scores",
    "code_version",
    "hash8",
    "scores_from_json",
    "stored_schema",
]

SCHEMA = 3
"""Number of the manifest's schema; a change of its meaning raises it, and adds a step to `MIGRATIONS`."""

UNGATED: Mapping[str, Any] = {
    "promoted": True,
    "reasons": [],
    "scores": {},
    "live": None,
    "held_out": "",
}
"""What the manifest of a version says that nobody examined."""

BUILD_FORMAT = 4
"""Number of the way in which a rebuild makes versions; a change of what is in them raises it."""

NO_EMBEDDER = EmbedderSpec("none", 0, 0, 0.0, 0.0, {})
"""What the manifest of a trained head says, which hears by itself."""

Parameters: TypeAlias = Mapping[str, str | int | float]


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

    @property
    def made_before(self) -> str | None:
        """Say that an earlier swara made it, otherwise than this one would, and what to do; else None."""
        making = self.parameters.get("making", 0)
        if self.embedder == NO_EMBEDDER or not isinstance(making, int) or making >= BUILD_FORMAT:
            return None
        who = "" if self.code_version == "source" else f", {self.code_version},"
        return f"made by an earlier swara{who} in another way; to learn anew: swara rebuild"

    def to_json(self) -> bytes:
        """Return the manifest as UTF-8 JSON, the embedder's fingerprint beside its spec."""
        files = {path: {"sha256": each.sha256, "size": each.size_bytes} for path, each in self.files.items()}
        fields = asdict(self) | {"files": files, "fingerprint": self.embedder.fingerprint}
        text = json.dumps(fields, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return f"{text}\n".encode()

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        """Read what `to_json` wrote, now or in an older swara.

        Raises
        ------
        ValueError
            If it is something else; it names the field that is wrong.
        """
        import msgspec

        fields = msgspec.convert(json.loads(content), dict[str, Any])
        schema = stored_schema(content)
        if schema not in range(1, SCHEMA + 1):
            raise ValueError(f"not a manifest of a schema from 1 to {SCHEMA}")
        for number in range(fields["schema"] + 1, SCHEMA + 1):
            fields = MIGRATIONS[number](fields) | {"schema": number}
        fingerprint = fields.pop("fingerprint", None)
        files = msgspec.convert(fields.get("files"), dict[str, dict[str, Any]])
        renamed = {"size": "size_bytes"}
        fields["files"] = {
            path: {renamed.get(name, name): value for name, value in record.items()}
            for path, record in files.items()
        }
        manifest = converted(fields, cls)
        if missing := UNGATED.keys() - manifest.gate.keys():
            raise ValueError(f"not a manifest: its gate lacks {', '.join(sorted(missing))}")
        if manifest.embedder.fingerprint != fingerprint:
            raise ValueError("not a manifest: its fingerprint is not that of its embedder")
        return manifest


def _to_2(fields: dict[str, Any]) -> dict[str, Any]:
    """Versions are examined before they go live; those of schema 1 all went live without."""
    return fields | {"gate": dict(UNGATED)}


def _to_3(fields: dict[str, Any]) -> dict[str, Any]:
    """Change nothing: the index of schema 3 has another format, which tells itself."""
    return fields


MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {2: _to_2, 3: _to_3}
"""By the schema that comes out; each takes the fields of the schema before.

A version never changes on disk: its id vouches for its bytes. So a manifest is migrated each time it is read.
"""


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
    from swara.data.installation import installed_version

    return installed_version() or "source"


HITS = "retrieval hits"
MACRO_F1, ACCURACY = "macro F1", "accuracy"
HARD = ", hard notes"
"""How the name of a score ends that is of notes made hard."""

INDEX_RECALL = "index recall@10"
"""Of the nearest that there are, how many the index finds."""

HITS_IN_COMMON = f"{HITS}, in common"
"""Over the recordings that both versions know."""

PHRASES = "phrases found"
"""Sung as a learner would, and sought among the recordings that both versions know."""

PHRASES_KEPT = "phrases kept"
"""Of those that the version before has of the recordings that both know."""

RELATIVE = frozenset({HITS_IN_COMMON, PHRASES, PHRASES_KEPT})
"""Those that hang on the version that it was compared with: of another pair of versions they say nothing."""


@dataclass(frozen=True, slots=True)
class Score:
    """A share, 0 to 1, of how many `notes` or phrases, and `of` whom, where it is one singer's."""

    share: float
    notes: int
    of: str = ""


Scores: TypeAlias = Mapping[str, Score]
"""By the name of what was measured; what cannot be measured is left out."""


def scores_from_json(value: Mapping[str, Any]) -> Scores:
    """Read what a manifest keeps; raises ValueError if it is something else."""
    return {name: converted(fields, Score) for name, fields in value.items()}
