"""A report as CSV: its notes, and the pitch track in the columns that CREPE writes."""

from __future__ import annotations

import csv
import io
from dataclasses import fields

import numpy as np

from swara.classifier.pitch.decode import Salience
from swara.data.arrays import FloatArray
from swara.data.pitch_track import PitchTrack
from swara.data.take import Note
from swara.service.take.report import TakeReport

from .json_report import to_dict

__all__ = ["TRACK_HEADER", "notes_csv", "track_csv", "track_rows"]

TRACK_HEADER = "time,frequency,confidence\n"
"""The columns of CREPE's ``.f0.csv``."""


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


def track_csv(track: PitchTrack) -> str:
    """Return ``time,frequency,confidence`` with a line for every frame, as `track_rows` writes it."""
    return TRACK_HEADER + track_rows(track.times_s, track.hz, track.confidence)


def track_rows(times_s: FloatArray, hz: FloatArray, confidence: FloatArray | Salience) -> str:
    """Return a line for every frame, without the header: of a long track block by block.

    Times are frame centres in seconds (3 decimals), frequencies in Hz (3), confidences 0 to 1 (6): the
    columns and the format of CREPE's ``.f0.csv``. A frame without an estimate has frequency 0.000 and keeps
    its confidence; an estimate that was judged unvoiced stays, since a reader sets the threshold.
    """
    rows = np.column_stack((times_s, np.nan_to_num(hz, nan=0.0, posinf=0.0, neginf=0.0), confidence))
    text = io.StringIO()
    np.savetxt(text, rows, fmt=("%.3f", "%.3f", "%.6f"), delimiter=",")
    return text.getvalue()
