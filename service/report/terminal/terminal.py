"""A report on the terminal: readable in 80 columns, without colour, and in ASCII alone."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from swara.data.take import Tonic, Verdict
from swara.service.phrases import percent
from swara.service.report import wording
from swara.service.take.report import TakeReport

from .terminal_page import STYLES, WARNING, Page
from .terminal_tables import show_notes, show_samples, show_swaras
from .timeline import Kind, kind_of, timeline

__all__ = ["render"]

_LIST_ALL_NOTES_S = 15.0
_UNJUDGED: Final[tuple[Kind, ...]] = ("glide", "silence")
_VERDICTS: Final[tuple[Verdict, ...]] = ("perfect", "in tune", "low", "high", "unsure")


def render(report: TakeReport, console: Console) -> None:
    """Print a report.

    Nothing that comes from outside, such as the file's name, is read as markup or as a terminal escape. Where
    `console` can encode ASCII only, nothing else is written.
    """
    page = Page(console)
    _header(report, page)
    if report.tonic.needs_confirmation:
        _confirm_tonic(report.tonic, page)
    page.line(report.verdict, "bold")
    page.gap()
    _timeline(report, page)
    if report.worst:
        _worst(report, page)
    if report.notes and report.duration_s <= _LIST_ALL_NOTES_S:
        show_notes(report, page)
    if report.per_swara:
        show_swaras(report, page)
    if report.opinions:
        show_samples(report, page)
    _warnings(report, page)


def _header(report: TakeReport, page: Page) -> None:
    tonic = report.tonic
    override = wording.how_to_override(tonic)
    sa = f"{tonic.name}  {tonic.hz:.1f} Hz, {wording.how_sure(tonic)}"
    rows = (
        ("Take", f"{report.source}, {report.duration_s:.2f} s", "bold"),
        ("Sa", sa + (f"; if not: {override}" if override else ""), ""),
        ("Raga", wording.raga_words(report), ""),
        ("Tuning", report.tuning, ""),
        ("Judged", wording.threshold_words(report.thresholds), ""),
    )
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, words, style in rows:
        grid.add_row(page.text(label, "bright_black"), page.text(words, style))
    page.gap()
    page.show(grid)
    page.gap()


def _confirm_tonic(tonic: Tonic, page: Page) -> None:
    loud = f"bold black on {WARNING}"
    page.line(" CHECK SA FIRST ", loud)
    page.line(f"Sa {tonic.name} is a guess ({percent(tonic.confidence)} sure), and all below rests on it.")
    page.line(f"If it is right, confirm it:  {wording.tonic_flag(tonic)}", "bold")
    if tonic.runner_up is not None:
        other = tonic.runner_up
        sure = percent(other.confidence)
        page.line(f"Or it is {other.name} ({sure} sure):  {wording.tonic_flag(other)}", "bold")
    page.gap()


def _timeline(report: TakeReport, page: Page) -> None:
    for row in timeline(report.segments, report.duration_s, page.width, page.glyphs):
        blocks = Text()
        for kind, glyphs in row.blocks:
            blocks.append(glyphs, STYLES[kind])
        page.show(blocks)
        if row.letters:
            page.line(row.letters, "bold")
        page.line(row.axis, "bright_black")
    page.gap()
    page.show(_legend(report, page))


def _legend(report: TakeReport, page: Page) -> Text:
    entries = []
    for verdict in _VERDICTS:
        share = report.verdict_shares.get(verdict, 0.0)
        if share > 0:
            entries.append(_key(verdict, f"{verdict} {percent(share)}", page))
    seen = {kind_of(segment) for segment in report.segments}
    entries += [_key(kind, kind, page) for kind in _UNJUDGED if kind in seen]
    legend = Text("   ").join(entries)
    if report.foreign_share > 0:
        outside = percent(report.foreign_share)
        legend.append("\n").append_text(page.text(f"{outside} of the steady singing lay outside the raga."))
    return legend


def _key(kind: Kind, words: str, page: Page) -> Text:
    return Text.assemble((page.glyphs[kind], STYLES[kind]), "\u00a0" if not page.ascii_only else " ", words)


def _worst(report: TakeReport, page: Page) -> None:
    page.heading("Work on these first" if len(report.worst) > 1 else "Work on this first")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for rank, note in enumerate(report.worst, 1):
        words = page.text(wording.spot_words(note, report.raga), STYLES[note.verdict])
        words.append("\n").append_text(page.text(wording.advice(note), "default"))
        grid.add_row(page.text(str(rank)), page.text(wording.span(note.start_s, note.end_s)), words)
    page.show(grid)


def _warnings(report: TakeReport, page: Page) -> None:
    if not report.warnings:
        return
    page.heading("Before you believe it")
    for warning in report.warnings:
        page.line(f"! {warning}", WARNING)
