"""Fine-tuned embedders on the terminal: what is here, what was checked, what was removed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from .terminal_page import STYLES, WARNING, Page

if TYPE_CHECKING:
    from embedder.finetuned_kept import FinetunedKept
    from service.finetuned_models import Removed

__all__ = ["render_finetuned_checked", "render_finetuned_kept", "render_finetuned_removed"]


def render_finetuned_kept(
    kept: Sequence[FinetunedKept], unfinished: Sequence[tuple[Path, int]], console: Console
) -> None:
    """Print a line for each fine-tuned embedder, then where each comes from and lies."""
    page = Page(console)
    if kept:
        page.gap()
        columns = (("Fine-tuned", "left"), ("State", "left"), ("Size", "right"))
        table = page.table([*columns, ("Digest", "left"), ("Fingerprint", "left")])
        for each in kept:
            state, style = ("here", "") if each.damage is None else ("damaged", WARNING)
            digest = "" if each.digest is None else each.digest[:12]
            cells = (each.name, state, _megabytes(each.size_bytes), digest, each.fingerprint or "")
            table.add_row(*(page.text(cell, style) for cell in cells))
        page.show(table)
    for each in kept:
        page.line(f"{each.name}: {_origin(each)}, here in {each.folder}")
    for folder, size_bytes in unfinished:
        page.line(
            f"A fine-tuning that kept nothing so far: {folder}, {_megabytes(size_bytes)}."
            " The same swara finetune goes on with it; to be rid of it, delete that folder."
        )


def render_finetuned_checked(kept: FinetunedKept, console: Console) -> None:
    """Print that a fine-tuned embedder is as it should be."""
    Page(console).line(f"{kept.name}: its network is as it was kept, and runs.", STYLES["perfect"])


def render_finetuned_removed(name: str, removed: Removed, console: Console) -> None:
    """Print what was removed, and what can no longer be used."""
    page = Page(console)
    page.line(f"{name} is removed: {removed.folder}")
    if removed.live:
        page.line("! The live version was made with it. Run: swara rebuild --embedder builtin", WARNING)
    if count := len(removed.versions):
        words = "1 earlier version was" if count == 1 else f"{count} earlier versions were"
        page.line(
            f"! {words} made with it, and cannot be gone back to: {', '.join(removed.versions)}", WARNING
        )


def _origin(each: FinetunedKept) -> str:
    if each.damage is not None:
        return each.damage.rstrip(".")
    judged = ""
    if each.before is not None and each.after is not None:
        judged = f"; mean reciprocal rank {each.before:.3f} before, {each.after:.3f} after"
    return f"made from {each.base or 'an embedder that is not on record'}{judged}"


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"
