from __future__ import annotations

import librosa
import pytest

from swara.raga.errors import BadNotation
from swara.raga.swaras import SVARASTHANAS, parse_swara, saptak_name, svarasthana_named

NO_SWARAS = (
    "",
    "H",
    "Sa Re",
    "SR",
    "tarr",
    "taar",
    "5",
    "komal",
    "'S",
    "D.",
    "-",
    "taar .S",
    "komal tivra ma",
)


def test_each_svarasthana_stands_at_its_index() -> None:
    assert [s.index for s in SVARASTHANAS] == list(range(12))
    assert "".join(s.letter for s in SVARASTHANAS) == "SrRgGmMPdDnN"


@pytest.mark.parametrize("place", SVARASTHANAS, ids=lambda s: s.name)
def test_a_svarasthana_is_found_by_its_letter_and_its_name(place) -> None:
    name = place.name
    for text in (place.letter, name, name.upper(), name.replace(" ", "_"), f" {name} "):
        assert svarasthana_named(text) is place


@pytest.mark.parametrize(
    ("letter", "texts"),
    [
        ("S", ["shadja", "s", "सा", "ṣaḍja"]),
        ("r", ["komal R", "komalre", "re komal", "कोमल ऋषभ", "रे॒"]),
        ("R", ["RI", "ऋषभ", "Ṛṣabha"]),
        ("g", ["कोमल ग"]),
        ("G", ["Shuddha Gandhar"]),
        ("m", ["ma", "MA", "shuddha Ma"]),
        ("M", ["Teevra-Madhyam", "tivra m", "तीव्र मध्यम", "म॑"]),
        ("P", ["p"]),
        ("d", ["komal_dhaivat"]),
        ("D", ["shuddhadha"]),
        ("n", ["flat ni"]),
        ("N", ["nishad"]),
    ],
)
def test_common_spellings(letter, texts) -> None:
    assert [svarasthana_named(text).letter for text in texts] == [letter] * len(texts)


@pytest.mark.parametrize(
    ("letter", "octave", "texts"),
    [
        (
            "S",
            1,
            [
                "high sa",
                "sa (taar)",
                "upper octave sa",
                "तार षड्ज",
                "सां",
                "taar Sa",
                "Taar-Sa",
                "tar_sa",
                "TaarSa",
                "Sa'",
                "Sa’",
                "S'",
            ],
        ),
        ("S", 2, ["S''"]),
        ("S", -1, [".Sa"]),
        ("r", 1, ["taar komal re"]),
        ("g", 1, ["taar g"]),
        ("G", 2, ["ati-taar Ga"]),
        ("m", 0, ["madhya ma", "Madhyam"]),
        ("P", 0, ["Pa"]),
        ("P", -3, ["ati ati mandra pa"]),
        ("d", -2, ["..d"]),
        ("D", -1, ["mandra Dha", ".D", "Dha mandra", "low dha", "मन्द्र धैवत", "ध़"]),
        ("d", -1, ["komal mandra dha", "mandra saptak dha komal"]),
    ],
)
def test_a_name_with_its_octave(letter, octave, texts) -> None:
    for place, found_octave in map(parse_swara, texts):
        assert (place.letter, found_octave) == (letter, octave)


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        *((parse_swara, text, "names no swara") for text in NO_SWARAS),
        *((parse_swara, text, "octave twice") for text in ("mandra S'", "taar Ṡ", ".S'", "taar S'")),
        (parse_swara, "komal Pa", "Pa has no komal form"),
        (parse_swara, "tivra Re", "Re has no tivra form"),
        (parse_swara, "ati-madhya Sa", "names no octave"),
        (svarasthana_named, "taar Sa", 'Write "Sa"'),
        (svarasthana_named, "komel dha", "komal Dha"),
    ],
)
def test_what_is_no_swara_or_contradicts_itself_is_refused(read, text, said) -> None:
    with pytest.raises(BadNotation, match=said):
        read(text)


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("semitones", range(-12, 24))
def test_librosa_short_names_are_read(semitones, unicode) -> None:
    name = librosa.midi_to_svara_h(60 + semitones, Sa=60, abbr=True, octave=True, unicode=unicode)
    place, octave = parse_swara(name)
    assert place.index + 12 * octave == semitones


@pytest.mark.parametrize(
    ("octave", "name"),
    [(-3, "ati-ati-mandra"), (-2, "ati-mandra"), (-1, "mandra"), (0, "madhya"), (1, "taar"), (2, "ati-taar")],
)
def test_saptak_names(octave, name) -> None:
    assert saptak_name(octave) == name
    assert parse_swara(f"{name} Ga")[1] == octave
