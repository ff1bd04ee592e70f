"""Professional samples on the terminal: what is known, what was added, learned and found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console

from swara.data.recording import Recording
from swara.service.adviser.search import SearchResult
from swara.service.phrases import counted, percent
from swara.service.rebuild.rebuild import RebuildResult
from swara.service.report import wording
from swara.service.samples.results import AddResult

from .feedback_table import correction_lines
from .terminal_page import STYLES, WARNING, Page

__all__ = ["render_added", "render_found", "render_rebuild", "render_sample", "render_samples"]

_MOST_CORRECTIONS = 5
"""Named after a rebuild; ``swara versions show`` and the JSON name all."""


def render_samples(recordings: Sequence[Recording], console: Console) -> None:
    """Print a line for each sample."""
    page = Page(console)
    columns = [("Id", "left"), ("Singer", "left"), ("Sa", "right"), ("Notes", "right"), ("File", "left")]
    table = page.table(columns, folded=(1, 4))
    for recording in recordings:
        cells = (
            recording.id,
            recording.singer,
            f"{recording.tonic_hz:.1f} Hz",
            str(len(recording.labels)),
            recording.path.rpartition("/")[2],
        )
        table.add_row(*map(page.text, cells))
    page.show(table)
    notes = counted(sum(len(recording.labels) for recording in recordings), "note")
    page.line(f"{counted(len(recordings), 'sample')}, {notes}.")


def render_sample(recording: Recording, console: Console) -> None:
    """Print all that is known of one sample."""
    page = Page(console)
    table = page.table([("", "left"), ("", "left")], folded=(1,))
    facts = (
        ("Id", recording.id),
        ("File", recording.path),
        ("Singer", recording.singer + (" (no person)" if recording.synthesized else "")),
        ("Sa", f"{recording.tonic_hz:.2f} Hz"),
        ("Raga", recording.raga or "not given"),
        ("Licence", recording.licence),
    )
    for name, value in facts:
        table.add_row(page.text(name), page.text(value, "bold"))
    for label in recording.labels:
        table.add_row(page.text(wording.span(label.start_s, label.end_s)), page.text(label.swara))
    page.show(table)


def render_added(result: AddResult, console: Console) -> None:
    """Print what became of every file of a batch; nothing is passed over in silence."""
    page = Page(console)
    for trouble in _troubles(result):
        page.line(f"! {trouble}", WARNING)
    for note in _asides(result):
        page.line(f"  {note}")
    notes = counted(sum(len(recording.labels) for recording in result.added), "note")
    page.line(f"{counted(len(result.added), 'recording')} added, {notes}.", STYLES["perfect"])
    if result.added:
        they_count = "It counts" if len(result.added) == 1 else "They count"
        page.line(f"{they_count} from the next: swara rebuild")


def _troubles(result: AddResult) -> Iterator[str]:
    yield from result.remarks
    for conflict in result.conflicts:
        yield f"{conflict.path}, {conflict.start_s:.2f} s: {conflict.line}; not added"
    yield from (failure.line for failure in result.failures)
    yield from (f"{warning.path}: {warning.line}" for warning in result.warnings)


def _asides(result: AddResult) -> Iterator[str]:
    for duplicate in result.duplicates:
        yield f"{duplicate.path}: the same recording as {duplicate.of}; not added again"
    yield from (f"{path}: no audio by its name; passed over" for path in result.passed_over)
    for left in result.unlabelled:
        off = f"{left.foreign} foreign, {left.off_pitch} off pitch, {left.short} short, {left.unsure} unsure"
        yield f"{left.path}: {counted(left.labelled, 'note')} labelled; left out: {off}"


def render_rebuild(result: RebuildResult, console: Console, warnings: Sequence[str] = ()) -> None:
    """Print what a rebuild did, and `warnings` from before it."""
    page = Page(console)
    for warning in (*warnings, *result.warnings):
        page.line(f"! {warning}", WARNING)
    if result.nothing_new:
        page.line(f"Nothing new. Live: {result.version}, heard by {result.embedder}")
        return
    if result.promoted:
        page.line(f"Live: {result.version}, heard by {result.embedder}", STYLES["perfect"])
    else:
        page.line("Rejected:", WARNING)
        for reason in result.reasons:
            page.line(f"  {reason}.", WARNING)
        live = f"Live as before: {result.version}" if result.version else "No version is live"
        page.line(f"{live}; kept: {result.candidate}")
        page.line(f"To look into it: swara versions show {result.candidate}")
        page.line(f"To have it live all the same: swara versions promote {result.candidate}")
    for name, score in result.gate.get("scores", {}).items():
        page.line(f"{name}: {score['share']:.3f} of {counted(score['notes'], 'note')}")
    if corrections := result.metrics.get("corrections"):
        for line in correction_lines(corrections, most=_MOST_CORRECTIONS):
            page.line(line)
    embedded = counted(result.embedded, "recording")
    page.line(f"{embedded} embedded, {result.from_cache} known from before.")
    total_s = sum(result.seconds.values())
    page.line(f"{total_s:.1f} s: " + ", ".join(f"{name} {s:.1f}" for name, s in result.seconds.items()))


def render_found(found: SearchResult, console: Console) -> None:
    """Print the note that was meant, what the head hears in it, and the samples nearest to it."""
    page = Page(console)
    note, opinion = found.note, found.opinion
    for remark in found.warnings:
        page.line(f"! {remark}.", WARNING)
    page.line(
        f"{wording.span(note.start_s, note.end_s)}  {wording.spot_words(note, found.report.raga)}", "bold"
    )
    page.line(f"The head hears {opinion.swara} ({percent(opinion.probability)}).")
    if opinion.reason:
        page.line(opinion.reason)
    if not opinion.neighbours:
        page.line("No sample of this swara is known.")
        return
    page.line(f"Nearest, by {opinion.neighbours[0].why}:")
    columns = [("Alike", "right"), ("Sample", "left"), ("At", "left"), ("Singer", "left")]
    table = page.table(columns, folded=(3,))
    for near in opinion.neighbours:
        item = near.item
        cells = (
            f"{near.similarity:.2f}",
            item.recording,
            wording.span(item.start_s, item.end_s),
            item.singer,
        )
        table.add_row(*map(page.text, cells))
    page.show(table)
