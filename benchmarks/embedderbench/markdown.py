"""Paragraphs and tables as markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

__all__ = ["grid", "paragraph"]

_WIDTH = 110


def paragraph(text: str) -> str:
    """Return text filled to the width of the project's pages."""
    return textwrap.fill(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)


def grid(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table: the first column to the left, the others to the right."""
    ruler = ("---", *("---:" for _ in headings[1:]))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, ruler, *rows))
