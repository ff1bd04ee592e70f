"""The cache on the terminal: what is in it, and what was removed from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from swara.data.storage.npz import CacheInfo
from swara.service.store.usage import CacheShare, Pruned

from .terminal_page import STYLES, WARNING, Page

__all__ = ["render_cache", "render_pruned"]

_COLUMNS = (
    ("Kept", "left"),
    ("By", "left"),
    ("Fingerprint", "left"),
    ("Entries", "right"),
    ("Size", "right"),
    ("Damaged", "right"),
    ("", "left"),
)


def render_cache(folder: Path, shares: Sequence[CacheShare], console: Console) -> None:
    """Print a line for each embedder and tracker, and the sum."""
    page = Page(console)
    page.line(str(folder))
    if not shares:
        page.line("Nothing is kept yet.")
        return
    table = page.table(_COLUMNS)
    for share in shares:
        cells = (
            share.kind,
            share.name or "unknown",
            share.fingerprint,
            str(share.entries),
            _size(share.size),
            str(share.damaged or "-"),
            "live" if share.live else "not in use",
        )
        table.add_row(*(page.text(cell, "" if share.live else "bright_black") for cell in cells))
    page.show(table)
    page.line(_words(CacheInfo(sum(s.entries for s in shares), sum(s.size for s in shares))) + ".")
    if any(share.damaged for share in shares):
        page.line("! What is damaged is computed again when it is needed.", WARNING)
    if any(share.damaged or not share.live for share in shares):
        page.line("To remove what is damaged or not in use: swara cache prune")


def render_pruned(pruned: Pruned, console: Console) -> None:
    """Print what was removed, what is left, and what could not be removed."""
    page = Page(console)
    removed = [_words(pruned.outdated)] if pruned.outdated.entries else []
    removed += [f"{_words(pruned.damaged)}, damaged"] if pruned.damaged.entries else []
    page.line(f"Removed: {'; '.join(removed) or 'nothing'}.", STYLES["perfect"])
    page.line(f"Left: {_words(pruned.left)}.")
    if pruned.stuck:
        entries = "1 entry" if pruned.stuck == 1 else f"{pruned.stuck} entries"
        page.line(f"! {entries} could not be removed; may you write there?", WARNING)


def _words(info: CacheInfo) -> str:
    return f"{info.entries} {'entry' if info.entries == 1 else 'entries'}, {_size(info.size)}"


def _size(size: int) -> str:
    """Say a number of bytes in three digits or so."""
    if size < 1_000_000:
        return f"{size / 1e3:.1f} kB"
    return f"{size / 1e6:.1f} MB" if size < 1_000_000_000 else f"{size / 1e9:.1f} GB"
