"""Fine-tuned embedders on the terminal: what is here, what was checked, what was removed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from swara.service.phrases import counted

from .terminal_page import STYLES, WARNING, Page

if TYPE_CHECKING:
    from swara.embedder.finetune.run import Finetuned

if TYPE_CHECKING:
    from swara.embedder.finetuned.inventory import FinetunedKept
    from swara.service.embedders.remove import Removed

__all__ = [
    "render_finetuned",
    "render_finetuned_checked",
    "render_finetuned_kept",
    "render_finetuned_removed",
]


_FORGOTTEN = 0.02
"""A fall of the mean reciprocal rank on synthesized singers that is worth a word."""


def render_finetuned(made: Finetuned, console: Console) -> None:
    """Print the name, the figures before and after, and what to do next."""
    page = Page(console)
    if made.better:
        page.line(f"{made.name} finds your singers better than the built-in embedder.", STYLES["perfect"])
    else:
        page.line(
            f"! {made.name} is no better than the built-in embedder; kept because of --keep-anyway", WARNING
        )
    held = "singers that it never heard" if made.by == "singer" else "recordings that it never heard"
    notes = counted(made.after.notes, "note")
    page.line(f"Judged by {notes}, of {held}, each looked up among all other recordings:")
    for name, before, after in (
        ("nearest note by the same singer", made.before.nearest, made.after.nearest),
        ("mean reciprocal rank", made.before.reciprocal_rank, made.after.reciprocal_rank),
    ):
        page.line(f"  {name}: {before:.3f} before, {after:.3f} now")
    before, after = made.synthesized_before.reciprocal_rank, made.synthesized_after.reciprocal_rank
    page.line(f"  the same of synthesized singers: {before:.3f} before, {after:.3f} now")
    if after < before - _FORGOTTEN:
        page.line("! It lost some of what it could before: other singers are told apart less well", WARNING)
    if made.unlabelled:
        have, were = ("has", "was") if made.unlabelled == 1 else ("have", "were")
        count = counted(made.unlabelled, "recording")
        page.line(f"! {count} {have} no labels and {were} left out", WARNING)
    went_on = ", gone on with where it was stopped" if made.resumed else ""
    page.line(f"{counted(made.stages, 'stage')}{went_on}. Kept in {made.folder}")
    page.line(f"To use it: swara rebuild --embedder {made.name}")


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
