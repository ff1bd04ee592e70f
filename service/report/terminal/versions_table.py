"""Versions on the terminal: which there are, how each did, what each saw, and what a rebuild made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from swara.service.phrases import counted

from .feedback_table import correction_lines
from .terminal_page import STYLES, WARNING, Page

if TYPE_CHECKING:
    from swara.service.rebuild.rebuild import RebuildResult
    from swara.service.store.manifest import Score
    from swara.service.versions.diff import Difference
    from swara.service.versions.info import VersionInfo

__all__ = ["render_difference", "render_rebuild", "render_version", "render_versions"]

_MOST_NAMED = 10
_MOST_CORRECTIONS = 5
"""Named after a rebuild; ``swara versions show`` and the JSON name all."""


def render_versions(versions: Sequence[VersionInfo], troubles: Sequence[str], console: Console) -> None:
    """Print a line for each version, then what is wrong with any, and `troubles` beside them."""
    page = Page(console)
    if versions:
        live = STYLES["perfect"]
        rows = ([page.text(cell, live if info.live else "") for cell in _cells(info)] for info in versions)
        page.table(("Version", "", "Samples", "Named", "By"), rows, right=(2, 3), folded=(1, 4), whole=0)
    else:
        page.line("No version is kept yet. Make one with: swara rebuild")
    warn = page.warn if console.is_terminal else lambda trouble: page.unwrapped(f"  ! {trouble}")
    for trouble in (*(info.damage for info in versions if info.damage), *troubles):
        warn(trouble)


def _cells(info: VersionInfo) -> Sequence[str]:
    manifest, named = info.manifest, _share(info.scores.get("naming accuracy"))
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
        ("Heard by", f"{manifest.embedder.name} {manifest.embedder.fingerprint}"),
        ("Learned from", _saw(saw)),
        ("Singers", ", ".join(f"{name} {notes}" for name, notes in saw.get("by_singer", {}).items())),
        ("Corpus", manifest.corpus_digest[:16]),
        *((name, _share_of(score.share, score.notes)) for name, score in info.scores.items()),
    )
    page.table(("", ""), ((name, page.text(value, "bold")) for name, value in facts), folded=(1,))
    for line in correction_lines(manifest.metrics.get("corrections")):
        page.line(line)
    for reason in manifest.gate["reasons"]:
        page.warn(f"rejected: {reason}")


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
        page.line(f"{name}: {_share_of(score['share'], score['notes'])}")
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


def _share_of(share: float, notes: int) -> str:
    return f"{share:.3f} of {counted(notes, 'note')}"


def _saw(sizes: Mapping[str, Any]) -> str:
    if not sizes:
        return "it was not noted"
    return f"{counted(sizes['recordings'], 'recording')}, {counted(sizes['notes'], 'note')}"


def _named(recordings: Mapping[str, str]) -> str:
    named = [f"{each} ({singer})" for each, singer in list(recordings.items())[:_MOST_NAMED]]
    more = f" and {len(recordings) - _MOST_NAMED} more" if len(recordings) > _MOST_NAMED else ""
    return f"{len(recordings)}" + (f": {', '.join(named)}{more}" if named else "")
