"""Versions on the terminal: which there are, how each did, what each saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from swara.service.phrases import counted
from swara.service.rebuild.gate import MARGINS
from swara.service.store.manifest import Score
from swara.service.versions.diff import Difference
from swara.service.versions.info import VersionInfo

from .feedback_table import correction_lines
from .terminal_page import STYLES, WARNING, Page

__all__ = ["render_difference", "render_version", "render_versions"]

_MOST_NAMED = 10


def render_versions(versions: Sequence[VersionInfo], troubles: Sequence[str], console: Console) -> None:
    """Print a line for each version, then what is wrong with any, and `troubles` beside them."""
    page = Page(console)
    if versions:
        _list(versions, page)
    else:
        page.line("No version is kept yet. Make one with: swara rebuild")
    for trouble in (*(info.damage for info in versions if info.damage), *troubles):
        _warn(trouble, page)


def _warn(trouble: str, page: Page) -> None:
    """Print what is wrong; where nobody looks in one line, so that a search finds the path in it."""
    if page.console.is_terminal:
        page.line(f"! {trouble}", WARNING)
    else:
        page.console.print(page.text(f"  ! {trouble}"), soft_wrap=True)


def _list(versions: Sequence[VersionInfo], page: Page) -> None:
    columns = [("Version", "left"), ("", "left"), ("Samples", "right"), ("Named", "right"), ("By", "left")]
    table = page.table(columns, folded=(1, 4))
    # An id that was cut short could not be given to another command.
    table.columns[0].min_width = max(len(info.id) for info in versions)
    for info in versions:
        saw = {} if info.manifest is None else info.manifest.metrics.get("learned_from", {})
        cells = (
            info.id,
            info.state,
            str(saw.get("recordings", "-")),
            _share(info.scores.get("naming accuracy")),
            "-" if info.manifest is None else info.manifest.embedder.name,
        )
        table.add_row(*(page.text(cell, STYLES["perfect"] if info.live else "") for cell in cells))
    page.show(table)


def render_version(info: VersionInfo, console: Console) -> None:
    """Print all that is known of one version; what is wrong with it is the caller's to say."""
    page = Page(console)
    page.line(f"{info.id}  {info.state}", "bold")
    if info.manifest is None:
        return
    manifest = info.manifest
    table = page.table([("", "left"), ("", "left")], folded=(1,))
    saw = manifest.metrics.get("learned_from", {})
    facts = (
        ("Made", f"{manifest.made_at} by swara {manifest.code_version}"),
        ("After", manifest.parent or "nothing: it was the first"),
        ("PitchFrames by", f"{manifest.embedder.name} {manifest.embedder.fingerprint}"),
        ("Learned from", _saw(saw)),
        ("Singers", ", ".join(f"{name} {notes}" for name, notes in saw.get("by_singer", {}).items())),
        ("Corpus", manifest.corpus_digest[:16]),
        *((name, _share_of(score)) for name, score in info.scores.items()),
    )
    for name, value in facts:
        table.add_row(page.text(name), page.text(value, "bold"))
    page.show(table)
    if corrections := manifest.metrics.get("corrections"):
        for line in correction_lines(corrections):
            page.line(line)
    for reason in manifest.gate["reasons"]:
        page.line(f"! rejected: {reason}", WARNING)


def render_difference(found: Difference, console: Console) -> None:
    """Print two versions side by side."""
    page = Page(console)
    before, after = found.before, found.after
    page.line(f"Before: {before.id}  {before.state}")
    page.line(f"After:  {after.id}  {after.state}")
    names = [name for name in MARGINS if name in before.scores or name in after.scores]
    table = page.table([("", "left"), ("Before", "right"), ("After", "right"), ("Change", "right")])
    for name in names:
        old, new = found.score_before(name), after.scores.get(name)
        change = "-" if old is None or new is None else f"{new.share - old.share:+.3f}"
        table.add_row(*map(page.text, (name, _share(old), _share(new), change)))
    if names:
        page.show(table)
    parts = (("added", found.added), ("removed", found.removed), ("labelled anew", found.relabelled))
    for word, recordings in parts:
        page.line(f"Recordings {word}: {_named(recordings)}")
    if found.corrected:
        page.line(f"Corrections that only one learned from: {', '.join(found.corrected)}")


def _share(score: Score | None) -> str:
    return "-" if score is None else f"{score.share:.3f}"


def _share_of(score: Score) -> str:
    return f"{_share(score)} of {counted(score.notes, 'note')}"


def _saw(sizes: Mapping[str, Any]) -> str:
    if not sizes:
        return "it was not noted"
    return f"{counted(sizes['recordings'], 'recording')}, {counted(sizes['notes'], 'note')}"


def _named(recordings: Mapping[str, str]) -> str:
    named = [f"{each} ({singer})" for each, singer in list(recordings.items())[:_MOST_NAMED]]
    more = f" and {len(recordings) - _MOST_NAMED} more" if len(recordings) > _MOST_NAMED else ""
    return f"{len(recordings)}" + (f": {', '.join(named)}{more}" if named else "")
