"""A console as a page: its margins, what it can show, and text printed as it stands."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from swara.service.phrases import ascii_text, printable

from .timeline import ASCII, UNICODE, Glyphs, Kind

__all__ = ["STYLES", "WARNING", "Cell", "Page", "open_console"]

Cell: TypeAlias = str | Text
"""Words of any origin, or text that has a style already."""

FAINT: Final = "#767676"
STYLES: Final[dict[Kind, str]] = {
    "perfect": "bold #00875f",
    "in tune": "#00875f",
    "low": "#5f5fff",
    "high": "#af5f5f",
    "unsure": FAINT,
    "touched": FAINT,
    "glide": FAINT,
    "silence": FAINT,
}
"""What lies behind the letters is not known: each colour has a contrast of 4.5 on white and on black.

Only a luminance of 0.175 to 0.183 has. These are among the 256 colours of xterm, so that a terminal with
no more shows the same; what one with 16 shows is up to its owner.
"""

WARNING: Final = STYLES["high"]

_WIDEST = 100
_MARGIN = 2
_FOLDED_LEAST = 12
"""Narrower than this, a column that goes on in the next line would be a letter a line."""


def open_console(*, stderr: bool = False) -> Console:
    """Return the console of stdout or stderr, of 80 columns where ``COLUMNS=0`` says that nobody knows."""
    columns = os.environ.get("COLUMNS", "")
    unknown = "0" in columns and not columns.strip("0")
    return Console(stderr=stderr, highlight=False, width=80 if unknown else None)


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

    def remarks(self, remarks: Sequence[str]) -> None:
        """Print what to know of a result, if there is anything."""
        if remarks:
            self.heading("Before you believe it")
        for remark in remarks:
            self.warn(remark)

    def warn(self, words: str) -> None:
        """Print what the reader must know."""
        self.line(f"! {words}", WARNING)

    def unwrapped(self, words: str, style: str = "") -> None:
        """Print words in one line however long: a search finds a path in it, and a command can be copied."""
        self.console.print(self.text(words, style), soft_wrap=True)

    def show(self, what: Text | Table) -> None:
        """Print text or a table between the margins; into a file, without the blanks that fill its lines."""
        padded, width = Padding(what, (0, 0, 0, _MARGIN)), self.width + _MARGIN
        if self.console.is_terminal:
            self.console.print(padded, width=width)
            return
        lines = self.console.render_lines(padded, self.console.options.update(width=width))
        texts = ("".join(segment.text for segment in line).rstrip() for line in lines)
        self.console.print(Text("\n".join(texts)), soft_wrap=True)

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
        spare: Sequence[int] = (),
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
        spare : sequence of int
            Places of the columns that are left out where there is no room for all, what matters least first.
        """
        lines = [[self.text(cell) for cell in row] for row in (headings, *rows)]
        least = [max(cell.cell_len for cell in column) for column in zip(*lines, strict=True)]
        least = [min(each, _FOLDED_LEAST) if at in folded else each for at, each in enumerate(least)]
        places = self._fitting(least, spare)
        table = Table(
            box=None if self.ascii_only else box.SIMPLE_HEAD,
            show_edge=False,
            pad_edge=False,
            padding=(0, 1, 0, 0),
        )
        for place in places:
            table.add_column(
                lines[0][place],
                justify="right" if place in right else "left",
                no_wrap=place not in folded,
                overflow="fold" if place in folded else "ellipsis",
                min_width=least[place] if place == whole or place in folded else None,
            )
        for row in lines[1:]:
            table.add_row(*(row[place] for place in places))
        self.show(table)

    def listing(
        self, headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Collection[int]
    ) -> None:
        """Print thousands of rows, each in one line however long, in a hundredth of the time of a table."""
        spell = ascii_text if self.ascii_only else str
        lines = [[spell(printable(cell)) for cell in row] for row in (headings, *rows)]
        widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
        margin = " " * _MARGIN

        def padded(cell: str, place: int) -> str:
            gap = " " * (widths[place] - cell_len(cell))
            return gap + cell if place in right else cell + gap

        texts = (margin.join(padded(cell, place) for place, cell in enumerate(line)) for line in lines)
        self.console.file.write("".join(f"{margin}{text.rstrip()}\n" for text in texts))

    def _fitting(self, least: Sequence[int], spare: Sequence[int]) -> list[int]:
        """Return the places of the columns that are shown, each at least so wide."""
        places, between = list(range(len(least))), 1 if self.ascii_only else 2
        for place in spare:
            if sum(least[at] for at in places) + between * (len(places) - 1) <= self.width:
                break
            places.remove(place)
        return places
