"""A report as JSON, for programs; the schema lies beside this file as ``take_report.schema.json``."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from swara.data.take import Note, Segment
from swara.service.phrases import encodable
from swara.service.take.report import NoteOpinion, TakeReport

if TYPE_CHECKING:
    from swara.service.samples.findings import CheckResult, Finding
    from swara.service.search.hits import PhraseHit
    from swara.service.search.notes import SearchResult
    from swara.service.search.phrases import PhraseSearch

__all__ = [
    "CHECK_SCHEMA",
    "SCHEMA",
    "SEARCH_SCHEMA",
    "check_json",
    "json_text",
    "rounded",
    "search_json",
    "to_dict",
    "to_json",
]

SCHEMA: Final = "swara.take-report/1"
CHECK_SCHEMA: Final = "swara.samples-check/1"
SEARCH_SCHEMA: Final = "swara.search/1"
"""Name and version; the number rises when a field changes its meaning or goes."""

_TIME_DECIMALS = 4
_CENTS_DECIMALS = 2
_HZ_DECIMALS = 3
_SHARE_DECIMALS = 4


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
    return json_text(fields)


def _finding(found: Finding) -> dict[str, Any]:
    sample = found.recording
    words = {"path": sample.path, "singer": sample.singer, "what": found.what, "fix": found.fix}
    fields = {"kind": found.kind, "id": sample.id, **{name: encodable(each) for name, each in words.items()}}
    return {**fields, "start_s": found.start_s, "other": found.other}


def search_json(found: SearchResult | PhraseSearch) -> str:
    """Return what was found as indented JSON text ending in a newline.

    ``of`` says whether a note or a phrase was sought, ``query`` what it was, and ``hits`` what is near,
    nearest first: each with ``why``, and of a phrase ``path_s``, pairs of moments in the take and in the
    recording that lie over each other.
    """
    from swara.service.search.notes import SearchResult  # loaded where something was searched alone

    sought = _note_search(found) if isinstance(found, SearchResult) else _phrase_search(found)
    fields = {"schema": SEARCH_SCHEMA, **sought, "warnings": found.warnings}
    return json_text({name: rounded(value, name) for name, value in fields.items()})


def _note_search(found: SearchResult) -> dict[str, Any]:
    opinion = _opinion(found.opinion)
    hits = opinion.pop("neighbours")
    query = {"source": encodable(found.report.source), **asdict(found.note), "opinion": opinion}
    return {"of": "note", "query": query, "tonic": asdict(found.report.tonic), "hits": hits}


def _phrase_search(found: PhraseSearch) -> dict[str, Any]:
    line = found.query
    span = {"start_s": line.start_s, "end_s": line.end_s, "swaras": " ".join(line.swaras)}
    return {
        "of": "phrase",
        "by": found.by,
        "query": {"source": encodable(found.source), **span},
        "tonic": None if found.tonic is None else asdict(found.tonic),
        "version": found.version,
        "searched": found.searched,
        "near": found.near,
        "hits": [_phrase_hit(hit) for hit in found.hits],
    }


def _phrase_hit(hit: PhraseHit) -> dict[str, Any]:
    phrase = {name: encodable(v) if isinstance(v, str) else v for name, v in asdict(hit.phrase).items()}
    names = ("distance_cents", "voice_similarity", "octaves", "tempo", "same_swaras", "why")
    return {**phrase, **{name: getattr(hit, name) for name in names}, "path_s": hit.path_s.tolist()}


def to_dict(report: TakeReport) -> dict[str, Any]:
    """Return the report as plain dicts, lists, strings, numbers, bools and None.

    Field names and units are those of `TakeReport` and `swara.data.take`. Two things differ: ``segments``
    tile the take and name a note by its index in ``notes``, and so does ``worst``. The pitch track is left to
    `csv_report.track_csv`.
    """
    notes = report.notes
    fields = {
        "schema": SCHEMA,
        "source": encodable(report.source),
        "duration_s": report.duration_s,
        "level": None if report.level is None else asdict(report.level),
        "tonic": asdict(report.tonic),
        "raga": report.raga,
        "raga_source": report.raga_source,
        "tuning": report.tuning,
        "thresholds": asdict(report.thresholds),
        "notes": [asdict(note) for note in notes],
        "opinions": [_opinion(opinion) for opinion in report.opinions],
        "model": report.model,
        "segments": _segments(report.segments),
        "per_swara": [asdict(stats) for stats in report.per_swara],
        "worst": [notes.index(note) for note in report.worst],
        "drift": None if report.drift is None else asdict(report.drift),
        "verdict_shares": report.verdict_shares,
        "foreign_share": report.foreign_share,
        "warnings": report.warnings,
        "verdict": report.verdict,
        "raga_doubt": report.raga_doubt,
        "grammar": [asdict(remark) for remark in report.grammar],
    }
    return {name: rounded(value, name) for name, value in fields.items()}


def to_json(report: TakeReport) -> str:
    """Return `to_dict` as indented JSON text ending in a newline.

    Raises
    ------
    ValueError
        If a figure is NaN or infinite, which JSON cannot hold.
    """
    return json_text(to_dict(report))


def json_text(fields: dict[str, Any]) -> str:
    """Return one object as indented JSON text ending in a newline; raises ValueError for NaN and infinity."""
    return json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _opinion(opinion: NoteOpinion) -> dict[str, Any]:
    near = [{**asdict(n.item), "similarity": n.similarity, "why": n.why} for n in opinion.neighbours]
    return {**asdict(opinion), "neighbours": near}


def _segments(segments: tuple[Segment, ...]) -> list[dict[str, Any]]:
    index = itertools.count()
    tiles = []
    for segment in segments:
        kind = {"kind": type(segment).__name__.lower()}
        if isinstance(segment, Note):
            tiles.append(kind | {"start_s": segment.start_s, "end_s": segment.end_s, "note": next(index)})
        else:
            tiles.append(kind | asdict(segment))
    return tiles


def rounded(value: Any, field: str) -> Any:
    """Round each float to what the unit of its field deserves; zero has no sign."""
    match value:
        case float():
            return round(value, _decimals(field)) + 0.0
        case dict():
            return {name: rounded(each, name) for name, each in value.items()}
        case list() | tuple():
            return [rounded(each, field) for each in value]
    return value


def _decimals(field: str) -> int:
    if field.endswith("_s"):
        return _TIME_DECIMALS
    if field == "hz":
        return _HZ_DECIMALS
    return _CENTS_DECIMALS if "cents" in field else _SHARE_DECIMALS
