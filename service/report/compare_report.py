"""A comparison as JSON and as CSV, for programs."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any, Final

from swara.service.compare.comparison import Comparison
from swara.service.phrases import encodable
from swara.service.take.report import TakeReport

from .json_report import json_text, rounded

__all__ = ["COMPARE_SCHEMA", "comparison_dict", "comparison_json", "findings_csv"]

COMPARE_SCHEMA: Final = "swara.compare/1"
"""Name and version; the number rises when a field changes its meaning or goes."""

_COLUMNS = ("kind", "swara", "saptak", "mine_start_s", "mine_end_s", "guru_start_s", "guru_end_s")
_FIGURES = ("cents", "late_s", "words")


def comparison_dict(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as plain dicts, lists, strings, numbers and None.

    Field names and units are those of `Comparison` and of what it holds. Of either take there is its name,
    length and Sa; ``clock`` lists the same moments in both, between which time runs evenly.
    """
    mine, guru = comparison.mine, comparison.guru
    moments = zip(comparison.clock.mine_s.tolist(), comparison.clock.other_s.tolist(), strict=True)
    fields = {
        "schema": COMPARE_SCHEMA,
        "mine": _take(mine),
        "guru": _take(guru),
        "octave": comparison.octave,
        "raga": mine.raga,
        "raga_source": mine.raga_source,
        "tuning": mine.tuning,
        "thresholds": asdict(mine.thresholds),
        **{
            name: [asdict(each) for each in getattr(comparison, name)]
            for name in ("findings", "notes", "phrases", "stretches")
        },
        "clock": [{"mine_s": mine_s, "guru_s": guru_s} for mine_s, guru_s in moments],
        "warnings": [encodable(each) for each in comparison.warnings],
        "verdict": comparison.verdict,
    }
    return {name: rounded(value, name) for name, value in fields.items()}


def comparison_json(comparison: Comparison) -> str:
    """Return `comparison_dict` as indented JSON text ending in a newline."""
    return json_text(comparison_dict(comparison))


def findings_csv(comparison: Comparison) -> str:
    """Return one line for each finding under a header: what, which swara, where in both, cents or seconds.

    Figures are rounded as in the JSON; a cell is empty where there is none.
    """
    text = io.StringIO()
    names = (*_COLUMNS, *_FIGURES)
    writer: csv.DictWriter[str] = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for finding in comparison_dict(comparison)["findings"]:
        ends = [(take, end) for take in ("mine", "guru") for end in ("start_s", "end_s")]
        spans = {f"{take}_{end}": finding[take][end] for take, end in ends}
        rest = {name: finding[name] for name in ("kind", "swara", "saptak", *_FIGURES)}
        writer.writerow({**rest, **spans})
    return text.getvalue()


def _take(report: TakeReport) -> dict[str, Any]:
    return {
        "source": encodable(report.source),
        "duration_s": report.duration_s,
        "tonic": asdict(report.tonic),
    }
