"""Which corrections a version learned from, and what became of them, in lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import wording

__all__ = ["correction_lines"]

_NAMED = {
    (True, True): "this version names it right, and so did the one before",
    (True, False): "this version names it right, the one before did not",
    (True, None): "this version names it right",
    (False, True): "this version does not name it right, the one before did",
    (False, False): "neither this version nor the one before names it right",
    (False, None): "this version does not name it right",
}
"""By what is so of the version, and of the one before if it can be asked."""


def correction_lines(report: Mapping[str, Any], *, most: int | None = None) -> Iterator[str]:
    """Yield lines about the ``corrections`` in the metrics of a version, naming at most the `most` first."""
    labels, notes = report["relabelled"], report["from_takes"]
    of = f"{wording.counted(labels, 'label')} of samples, {wording.counted(notes, 'note')} of takes"
    yield f"Corrections learned from: {labels + notes} ({of})."
    used = report.get("used", ())  # older versions only count them
    for each in used[:most]:
        yield f"  {each['id']}  {_what(each)}"
        yield f"  {' ' * len(each['id'])}  {_became(each)}"
    if most is not None and len(used) > most:
        yield f"  and {len(used) - most} more."
    if report["notes"]:
        yield _sum(report)
    if report["verdicts"]:
        verdicts = wording.counted(report["verdicts"], "verdict")
        yield f"{verdicts} corrected; in tune after all: {report['in_tune_after_all']}."
    if report["targets_moved_cents"]:
        moved = (f"{letter} {cents:+.1f}" for letter, cents in report["targets_moved_cents"].items())
        yield f"Learned targets that they moved, in cents: {', '.join(moved)}."


def _what(used: Mapping[str, Any]) -> str:
    says = wording.corrected(used["named"], used["swara"])
    if used["verdict"] is not None:
        says += f"; {wording.corrected(used['judged'], used['verdict'])}"
    return f"{says}: {used['file']} ({used['recording']}), {wording.span(used['start_s'], used['end_s'])}"


def _became(used: Mapping[str, Any]) -> str:
    now, before = used["named_right_now"], used["named_right_before"]
    return "no pitch is found in it" if now is None else _NAMED[now, before]


def _sum(report: Mapping[str, Any]) -> str:
    before, count = report["named_right_before"], wording.counted(report["notes"], "corrected note")
    known = "" if before is None else f", the one before named {before}"
    return f"Of {count} this version names {report['named_right_now']} right{known}."
