"""The tables of a report on the terminal: every note, and every swara."""

from __future__ import annotations

from itertools import zip_longest

from rich.text import Text

from swara.data.take import Note
from swara.service.phrases import percent
from swara.service.report import wording
from swara.service.take.report import NoteOpinion, SwaraStats, TakeReport
from swara.service.take.summary import nearest_samples

from .terminal_page import STYLES, Page

__all__ = ["show_notes", "show_samples", "show_swaras"]

_BAR_CELLS = 10


def show_notes(report: TakeReport, page: Page) -> None:
    """Print a line for each note."""
    page.heading("Every note")
    columns = [("Time", "left"), ("Swara", "left"), ("Cents off", "right"), ("Wavers", "right")]
    heard = [("Head hears", "left")] if report.opinions else []
    every = [*columns, *heard, ("Verdict", "left")]
    table = page.table(every, folded=(1, len(every) - 1))
    for note, opinion in zip_longest(report.notes, report.opinions):
        table.add_row(*_note_cells(note, opinion, page))
    page.show(table)
    for note, opinion in zip(report.notes, report.opinions, strict=False):
        if opinion.agrees is False:
            page.line(f"{wording.span(note.start_s, note.end_s)} is unsure: {opinion.reason}.")


def _note_cells(note: Note, opinion: NoteOpinion | None, page: Page) -> list[Text]:
    name = wording.swara_in_saptak(note.swara, note.saptak)
    verdict = f"{page.glyphs[note.verdict]} {note.verdict}"
    if note.foreign:
        verdict += f"; not in the raga, near {note.raga_swara}"
    words = (
        wording.span(note.start_s, note.end_s),
        name,
        wording.cents_cell(note),
        f"±{note.steadiness_cents:.0f}",
    )
    heard = () if opinion is None else (wording.head_words(opinion),)
    return [*map(page.text, (*words, *heard)), page.text(verdict, STYLES[note.verdict])]


def show_swaras(report: TakeReport, page: Page) -> None:
    """Print a line for each swara, bias and steadiness apart, and the drift of Sa."""
    page.heading("Swara by swara")
    columns = [("Swara", "left"), ("Notes", "right"), ("Sung", "right"), ("How far off", "left")]
    table = page.table([*columns, ("Wavers", "right"), ("In tune", "left")])
    for stats in report.per_swara:
        table.add_row(*map(page.text, _swara_cells(stats, page)))
    page.show(table)
    page.gap()
    page.line(wording.drift_words(report.drift))


def show_samples(report: TakeReport, page: Page) -> None:
    """Print the nearest professional sample for each swara of the take, for the note furthest off in it."""
    nearest = nearest_samples(report)
    if not nearest:
        return
    page.heading("What it should sound like")
    columns = [("Note", "left"), ("Swara", "left"), ("Nearest sample", "left"), ("At", "left")]
    table = page.table([*columns, ("Alike", "right")], folded=(2,))
    for note, near in nearest:
        cells = (
            wording.span(note.start_s, note.end_s),
            near.item.swara,
            f"{near.item.recording}, {near.item.singer}",
            wording.tick_label(round(near.item.start_s, 2)),
            f"{near.similarity:.2f}",
        )
        table.add_row(*map(page.text, cells))
    page.show(table)


def _swara_cells(stats: SwaraStats, page: Page) -> tuple[str, ...]:
    full, empty = ("#", ".") if page.ascii_only else ("█", "░")
    filled = round(stats.in_tune_share * _BAR_CELLS)
    bar = full * filled + empty * (_BAR_CELLS - filled)
    return (
        wording.swara_in_saptak(stats.swara, stats.saptak),
        str(stats.notes),
        f"{stats.duration_s:.1f} s",
        wording.how_off(stats.bias_cents),
        f"±{stats.steadiness_cents:.0f}",
        f"{bar} {percent(stats.in_tune_share)}",
    )
