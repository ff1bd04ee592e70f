"""A report on the terminal: readable in 80 columns, without colour, and in ASCII alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

from rich.console import Console
from rich.text import Text

from swara.data.take import Note, Tonic
from swara.service.phrases import percent
from swara.service.report import wording
from swara.service.take.report import NoteOpinion, SwaraStats, TakeReport
from swara.service.take.summary import nearest_samples

from .terminal_page import FAINT, STYLES, WARNING, Page
from .timeline import Kind, kind_of, timeline

__all__ = ["render"]

_UNJUDGED: Final[tuple[Kind, ...]] = ("touched", "glide", "silence")
_BAR_CELLS = 10


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
    if report.notes and report.duration_s <= wording.SHORT_S:
        _notes(report, page)
    if report.per_swara:
        _swaras(report, page)
    _samples(report, page)
    if report.warnings:
        page.heading("Before you believe it")
        for warning in report.warnings:
            page.warn(warning)


def _header(report: TakeReport, page: Page) -> None:
    tonic = report.tonic
    override = wording.how_to_override(tonic)
    sa = f"{tonic.name}  {wording.tonic_words(tonic)}" + (f"; if not: {override}" if override else "")
    rows = (
        ("Take", page.text(f"{report.source}, {report.duration_s:.2f} s", "bold")),
        ("Sa", sa),
        ("Raga", wording.raga_words(report)),
        ("Tuning", report.tuning),
        ("Judged", wording.threshold_words(report.thresholds)),
    )
    page.gap()
    page.grid([(page.text(label, FAINT), words) for label, words in rows])
    page.gap()


def _confirm_tonic(tonic: Tonic, page: Page) -> None:
    guess, ways = wording.guessed_tonic(tonic)
    page.line(" CHECK SA FIRST ", f"bold black on {WARNING}")
    page.line(guess)
    for words, flag in ways:
        page.line(f"{words}  {flag}", "bold")
    page.gap()


def _timeline(report: TakeReport, page: Page) -> None:
    for row in timeline(report.segments, report.duration_s, page.width, page.glyphs):
        page.show(Text.assemble(*((glyphs, STYLES[kind]) for kind, glyphs in row.blocks)))
        if row.letters:
            page.line(row.letters, "bold")
        page.line(row.axis, FAINT)
    page.gap()
    page.show(_legend(report, page))


def _legend(report: TakeReport, page: Page) -> Text:
    seen = {kind_of(segment) for segment in report.segments}
    entries: list[tuple[Kind, str]] = [*wording.share_words(report)]
    entries += [(kind, kind) for kind in _UNJUDGED if kind in seen]
    space = " " if page.ascii_only else "\N{NO-BREAK SPACE}"
    keys = (Text.assemble((page.glyphs[kind], STYLES[kind]), space, words) for kind, words in entries)
    legend = Text("   ").join(keys)
    if report.foreign_share > 0:
        legend.append(f"\n{percent(report.foreign_share)} of the steady singing lay outside the raga.")
    return legend


def _worst(report: TakeReport, page: Page) -> None:
    def words(note: Note) -> Text:
        spot = page.text(wording.spot_words(note, report.raga), STYLES[note.verdict])
        return spot.append("\n").append_text(page.text(wording.advice(note), "default"))

    page.heading("Work on these first" if len(report.worst) > 1 else "Work on this first")
    worst = enumerate(report.worst, 1)
    page.grid([(str(rank), wording.note_span(note), words(note)) for rank, note in worst])


def _notes(report: TakeReport, page: Page) -> None:
    def cells(note: Note, opinion: NoteOpinion | None) -> Sequence[str | Text]:
        verdict = f"{page.glyphs[note.verdict]} {wording.verdict_words(note)}"
        return (
            wording.note_span(note),
            wording.swara_in_saptak(note.swara, note.saptak),
            wording.cents_cell(note),
            wording.wavers(note.steadiness_cents),
            *(() if opinion is None else (wording.head_words(opinion),)),
            page.text(verdict, STYLES[note.verdict]),
        )

    page.heading("Every note")
    heard = ("Head hears",) if report.opinions else ()
    headings = ("Time", "Swara", "Cents off", "Wavers", *heard, "Verdict")
    rows = [cells(*pair) for pair in zip_longest(report.notes, report.opinions)]
    page.table(headings, rows, right=(2, 3), folded=(1, len(headings) - 1))
    for note, opinion in zip(report.notes, report.opinions, strict=False):
        if opinion.agrees is False:
            page.line(f"{wording.note_span(note)} is unsure: {opinion.reason}.")


def _swaras(report: TakeReport, page: Page) -> None:
    full, empty = ("#", ".") if page.ascii_only else ("█", "░")

    def cells(stats: SwaraStats) -> Sequence[str]:
        filled = round(stats.in_tune_share * _BAR_CELLS)
        bar = full * filled + empty * (_BAR_CELLS - filled)
        return (
            wording.swara_in_saptak(stats.swara, stats.saptak),
            str(stats.notes),
            f"{stats.duration_s:.1f} s",
            wording.how_off(stats.bias_cents),
            wording.wavers(stats.steadiness_cents),
            f"{bar} {percent(stats.in_tune_share)}",
        )

    page.heading("Swara by swara")
    headings = ("Swara", "Notes", "Sung", "How far off", "Wavers", "In tune")
    page.table(headings, map(cells, report.per_swara), right=(1, 2, 4))
    page.gap()
    page.line(wording.drift_words(report.drift))


def _samples(report: TakeReport, page: Page) -> None:
    rows = [
        (
            wording.note_span(note),
            near.item.swara,
            f"{near.item.recording}, {near.item.singer}",
            wording.tick_label(round(near.item.start_s, 2)),
            f"{near.similarity:.2f}",
        )
        for note, near in nearest_samples(report)
    ]
    if rows:
        page.heading("What it should sound like")
        page.table(("Note", "Swara", "Nearest sample", "At", "Alike"), rows, right=(4,), folded=(2,))
