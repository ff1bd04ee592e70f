"""Corrections on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from swara.service.phrases import counted
from swara.service.report import wording

from .terminal_page import Page

if TYPE_CHECKING:
    from swara.service.feedback.check import CheckedCorrection
    from swara.service.feedback.log import Correction

__all__ = ["correction_lines", "render_checked", "render_corrections"]

_NAMED = {
    (True, True): "this version names it right, and so did the one before",
    (True, False): "this version names it right, the one before did not",
    (True, None): "this version names it right",
    (False, True): "this version does not name it right, the one before did",
    (False, False): "neither this version nor the one before names it right",
    (False, None): "this version does not name it right",
}
"""By what is so of the version, and of the one before if it can be asked."""


def correction_lines(report: Mapping[str, Any] | None, *, most: int | None = None) -> Iterator[str]:
    """Yield lines about the ``corrections`` in the metrics of a version, naming at most the `most` first."""
    if not report:
        return
    labels, notes = report["relabelled"], report["from_takes"]
    of = f"{counted(labels, 'label')} of samples, {counted(notes, 'note')} of takes"
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
        verdicts = counted(report["verdicts"], "verdict")
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
    before, count = report["named_right_before"], counted(report["notes"], "corrected note")
    known = "" if before is None else f", the one before named {before}"
    return f"Of {count} this version names {report['named_right_now']} right{known}."


def render_corrections(corrections: Sequence[Correction], console: Console) -> None:
    """Print a line for each, and what becomes of them."""
    page = Page(console)
    if not corrections:
        page.line("Nothing was said yet.")
        return
    rows = (
        (
            each.id,
            wording.span(each.start_s, each.end_s),
            wording.corrected(each.named, each.swara),
            wording.corrected(each.judged, each.verdict),
            _state(each),
            each.path.rpartition("/")[2],
        )
        for each in corrections
    )
    page.table(("Id", "At", "Swara", "Verdict", "", "File"), rows, folded=range(2, 6), whole=0)
    if any(not each.confirmed and not each.withdrawn for each in corrections):
        page.line("Used once confirmed, with: swara feedback confirm ID")
    elif any(each.counts for each in corrections):
        page.line("Used from the next: swara rebuild")


def render_checked(checked: Sequence[CheckedCorrection], console: Console) -> None:
    """Print what today's program says of each note that was corrected, and how many it has wrong."""
    page = Page(console)
    if not checked:
        page.line("Nothing was corrected yet.")
        return
    rows = (
        (
            each.correction.id,
            wording.span(each.correction.start_s, each.correction.end_s),
            _wanted(each.correction),
            each.why or _said(each),
            each.answer if each.correction.confirmed else f"{each.answer} (to be confirmed)",
            each.correction.path.rpartition("/")[2],
        )
        for each in checked
    )
    page.table(("Id", "At", "It is", "Said today", "Answer", "File"), rows, folded=range(2, 6), whole=0)
    counts = Counter(each.answer for each in checked)
    page.line(
        f"{counted(len(checked), 'correction')}: {', '.join(f'{n} {each}' for each, n in counts.items())}."
    )


def _wanted(correction: Correction) -> str:
    said = (correction.swara or correction.named, correction.verdict)
    return ", ".join(each for each in said if each)


def _said(checked: CheckedCorrection) -> str:
    return ", ".join(each for each in (checked.named, checked.judged) if each)


def _state(correction: Correction) -> str:
    if correction.withdrawn:
        return "withdrawn"
    return "confirmed" if correction.confirmed else "to be confirmed"
