from __future__ import annotations

import librosa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swara.raga.errors import BadNotation
from swara.raga.swaras import SVARASTHANAS, parse_swara, saptak_name, svarasthana_named


def test_each_svarasthana_stands_at_its_index() -> None:
    assert [s.index for s in SVARASTHANAS] == list(range(12))
    assert "".join(s.letter for s in SVARASTHANAS) == "SrRgGmMPdDnN"


@pytest.mark.parametrize("place", SVARASTHANAS, ids=lambda s: s.name)
def test_a_svarasthana_is_found_by_its_letter_and_its_name(place) -> None:
    for text in (
        place.letter,
        place.name,
        place.name.upper(),
        place.name.replace(" ", "_"),
        f" {place.name} ",
    ):
        assert svarasthana_named(text) is place


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("shadja", "S"),
        ("s", "S"),
        ("p", "P"),
        ("RI", "R"),
        ("ma", "m"),
        ("MA", "m"),
        ("shuddha Ma", "m"),
        ("Teevra-Madhyam", "M"),
        ("tivra m", "M"),
        ("komal R", "r"),
        ("komalre", "r"),
        ("Shuddha Gandhar", "G"),
        ("komal_dhaivat", "d"),
        ("shuddhadha", "D"),
        ("nishad", "N"),
        ("flat ni", "n"),
        ("सा", "S"),
        ("कोमल ग", "g"),
    ],
)
def test_common_spellings(text, letter) -> None:
    assert svarasthana_named(text).letter == letter


@pytest.mark.parametrize(
    ("text", "letter", "octave"),
    [
        ("taar Sa", "S", 1),
        ("Taar-Sa", "S", 1),
        ("tar_sa", "S", 1),
        ("TaarSa", "S", 1),
        ("Sa'", "S", 1),
        ("Sa’", "S", 1),
        (".Sa", "S", -1),
        ("mandra Dha", "D", -1),
        ("S'", "S", 1),
        ("S''", "S", 2),
        (".D", "D", -1),
        ("..d", "d", -2),
        ("taar g", "g", 1),
        ("taar komal re", "r", 1),
        ("ati-taar Ga", "G", 2),
        ("ati ati mandra pa", "P", -3),
        ("madhya ma", "m", 0),
        ("Madhyam", "m", 0),
        ("Pa", "P", 0),
    ],
)
def test_a_name_with_its_octave(text, letter, octave) -> None:
    place, found_octave = parse_swara(text)
    assert (place.letter, found_octave) == (letter, octave)


@pytest.mark.parametrize(
    "text", ["", "H", "Sa Re", "SR", "tarr", "taar", "5", "komal", "'S", "D.", "-", "taar .S"]
)
def test_what_is_no_swara_is_refused(text) -> None:
    with pytest.raises(BadNotation, match="names no swara"):
        parse_swara(text)


@pytest.mark.parametrize("text", ["mandra S'", "taar Ṡ", ".S'", "taar S'"])
def test_an_octave_given_twice_is_refused(text) -> None:
    with pytest.raises(BadNotation, match="octave twice"):
        parse_swara(text)


@pytest.mark.parametrize(
    ("text", "said"), [("komal Pa", "Pa has no komal form"), ("tivra Re", "Re has no tivra form")]
)
def test_a_form_that_does_not_exist_is_refused(text, said) -> None:
    with pytest.raises(BadNotation, match=said):
        parse_swara(text)


def test_ati_madhya_is_refused() -> None:
    with pytest.raises(BadNotation, match="names no octave"):
        parse_swara("ati-madhya Sa")


def test_a_svarasthana_has_no_octave() -> None:
    with pytest.raises(BadNotation, match='Write "Sa"'):
        svarasthana_named("taar Sa")


def test_the_nearest_names_are_offered() -> None:
    with pytest.raises(BadNotation, match="komal Dha"):
        svarasthana_named("komel dha")


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("semitones", range(-12, 24))
def test_librosa_short_names_are_read(semitones, unicode) -> None:
    name = librosa.midi_to_svara_h(60 + semitones, Sa=60, abbr=True, octave=True, unicode=unicode)
    place, octave = parse_swara(name)
    assert place.index + 12 * octave == semitones


@given(st.text(max_size=20))
def test_any_text_is_a_swara_or_bad_notation(text) -> None:
    try:
        place, _ = parse_swara(text)
    except BadNotation:
        return
    assert place in SVARASTHANAS


@pytest.mark.parametrize(
    ("octave", "name"),
    [(-3, "ati-ati-mandra"), (-2, "ati-mandra"), (-1, "mandra"), (0, "madhya"), (1, "taar"), (2, "ati-taar")],
)
def test_saptak_names(octave, name) -> None:
    assert saptak_name(octave) == name
    assert parse_swara(f"{name} Ga")[1] == octave
