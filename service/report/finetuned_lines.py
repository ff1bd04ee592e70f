"""What came of a fine-tuning, on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from .terminal_page import STYLES, WARNING, Page
from .wording import counted

if TYPE_CHECKING:
    from embedder.finetune.run import Finetuned

__all__ = ["render_finetuned"]

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
