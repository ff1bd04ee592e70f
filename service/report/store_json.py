"""What the commands that look after a store print for programs: one JSON object each, named and numbered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swara.data.sample_corpus.corpus import is_bundled
from swara.service.phrases import encodable

if TYPE_CHECKING:
    from swara.data.recording import Recording
    from swara.service.doctor.doctor import Check
    from swara.service.feedback.log import Correction
    from swara.service.samples.edit_table import TableEdit
    from swara.service.store.manifest import Score
    from swara.service.store.usage import CacheShare
    from swara.service.versions.diff import Difference
    from swara.service.versions.info import VersionInfo

__all__ = [
    "cache_json",
    "corrections_json",
    "difference_json",
    "doctor_json",
    "edits_json",
    "sample_json",
    "samples_json",
    "version_json",
    "versions_json",
]


def samples_json(recordings: Sequence[Recording]) -> str:
    """Return ``swara.samples/1``: the samples, each with how many notes of it are labelled."""
    notes = sum(len(each.labels) for each in recordings)
    return _text(
        "samples", count=len(recordings), notes=notes, samples=[_sample(each) for each in recordings]
    )


def sample_json(recording: Recording) -> str:
    """Return ``swara.sample/1``: all that is known of one sample."""
    return _text("sample", **_sample(recording), labels=[asdict(label) for label in recording.labels])


def edits_json(edited: TableEdit) -> str:
    """Return ``swara.samples-label/1``: which samples a table mended, and which of its rows it could not."""
    mended = [
        {"id": each.after.id, "path": encodable(each.after.path), "remarks": list(each.remarks)}
        for each in edited.mended
    ]
    refused = [
        {"where": each.error.where, "what": each.error.what, "fix": each.error.fix} for each in edited.refused
    ]
    refused = [{name: value and encodable(value) for name, value in each.items()} for each in refused]
    return _text(
        "samples-label", ok=edited.ok, mended=mended, as_before=list(edited.as_before), refused=refused
    )


def versions_json(versions: Sequence[VersionInfo], troubles: Sequence[str]) -> str:
    """Return ``swara.versions/1``: the versions, the newest first, and what is wrong beside them."""
    live = next((each.id for each in versions if each.live), None)
    told = [encodable(each) for each in troubles]
    return _text("versions", live=live, versions=[_version(each) for each in versions], troubles=told)


def version_json(info: VersionInfo) -> str:
    """Return ``swara.version/1``: all that is known of a version, its manifest without the files."""
    manifest = info.manifest
    fields = (
        {}
        if manifest is None
        else {name: getattr(manifest, name) for name in ("metrics", "gate", "parameters")}
    )
    return _text("version", **_version(info), **fields)


def difference_json(found: Difference) -> str:
    """Return ``swara.versions-diff/1``: what two versions scored, and what one saw and the other did not."""
    scores = {
        name: _change(found.score_before(name), found.after.scores.get(name))
        for name in sorted(found.before.scores.keys() | found.after.scores.keys())
    }
    saw = {
        part: [{"id": each, "singer": encodable(singer)} for each, singer in getattr(found, part).items()]
        for part in ("added", "removed", "relabelled")
    }
    both = {"before": _version(found.before), "after": _version(found.after)}
    return _text("versions-diff", **both, scores=scores, **saw, corrected=list(found.corrected))


def doctor_json(checks: Sequence[Check], *, ready: bool) -> str:
    """Return ``swara.doctor/1``: what was looked at, and whether a take can be analyzed."""
    told = [{name: value and encodable(value) for name, value in asdict(each).items()} for each in checks]
    return _text("doctor", ready=ready, checks=told)


def cache_json(folder: Path, shares: Sequence[CacheShare], *, checked: bool) -> str:
    """Return ``swara.cache/1``: what is kept in the cache `folder`; `checked` where every entry was read."""
    kept = [asdict(each) for each in shares]
    return _text("cache", folder=encodable(str(folder)), checked=checked, kept=kept)


def corrections_json(corrections: Sequence[Correction]) -> str:
    """Return ``swara.feedback/1``: the corrections, as they were given."""
    given = [asdict(each) for each in corrections]
    return _text("feedback", corrections=[each | {"path": encodable(each["path"])} for each in given])


def _sample(recording: Recording) -> dict[str, Any]:
    return {
        "id": recording.id,
        "path": encodable(recording.path),
        "singer": encodable(recording.singer),
        "tonic_hz": recording.tonic_hz,
        "raga": recording.raga,
        "licence": encodable(recording.licence),
        "synthesized": recording.synthesized,
        "mine": not is_bundled(recording),
        "notes": len(recording.labels),
    }


def _version(info: VersionInfo) -> dict[str, Any]:
    manifest = info.manifest
    fields: dict[str, Any] = {
        "id": info.id,
        "state": info.state or "was live",
        "live": info.live,
        "trouble": encodable(info.damage) or None,
        "scores": {name: asdict(score) for name, score in info.scores.items()},
    }
    if manifest is None:
        return fields
    saw = manifest.metrics.get("learned_from", {})
    return fields | {
        "made_at": manifest.made_at,
        "parent": manifest.parent,
        "swara": manifest.code_version,
        "embedder": manifest.embedder.name,
        "fingerprint": manifest.embedder.fingerprint,
        "recordings": saw.get("recordings"),
        "notes": saw.get("notes"),
        "reasons": list(manifest.gate["reasons"]),
    }


def _change(before: Score | None, after: Score | None) -> Mapping[str, float | None]:
    old, new = (None if each is None else each.share for each in (before, after))
    return {"before": old, "after": new, "change": None if old is None or new is None else new - old}


def _text(name: str, **fields: Any) -> str:
    content = {"schema": f"swara.{name}/1", **fields}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
