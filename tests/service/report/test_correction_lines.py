"""Corrections on the terminal: which were used, and what became of each."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from swara.service.rebuild.result import RebuildResult
from swara.service.report.terminal.feedback_table import correction_lines
from swara.service.report.terminal.samples_table import render_rebuild


def used(number: int = 0, **fields: object) -> dict[str, object]:
    return {
        "id": f"3f0c9a5{number}",
        "recording": "0123456789ab",
        "file": "take.wav",
        "start_s": 12.31,
        "end_s": 12.84,
        "named": "P",
        "swara": "D",
        "judged": "low",
        "verdict": None,
        "named_right_before": False,
        "named_right_now": True,
    } | fields


def report(*corrections: dict[str, object], **fields: object) -> dict[str, object]:
    return {
        "relabelled": 0,
        "from_takes": len(corrections),
        "verdicts": 0,
        "in_tune_after_all": 0,
        "targets_moved_cents": {},
        "notes": len(corrections),
        "named_right_before": 0,
        "named_right_now": len(corrections),
        "used": list(corrections),
    } | fields


def test_each_is_named() -> None:
    assert list(correction_lines(report(used()))) == [
        "Corrections learned from: 1 (0 labels of samples, 1 note of takes).",
        "  3f0c9a50  D, not P: take.wav (0123456789ab), 12.31-12.84 s",
        "            this version names it right, the one before did not",
        "Of 1 corrected note this version names 1 right, the one before named 0.",
    ]


@pytest.mark.parametrize(
    ("now", "before", "says"),
    [
        (True, True, "this version names it right, and so did the one before"),
        (False, True, "this version does not name it right, the one before did"),
        (False, False, "neither this version nor the one before names it right"),
        (True, None, "this version names it right"),
        (False, None, "this version does not name it right"),
        (None, None, "no pitch is found in it"),
    ],
)
def test_what_became_of_it(now: bool | None, before: bool | None, says: str) -> None:
    line = list(correction_lines(report(used(named_right_now=now, named_right_before=before))))[2]
    assert line.strip() == says


def test_a_first_version_has_none_before() -> None:
    *_, last = correction_lines(report(used(named_right_before=None), named_right_before=None))
    assert last == "Of 1 corrected note this version names 1 right."


def test_verdicts_and_targets() -> None:
    corrected = used(swara=None, verdict="in tune")
    facts = {"verdicts": 2, "in_tune_after_all": 1, "targets_moved_cents": {"P": 10.83}}
    _, line, _, _, verdicts, moved = correction_lines(report(corrected, **facts))
    assert line.startswith("  3f0c9a50  P; in tune, not low: take.wav")
    assert verdicts == "2 verdicts corrected; in tune after all: 1."
    assert moved == "Learned targets that they moved, in cents: P +10.8."


def test_of_many_the_first_are_named_and_the_others_counted() -> None:
    many = report(*(used(number) for number in range(8)))
    assert sum("3f0c9a5" in line for line in correction_lines(many)) == 8
    lines = list(correction_lines(many, most=5))
    assert sum("3f0c9a5" in line for line in lines) == 5
    assert lines[11] == "  and 3 more."


def test_a_version_that_only_counted_them_can_be_read() -> None:
    counted = report(used())
    del counted["used"]
    assert len(list(correction_lines(counted))) == 2


def test_a_rebuild_prints_a_few() -> None:
    console = Console(file=io.StringIO(), width=100)
    metrics = {"corrections": report(*(used(number) for number in range(8)))}
    render_rebuild(RebuildResult("v", True, False, "stub", 1, 0, {}, metrics, ()), console)
    printed = console.file.getvalue()
    assert printed.count("3f0c9a5") == 5
    assert "and 3 more" in printed
    assert "1 recording embedded, 0 known from before" in printed
