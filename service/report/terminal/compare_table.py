"""Two takes beside each other on the terminal: what to listen to, and where."""

from __future__ import annotations

from rich.console import Console

from swara.service.compare.comparison import Comparison, FindingKind, Phrase, Span
from swara.service.compare.words import tempo_words
from swara.service.phrases import note_words
from swara.service.report import wording
from swara.service.take.report import TakeReport

from .terminal_page import FAINT, STYLES, Page

__all__ = ["render_comparison"]

_STYLES: dict[FindingKind, str] = {"low": STYLES["low"], "high": STYLES["high"]}


def render_comparison(comparison: Comparison, console: Console) -> None:
    """Print a comparison: the verdict, the phrases, where the two differ, and what is not compared.

    Parameters
    ----------
    comparison : Comparison
        Of a singer's take with a guru's.
    console : Console
        Where to print.
    """
    page = Page(console)
    page.gap()
    page.grid(
        [
            (page.text("Yours", FAINT), _take(comparison.mine)),
            (page.text("Guru's", FAINT), _take(comparison.guru)),
        ]
    )
    page.gap()
    page.line(f"{comparison.verdict}.", "bold")
    if comparison.phrases:
        page.heading("Phrase by phrase")
        rows = [_phrase(each) for each in comparison.phrases]
        headings = ("Phrase", "Yours", "Guru's", "Tempo", "Differs")
        page.table(headings, rows, right=(4,), folded=(0,), spare=(3,))
    if comparison.findings:
        page.heading("Where you leave the guru's line")
        found = [
            (_at(each.mine), page.text(each.words, _STYLES.get(each.kind, "")), _at(each.guru))
            for each in comparison.findings
        ]
        page.table(("Yours", "What", "Guru's"), found, folded=(1,))
    if comparison.stretches:
        page.heading("Not compared")
        rest = [(_at(each.mine), each.words, _at(each.guru)) for each in comparison.stretches]
        page.table(("Yours", "What", "Guru's"), rest, folded=(1,))
    page.remarks(comparison.warnings)


def _take(report: TakeReport) -> str:
    words = f"{report.source}, {report.duration_s:.2f} s"
    if not report.tonic.confidence:
        return words
    return f"{words}; Sa {note_words(report.tonic.name)}, {wording.tonic_words(report.tonic)}"


def _phrase(phrase: Phrase) -> tuple[str, ...]:
    return (
        phrase.notation,
        _at(phrase.mine),
        _at(phrase.guru),
        tempo_words(phrase.slower),
        str(phrase.findings or "-"),
    )


def _at(span: Span) -> str:
    return wording.span(span.start_s, span.end_s) if span.end_s > span.start_s else "-"
