"""Small inputs that went wrong once, and their right answers: the folder ``cases`` beside the recordings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import swara

_DATA = os.environ.get("SWARA_EVAL_DATA")
CASES = Path(_DATA or ".").parent / "cases"
pytestmark = pytest.mark.skipif(not _DATA or not CASES.is_dir(), reason="no `cases` beside SWARA_EVAL_DATA")


def test_wide_vibrato_is_one_note_judged_by_its_mean() -> None:
    report = swara.analyze(CASES / "vibrato_80.flac", tonic=207.89, samples=False)

    assert [note.swara for note in report.notes] == ["Sa", "Re", "Ga", "Pa", "Pa"]
    for note, off in zip(report.notes, (0, 0, -32, 0, 30), strict=True):
        assert note.cents_off == pytest.approx(off, abs=5)
