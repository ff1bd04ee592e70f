"""A transcription as text, on the terminal; its swaras and glides as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

from rich.cells import cell_len, set_cell_size
from rich.console import Console

from swara.classifier.transcription import Metre, Transcription, Written, notated, written
from swara.raga.notation import beat_texts, joined_beats, swara_letter
from swara.raga.tonic_names import note_name
from swara.service.phrases import counted, moment, note_words
from swara.service.report.terminal.terminal_page import FAINT, Page

__all__ = [
    "cycles",
    "facts",
    "in_vibhags",
    "layers_csv",
    "legend",
    "phrase_texts",
    "render_notation",
    "sa_words",
    "summary",
]

T = TypeVar("T")

COLUMNS = (
    "layer",
    "start_s",
    "end_s",
    "swara",
    "saptak",
    "letter",
    "cents",
    "to_cents",
    "foreign",
    "onset_matras",
)


def render_notation(transcription: Transcription, console: Console, *, devanagari: bool = False) -> None:
    """Print a transcription: whose it is, the notation, what its signs mean, what to know of it.

    Parameters
    ----------
    transcription : Transcription
        In free rhythm, a line for each phrase; in a tala, a line for each cycle.
    console : Console
        Where to print.
    devanagari : bool
        In which letters.
    """
    page = Page(console)
    page.gap()
    page.line(summary(transcription))
    if transcription.swaras:
        page.gap()
        if transcription.metre is None:
            for start_s, text in phrase_texts(transcription, devanagari=devanagari):
                page.grid([(page.text(moment(start_s), FAINT), page.text(text))])
        else:
            for line in cycles(transcription, transcription.metre, devanagari=devanagari):
                page.unwrapped(line)
        page.gap()
        page.line(legend(transcription), FAINT)
    page.remarks(transcription.warnings)


def summary(transcription: Transcription) -> str:
    """Return whose notation it is, and how much of it there is, in a sentence without its full stop."""
    words = f"{transcription.source}, {transcription.duration_s:.1f} s"
    if not transcription.swaras:
        return f"{words}: nothing is held in it that could be written down"
    held, glides = len(transcription.held), len(transcription.glides)
    return (
        f"{words}; Sa {sa_words(transcription)}; raga {transcription.raga.display}: "
        f"{counted(held, 'swara')} held, {len(transcription.touched)} touched, {counted(glides, 'glide')}"
    )


def sa_words(transcription: Transcription) -> str:
    """Return the note that Sa lies on, and whether it is a guess: ``C#3 (a guess)``."""
    return note_words(note_name(transcription.sa_hz)) + " (a guess)" * transcription.sa_guessed


def legend(transcription: Transcription) -> str:
    """Return what the signs of the text mean, and what `facts` has."""
    free = transcription.metre is None
    signs = "- a further second; a comma ends a phrase" if free else "- goes on, _ is silent, [ ] one matra"
    outside = {swara.svarasthana.letter: None for swara in transcription.swaras if swara.foreign}
    strange = f"; outside the raga: {', '.join(outside)}" if outside else ""
    return f"^ is a touch (kan), ~ a glide (meend), {signs}; {facts(transcription)}{strange}"


def facts(transcription: Transcription) -> str:
    """Return where the line is between held and touched, and how near to the beat it was sung."""
    least = f"what is held for less than {transcription.least_held_s:g} s counts as touched"
    metre = transcription.metre
    if metre is None:
        return least
    return (
        f"{least}. {metre.tala.name}, {metre.tempo_bpm:g} matras a minute, sam at {metre.sam_s:g} s: "
        f"swaras begin {1000 * metre.residual_s:.0f} ms from where they are written "
        f"({1000 * metre.even_s:.0f} ms if they knew nothing of the beat)"
    )


