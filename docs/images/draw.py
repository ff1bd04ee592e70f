"""Draw floors.svg and take.svg, from the layers in pyproject.toml and the packages' own first lines.

Run it with ``make docs``, or with a folder to write into.
"""

from __future__ import annotations

import ast
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COLOURS = {
    "cli": "#e8e8e8",
    "swara": "#e8e8e8",
    "service": "#d9e6f7",
    "classifier": "#dcefdc",
    "index": "#f7e8d0",
    "embedder": "#eadff2",
    "data": "#fbf3c8",
    "raga": "#f7dede",
    "": "#ffffff",
}
LETTER = 6.1
"""Width of a letter of the small text in pixels, on the wide side: fonts differ."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with a bold line and smaller text beneath; `floor` gives its colour."""

    x: int
    y: int
    width: int
    height: int
    title: str
    text: str = ""
    floor: str = ""

    def svg(self) -> Iterator[str]:
        """Yield its elements."""
        yield (
            f'<rect x="{self.x}" y="{self.y}" width="{self.width}" height="{self.height}" rx="6"'
            f' fill="{COLOURS[self.floor]}" stroke="#666"/>'
        )
        lines = textwrap.wrap(self.text, int((self.width - 16) / LETTER))
        top = self.y + (self.height - 16 * len(lines)) / 2 + 5
        middle = self.x + self.width / 2
        yield f'<text x="{middle:g}" y="{top:g}" class="title">{escape(self.title)}</text>'
        for number, line in enumerate(lines, 1):
            yield f'<text x="{middle:g}" y="{top + 16 * number:g}">{escape(line)}</text>'


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow along straight lines through `points`, with a word beside its first half."""

    points: tuple[tuple[int, int], ...]
    word: str = ""

    def svg(self) -> Iterator[str]:
        """Yield its elements."""
        path = " L ".join(f"{x} {y}" for x, y in self.points)
        yield f'<path d="M {path}" fill="none" stroke="#444" stroke-width="1.5" marker-end="url(#head)"/>'
        if self.word:
            (x, y), (to_x, to_y) = self.points[:2]
            place = (
                f'x="{(x + to_x) / 2:g}" y="{y - 7}"'
                if y == to_y
                else f'x="{x + 8}" y="{(y + to_y) / 2 + 4:g}"'
            )
            side = "" if y == to_y else ' style="text-anchor: start"'
            yield f'<text {place}{side} class="word">{escape(self.word)}</text>'


def picture(width: int, height: int, title: str, *parts: Box | Arrow) -> str:
    """Return an SVG file on a white ground, so that it can be read on a dark page too."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
            f' height="{height}" role="img">',
            f"<title>{escape(title)}</title>",
            "<style>text {font: 12px sans-serif; text-anchor: middle; fill: #222}"
            " .title {font: bold 14px sans-serif} .word {font: italic 12px sans-serif}</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
            ' orient="auto"><path d="M 0 0 L 8 4 L 0 8 z" fill="#444"/></marker></defs>',
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *(line for part in parts for line in part.svg()),
            "</svg>\n",
        ]
    )


def first_line(path: Path) -> str:
    """Return the first line of a module's docstring, without its full stop."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return text.splitlines()[0].removesuffix(".").replace("`", "")


def layers(container: str) -> list[list[str]]:
    """Return the floors that import-linter holds inside a package, from the top, each with its rooms."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for contract in project["tool"]["importlinter"]["contracts"]:
        if contract.get("containers") == [container]:
            return [[room.strip("() ") for room in layer.split("|")] for layer in contract["layers"]]
    return []


def floors() -> str:
    """Return the picture of the house: who may import whom."""
    described, named = 62, 30
    house = _tower([["cli", "swara"], *layers("swara")], 20, 580, described)
    inside = _tower([["inside service"], *layers("swara.service")], 640, 340, named)
    bottom = max(box.y + box.height for box in (*house, *inside))
    return picture(1000, bottom + 20, "The floors of the house", *house, *inside)


def _tower(tower: list[list[str]], x: int, width: int, height: int) -> list[Box]:
    boxes = []
    for floor, rooms in enumerate(tower):
        each = (width - 10 * (len(rooms) - 1)) // len(rooms)
        for number, room in enumerate(rooms):
            file = next(iter(ROOT.glob(f"{room}.py")), ROOT / room / "__init__.py")
            text, colour = (first_line(file), room) if file.is_file() else ("", "service")
            place = x + number * (each + 10), 20 + floor * (height + 10)
            boxes.append(Box(*place, each, height, room, text, "" if room.startswith("inside") else colour))
    return boxes


STEPS = (
    ("data.audio", "decodes the file to mono, 16 kHz", "Clip"),
    ("classifier.pitch", "finds the pitch every 10 ms", "PitchTrack"),
    ("classifier.notes", "finds what is held: a note; the rest is a glide", "held notes"),
    ("classifier.tonic", "Sa: as given, or from the notes and the drone", "Tonic"),
    ("classifier.notes", "judges each against the nearest swara of the raga", "notes with verdicts"),
    ("service.take", "shares, drift, the worst spots, one sentence", "TakeReport"),
    ("service.report", "terminal, JSON, CSV, PNG, HTML page", ""),
)
"""The way down the middle: who does what, and what is handed on."""


def take() -> str:
    """Return the picture of a take's way from the file to what is read."""
    parts: list[Box | Arrow] = []
    for number, (title, text, handed_on) in enumerate(STEPS):
        y = 20 + 90 * number
        parts.append(Box(290, y, 320, 54, title, text, title.partition(".")[0]))
        if handed_on:
            parts.append(Arrow(((450, y + 54), (450, y + 90)), handed_on))
    parts += [
        Box(20, 20, 190, 54, "recording", "wav, flac, mp3, m4a ..."),
        Arrow(((210, 47), (290, 47))),
        Box(20, 380, 190, 54, "raga", "swaras, tunings, targets", "raga"),
        Arrow(((210, 407), (290, 407)), "targets"),
        Box(20, 560, 190, 54, "service.export", "writes what was asked for", "service"),
        Arrow(((290, 587), (210, 587))),
        Box(690, 110, 200, 54, "embedder", "says how each moment sounds", "embedder"),
        Arrow(((610, 47), (790, 47), (790, 110)), "Clip"),
        Arrow(((790, 164), (790, 380)), "Embeddings"),
        Box(690, 380, 200, 54, "service.adviser", "a second opinion on each note", "service"),
        Arrow(((610, 407), (690, 407)), "notes"),
        Arrow(((790, 434), (790, 497), (610, 497)), "opinions: where they differ, unsure"),
        Box(970, 110, 200, 54, "service.store", "opens the live version", "service"),
        Arrow(((970, 137), (890, 137)), "which"),
        Arrow(((1055, 164), (1055, 290))),
        Box(970, 290, 170, 54, "classifier.note_head", "which swara is heard", "classifier"),
        Box(970, 380, 200, 54, "index.samples", "the nearest samples", "index"),
        Arrow(((1155, 164), (1155, 380))),
        Arrow(((970, 317), (930, 317), (930, 395), (890, 395))),
        Arrow(((970, 407), (890, 407))),
    ]
    return picture(1190, 634, "The way of a take", *parts)


PICTURES = {"floors.svg": floors, "take.svg": take}

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for name, draw in PICTURES.items():
        (folder / name).write_text(draw(), "utf-8", newline="\n")
