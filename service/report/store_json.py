"""What the commands that look after a store print for programs: one JSON object each, named and numbered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swara.data.sample_corpus.corpus import is_bundled
from swara.service.phrases import encodable
from swara.service.store.versions import SHIPPED

if TYPE_CHECKING:
    from swara.data.layouts.recording_spec import Refusal
    from swara.data.recording import Recording
    from swara.data.sample_corpus.corpus import MoveResult
    from swara.service.doctor.doctor import Check
    from swara.service.feedback.check import CheckedCorrection
    from swara.service.feedback.log import Correction
    from swara.service.samples.edit import EditResult
    from swara.service.samples.export import Exported
    from swara.service.samples.results import AddResult
    from swara.service.store.manifest import Score
    from swara.service.store.usage import CacheShare, Pruned
    from swara.service.versions.diff import Difference
    from swara.service.versions.info import VersionInfo

__all__ = [
    "added_json",
    "cache_json",
    "checked_json",
    "corrections_json",
    "difference_json",
    "doctor_json",
    "edits_json",
    "exported_json",
    "json_object",
    "moved_json",
    "pruned_json",
    "removed_json",
    "sample_json",
    "samples_json",
    "shipped_json",
    "version_json",
    "versions_json",
]


def samples_json(recordings: Sequence[Recording]) -> str:
    """Return ``swara.samples/1``: the samples, each with how many notes of it are labelled."""
    notes = sum(len(each.labels) for each in recordings)
    return json_object(
        "samples", count=len(recordings), notes=notes, samples=[_sample(each) for each in recordings]
    )


def sample_json(recording: Recording) -> str:
    """Return ``swara.sample/1``: all that is known of one sample."""
    return json_object("sample", **_sample(recording), labels=[asdict(label) for label in recording.labels])


def added_json(result: AddResult) -> str:
    """Return ``swara.samples-add/1``: what became of every file of a batch."""
    return json_object(
        "samples-add",
        ok=result.ok,
        added=[_sample(each) for each in result.added],
        **{
            name: [_plain(each) for each in getattr(result, name)]
            for name in ("moved", "duplicates", "conflicts", "failures", "unlabelled", "warnings")
        },
        remarks=[encodable(each) for each in result.remarks],
        passed_over=[encodable(str(each)) for each in result.passed_over],
    )


def moved_json(results: Sequence[MoveResult]) -> str:
    """Return ``swara.samples-move/1``: which recordings are noted in the new place, and which are missing."""
    moved = {sha256: each for result in results for sha256, each in result.moved.items()}
    missing = dict.fromkeys(encodable(str(each)) for result in results for each in result.missing)
    return json_object(
        "samples-move",
        ok=not missing,
        moved=[{"sha256": sha256, **_plain(each)} for sha256, each in moved.items()],
        missing=list(missing),
    )


def exported_json(exported: Exported) -> str:
    """Return ``swara.samples-export/1``: the folder, how many recordings are in it, and their bytes."""
    return json_object("samples-export", **_plain(exported))


def edits_json(edits: Sequence[EditResult], as_before: Sequence[str], refused: Sequence[Refusal] = ()) -> str:
    """Return ``swara.samples-label/1``: which samples were mended, and which rows of a table were refused.

    Parameters
    ----------
    edits : sequence of EditResult
        The samples that are noted otherwise now.
    as_before : sequence of str
        Ids of those that were noted so already.
    refused : sequence of Refusal
        Rows that could not be used.
    """
    mended = [
        {"id": each.after.id, "path": encodable(each.after.path), "remarks": list(each.remarks)}
        for each in edits
    ]
    told = [{"where": each.error.where, "what": each.error.what, "fix": each.error.fix} for each in refused]
    told = [{name: value and encodable(value) for name, value in each.items()} for each in told]
    return json_object(
        "samples-label", ok=not refused, mended=mended, as_before=list(as_before), refused=told
    )


def versions_json(versions: Sequence[VersionInfo], troubles: Sequence[str]) -> str:
    """Return ``swara.versions/1``: the versions, the newest first, and what is wrong beside them."""
    live = next((each.id for each in versions if each.live), None)
    told = [encodable(each) for each in troubles]
    return json_object("versions", live=live, versions=[_version(each) for each in versions], troubles=told)


def version_json(info: VersionInfo) -> str:
    """Return ``swara.version/1``: all that is known of a version, its manifest without the files."""
    manifest = info.manifest
    fields = (
        {}
        if manifest is None
        else {name: getattr(manifest, name) for name in ("metrics", "gate", "parameters")}
    )
    return json_object("version", **_version(info), **fields)


def shipped_json() -> str:
    """Return ``swara.version/1`` of the head that ships, which has none of what a version is known by."""
    return json_object("version", id=SHIPPED, state="live", live=True, trouble=None, scores={})


def removed_json(versions: Sequence[str]) -> str:
    """Return ``swara.versions-prune/1``: the ids of the versions that were removed, the newest first."""
    return json_object("versions-prune", removed=list(versions))


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
    return json_object("versions-diff", **both, scores=scores, **saw, corrected=list(found.corrected))


def doctor_json(checks: Sequence[Check], *, ready: bool) -> str:
    """Return ``swara.doctor/1``: what was looked at, and whether a take can be analyzed."""
    told = [{name: value and encodable(value) for name, value in asdict(each).items()} for each in checks]
    return json_object("doctor", ready=ready, checks=told)


def cache_json(folder: Path, shares: Sequence[CacheShare], *, checked: bool) -> str:
    """Return ``swara.cache/1``: what is kept in the cache `folder`; `checked` where every entry was read."""
    kept = [asdict(each) for each in shares]
    return json_object("cache", folder=encodable(str(folder)), checked=checked, kept=kept)


def pruned_json(pruned: Pruned) -> str:
    """Return ``swara.cache-prune/1``: what was removed of the cache, what is left, and what is stuck."""
    return json_object("cache-prune", ok=not pruned.stuck, **_plain(pruned))


def corrections_json(corrections: Sequence[Correction]) -> str:
    """Return ``swara.feedback/1``: the corrections, as they were given."""
    given = [asdict(each) for each in corrections]
    return json_object("feedback", corrections=[each | {"path": encodable(each["path"])} for each in given])


def checked_json(checked: Sequence[CheckedCorrection]) -> str:
    """Return ``swara.feedback-check/1``: what is said today of each note that was corrected."""
    told = [
        {
            "id": each.correction.id,
            "answer": each.answer,
            "named": each.named,
            "judged": each.judged,
            "why": each.why and encodable(each.why),
            "confirmed": each.correction.confirmed,
        }
        for each in checked
    ]
    return json_object("feedback-check", ok=not any(each.fails for each in checked), checked=told)


def _plain(result: Any) -> dict[str, Any]:
    """Return the fields of a dataclass as JSON has them: paths as text."""
    return {
        name: encodable(str(value)) if isinstance(value, Path | str) else value
        for name, value in asdict(result).items()
    }


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


def json_object(schema: str, /, **fields: Any) -> str:
    """Return an object of the schema ``swara.SCHEMA/1`` as indented JSON, with a line end."""
    content = {"schema": f"swara.{schema}/1", **fields}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
