"""A transcription as one HTML page that needs nothing else: Bhatkhande notation, drawn in either script."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from swara.classifier.transcription import SungSwara, Transcription, Written, written
from swara.raga.notation import NotatedSwara
from swara.service.phrases import moment, swara_in_saptak
from swara.service.report.notation.text import facts, in_vibhags, summary

from .html_page import templates

__all__ = ["notation_page"]

_FONT = "noto-sans-devanagari.woff2"
"""The syllables of the swaras and the digits of Noto Sans Devanagari, as they were subset of it (OFL)."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A swara as it is drawn.

    Parameters
    ----------
    devanagari, roman : str
        Its syllable and its letter, without the marks that are drawn around them.
    mark : str
        ``komal``, ``tivra`` or nothing.
    octave : int
        How many dots, above or below.
    words : str
        What it is, for who points at it or hears the page read.
    held : bool
        Whether it is held.
    foreign : bool
        Whether it is outside the raga.
    """

    devanagari: str
    roman: str
    mark: str
    octave: int
    words: str
    held: bool
    foreign: bool

    @classmethod
    def of(cls, swara: SungSwara) -> Sign:
        """Draw a swara of a transcription."""
        svarasthana = swara.svarasthana
        name = swara_in_saptak(svarasthana.name, swara.saptak)
        held = "held" if swara.held else "touched"
        words = (
            f"{name}, {held} {swara.duration_s:.2f} s from {moment(swara.start_s)}, {swara.cents:.0f} cents"
        )
        mark = {"k": "komal", "t": "tivra"}.get(svarasthana.name[0], "")
        return cls(
            svarasthana.devanagari,
            svarasthana.letter,
            mark,
            swara.octave,
            words,
            swara.held,
            swara.foreign,
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """A swara with its kan, what follows it in its line, and whether a glide leads on to the next."""

    sign: Sign
    kan: tuple[Sign, ...]
    dashes: int
    glides: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A phrase, or a cycle of a tala.

    Parameters
    ----------
    start_s : float
        When it begins.
    chains : tuple of tuples of Drawn
        In free rhythm, its swaras; those that glides join are one chain, under one arc.
    parts : tuple of tuples of tuples
        In a tala, its parts, of matras, of what stands in them: a swara, ``-`` or ``_``.
    """

    start_s: float
    chains: tuple[tuple[Drawn, ...], ...] = ()
    parts: tuple[tuple[tuple[Drawn | str, ...], ...], ...] = ()


def notation_page(transcription: Transcription) -> str:
    """Return a page that can be opened from disk, mailed, or printed.

    It asks for nothing from outside, and no script runs in it. All text is escaped.

    Parameters
    ----------
    transcription : Transcription
        One in which nothing is held makes a page too.
    """
    line = written(transcription)
    drawn = _phrases if transcription.metre is None else _cycles
    font = base64.b64encode(Path(__file__).with_name(_FONT).read_bytes()).decode("ascii")
    return (
        templates()
        .get_template("notation.html.j2")
        .render(
            transcription=transcription,
            lines=list(drawn(line, transcription)),
            metre=transcription.metre,
            summary=summary(transcription),
            facts=facts(transcription),
            font=font,
        )
    )


def _drawn(each: Written, transcription: Transcription) -> Drawn:
    swaras = transcription.swaras
    kan = tuple(Sign.of(swaras[number]) for number in each.kan)
    sign, swara = Sign.of(swaras[each.number]), each.swara
    return Drawn(sign, kan, math.ceil(swara.beats) - 1, swara.meend_to_next)


def _start_s(each: Written, transcription: Transcription) -> float:
    return transcription.swaras[min((each.number, *each.kan))].start_s


def _phrases(line: Sequence[Written], transcription: Transcription) -> Iterator[Line]:
    chains, chain, start_s = list[tuple[Drawn, ...]](), list[Drawn](), 0.0
    for each in line:
        if not chains and not chain:
            start_s = _start_s(each, transcription)
        chain.append(_drawn(each, transcription))
        if not each.swara.meend_to_next:
            chains.append(tuple(chain))
            chain = []
        if each.swara.ends_phrase:
            yield Line(start_s, tuple(chains))
            chains = []


def _cycles(line: Sequence[Written], transcription: Transcription) -> Iterator[Line]:
    metre = transcription.metre
    assert metre is not None
    matras = list(_matras([(each.swara, _drawn(each, transcription)) for each in line]))
    first = metre.onsets[line[0].number] // metre.tala.matras if line else 0
    for number, start in enumerate(range(0, len(matras), metre.tala.matras)):
        cycle = matras[start : start + metre.tala.matras]
        cycle += [("_",)] * (metre.tala.matras - len(cycle))
        parts = tuple(tuple(part) for part in in_vibhags(cycle, metre.tala.vibhags))
        yield Line(metre.sam_s + (first + number) * metre.tala.matras * metre.matra_s, parts=parts)


def _matras(line: Sequence[tuple[NotatedSwara, Drawn]]) -> Iterator[tuple[Drawn | str, ...]]:
    """Yield what stands in each matra, in parts of equal length."""
    spans, now = list[tuple[Fraction, Fraction, Drawn | str, str]](), Fraction(0)
    for swara, drawn in line:
        if swara.rest_beats:
            spans.append((now, now + swara.rest_beats, "_", "_"))
            now += swara.rest_beats
        spans.append((now, now + swara.beats, drawn, "-"))
        now += swara.beats
    spans.append((now, Fraction(math.ceil(now)), "_", "_"))
    place = 0
    for matra in range(math.ceil(now)):
        edges, after = list[Fraction](), place
        while after < len(spans) and spans[after][0] < matra + 1:
            edges += (edge for edge in spans[after][:2] if 0 < edge - matra < 1)
            after += 1
        units = math.lcm(*(edge.denominator for edge in edges))
        parts = list[Drawn | str]()
        for at in (matra + Fraction(unit, units) for unit in range(units)):
            while spans[place][1] <= at:
                place += 1
            parts.append(spans[place][2] if spans[place][0] == at else spans[place][3])
        yield tuple(parts)
