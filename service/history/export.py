"""The history as JSON for programs and for the page, and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from swara.data.layouts.table import harmless_cell

from .takes import KeptTake
from .trends import SwaraTrend, swara_trends, weakest_swara, weakest_words, weeks

__all__ = ["HISTORY_SCHEMA", "history_csv", "history_dict", "history_json"]

HISTORY_SCHEMA: Final = "swara.history/1"
"""Name and version; the number rises when a field changes its meaning or goes."""

_TAKE = (
    "id",
    "at",
    "kind",
    "source",
    "singer",
    "duration_s",
    "sa_hz",
    "sa_name",
    "sa_source",
    "raga",
    "tuning",
    "preset",
    "perfect_cents",
    "in_tune_cents",
    "perfect",
    "in tune",
    "low",
    "high",
    "unsure",
    "foreign_share",
    "drift_cents_per_minute",
    "verdict",
)
_SWARA = ("swara", "saptak", "notes", "steady_s", "bias_cents", "steadiness_cents", "in_tune_share")


def history_dict(takes: Sequence[KeptTake], *, why_not: str | None = None) -> dict[str, Any]:
    """Return the history as plain dicts, lists, strings, numbers, bools and None.

    Parameters
    ----------
    takes : sequence of KeptTake
        Oldest first.
    why_not : str, optional
        Why no further takes are kept, in a sentence without full stop; None where they are.
    """
    weakest = weakest_swara(takes)
    return {
        "schema": HISTORY_SCHEMA,
        "kept": why_not is None,
        "why_not_kept": why_not,
        "takes": [_take(take) for take in takes],
        "weeks": [
            {
                **_rounded(asdict(week)),
                "monday": week.monday.isoformat(),
                "swaras": [_swara(each) for each in week.swaras],
            }
            for week in weeks(takes)
        ],
        "swaras": [_swara(each) for each in swara_trends(takes)],
        "weakest": None if weakest is None else _swara(weakest),
        "words": weakest_words(takes),
    }


def history_json(takes: Sequence[KeptTake], *, why_not: str | None = None) -> str:
    """Return `history_dict` as indented JSON text ending in a newline."""
    said = history_dict(takes, why_not=why_not)
    return json.dumps(said, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _take(take: KeptTake) -> dict[str, Any]:
    fields = {
        **_rounded(asdict(take)),
        "at": take.at.isoformat(timespec="seconds"),
        "per_swara": [_rounded(asdict(each)) for each in take.per_swara],
        "verdict_shares": _rounded(dict(take.verdict_shares)),
    }
    share = take.in_tune_share
    named = {"name": take.source, "tonic": take.sa_name}
    return {**fields, **named, "in_tune_share": None if share is None else round(share, 4)}


def _swara(trend: SwaraTrend) -> dict[str, Any]:
    return {"name": trend.name, **_rounded(asdict(trend)), "enough": trend.enough}


def _rounded(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: round(v, 4) + 0.0 if isinstance(v, float) else v for name, v in fields.items()}


def history_csv(takes: Sequence[KeptTake]) -> str:
    """Return a line for each swara of each take, and one for a take in which none was judged.

    Shares run from 0 to 1, times are UTC, and no cell is read as a formula by a spreadsheet.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*(name.replace(" ", "_") for name in _TAKE), *_SWARA])
    for take in takes:
        known = {**_take(take), **take.verdict_shares}
        known = {name: round(v, 4) if isinstance(v, float) else v for name, v in known.items()}
        cells = [
            harmless_cell(value) if isinstance(value := known.get(name), str) else value for name in _TAKE
        ]
        for row in [list(_rounded(asdict(each)).values()) for each in take.per_swara] or [
            [None] * len(_SWARA)
        ]:
            writer.writerow([*cells, *row])
    return text.getvalue()
