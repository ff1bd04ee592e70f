"""A report as CSV: its notes, and the pitch track in the columns that CREPE writes and one more."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np

from swara.data.layouts.table import harmless_cell
from swara.data.pitch_track import PitchTrack
from swara.data.take import Note
from swara.service.take.report import TakeOutcome, TakeReport

from .json_report import to_dict

__all__ = ["TRACK_HEADER", "notes_csv", "summary_csv", "track_csv", "track_rows"]

TRACK_HEADER = "time,frequency,confidence,voiced\n"
"""The columns of CREPE's ``.f0.csv``, and one more."""

_BLOCK_FRAMES = 1000
_SUMMARY_COLUMNS = [
    "take",
    "duration_s",
    "tonic_hz",
    "tonic_name",
    "tonic_source",
    "tonic_confidence",
    "raga",
    "notes",
    "perfect",
    "in_tune",
    "low",
    "high",
    "unsure",
    "foreign_share",
    "verdict",
    "warnings",
    "error",
]


def notes_csv(report: TakeReport) -> str:
    """Return one line for each note under a header of `Note`'s field names.

    Figures are rounded as in `json_report`, lines end in a newline, `foreign` reads ``true`` or ``false``.
    """
    names = [field.name for field in fields(Note)]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for note in to_dict(report)["notes"]:
        writer.writerow({**note, "foreign": str(note["foreign"]).lower()})
    return text.getvalue()


def summary_csv(outcomes: Sequence[TakeOutcome]) -> str:
    """Return one line for each take: its Sa, what share of its steady time had which verdict, what was wrong.

    Shares run from 0 to 1, and are empty where nothing could be judged.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, _SUMMARY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for outcome in outcomes:
        row: dict[str, object] = {"take": outcome.name, "error": outcome.error}
        if outcome.report is not None:
            told = to_dict(outcome.report)
            tonic, shares = told["tonic"], told["verdict_shares"] or {}
            row |= {f"tonic_{name}": tonic[name] for name in ("hz", "name", "source", "confidence")}
            row |= {name: told[name] for name in ("duration_s", "raga", "foreign_share", "verdict")}
            row |= {verdict.replace(" ", "_"): share for verdict, share in shares.items()}
            row |= {"notes": len(told["notes"]), "warnings": " | ".join(told["warnings"])}
        writer.writerow({column: harmless_cell(cell) for column, cell in row.items()})
    return text.getvalue()


def track_csv(track: PitchTrack) -> str:
    """Return ``time,frequency,confidence,voiced`` with a line for every frame, as `track_rows` writes it."""
    return TRACK_HEADER + "".join(track_rows(track))


def track_rows(track: PitchTrack) -> Iterator[str]:
    """Yield a line for every frame, without the header, 10 s at a time.

    Times are frame centres in seconds (3 decimals), frequencies in Hz (3), confidences 0 to 1 (6), as in
    CREPE's ``.f0.csv``; then 1 where a voice sings, 0 elsewhere. A frame that is not sung keeps its
    frequency; a tracker that has none to give leaves 0.000.
    """
    hz = np.nan_to_num(track.hz, nan=0.0, posinf=0.0, neginf=0.0)
    rows = np.column_stack((track.times_s, hz, track.confidence, track.voiced))
    for start in range(0, len(rows), _BLOCK_FRAMES):
        text, block = io.StringIO(), rows[start : start + _BLOCK_FRAMES]
        np.savetxt(text, block, fmt=("%.3f", "%.3f", "%.6f", "%d"), delimiter=",")
        yield text.getvalue()
