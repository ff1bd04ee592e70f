"""Singing on the terminal while it sounds: a lane with the line and the verdict, or a line for each note."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text

from swara.data.take import Verdict
from swara.service.live import Event, Frames, InputLevel, LiveNote, Ready
from swara.service.phrases import printable, swara_in_saptak

from .terminal_page import FAINT, STYLES, WARNING, Page

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

__all__ = ["LiveLane", "NoteLines", "note_line", "note_words"]

_WINDOW_CENTS = 1500.0
_BELOW_CENTS = 150.0
_WIDE_CELLS, _LEAST_CELLS = 24, 12
_WIDEST, _NOTE_CELLS = 100, 26
_LEVEL_CELLS = 16


def note_words(note: LiveNote) -> str:
    """Say a note and its verdict: ``Ga 32 low``, ``taar Sa perfect``, ``Re unsure``."""
    name = swara_in_saptak(note.swara, note.saptak)
    if note.cents_off is None or round(note.cents_off) == 0:
        return f"{name} {note.verdict}"
    return f"{name} {note.cents_off:+.0f} {note.verdict}"


def note_line(note: LiveNote) -> str:
    """Return the line of a note that has ended: when, which swara, how far off, the verdict."""
    off = "?" if note.cents_off is None else f"{note.cents_off:+.0f}"
    name = swara_in_saptak(note.swara, note.saptak)
    foreign = ", not in the raga" if note.foreign else ""
    return f"{note.start_s:8.2f}-{note.end_s:.2f} s  {name:<14} {off:>4}  {note.verdict}{foreign}"


class NoteLines:
    """Prints a line for each note when it has ended, and what else is to be said: for a pipe or a file."""

    def __init__(self, console: Console) -> None:
        self._page = Page(console)

    def show(self, events: Iterable[Event]) -> None:
        """Print what is new."""
        for event in events:
            if isinstance(event, LiveNote):
                if event.final and not event.withdrawn:
                    self._page.unwrapped(note_line(event), STYLES[event.verdict])
            elif words := getattr(event, "words", ""):
                self._page.unwrapped(f"{words}.")
        self._page.console.file.flush()

    def close(self) -> None:
        """Do nothing: every line stands."""


class LiveLane:
    """One line that moves: the note that sounds and its verdict, the lane of the raga, the level."""

    def __init__(self, console: Console) -> None:
        from rich.live import Live

        self._page = Page(console)
        self._ready: Ready | None = None
        self._note: LiveNote | None = None
        self._cents: float | None = None
        self._level: InputLevel | None = None
        self._live: Live = Live(console=console, auto_refresh=False, transient=True)
        self._live.start()

    def show(self, events: Iterable[Event]) -> None:
        """Take in what is new, and draw the line anew."""
        for event in events:
            self._take(event)
        self._live.update(self.line(), refresh=True)

    def close(self) -> None:
        """Take the line away; the terminal is as it was."""
        self._live.stop()

    def _take(self, event: Event) -> None:
        match event:
            case Frames():
                last = float(event.cents[-1])
                self._cents = last if last == last and event.reference == "sa" else None
            case LiveNote():
                self._note = None if event.withdrawn else event
            case InputLevel():
                self._level = event
            case Ready():
                self._ready, self._note = event, None
            case _:
                if words := getattr(event, "words", ""):
                    self._live.console.print(self._page.text(f"  {words}."))

    def line(self) -> Text:
        """Return the line as it is now: word and figure, shape and colour of the verdict; lane; level."""
        width = min(self._page.console.width, _WIDEST) - 1  # who fills a line to the edge may begin another
        level, fine = self._loudness(), self._level is None or self._level.state == "fine"
        if width - _NOTE_CELLS - _LEVEL_CELLS >= _WIDE_CELLS:
            cells = width - _NOTE_CELLS - _LEVEL_CELLS
            return Text.assemble(self._said(), self._lane(cells), " ", level)
        # There is no room for both: the lane, unless something is wrong with the sound.
        cells = width - _NOTE_CELLS
        line = Text.assemble(self._said(), self._lane(cells) if fine and cells >= _LEAST_CELLS else level)
        line.truncate(width)
        return line

    def _said(self) -> Text:
        if self._note is None:
            return Text(" " * _NOTE_CELLS)
        verdict: Verdict = self._note.verdict
        words = f"{self._page.glyphs[verdict]} {note_words(self._note)}"
        style = STYLES[verdict] if not self._note.final else f"{STYLES[verdict]} dim"
        return self._page.text(words[: _NOTE_CELLS - 1].ljust(_NOTE_CELLS), style)

    def _lane(self, cells: int) -> Text:
        if self._ready is None or self._ready.sa_hz is None:
            return self._page.text("Sa is not known yet"[:cells].ljust(cells), FAINT)
        lowest = -_BELOW_CENTS + 1200.0 * (
            0 if self._cents is None else (self._cents + _BELOW_CENTS) // 1200.0
        )
        signs, styles = ["-" if self._page.ascii_only else "·"] * cells, [FAINT] * cells
        for lane in self._ready.lanes:
            at = round((lane.cents - lowest) / _WINDOW_CENTS * (cells - 1))
            if 0 <= at < cells:
                signs[at], styles[at] = lane.letter.strip(".'"), "bold"
        if self._cents is not None:
            at = round((self._cents - lowest) / _WINDOW_CENTS * (cells - 1))
            signs[at] = "|" if self._page.ascii_only else "┃"
            styles[at] = "bold" if self._note is None or self._note.final else STYLES[self._note.verdict]
        return Text.assemble(*zip(signs, styles, strict=True))

    def _loudness(self) -> Text:
        if self._level is None:
            return Text("")
        if self._level.state == "fine":
            return Text(f"{self._level.loud_db:4.0f} dB", FAINT)
        return self._page.text(printable(self._level.state), f"bold {WARNING}")
