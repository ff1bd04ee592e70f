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

from .terminal_page import FAINT, STYLES, WARNING, Cell, Page
from .timeline import Kind, kind_of, timeline

__all__ = ["render"]

_UNJUDGED: Final[tuple[Kind, ...]] = ("touched", "glide", "silence")
_BAR_CELLS = 10
_SPANS_APART = 50
"""Characters that a line must have for the times to stand in a column of their own."""


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
    if (good := wording.praise(report)) is not None:
        page.line(good)
    page.gap()
    _timeline(report, page)
    if report.worst:
        _worst(report, page)
    if report.notes and report.duration_s <= wording.SHORT_S:
        _notes(report, page)
    if report.per_swara:
        _swaras(report, page)
    if report.grammar:
        page.heading("The raga")
        for remark in report.grammar:
            page.line(f"{remark.text}.")
    _samples(report, page)
    page.remarks([each for each in report.warnings if each != report.raga_doubt])


def _header(report: TakeReport, page: Page) -> None:
    tonic = report.tonic
    if report.raga_doubt is not None:
        page.gap()
        page.line(" CHECK THE RAGA FIRST ", f"bold black on {WARNING}")
        page.line(f"{report.raga_doubt}.", "bold")
    override = wording.how_to_override(tonic)
    sa = f"{wording.note_words(tonic.name)}  {wording.tonic_words(tonic)}" + (
        f"; if not: {override}" if override else ""
    )
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
        what = filter(None, (wording.spot_words(note, report.raga), wording.often_words(report, note)))
        spot = page.text("; ".join(what), STYLES[note.verdict])
        advice = wording.advice(note) if wide else f"{wording.note_span(note)}: {wording.advice(note)}"
        return spot.append("\n").append_text(page.text(advice, "default"))

    page.heading("Work on these first" if len(report.worst) > 1 else "Work on this first")
    wide = page.width >= _SPANS_APART
    rows: list[tuple[Cell, ...]] = []
    for rank, note in enumerate(report.worst, 1):
        rows.append((str(rank), *([wording.note_span(note)] if wide else []), words(note)))
    page.grid(rows)


def _notes(report: TakeReport, page: Page) -> None:
    def cells(note: Note, opinion: NoteOpinion | None) -> Sequence[str | Text]:
        verdict = f"{page.glyphs[note.verdict]} {wording.verdict_words(note)}"
        return (
            wording.note_span(note),
            wording.swara_in_saptak(*note.called),
            wording.cents_cell(note),
            wording.wavers(note.steadiness_cents),
            *(() if opinion is None else (wording.head_words(opinion),)),
            page.text(verdict, STYLES[note.verdict]),
        )

    page.heading("Every note")
    heard = ("Head hears",) if report.opinions else ()
    headings = ("Time", "Swara", "Cents off", "Wavers", *heard, "Verdict")
    rows = [cells(*pair) for pair in zip_longest(report.notes, report.opinions)]
    last = len(headings) - 1
    page.table(headings, rows, right=(2, 3), folded=(1, last), spare=(*range(4, last), 3, 0, 2))
    for note, opinion in zip(report.notes, report.opinions, strict=False):
        if opinion.agrees is False:
            page.line(f"{wording.note_span(note)} is unsure: {wording.doubt_words(note, opinion)}.")


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
            bar,
            percent(stats.in_tune_share),
        )

    page.heading("Swara by swara")
    headings = ("Swara", "Notes", "Sung", "How far off", "Wavers", "", "In tune")
    rows = map(cells, report.per_swara)
    page.table(headings, rows, right=(1, 2, 4, 6), folded=(0,), spare=(5, 4, 1, 2, 3))
    if report.drift is not None:
        page.gap()
        page.line(wording.drift_words(report.drift))


def _samples(report: TakeReport, page: Page) -> None:
    near = nearest_samples(report)
    rows = [
        (
            wording.swara_in_saptak(note.raga_swara, note.raga_saptak),
            f"{wording.target_hz(note, report.tonic):.1f} Hz",
            wording.note_span(note),
            wording.sample_words(each.item),
        )
        for note, each in near
    ]
    if rows:
        page.heading("What it should sound like")
        headings = ("Swara", "On your Sa", "Yours", "Nearest voice")
        page.table(headings, rows, right=(1,), folded=(0, 3), spare=(2, 1))
        page.line(f"To hear one: swara search TAKE --at {near[0][0].start_s:.1f} --clips FOLDER")
