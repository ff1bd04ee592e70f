"""Versions on the terminal: which there are, how each did, what each saw, and what a rebuild made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from swara.service.phrases import counted
from swara.service.store.manifest import MACRO_F1, NO_EMBEDDER

from .feedback_table import correction_lines
from .terminal_page import STYLES, WARNING, Page

if TYPE_CHECKING:
    from swara.service.rebuild.rebuild import RebuildResult
    from swara.service.store.manifest import Manifest, Score
    from swara.service.versions.diff import Difference
    from swara.service.versions.info import VersionInfo

__all__ = ["render_difference", "render_rebuild", "render_version", "render_versions"]

_MOST_NAMED = 10
_MOST_CORRECTIONS = 5
"""Named after a rebuild; ``swara versions show`` and the JSON name all."""


def render_versions(
    versions: Sequence[VersionInfo], troubles: Sequence[str], console: Console, made_by: str = "swara rebuild"
) -> None:
    """Print a line for each version, then what is wrong with any, and `troubles` beside them.

    Where there is none, it says that the command `made_by` makes one.
    """
    page = Page(console)
    measured = {name for info in versions for name in info.scores}
    named = ("Macro F1",) if MACRO_F1 in measured else ("Named", "By")
    if versions:
        live = STYLES["perfect"]
        rows = ([page.text(cell, live if info.live else "") for cell in _cells(info)] for info in versions)
        heads = ("Version", "", "Samples", *named)
        rows = (row[: len(heads)] for row in rows)
        page.table(heads, rows, right=(2, 3), folded=(1, 4)[: len(named)], whole=0)
    else:
        page.line(f"No version is kept yet. Make one with: {made_by}")
    warn = page.warn if console.is_terminal else lambda trouble: page.unwrapped(f"  ! {trouble}")
    for trouble in (*(info.damage for info in versions if info.damage), *troubles):
        warn(trouble)


def _cells(info: VersionInfo) -> Sequence[str]:
    manifest = info.manifest
    named = _share(info.scores.get("naming accuracy", info.scores.get(MACRO_F1)))
    if manifest is None:
        return info.id, info.state, "-", named, "-"
    saw = manifest.metrics.get("learned_from", {})
    return info.id, info.state, str(saw.get("recordings", "-")), named, manifest.embedder.name


def render_version(info: VersionInfo, console: Console) -> None:
    """Print all that is known of one version; what is wrong with it is the caller's to say."""
    page, manifest = Page(console), info.manifest
    page.line(f"{info.id}  {info.state}", "bold")
    if manifest is None:
        return
    saw = manifest.metrics.get("learned_from", {})
    facts = (
        ("Made", f"{manifest.made_at} by swara {manifest.code_version}"),
        ("After", manifest.parent or "nothing: it was the first"),
        *_heard_by(manifest),
        ("Learned from", _saw(saw)),
        ("Singers", ", ".join(f"{name} {notes}" for name, notes in saw.get("by_singer", {}).items())),
        ("Corpus", manifest.corpus_digest[:16]),
        *_scores(info),
    )
    page.table(("", ""), ((name, page.text(value, "bold")) for name, value in facts), folded=(1,))
    for line in correction_lines(manifest.metrics.get("corrections")):
        page.line(line)
    if manifest.made_before is not None:
        page.warn(f"{manifest.made_before[0].upper()}{manifest.made_before[1:]}")
    for reason in manifest.gate["reasons"]:
        page.warn(f"rejected: {reason}")


def _heard_by(manifest: Manifest) -> list[tuple[str, str]]:
    made_by = manifest.embedder
    return [] if made_by == NO_EMBEDDER else [("Heard by", f"{made_by.name} {made_by.fingerprint}")]


def _scores(info: VersionInfo) -> list[tuple[str, str]]:
    held_out = {} if info.manifest is None else info.manifest.metrics.get("held_out", {})
    if not held_out:
        return [(name, _share_of(name, score.share, score.notes)) for name, score in info.scores.items()]
    asked = f"of {counted(held_out['recordings'], 'recording')} held out"
    return [(name, f"{_share(score)} {asked}") for name, score in info.scores.items()]


def render_difference(found: Difference, console: Console) -> None:
    """Print two versions side by side."""
    from swara.service.rebuild.gate import MARGINS

    page, before, after = Page(console), found.before, found.after
    page.line(f"Before: {before.id}  {before.state}")
    page.line(f"After:  {after.id}  {after.state}")
    rows = []
    for name in (name for name in MARGINS if name in before.scores or name in after.scores):
        old, new = found.score_before(name), after.scores.get(name)
        change = "-" if old is None or new is None else f"{new.share - old.share:+.3f}"
        rows.append((name, _share(old), _share(new), change))
    if rows:
        page.table(("", "Before", "After", "Change"), rows, right=(1, 2, 3))
    parts = (("added", found.added), ("removed", found.removed), ("labelled anew", found.relabelled))
    for word, recordings in parts:
        page.line(f"Recordings {word}: {_named(recordings)}")
    if found.corrected:
        page.line(f"Corrections that only one learned from: {', '.join(found.corrected)}")


def render_rebuild(result: RebuildResult, console: Console, warnings: Sequence[str] = ()) -> None:
    """Print what a rebuild did, and `warnings` from before it."""
    page = Page(console)
    for warning in (*warnings, *result.warnings):
        page.warn(warning)
    live = f"Live: {result.version}, heard by {result.embedder}"
    if result.nothing_new:
        page.line(f"Nothing new. {live}")
        return
    if result.promoted:
        page.good(live)
    else:
        _rejected(result, page)
    for name, score in result.gate.get("scores", {}).items():
        page.line(f"{name}: {_share_of(name, score['share'], score['notes'])}")
    for line in correction_lines(result.metrics.get("corrections"), most=_MOST_CORRECTIONS):
        page.line(line)
    page.line(f"{counted(result.embedded, 'recording')} embedded, {result.from_cache} known from before.")
    stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in result.seconds.items())
    page.line(f"{sum(result.seconds.values()):.1f} s: {stages}")


def _rejected(result: RebuildResult, page: Page) -> None:
    page.line("Rejected:", WARNING)
    for reason in result.reasons:
        page.line(f"  {reason}.", WARNING)
    live = f"Live as before: {result.version}" if result.version else "No version is live"
    page.line(f"{live}; kept: {result.candidate}")
    page.line(f"To look into it: swara versions show {result.candidate}")
    page.line(f"To have it live all the same: swara versions promote {result.candidate}")


def _share(score: Score | None) -> str:
    return "-" if score is None else f"{score.share:.3f}"


def _share_of(name: str, share: float, asked: int) -> str:
    return f"{share:.3f} of {counted(asked, 'phrase' if name.startswith('phrases') else 'note')}"


def _saw(sizes: Mapping[str, Any]) -> str:
    if not sizes:
        return "it was not noted"
    notes = f", {counted(sizes['notes'], 'note')}" if "notes" in sizes else ""
    return f"{counted(sizes['recordings'], 'recording')}{notes}"


def _named(recordings: Mapping[str, str]) -> str:
    named = [f"{each} ({singer})" for each, singer in list(recordings.items())[:_MOST_NAMED]]
    more = f" and {len(recordings) - _MOST_NAMED} more" if len(recordings) > _MOST_NAMED else ""
    return f"{len(recordings)}" + (f": {', '.join(named)}{more}" if named else "")
