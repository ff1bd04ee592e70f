"""The machine on the terminal: what works on it, and what is kept so that it need not be computed again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text

from swara.service.phrases import counted, megabytes

from .terminal_page import FAINT, WARNING, Page

if TYPE_CHECKING:
    from swara.service.doctor.doctor import Check, State
    from swara.service.store.usage import CacheShare, Pruned

__all__ = ["render_cache", "render_doctor", "render_pruned"]

_SIGNS: Final[Mapping[State, tuple[str, str, str]]] = MappingProxyType(
    {
        "ok": ("✓", "+", "#00b386"),
        "missing": ("○", "o", FAINT),
        "broken": ("✗", "x", f"bold {WARNING}"),
    }
)
"""Glyph, glyph in ASCII, and style."""


def render_doctor(checks: Iterable[Check], console: Console) -> None:
    """Print one line for each check, below them what is to be done, and a sentence that sums it up."""
    page, checks = Page(console), tuple(checks)

    def cells(check: Check) -> Sequence[Text]:
        glyph, ascii_glyph, style = _SIGNS[check.state]
        sign = page.text(ascii_glyph if page.ascii_only else glyph, style)
        return sign, page.text(check.state, style), page.text(check.name), page.text(check.detail)

    page.grid([cells(check) for check in checks])
    page.gap()
    for check in checks:
        if check.fix is not None:
            page.unwrapped(f"  {check.name}: {check.fix}", "bold" if check.state == "broken" else FAINT)
    page.gap()
    page.line(_summary(checks), "bold")


def _summary(checks: Sequence[Check]) -> str:
    if broken := [check.name for check in checks if check.state == "broken"]:
        return f"Not ready: {', '.join(broken)}."
    missing = sum(check.state == "missing" for check in checks)
    optional = {0: "", 1: " One optional thing is missing."}.get(
        missing, f" {missing} optional things are missing."
    )
    return f"Ready to analyze a take.{optional}"


def render_cache(
    folder: Path, shares: Sequence[CacheShare], console: Console, *, checked: bool = True
) -> None:
    """Print a line for each embedder and tracker, and the sum; `checked` where every entry was read."""
    page = Page(console)
    page.line(str(folder))
    if not shares:
        page.line("Nothing is kept yet.")
        return
    rows = []
    for share in shares:
        sizes = str(share.entries), _size(share.size), str(share.damaged or "-")
        state = "recent" if share.kind == "takes" else "live" if share.live else "not in use"
        cells = (
            share.kind,
            share.name or ("analyze" if share.kind == "takes" else "unknown"),
            share.fingerprint,
            *sizes,
            state,
        )
        rows.append([page.text(cell, FAINT if state == "not in use" else "") for cell in cells])
    harm = "Damaged" if checked else "Cut short"
    page.table(("Kept", "By", "Fingerprint", "Entries", "Size", harm, ""), rows, right=(3, 4, 5))
    page.line(f"{_entries(sum(s.entries for s in shares), sum(s.size for s in shares))}.")
    if any(share.kind == "takes" for share in shares):
        page.line("Of takes, pitch, notes and embeddings are kept, and no sound.")
    if any(share.damaged for share in shares):
        page.warn("What is damaged is computed again when it is needed.")
    if any(share.damaged or (not share.live and share.kind != "takes") for share in shares):
        page.line("To remove what is damaged or not in use: swara cache prune")


def render_pruned(pruned: Pruned, console: Console) -> None:
    """Print what was removed, what is left, and what could not be removed."""
    page, outdated, damaged, left = Page(console), pruned.outdated, pruned.damaged, pruned.left
    removed = [_entries(outdated.entries, outdated.size)] if outdated.entries else []
    removed += [f"{_entries(damaged.entries, damaged.size)}, damaged"] if damaged.entries else []
    page.good(f"Removed: {'; '.join(removed) or 'nothing'}.")
    page.line(f"Left: {_entries(left.entries, left.size)}.")
    if pruned.stuck:
        page.warn(f"{counted(pruned.stuck, 'entry', 'entries')} could not be removed; may you write there?")


def _entries(entries: int, size_bytes: int) -> str:
    return f"{counted(entries, 'entry', 'entries')}, {_size(size_bytes)}"


def _size(size_bytes: int) -> str:
    """Say a number of bytes in three digits or so."""
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1e3:.1f} kB"
    return megabytes(size_bytes) if size_bytes < 1_000_000_000 else f"{size_bytes / 1e9:.1f} GB"