def phrase_texts(transcription: Transcription, *, devanagari: bool = False) -> Iterator[tuple[float, str]]:
    """Yield when each phrase begins, in seconds, and its text.

    Parameters
    ----------
    transcription : Transcription
        In free rhythm.
    devanagari : bool
        In which letters.
    """
    for line in _phrases(transcription):
        first = transcription.swaras[min((line[0].number, *line[0].kan))]
        text = joined_beats(beat_texts([each.swara for each in line], devanagari=devanagari))
        yield first.start_s, text


def _phrases(transcription: Transcription) -> Iterator[list[Written]]:
    """Yield the written swaras phrase by phrase."""
    line = list[Written]()
    for each in written(transcription):
        line.append(each)
        if each.swara.ends_phrase:
            yield line
            line = []


def cycles(transcription: Transcription, metre: Metre, *, devanagari: bool = False) -> list[str]:
    """Return the lines of a transcription in a tala: the signs of its parts, then a line for each cycle.

    Parameters
    ----------
    transcription : Transcription
        Its swaras.
    metre : Metre
        Its beats.
    devanagari : bool
        In which letters.
    """
    beats = beat_texts(notated(transcription), devanagari=devanagari)
    matras = metre.tala.matras
    rows = [beats[at : at + matras] for at in range(0, len(beats), matras)]
    rows = [[*row, *["_"] * (matras - len(row))] for row in rows]
    vibhags = metre.tala.vibhags
    signs = [""] * matras
    for sign, start in zip(metre.tala.signs, accumulate(vibhags, initial=0), strict=False):
        signs[start] = sign
    widths = [max(cell_len(row[at]) for row in (signs, *rows)) for at in range(matras)]
    return [_bars(row, widths, vibhags, bar) for row, bar in ((signs, " "), *((row, "|") for row in rows))]


def _bars(row: Sequence[str], widths: Sequence[int], vibhags: Sequence[int], bar: str) -> str:
    padded = [set_cell_size(text, width) for text, width in zip(row, widths, strict=True)]
    return f" {bar} ".join(" ".join(part) for part in in_vibhags(padded, vibhags)).rstrip()


def in_vibhags(matras: Sequence[T], vibhags: Sequence[int]) -> Iterator[Sequence[T]]:
    """Yield what stands in each part of a cycle; `vibhags` says how many matras each has."""
    for length, end in zip(vibhags, accumulate(vibhags), strict=True):
        yield matras[end - length : end]


def layers_csv(transcription: Transcription) -> str:
    """Return a line for each swara and each glide, in order of their beginnings, under a header.

    `layer` is ``held``, ``touched`` or ``glide``. Times are in seconds with three decimals, pitches in cents
    above madhya Sa with one; a glide goes from `cents` to `to_cents`. `onset_matras` is where a swara stands
    in the tala, from the sam that was given.
    """
    onsets = transcription.metre.onsets if transcription.metre is not None else None
    rows: list[tuple[float, dict[str, str]]] = []
    for number, swara in enumerate(transcription.swaras):
        row = {
            "layer": "held" if swara.held else "touched",
            "swara": swara.svarasthana.name,
            "saptak": swara.saptak,
            "letter": swara_letter(*swara.pitch),
            "cents": f"{swara.cents:.1f}",
            "foreign": str(swara.foreign).lower(),
            "onset_matras": "" if onsets is None else f"{float(onsets[number]):g}",
        }
        rows.append((swara.start_s, row | _times(swara.start_s, swara.end_s)))
    for glide in transcription.glides:
        row = {"layer": "glide", "cents": f"{glide.from_cents:.1f}", "to_cents": f"{glide.to_cents:.1f}"}
        rows.append((glide.start_s, row | _times(glide.start_s, glide.end_s)))
    text = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(row for _, row in sorted(rows, key=lambda each: each[0]))
    return text.getvalue()


def _times(start_s: float, end_s: float) -> dict[str, str]:
    return {"start_s": f"{start_s:.3f}", "end_s": f"{end_s:.3f}"}
