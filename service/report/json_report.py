"""A report as JSON, for programs; the schema lies beside this file as ``take_report.schema.json``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

from swara.data.take import Glide, Note, Segment, Silence, Tonic, TonicCandidate
from swara.service.samples.findings import CheckResult, Finding
from swara.service.take.report import Drift, NoteOpinion, SwaraStats, TakeReport

from .plain_text import encodable

__all__ = ["CHECK_SCHEMA", "SCHEMA", "check_json", "to_dict", "to_json"]


CHECK_SCHEMA: Final = "swara.samples-check/1"
"""Name and version; the number rises when a field changes its meaning or goes."""


def check_json(result: CheckResult) -> str:
    """Return one object as indented JSON text ending in a newline."""
    fields = {
        "schema": CHECK_SCHEMA,
        "ok": result.ok,
        "recordings": result.recordings,
        "notes": result.notes,
        "counts": result.counts,
        "findings": [_finding(each) for each in result.findings],
    }
    return json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "id": found.recording.id,
        "path": encodable(found.recording.path),
        "singer": encodable(found.recording.singer),
        "what": encodable(found.what),
        "fix": encodable(found.fix),
        "start_s": found.start_s,
        "other": found.other,
    }


SCHEMA: Final = "swara.take-report/1"
"""Name and version; the number rises when a field changes its meaning or goes."""

_TIME_DECIMALS = 4
_CENTS_DECIMALS = 2
_HZ_DECIMALS = 3
_SHARE_DECIMALS = 4


def to_dict(report: TakeReport) -> dict[str, Any]:
    """Return the report as plain dicts, lists, strings, numbers, bools and None.

    Field names and units are those of `TakeReport` and `swara.data.take`. Two things differ: ``segments``
    tile the take and name a note by its index in ``notes``, and so does ``worst``. The pitch track is left to
    `csv_report.track_csv`.
    """
    notes = report.notes
    return {
        "schema": SCHEMA,
        "source": encodable(report.source),
        "duration_s": round(report.duration_s, _TIME_DECIMALS),
        "tonic": _tonic(report.tonic),
        "raga": report.raga,
        "raga_source": report.raga_source,
        "tuning": report.tuning,
        "thresholds": _rounded(asdict(report.thresholds)),
        "notes": [_rounded(asdict(note)) for note in notes],
        "opinions": [_opinion(opinion) for opinion in report.opinions],
        "model": report.model,
        "segments": _segments(report.segments),
        "per_swara": [_swara_stats(stats) for stats in report.per_swara],
        "worst": [notes.index(note) for note in report.worst],
        "drift": _drift(report.drift),
        "verdict_shares": {k: round(v, _SHARE_DECIMALS) for k, v in report.verdict_shares.items()},
        "foreign_share": round(report.foreign_share, _SHARE_DECIMALS),
        "warnings": list(report.warnings),
        "verdict": report.verdict,
    }


def to_json(report: TakeReport) -> str:
    """Return `to_dict` as indented JSON text ending in a newline.

    Raises
    ------
    ValueError
        If a figure is NaN or infinite, which JSON cannot hold.
    """
    return json.dumps(to_dict(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _opinion(opinion: NoteOpinion) -> dict[str, Any]:
    neighbours = [
        {
            **_rounded(asdict(near.item)),
            "similarity": round(near.similarity, _SHARE_DECIMALS),
            "why": near.why,
        }
        for near in opinion.neighbours
    ]
    fields = {"swara": opinion.swara, "probability": round(opinion.probability, _SHARE_DECIMALS)}
    return {**fields, "agrees": opinion.agrees, "reason": opinion.reason, "neighbours": neighbours}


def _segments(segments: tuple[Segment, ...]) -> list[dict[str, Any]]:
    index = 0
    rows: list[dict[str, Any]] = []
    for segment in segments:
        row: dict[str, Any] = {"kind": _kind(segment)}
        row |= _rounded({"start_s": segment.start_s, "end_s": segment.end_s})
        if isinstance(segment, Note):
            row["note"] = index
            index += 1
        rows.append(row)
    return rows


def _kind(segment: Segment) -> str:
    match segment:
        case Note():
            return "note"
        case Glide():
            return "glide"
        case Silence():
            return "silence"


def _tonic(tonic: Tonic) -> dict[str, Any]:
    return {
        **_candidate(TonicCandidate(tonic.hz, tonic.name, tonic.confidence)),
        "source": tonic.source,
        "runner_up": None if tonic.runner_up is None else _candidate(tonic.runner_up),
        "needs_confirmation": tonic.needs_confirmation,
    }


def _candidate(candidate: TonicCandidate) -> dict[str, Any]:
    return _rounded(asdict(candidate))


def _swara_stats(stats: SwaraStats) -> dict[str, Any]:
    return _rounded(asdict(stats))


def _drift(drift: Drift | None) -> dict[str, Any] | None:
    return None if drift is None else _rounded(asdict(drift))


def _rounded(fields: dict[str, Any]) -> dict[str, Any]:
    """Round each float to what its unit deserves."""
    return {
        name: round(value, _decimals(name)) + 0.0 if isinstance(value, float) else value
        for name, value in fields.items()
    }


def _decimals(field: str) -> int:
    if field.endswith("_s"):
        return _TIME_DECIMALS
    if field == "hz":
        return _HZ_DECIMALS
    return _CENTS_DECIMALS if "cents" in field else _SHARE_DECIMALS
