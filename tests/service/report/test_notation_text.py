"""A transcription as text, CSV and a page."""

from __future__ import annotations

import csv
import html
import io
import re

import pytest
from rich.console import Console

from swara.classifier.transcription import SungGlide, SungSwara, Transcription, in_tala
from swara.raga.notation import parse_notation
from swara.raga.ragas import raga_named
from swara.raga.swaras import parse_swara
from swara.raga.talas import tala_named
from swara.service.report.notation.text import cycles, layers_csv, phrase_texts, render_notation
from swara.service.report.page.notation_page import notation_page

SUNG = (
    *(("S", 1.0, 1.9, True), ("R", 2.0, 2.1, False), ("g", 2.15, 2.9, True), (".P", 3.0, 3.4, True)),
    *(("D'", 3.5, 4.9, True), ("M", 6.0, 6.9, True)),
)


def _take(source: str = "take.wav", *, many: int = 1) -> Transcription:
    swaras = [
        SungSwara(start + 7 * turn, end + 7 * turn, *parse_swara(name), 12.3, held, name in ("D'", "M"))
        for turn in range(many)
        for name, start, end, held in SUNG
    ]
    glides = (SungGlide(2.85, 3.05, 315.0, -498.0, 2, 3),)
    return Transcription(source, 7.0 * many, 240.0, raga_named("kafi"), tuple(swaras), glides, 0.35)


def _printed(transcription: Transcription, *, width: int = 80, **options: bool) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    render_notation(transcription, console, **options)
    return console.file.getvalue()


def test_each_phrase_is_a_line_that_can_be_read_back():
    lines = list(phrase_texts(_take()))
    assert lines == [(1.0, "S ^Rg~.P D',"), (6.0, "M,")]
    printed = _printed(_take())
    assert "take.wav, 7.0 s; Sa" in printed
    assert "5 swaras held, 1 touched, 1 glide" in " ".join(printed.split())
    assert "1.0 s  S ^Rg~.P D'," in printed
    assert "0.35 s counts as touched" in printed
    assert "सा ^रेग॒~प̣ ध̇," in _printed(_take(), devanagari=True)
    for (_, roman), (_, devanagari) in zip(lines, phrase_texts(_take(), devanagari=True), strict=True):
        assert parse_notation(roman) == parse_notation(devanagari)


@pytest.mark.parametrize("width", [40, 100])
def test_phrases_fit_the_terminal(width):
    assert max(map(len, _printed(_take(many=3), width=width).splitlines())) <= width


def test_a_cycle_is_a_line_under_the_signs_of_its_parts():
    found = in_tala(_take(), tala_named("dadra"), 60.0, 1.0)
    assert found.metre is not None
    signs, *lines = cycles(found, found.metre)
    assert signs.split() == ["X", "0"]
    assert [" ".join(line.split()) for line in lines] == ["S [- ^Rg - -] [~.P D'] | -, _ M,"]
    assert all(line.count("|") == 1 for line in lines)
    assert len({line.index("|") for line in lines}) == 1
    assert "Dadra, 60 matras a minute, sam at 1 s" in " ".join(_printed(found).split())


def test_the_layers_as_csv():
    rows = list(csv.DictReader(io.StringIO(layers_csv(_take()))))
    assert [row["layer"] for row in rows] == ["held", "touched", "held", "glide", "held", "held", "held"]
    assert (rows[2]["swara"], rows[2]["saptak"], rows[2]["letter"]) == ("komal Ga", "madhya", "g")
    assert (rows[3]["cents"], rows[3]["to_cents"], rows[3]["start_s"]) == ("315.0", "-498.0", "2.850")
    assert rows[0]["onset_matras"] == ""
    timed = layers_csv(in_tala(_take(), tala_named("dadra"), 60.0, 1.0))
    assert next(csv.DictReader(io.StringIO(timed)))["onset_matras"] == "0"


def test_the_page_needs_nothing_and_shows_every_swara():
    page = notation_page(_take('<b>"take".wav'))
    assert "<b>&#34;take" not in page
    assert html.escape('<b>"take".wav', quote=False).replace('"', "&#34;") in page
    assert "font/woff2;base64," in page
    assert not re.search(r"(?:src|href)=.?https?:", page)
    assert page.count('<span class="sign ') == len(SUNG)
    assert page.count('<b class="dev"') == page.count('<b class="rom">') == len(SUNG)
    assert "komal Ga, held 0.75 s from 2.1 s" in page
    tala = notation_page(in_tala(_take(), tala_named("dadra"), 60.0, 1.0))
    assert tala.count("<tr>") == 2
    assert tala.count('<span class="sign ') == len(SUNG)


def test_a_page_of_nothing_says_so():
    nothing = Transcription("a.wav", 3.0, 240.0, raga_named("kafi"), (), warnings=("It is silent",))
    assert "nothing is held in it" in notation_page(nothing)
    assert "It is silent." in notation_page(nothing)
    assert "nothing is held in it" in _printed(nothing)
    assert layers_csv(nothing).count("\n") == 1
