"""The calans of a professional: which labelled segments are there, and what is held beside them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.page import Check, Section, Table
from benchmarks.recordings import LabelledSwara, calans, labelled_swaras
from swara.classifier.pitch.head import pitch_tracker
from swara.classifier.transcription import LEAST_HELD_S, SungSwara, Transcription, transcribe
from swara.service.take.heard import hear

SHORTER_S = 0.3
_METHOD = f"""Three calans with a soft tanpura; Sa and raga as published. A labelled segment that two
trackers confirm is present where a swara of its name and saptak, in either layer, shares half of the
shorter of the two with it. A held note is extra where no labelled segment, confirmed or not, lies under it.

A swara counts as held from {LEAST_HELD_S:g} s within 40 cents. Segments as short as 0.19 s are labelled, and
those shorter than {LEAST_HELD_S:g} s are written as touches."""


def measure(root: Path | None) -> list[Section | str]:
    """Measure the three of them."""
    if root is None or not (root / "hindustani_calan").is_dir():
        return ["calans: `SWARA_EVAL_DATA` has no hindustani_calan"]
    tracker, rows = pitch_tracker("head"), list[Sequence[Any]]()
    shorter = np.zeros(2, np.intp)
    for calan in calans(root):
        heard = hear(calan.clip, tracker)
        found = transcribe(heard.track, calan.sa_hz, calan.raga, held=heard.held, duration_s=heard.duration_s)
        labels = labelled_swaras(root, calan.name)
        listed = _segments(root, calan.name)
        present, as_held = (
            sum(any(_is_there(label, swara) for swara in side) for label in labels)
            for side in (found.swaras, found.held)
        )
        rows.append((calan.name, len(labels), present, as_held, *_extra(found, listed), len(found.touched)))
        with patch.object(import_module(transcribe.__module__), "LEAST_HELD_S", SHORTER_S):
            found = transcribe(heard.track, calan.sa_hz, calan.raga, held=heard.held)
        shorter += _extra(found, listed)
    total = [sum(row[place] for row in rows) for place in range(1, 7)]
    rows.append(("all", *total))
    labelled, present, _, held, extra, _ = total
    headings = ("", "confirmed", "present", "of them held", "held notes", "extra", "touched")
    checks = [
        Check("confirmed segments present with the right saptak", 100 * present / labelled, 98.0),
        Check("held notes that are extra", 100 * extra / held, 5.0, at_most=True),
    ]
    reading = f"Held from {SHORTER_S:g} s, {shorter[1]} of {shorter[0]} held notes would be extra."
    return [Section("Calans", _METHOD, checks, [Table("", headings, rows)], reading)]


def _extra(found: Transcription, listed: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """Return how many notes are held, and how many of them lie over no listed segment."""
    over = [any(start < s.end_s and s.start_s < end for start, end in listed) for s in found.held]
    return len(over), over.count(False)


def _is_there(label: LabelledSwara, swara: SungSwara) -> bool:
    shared = min(label.end_s, swara.end_s) - max(label.start_s, swara.start_s)
    same = (swara.svarasthana.name, swara.saptak) == (label.swara, label.saptak)
    return same and shared > 0.5 * min(label.end_s - label.start_s, swara.duration_s)


def _segments(root: Path, name: str) -> list[tuple[float, float]]:
    with (root / "hindustani_calan" / "svara_segments.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["track"] == name]
    return [(float(row["start_s"]), float(row["end_s"])) for row in rows]
