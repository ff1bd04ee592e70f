"""Corpora on the terminal: what was fetched and added, what an index holds, and how it splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from swara.data.corpora.labels import LABELS, Label
from swara.service.phrases import counted, megabytes

from .terminal_page import Page

if TYPE_CHECKING:
    from swara.data.corpora.index import IndexRow
    from swara.data.freesound.download import Estimate, Fetched
    from swara.service.corpora.add import AddedToIndex

__all__ = ["render_added", "render_changed", "render_estimate", "render_fetched", "render_index"]

_TERMS = "Freesound's API is free for non-commercial use only; each sound keeps the licence that it has."


def render_added(result: AddedToIndex, index: Path, console: Console) -> None:
    """Print what became of a folder, with a line for each file that was refused."""
    page = Page(console)
    for remark in result.remarks:
        page.line(f"{remark}.")
    for refused in result.refused:
        page.unwrapped(f"{refused.path}: {refused.line}.")
    known = f", {result.renewed} there already" if result.renewed else ""
    page.line(f"{counted(result.added, 'recording')} added{known}, {len(result.refused)} refused.")
    page.unwrapped(f"{index} holds {len(result.rows)} now. The card: {result.card}")


def render_estimate(estimate: Estimate, originals: bool, console: Console) -> None:
    """Print what fetching would take."""
    page = Page(console)
    where = "" if originals else f", and as many previews as sounds from its CDN, {estimate.sounds}"
    page.line(f"Found {estimate.found}, of which {counted(estimate.sounds, 'sound')} would be fetched.")
    page.line(f"{counted(estimate.requests, 'request')} to the API, {counted(estimate.days, 'day')}{where}.")
    page.line(f"About {megabytes(estimate.bytes)}, as the first page goes. {_TERMS}")


def render_fetched(fetched: Fetched, folder: Path, console: Console) -> None:
    """Print what was fetched, with a line for each sound that failed."""
    page = Page(console)
    for line in fetched.failed:
        page.unwrapped(f"{line}.")
    known, failed = fetched.known, len(fetched.failed)
    page.line(f"{counted(fetched.new, 'sound')} fetched, {known} there already, {failed} failed.")
    page.unwrapped(f"Whom to name: {folder / 'ATTRIBUTION.md'}")
    page.line(_TERMS)


def render_changed(wrong: Mapping[Path, str], number: int, console: Console) -> None:
    """Print which recordings are not what the index says."""
    page = Page(console)
    for path, line in wrong.items():
        page.unwrapped(f"{path}: {line}.")
    if wrong:
        page.warn(f"{len(wrong)} of {counted(number, 'recording')} missing or changed.")
    else:
        page.good(f"{counted(number, 'recording')}, each as it was added.")


def render_index(rows: Sequence[IndexRow], console: Console) -> None:
    """Print the labels, sources and licences of an index, and its folds for each label."""
    page = Page(console)
    hours = sum(row.duration_s for row in rows) / 3600
    page.line(f"{counted(len(rows), 'recording')}, {hours:.2f} hours.")
    for heading, column in (("Corpus", "corpus"), ("Source", "source"), ("Licence", "licence")):
        counts = Counter(getattr(row, column) for row in rows)
        page.table(
            (heading, "Recordings"),
            [(name, str(n)) for name, n in counts.most_common()],
            right=(1,),
            folded=(0,),
        )
    for label in LABELS:
        if any(getattr(row, label) for row in rows):
            _render_label(page, rows, label)


def _render_label(page: Page, rows: Sequence[IndexRow], label: Label) -> None:
    """Print how many recordings and owners each name of a label has, and how many are in each fold."""
    from swara.data.corpora.splits import grouped_folds, labelled
    from swara.data.errors import CorpusError

    named = sorted((row for row in rows if getattr(row, label)), key=lambda row: row.sha256)
    owners = Counter(name for name, _ in {(getattr(row, label), (row.corpus, row.player)) for row in named})
    counts, folds, remarks = Counter(getattr(row, label) for row in named), "", list[str]()
    shares: dict[str, str] = dict.fromkeys(counts, "")
    try:
        named = labelled(rows, label)
        split = grouped_folds(named, label)
    except CorpusError as error:
        remarks.append(str(error))
    else:
        folds = "In each fold"
        for name in counts:
            per = Counter(
                int(n) for row, n in zip(named, split.numbers, strict=True) if getattr(row, label) == name
            )
            shares[name] = " ".join(str(per[n]) for n in range(int(split.numbers.max()) + 1))
        if split.lonely:
            remarks.append(f"One player alone has: {', '.join(split.lonely)}. Learned or tested, never both.")
    cells = [(name, str(n), str(owners[name]), shares[name]) for name, n in counts.most_common()]
    page.table((label.capitalize(), "Recordings", "Players", folds), cells, right=(1, 2), folded=(0,))
    for remark in remarks:
        page.warn(remark)
