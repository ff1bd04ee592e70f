"""A console as a page: its margins, what it can show, and text printed as it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from swara.service.report.plain_text import ascii_text, printable

from .timeline import ASCII, UNICODE, Glyphs, Kind

__all__ = ["STYLES", "WARNING", "Page", "Side"]

Side: TypeAlias = Literal["left", "right"]

STYLES: Final[dict[Kind, str]] = {
    "perfect": "bold #00b386",
    "in tune": "#7fd4b8",
    "low": "#56b4e9",
    "high": "#e69f00",
    "unsure": "bright_black",
    "glide": "bright_black",
    "silence": "bright_black",
}
"""Bluish green, sky blue and orange of Okabe and Ito (2008), told apart by every kind of colour vision."""

WARNING: Final = "#e69f00"

_WIDEST = 100
_MARGIN = 2


@dataclass(frozen=True, slots=True)
class Page:
    """A console, and what it can show."""

    console: Console

    @property
    def ascii_only(self) -> bool:
        """Whether the console encodes nothing but ASCII."""
        return self.console.options.ascii_only

    @property
    def width(self) -> int:
        """Characters between the margins, at most 96: longer lines are hard to read."""
        return max(20, min(self.console.width, _WIDEST) - 2 * _MARGIN)

    @property
    def glyphs(self) -> Glyphs:
        """The signs of the timeline."""
        return ASCII if self.ascii_only else UNICODE

    def text(self, words: str, style: str = "") -> Text:
        """Turn words into text that is printed as it stands."""
        words = printable(words)
        return Text(ascii_text(words) if self.ascii_only else words, style)

    def line(self, words: str, style: str = "") -> None:
        """Print words, wrapped at the margin."""
        self.show(self.text(words, style))

    def whole(self, words: str, style: str = "") -> None:
        """Print words in one line, however long: where the terminal wraps it, a command can be copied."""
        self.console.print(self.text(" " * _MARGIN + words, style), soft_wrap=True)

    def show(self, what: Text | Table) -> None:
        """Print text or a table between the margins."""
        self.console.print(Padding(what, (0, 0, 0, _MARGIN)), width=self.width + _MARGIN)

    def heading(self, words: str) -> None:
        """Print the heading of a section."""
        self.gap()
        self.line(words, "bold underline")

    def gap(self) -> None:
        """Print an empty line."""
        self.console.print()

    def table(self, columns: Iterable[tuple[str, str]], folded: Collection[int] = ()) -> Table:
        """Start a table of columns, each a heading and ``left`` or ``right``.

        Where the terminal is too narrow, those at the places `folded` go on in the next line; the others are
        cut only after that.
        """
        table = Table(
            box=None if self.ascii_only else box.SIMPLE_HEAD,
            show_edge=False,
            pad_edge=False,
            padding=(0, 1, 0, 0),
        )
        for place, (heading, side) in enumerate(columns):
            table.add_column(
                self.text(heading),
                justify="right" if side == "right" else "left",
                no_wrap=place not in folded,
                overflow="fold" if place in folded else "ellipsis",
            )
        return table
