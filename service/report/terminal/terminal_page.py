"""A console as a page: its margins, what it can show, and text printed as it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from swara.service.phrases import ascii_text, printable

from .timeline import ASCII, UNICODE, Glyphs, Kind

__all__ = ["STYLES", "WARNING", "Cell", "Page"]

Cell: TypeAlias = str | Text
"""Words of any origin, or text that has a style already."""

FAINT: Final = "bright_black"
STYLES: Final[dict[Kind, str]] = {
    "perfect": "bold #00b386",
    "in tune": "#7fd4b8",
    "low": "#56b4e9",
    "high": "#e69f00",
    "unsure": FAINT,
    "touched": FAINT,
    "glide": FAINT,
    "silence": FAINT,
}
"""The colours of `chart.COLOURS` between light and dark: what lies behind the letters is not known."""

WARNING: Final = STYLES["high"]

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

    def text(self, words: Cell, style: str = "") -> Text:
        """Turn words into text that is printed as it stands; text stays as it is."""
        if isinstance(words, Text):
            return words
        words = printable(words)
        return Text(ascii_text(words) if self.ascii_only else words, style)

    def line(self, words: str, style: str = "") -> None:
        """Print words, wrapped at the margin."""
        self.show(self.text(words, style))

    def good(self, words: str) -> None:
        """Print that something is as it should be."""
        self.line(words, STYLES["perfect"])

    def warn(self, words: str) -> None:
        """Print what the reader must know."""
        self.line(f"! {words}", WARNING)

    def unwrapped(self, words: str, style: str = "") -> None:
        """Print words in one line however long: a search finds a path in it, and a command can be copied."""
        self.console.print(self.text(words, style), soft_wrap=True)

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

    def grid(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Print rows without headings, of which only the last column goes on in the next line."""
        grid = Table.grid(padding=(0, 2))
        for _ in rows[0][1:]:
            grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for row in rows:
            grid.add_row(*map(self.text, row))
        self.show(grid)

    def table(
        self,
        headings: Sequence[str],
        rows: Iterable[Sequence[Cell]],
        *,
        right: Collection[int] = (),
        folded: Collection[int] = (),
        whole: int | None = None,
    ) -> None:
        """Print a table.

        Parameters
        ----------
        headings : sequence of str
            One for each column.
        rows : iterable of sequences
            A cell for each column.
        right : collection of int
            Places of the columns that are set to the right: figures.
        folded : collection of int
            Places of those that go on in the next line where the terminal is too narrow; the others are cut
            only after that.
        whole : int, optional
            Place of the column that is never cut: an id that was cut short could not be typed.
        """
        cells = [[self.text(cell) for cell in row] for row in rows]
        table = Table(
            box=None if self.ascii_only else box.SIMPLE_HEAD,
            show_edge=False,
            pad_edge=False,
            padding=(0, 1, 0, 0),
        )
        for place, heading in enumerate(headings):
            table.add_column(
                self.text(heading),
                justify="right" if place in right else "left",
                no_wrap=place not in folded,
                overflow="fold" if place in folded else "ellipsis",
                min_width=max((len(row[place]) for row in cells), default=0) if place == whole else None,
            )
        for row in cells:
            table.add_row(*row)
        self.show(table)
