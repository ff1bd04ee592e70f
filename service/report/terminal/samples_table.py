"""Professional samples on the terminal: what is known of them, added, wrong, mended, exported and found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console

from swara.data.recording import Recording
from swara.raga.tonic_names import note_name
from swara.service.phrases import counted, megabytes, percent
from swara.service.report import wording

from .terminal_page import Page

if TYPE_CHECKING:
    from swara.data.sample_corpus.corpus import MoveResult
    from swara.service.samples.edit import EditResult
    from swara.service.samples.edit_table import TableEdit
    from swara.service.samples.export import Exported
    from swara.service.samples.findings import CheckResult
    from swara.service.samples.results import AddResult
    from swara.service.search.notes import SearchResult
    from swara.service.search.phrases import PhraseSearch

__all__ = [
    "render_added",
    "render_check",
    "render_edits",
    "render_exported",
    "render_found",
    "render_mended",
    "render_moved",
    "render_phrases",
    "render_sample",
    "render_samples",
]

_MOST_NOTES = 24
_MOST_FOLDED = 1000
"""A table of more rows would take seconds to lay out."""


def render_samples(recordings: Sequence[Recording], console: Console) -> None:
    """Print a line for each sample."""
    page = Page(console)
    rows = (
        (each.id, each.singer, f"{each.tonic_hz:.1f} Hz", str(len(each.labels)), _file_name(each))
        for each in recordings
    )
    headings = ("Id", "Singer", "Sa", "Notes", "File")
    if len(recordings) > _MOST_FOLDED:
        page.listing(headings, rows, right=(2, 3))
    else:
        page.table(headings, rows, right=(2, 3), folded=(1, 4))
    page.line(f"{counted(len(recordings), 'sample')}, {_labels(recordings)}.")


def render_sample(recording: Recording, console: Console) -> None:
    """Print all that is known of one sample."""
    page = Page(console)
    facts = (("Id", recording.id), ("File", recording.path), *_facts(recording))
    rows = [(name, page.text(value, "bold")) for name, value in facts]
    labels = [(wording.span(label.start_s, label.end_s), label.swara) for label in recording.labels]
    page.table(("", ""), [*rows, *labels], folded=(1,))


def render_added(result: AddResult, console: Console) -> None:
    """Print what became of every file of a batch; nothing is passed over in silence."""
    page = Page(console)
    for trouble in _troubles(result):
        page.warn(trouble)
    for note in _asides(result):
        page.line(f"  {note}")
    page.good(f"{counted(len(result.added), 'recording')} added, {_labels(result.added)}.")
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
    for moved in result.moved:
        yield f"{moved.path}: known from {moved.before}, where it is no more; noted here, labels as they were"
    for duplicate in result.duplicates:
        yield f"{duplicate.path}: the same recording as {duplicate.of}; not added again"
    yield from (f"{path}: no audio by its name; passed over" for path in result.passed_over)
    for left in result.unlabelled:
        off = f"{left.foreign} foreign, {left.off_pitch} off pitch, {left.short} short, {left.unsure} unsure"
        yield f"{left.path}: {counted(left.labelled, 'note')} labelled; left out: {off}"


def render_check(result: CheckResult, console: Console) -> None:
    """Print a row for each finding, where nobody looks a line that programs can take apart, and a sum."""
    page, found = Page(console), result.findings
    if not console.is_terminal:
        for each in found:
            page.unwrapped(f"{each.recording.id} {each.kind} {each.line}")
    elif found:
        rows = ((f.kind, f.recording.id, f"{_file_name(f.recording)}: {f.what}", f.fix) for f in found)
        page.table(("Found", "Sample", "What, where", "Mend"), rows, folded=(2, 3))
    checked = f"{counted(result.recordings, 'sample')}, {counted(result.notes, 'note')} checked"
    if result.ok:
        page.good(f"{checked}: nothing is wrong.")
    else:
        counts = ", ".join(f"{count} {kind}" for kind, count in result.counts.items())
        page.warn(f"{checked}: {len(found)} found ({counts}).")


def render_mended(mended: EditResult, console: Console) -> None:
    """Print what a recording was and what it is now, where the two differ."""
    page, known = Page(console), mended.after.id
    was, now = ((*_facts(each), ("Notes", _notes(each))) for each in (mended.before, mended.after))
    rows = [(*old, new) for old, (_, new) in zip(was, now, strict=True) if old[1] != new]
    if rows:
        page.table((known, "Was", "Is"), rows, folded=(1, 2))
    for remark in mended.remarks:
        page.warn(remark)
    page.line("It counts from the next: swara rebuild" if rows else f"{known} is noted so already.")


def render_edits(edited: TableEdit, console: Console) -> None:
    """Print which rows of a table could not be used, what is odd about what was mended, and how much was."""
    page = Page(console)
    for row in edited.refused:
        page.warn(str(row.error))
    for each in edited.mended:
        for remark in each.remarks:
            page.warn(f"{each.after.id}: {remark}")
    page.good(f"{counted(len(edited.mended), 'sample')} mended, {len(edited.as_before)} noted so before.")
    if edited.mended:
        page.line("It counts from the next: swara rebuild")


def render_moved(results: Sequence[MoveResult], console: Console) -> None:
    """Print which recordings are not in the new place, and how many are."""
    page = Page(console)
    for path in dict.fromkeys(path for result in results for path in result.missing):
        page.warn(f"{path}: not found there; it stays as it is noted")
    count = len({sha256 for result in results for sha256 in result.moved})
    page.good(f"{counted(count, 'recording')} noted in the new place.")


def render_exported(exported: Exported, console: Console) -> None:
    """Print what was written, and how to read it back."""
    page = Page(console)
    written = f"{counted(exported.recordings, 'recording')}, {megabytes(exported.size)}"
    page.good(f"{written}, in {exported.folder}")
    page.line(f"To read them back: swara samples add {exported.folder}")


def render_found(found: SearchResult, console: Console) -> None:
    """Print the note that was meant, what the head hears in it, and the samples nearest to it."""
    page, note, opinion = Page(console), found.note, found.opinion
    for remark in found.warnings:
        page.warn(f"{remark}.")
    page.line(f"{wording.note_span(note)}  {wording.spot_words(note, found.report.raga)}", "bold")
    heard = f"the note head hears {opinion.swara} ({percent(opinion.probability)})"
    words = opinion.reason if opinion.agrees is None and opinion.reason else heard
    page.line(f"{words[:1].upper()}{words[1:]}.")
    if opinion.reason and opinion.reason != words:
        page.line(opinion.reason)
    if not opinion.neighbours:
        page.line("No sample of this swara is known.")
        return
    page.line(f"Nearest, by {opinion.neighbours[0].why}:")
    near = ((f"{each.similarity:.2f}", each.item) for each in opinion.neighbours)
    rows = ((alike, i.recording, wording.span(i.start_s, i.end_s), i.singer) for alike, i in near)
    page.table(("Alike", "Sample", "At", "Singer"), rows, right=(0,), folded=(3,))


def render_phrases(found: PhraseSearch, console: Console) -> None:
    """Print the phrase that was meant, and those of the samples that are nearest to it."""
    page, query = Page(console), found.query
    for remark in found.warnings:
        page.warn(f"{remark}.")
    span = "" if found.tonic is None else f"{wording.span(query.start_s, query.end_s)}  "
    page.line(f"{span}{' '.join(query.swaras)}", "bold")
    if not found.hits:
        return
    sense = found.hits[0].why.partition(": ")[0]
    page.line(f"Nearest of {counted(found.searched, 'phrase')}: who {sense}")
    rows = (
        (
            f"{hit.distance_cents:.0f} c" if hit.voice_similarity is None else f"{hit.voice_similarity:.2f}",
            hit.phrase.recording,
            wording.span(hit.phrase.start_s, hit.phrase.end_s),
            hit.phrase.singer,
            f"{hit.phrase.swaras}: {hit.why.partition(': ')[2]}",
        )
        for hit in found.hits
    )
    off = "Off" if found.by == "melody" else "Alike"
    page.table((off, "Sample", "At", "Singer", "Why"), rows, right=(0,), folded=(3, 4))


def _file_name(recording: Recording) -> str:
    return recording.path.rpartition("/")[2]


def _labels(recordings: Sequence[Recording]) -> str:
    return counted(sum(len(recording.labels) for recording in recordings), "note")


def _facts(recording: Recording) -> tuple[tuple[str, str], ...]:
    return (
        ("Singer", recording.singer + (" (no person)" if recording.synthesized else "")),
        ("Sa", f"{note_name(recording.tonic_hz)}, {recording.tonic_hz:.2f} Hz"),
        ("Raga", recording.raga or "not given"),
        ("Licence", recording.licence),
    )


def _notes(recording: Recording) -> str:
    """Write the swaras in order: ``S R G x2``."""
    runs = [(swara, len(list(run))) for swara, run in groupby(label.swara for label in recording.labels)]
    words = [swara if count == 1 else f"{swara} x{count}" for swara, count in runs]
    more = f" and {len(words) - _MOST_NOTES} more" if len(words) > _MOST_NOTES else ""
    return " ".join(words[:_MOST_NOTES]) + more
