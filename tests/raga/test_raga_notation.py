from __future__ import annotations

import contextlib
import unicodedata
from dataclasses import replace
from fractions import Fraction

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
SA = NotatedSwara(SVARASTHANAS[0])
BEATS = st.sampled_from([1, 1, 2, 4, Fraction(1, 2), Fraction(1, 3), Fraction(5, 4)])
JOINTS = st.sampled_from([(False, False), (True, False), (False, True)])


@st.composite
def lines(draw):
    line = []
    for _ in range(draw(st.integers(0, 6))):
        (place, octave), (meend, ends) = draw(PITCHES), draw(JOINTS)
        beats, kan, turn = draw(BEATS), tuple(draw(st.lists(PITCHES, max_size=2))), draw(st.booleans())
        rest = 0 if line and line[-1].meend_to_next else draw(st.sampled_from([0, 0, 1, Fraction(1, 2)]))
        line.append(NotatedSwara(place, octave, beats, kan, turn, meend, ends, rest))
    if line:
        line[-1] = replace(line[-1], meend_to_next=False)
    return tuple(line)


@given(lines())
def test_either_script_is_read_back_as_it_was(line) -> None:
    assert parse_notation(to_roman(line)) == parse_notation(to_devanagari(line)) == line


@given(lines())
def test_devanagari_is_nfc_and_keeps_the_count_of_swaras(line) -> None:
    text = to_devanagari(line)
    assert unicodedata.is_normalized("NFC", text)
    consonants = sum(text.count(c) for c in "सरगमपधन")
    assert consonants == len(line) + sum(len(s.kan) for s in line)


@given(st.text(alphabet="SrRgGmMPdDnN.'-~,()[]|_^ \nxआ", max_size=20))
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
        NotatedSwara(ga, beats=2, kan=((re, 0),), meend_to_next=True),
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
        ("[S R] [- G] | P _", "[S R] [- G] P"),
        ("_ [S - R] ^SRG~[P D]", "_ [S - R] ^SRG [~P D]"),
        ("[S]", "S"),
        ("[S - - R]", "[S - - R]"),
        ("सा ^रेग ध̣॒ नि -", "S ^RG .d N -"),
        ("Sa re ^GaPa .Dha गं ध़ - म॑", "S R ^GP .D G' .D - M"),
    ],
)
def test_other_ways_of_writing_it(text, same) -> None:
    assert parse_notation(text) == parse_notation(same)
    assert to_roman(parse_notation(text)) == same


@pytest.mark.parametrize(
    ("text", "token", "where", "expected"),
    [
        ("S R X G", '"X"', "column 5", "Write S r R g G m M"),
        ("S R s", '"s"', "column 5", "Write S: it has no komal form"),
        ("S R रे॑ G", '"रे॑"', "column 5", "no tivra form"),
        ("SRG", '"SRG"', "column 1", "apart, S R G, or in one beat, [S R G]"),
        ("S R\nG H", '"H"', "line 2, column 3", ".D for mandra"),
        ("- S", '"-"', "column 1", "Begin with a swara"),
        ("S , -", '"-"', "column 5", "Write a swara before it"),
        ("S ~~ R", '"~"', "column 4", "Write a swara before it"),
        ("S, ~R", '"~"', "column 4", "Write a swara before it"),
        ("S G~", '"G"', "column 4", "glides to"),
        (".S'", '".S\'"', "column 1", "not both"),
        ("(P", '"(P"', "column 1", "as in (P)"),
        ("^R G", '"^R"', "column 1", "as in ^RG"),
        ("S [R G", '"["', "column 3", "in brackets: [R G]"),
        ("S ] R", '"]"', "column 3", "in brackets: [R G]"),
        ("[S [R] G]", '"["', "column 1", "in brackets: [R G]"),
        ("S []", '"[]"', "column 3", "in brackets: [R G]"),
        ("[S | R]", '"["', "column 1", "in brackets: [R G]"),
        ("S~_ R", '"_"', "column 3", "leads to a swara"),
        ("S _ -", '"-"', "column 5", "Write a swara before it"),
    ],
)
def test_bad_notation_names_the_part_its_place_and_what_was_expected(text, token, where, expected) -> None:
    with pytest.raises(BadNotation) as caught:
        parse_notation(text)
    assert token in caught.value.what
    assert caught.value.where == where
    assert expected in caught.value.fix


def test_each_swara_knows_where_it_stood() -> None:
    places = [swara.place for swara in parse_notation("S -~R\n [S ^GP]")]
    assert places == [f"line {line}, column {column}" for line, column in ((1, 1), (1, 5), (2, 3), (2, 5))]


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
        (lambda: NotatedSwara(SVARASTHANAS[0], rest_beats=-1), None),
        (lambda: to_roman((replace(SA, meend_to_next=True), replace(SA, rest_beats=1))), "rest"),
        (lambda: NotatedSwara(SVARASTHANAS[0], meend_to_next=True, ends_phrase=True), None),
        (lambda: turn_pitches(parse_swara("P"), {7}), "neighbour"),
    ],
)
def test_what_makes_no_sense_is_refused(make, said) -> None:
    with pytest.raises(ValueError, match=said):
        make()
