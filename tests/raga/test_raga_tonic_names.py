from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swara.raga.errors import BadTonic
from swara.raga.tonic_names import MAX_SA_HZ, MIN_SA_HZ, ParsedTonic, note_name, parse_tonic, tonic_hz


@pytest.mark.parametrize(
    ("texts", "parts"),
    [
        (["A#", "Bb", "bb", "B-flat", "Bflat", "black 5", "पाँचवीं काली"], (10, None, None)),
        (["b", "Cb", "white 7"], (11, None, None)),
        (["C sharp", "c-sharp", "kali 1", "Kali1", "काली १", "first black key", "scale C#"], (1, None, None)),
        (["safed 4", "सफ़ेद ४", "fourth white", "pandhri 4"], (5, None, None)),
        (["4th black", "kali no. 4", "काली चार", "Sa = G sharp"], (8, None, None)),
        (["c#3", "C♯3", "D♭ 3", "C sharp 3", "Sa C#3"], (1, 3, None)),
        (["Cb4"], (11, 3, None)),
        (["B#2"], (0, 3, None)),
        (["207.65", " 207.65 Hz ", "207,65", "२०७.६५"], (None, None, 207.65)),
        (["200hz"], (None, None, 200.0)),
        (["80"], (None, None, 80.0)),
        (["400"], (None, None, 400.0)),
    ],
)
def test_what_a_tonic_may_look_like(texts, parts) -> None:
    assert {parse_tonic(text) for text in texts} == {ParsedTonic(*parts)}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (
            ["", "H", "Sa", "C##", "#", "-5", "C#3x", "1e3", "nan", "C# +12", "kali 6", "kali"],
            "is no tonic.*such as C#",
        ),
        (
            ["0", "79.99", "400.01 Hz", "9" * 400, "D#2", "G#4", "C99", "C-2"],
            "outside the range.*80 to 400 Hz",
        ),
    ],
)
def test_nonsense_and_a_sa_outside_the_range_are_refused(texts, said) -> None:
    for text in texts:
        with pytest.raises(BadTonic, match=said):
            parse_tonic(text)


@pytest.mark.parametrize("pitch_class", range(12))
def test_candidates_are_every_octave_in_range(pitch_class) -> None:
    candidates_hz = ParsedTonic(pitch_class, None, None).candidates_hz()
    every_hz = [tonic_hz(pitch_class, octave) for octave in range(-2, 12)]
    assert list(candidates_hz) == [hz for hz in every_hz if MIN_SA_HZ <= hz <= MAX_SA_HZ]
    assert 2 <= len(candidates_hz) <= 3


def test_frequencies_of_notes() -> None:
    assert tonic_hz(9, 4) == 440.0
    assert [tonic_hz(1, 3), tonic_hz(0, 4)] == pytest.approx([138.5913, 261.6256], abs=1e-4)


def test_one_candidate_when_octave_or_frequency_is_given() -> None:
    assert parse_tonic("C#3").candidates_hz() == (tonic_hz(1, 3),)
    assert parse_tonic("207.65").candidates_hz() == (207.65,)
    assert [parse_tonic(text).has_octave for text in ("C#3", "207.65", "C#")] == [True, True, False]


@pytest.mark.parametrize("parts", [(None, None, None), (1, None, 100.0), (None, 3, 100.0)])
def test_a_tonic_is_a_note_or_a_frequency(parts) -> None:
    with pytest.raises(ValueError):
        ParsedTonic(*parts)


@pytest.mark.parametrize(
    ("hz", "name"),
    [
        (440.0, "A4"),
        (138.5913, "C#3"),
        (138.5913 * 2 ** (12 / 1200), "C#3 +12"),
        (138.5913 * 2 ** (-7 / 1200), "C#3 -7"),
        (138.5913 * 2 ** (0.4 / 1200), "C#3"),
        (138.5913 * 2 ** (0.6 / 1200), "C#3 +1"),
        (246.9417, "B3"),
        (261.6256 * 2 ** (-49 / 1200), "C4 -49"),
        (8.1758, "C-1"),
    ],
)
def test_names_of_frequencies(hz, name) -> None:
    assert note_name(hz) == name


@pytest.mark.parametrize("hz", [0.0, -1.0, float("nan"), float("inf")])
def test_only_a_frequency_has_a_name(hz) -> None:
    with pytest.raises(ValueError, match="not a frequency"):
        note_name(hz)


@given(st.floats(81.0, 399.0))
def test_a_name_is_read_back_within_half_a_cent(hz) -> None:
    (read_hz,) = parse_tonic(note_name(hz)).candidates_hz()
    assert read_hz == pytest.approx(hz, rel=2 ** (0.501 / 1200) - 1)
