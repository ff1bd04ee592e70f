"""The care of the samples on the terminal: what is wrong with them, what was mended, what was exported."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.console import Console

from swara.data.recording import Recording
from swara.raga.tonic_names import note_name
from swara.service.phrases import counted
from swara.service.samples.edit import EditResult
from swara.service.samples.export import Exported
from swara.service.samples.findings import CheckResult

from .terminal_page import STYLES, WARNING, Page

__all__ = ["render_check", "render_exported", "render_mended"]

_MOST_NOTES = 24


def render_check(result: CheckResult, console: Console) -> None:
    """Print a row for each finding, where nobody looks a line that programs can take apart, and a sum."""
    page = Page(console)
    if not console.is_terminal:
        for found in result.findings:
            console.print(page.text(f"{found.recording.id} {found.kind} {found.line}"), soft_wrap=True)
    elif result.findings:
        columns = [("Found", "left"), ("Sample", "left"), ("What, where", "left"), ("Mend", "left")]
        table = page.table(columns, folded=(2, 3))
        for found in result.findings:
            name = found.recording.path.rpartition("/")[2]
            cells = (found.kind, found.recording.id, f"{name}: {found.what}", found.fix)
            table.add_row(*map(page.text, cells))
        page.show(table)
    samples, notes = counted(result.recordings, "sample"), counted(result.notes, "note")
    checked = f"{samples}, {notes} checked"
    if result.ok:
        page.line(f"{checked}: nothing is wrong.", STYLES["perfect"])
        return
    counts = ", ".join(f"{count} {kind}" for kind, count in result.counts.items())
    page.line(f"! {checked}: {len(result.findings)} found ({counts}).", WARNING)


def render_mended(mended: EditResult, console: Console) -> None:
    """Print what a recording was and what it is now, where the two differ."""
    page = Page(console)
    rows = [
        (name, was, now)
        for (name, was), (_, now) in zip(_facts(mended.before), _facts(mended.after), strict=True)
        if was != now
    ]
    if rows:
        table = page.table([(mended.after.id, "left"), ("Was", "left"), ("Is", "left")], folded=(1, 2))
        for row in rows:
            table.add_row(*map(page.text, row))
        page.show(table)
    for remark in mended.remarks:
        page.line(f"! {remark}", WARNING)
    words = "It counts from the next: swara rebuild" if rows else f"{mended.after.id} is noted so already."
    page.line(words)


def render_exported(exported: Exported, console: Console) -> None:
    """Print what was written, and how to read it back."""
    page = Page(console)
    size = f"{exported.size / 1e6:.1f} MB"
    page.line(f"{counted(exported.recordings, 'recording')}, {size}, in {exported.folder}", STYLES["perfect"])
    page.line(f"To read them back: swara samples add {exported.folder}")


def _facts(recording: Recording) -> Iterator[tuple[str, str]]:
    yield "Singer", recording.singer
    yield "Sa", f"{note_name(recording.tonic_hz)}, {recording.tonic_hz:.2f} Hz"
    yield "Raga", recording.raga or "not given"
    yield "Licence", recording.licence
    yield "Notes", _notes(recording)


def _notes(recording: Recording) -> str:
    """Write the swaras in order: ``S R G x2``."""
    runs = [(swara, len(list(run))) for swara, run in groupby(label.swara for label in recording.labels)]
    words = [swara if count == 1 else f"{swara} x{count}" for swara, count in runs]
    more = f" and {len(words) - _MOST_NOTES} more" if len(words) > _MOST_NOTES else ""
    return " ".join(words[:_MOST_NOTES]) + more
