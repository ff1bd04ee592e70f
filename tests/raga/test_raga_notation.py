from __future__ import annotations

import contextlib
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swara.raga.errors import BadNotation, BadTonic, UnknownRaga
from swara.raga.notation import (
    NotatedSwara,
    parse_notation,
    swara_devanagari,
    swara_letter,
    to_devanagari,
    to_roman,
    turn_pitches,
)
from swara.raga.ragas import RAGAS, raga_named
from swara.raga.swaras import SVARASTHANAS, parse_swara, svarasthana_named
from swara.raga.tonic_names import parse_tonic

PITCHES = st.tuples(st.sampled_from(SVARASTHANAS), st.integers(-3, 3))
JOINTS = st.sampled_from([(False, False), (True, False), (False, True)])


@st.composite
def lines(draw):
    line = []
    for _ in range(draw(st.integers(0, 6))):
        (place, octave), (meend, ends) = draw(PITCHES), draw(JOINTS)
        beats, kan, turn = draw(st.integers(1, 4)), draw(st.none() | PITCHES), draw(st.booleans())
        line.append(NotatedSwara(place, octave, beats, kan, turn, meend, ends))
    if line:
        line[-1] = replace(line[-1], meend_to_next=False)
    return tuple(line)


@given(lines())
def test_roman_is_read_back_as_it_was(line) -> None:
    assert parse_notation(to_roman(line)) == line


@given(lines())
def test_devanagari_is_nfc_and_keeps_the_count_of_swaras(line) -> None:
    text = to_devanagari(line)
    assert unicodedata.is_normalized("NFC", text)
    consonants = sum(text.count(c) for c in "सरगमपधन")
    assert consonants == len(line) + sum(s.kan is not None for s in line)


@given(st.text(alphabet="SrRgGmMPdDnN.'-~,()^ \nxआ", max_size=20))
def test_notation_that_is_read_is_written_as_it_was(text) -> None:
    try:
        line = parse_notation(text)
    except BadNotation:
        return
    assert parse_notation(to_roman(line)) == line


@pytest.mark.parametrize(
    ("read", "refusal", "is_right"),
    [
        (raga_named, (UnknownRaga, BadNotation), lambda raga: raga == raga_named(raga.name)),
        (parse_swara, BadNotation, lambda found: found[0] in SVARASTHANAS),
        (parse_tonic, BadTonic, lambda tonic: tonic.candidates_hz()),
    ],
)
@given(text=st.text(max_size=20))
def test_any_text_is_understood_or_refused(read, refusal, is_right, text) -> None:
    with contextlib.suppress(refusal):
        assert is_right(read(text))


def test_every_sign() -> None:
    sa, re, ga, pa, dha = (svarasthana_named(letter) for letter in "SRGPD")
    assert parse_notation(".D - - ^RG - ~P, (P) S'") == (
        NotatedSwara(dha, -1, beats=3),
        NotatedSwara(ga, beats=2, kan=(re, 0), meend_to_next=True),
        NotatedSwara(pa, ends_phrase=True),
        NotatedSwara(pa, turn=True),
        NotatedSwara(sa, 1),
    )


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("G ~ P", "G~P"),
        ("G~ P", "G~P"),
        ("S-- R", "S - - R"),
        ("S -- R", "S - - R"),
        ("S’ R′", "S' R'"),
        (" \n ", ""),
    ],
)
def test_other_ways_of_writing_it(text, same) -> None:
    assert parse_notation(text) == parse_notation(same)
    assert to_roman(parse_notation(text)) == same


@pytest.mark.parametrize(
    ("text", "token", "where"),
    [
        ("S R X G", '"X"', "column 5"),
        ("SRG", '"SRG"', "column 1"),
        ("S R\nG H", '"H"', "line 2, column 3"),
        ("- S", '"-"', "column 1"),
        ("S , -", '"-"', "column 5"),
        ("S ~~ R", '"~"', "column 4"),
        ("S, ~R", '"~"', "column 4"),
        ("S G~", '"G"', "column 4"),
        (".S'", '".S\'"', "column 1"),
        ("(P", '"(P"', "column 1"),
        ("^R G", '"^R"', "column 1"),
    ],
)
def test_bad_notation_names_the_part_and_its_place(text, token, where) -> None:
    with pytest.raises(BadNotation) as caught:
        parse_notation(text)
    assert token in caught.value.what
    assert caught.value.where == where


@given(PITCHES)
def test_a_letter_names_its_swara(pitch) -> None:
    assert parse_swara(swara_letter(*pitch)) == pitch


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("S", "सा"),
        ("S'", "सा\u0307"),
        (".N", "नि\u0323"),
        ("..D", "ध\u0323\u0323"),
        ("r", "रे\u0952"),
        ("M", "म\u0951"),
        ("g'", "ग\u0952\u0307"),
        (".d", "ध\u0952\u0323"),
    ],
)
def test_bhatkhande_marks_follow_the_whole_syllable(name, text) -> None:
    assert swara_devanagari(*parse_swara(name)) == text


def test_every_swara_is_written_its_own_way_in_devanagari() -> None:
    written = {swara_devanagari(place, octave) for place in SVARASTHANAS for octave in range(-2, 3)}
    assert len(written) == 12 * 5
    assert to_devanagari(parse_notation("S - ^RG~P, (P)")) == "सा - ^रेग~प, (प)"


@pytest.mark.parametrize(
    ("pitch", "raga", "figure"),
    [
        ("P", None, "D P M P"),
        ("P", "yaman", "D P M P"),
        ("P", "bhupali", "D P G P"),
        ("S", "bhupali", "R S .D S"),
        ("D", "bhupali", "S' D P D"),
        ("S'", "bhairav", "r' S' N S'"),
        ("M", "bhupali", "P M G M"),
    ],
)
def test_a_turn_goes_above_main_below_main(pitch, raga, figure) -> None:
    scale = () if raga is None else (RAGAS[raga].swaras,)
    turned = turn_pitches(parse_swara(pitch), *scale)
    assert " ".join(swara_letter(*p) for p in turned) == figure


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: to_roman((NotatedSwara(SVARASTHANAS[0], meend_to_next=True),)), "next one"),
        (lambda: to_devanagari((NotatedSwara(SVARASTHANAS[0], meend_to_next=True),)), "next one"),
        (lambda: NotatedSwara(SVARASTHANAS[0], beats=0), None),
        (lambda: NotatedSwara(SVARASTHANAS[0], meend_to_next=True, ends_phrase=True), None),
        (lambda: turn_pitches(parse_swara("P"), {7}), "neighbour"),
    ],
)
def test_what_makes_no_sense_is_refused(make, said) -> None:
    with pytest.raises(ValueError, match=said):
        make()
