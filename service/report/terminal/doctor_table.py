"""What `swara.service.doctor.doctor` found, as a table on the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from swara.service.doctor.doctor import Check, State

from .terminal_page import WARNING, Page

__all__ = ["render_doctor"]


class _Sign(NamedTuple):
    glyph: str
    ascii_glyph: str
    style: str


_SIGNS: Final = MappingProxyType[State, _Sign](
    {
        "ok": _Sign("✓", "+", "#00b386"),
        "missing": _Sign("○", "o", "bright_black"),
        "broken": _Sign("✗", "x", f"bold {WARNING}"),
    }
)


def render_doctor(checks: Iterable[Check], console: Console) -> None:
    """Print one line for each check, below them what is to be done, and a sentence that sums it up."""
    page, checks = Page(console), tuple(checks)
    grid = Table.grid(padding=(0, 2))
    for _ in ("sign", "state", "name"):
        grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for check in checks:
        sign = _SIGNS[check.state]
        glyph = sign.ascii_glyph if page.ascii_only else sign.glyph
        words = (page.text(glyph, sign.style), page.text(check.state, sign.style), page.text(check.name))
        grid.add_row(*words, page.text(check.detail))
    page.show(grid)
    page.gap()
    for check in checks:
        if check.fix is not None:
            page.whole(f"{check.name}: {check.fix}", "bold" if check.state == "broken" else "bright_black")
    page.gap()
    page.line(_summary(checks), "bold")


def _summary(checks: tuple[Check, ...]) -> str:
    broken = [check.name for check in checks if check.state == "broken"]
    if broken:
        return f"Not ready: {', '.join(broken)}."
    missing = sum(check.state == "missing" for check in checks)
    optional = {0: "", 1: " One optional thing is missing."}.get(
        missing, f" {missing} optional things are missing."
    )
    return f"Ready to analyze a take.{optional}"
