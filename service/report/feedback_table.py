"""Corrections on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from service.correction_log import Correction

from . import wording
from .terminal_page import Page

__all__ = ["render_corrections"]


def render_corrections(corrections: Sequence[Correction], console: Console) -> None:
    """Print a line for each, and what becomes of them."""
    page = Page(console)
    if not corrections:
        page.line("Nothing was said yet.")
        return
    columns = [("Id", "left"), ("At", "left"), ("Swara", "left"), ("Verdict", "left"), ("", "left")]
    table = page.table([*columns, ("File", "left")], folded=range(2, 6))
    # An id that was cut short could not be confirmed.
    table.columns[0].min_width = max(len(each.id) for each in corrections)
    for each in corrections:
        cells = (
            each.id,
            wording.span(each.start_s, each.end_s),
            wording.corrected(each.named, each.swara),
            wording.corrected(each.judged, each.verdict),
            _state(each),
            each.path.rpartition("/")[2],
        )
        table.add_row(*map(page.text, cells))
    page.show(table)
    if any(not each.confirmed and not each.withdrawn for each in corrections):
        page.line("Used once confirmed, with: swara feedback confirm ID")
    elif any(each.counts for each in corrections):
        page.line("Used from the next: swara rebuild")


def _state(correction: Correction) -> str:
    if correction.withdrawn:
        return "withdrawn"
    return "confirmed" if correction.confirmed else "to be confirmed"
