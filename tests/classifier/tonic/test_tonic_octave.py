"""The octave of a Sa that was given without one: where the voice is, and where it sings around."""

from __future__ import annotations

import numpy as np
import pytest

from swara.classifier.notes import HeldNote
from swara.classifier.tonic import given_tonic
from swara.data.synth import BHUPALI_PHRASES, VOICES, swara_sequence
from swara.raga.ragas import BASIC_RAGAS
from swara.raga.tonic_names import note_name, parse_tonic, tonic_hz
from swara.raga.tuning import JUST


def notes_of(text: str, sa_hz: float) -> list[HeldNote]:
    return [
        HeldNote(i, i + 0.6, 0.5, sa_hz * 2 ** (JUST.cents_of(place.index, octave) / 1200), 4.0, 0.9)
        for i, (place, octave) in enumerate(swara_sequence(text))
    ]


MEN = [("C#3", 138.59), ("D3", 146.83), ("F3", 174.61), ("A#2", 116.54)]
WOMEN = [("G3", 196.0), ("A3", 220.0), ("G#3", 207.65), ("B3", 246.94)]


@pytest.mark.parametrize(("name", "sa_hz"), MEN + WOMEN)
@pytest.mark.parametrize("phrase", BHUPALI_PHRASES)
def test_a_note_without_octave_is_put_where_the_voice_sings(name, sa_hz, phrase):
    tonic = given_tonic(parse_tonic(name[:-1]), notes_of(phrase, sa_hz))

    assert tonic.name == name
    assert tonic.hz == pytest.approx(sa_hz, abs=0.01)
    assert (tonic.source, tonic.confidence) == ("given, octave from the voice", 1.0)
    assert tonic.runner_up is None
    assert not tonic.needs_confirmation


@pytest.mark.parametrize("voice", VOICES.values(), ids=str)
def test_the_octave_is_right_for_every_kind_of_voice_and_raga(voice):
    """Low men and children too: each voice's Sa lies 4 to 7.6 semitones above its lowest note."""
    right = []
    for ratio in (1.25, 1.4, 1.55):
        semitone = round(12 * np.log2(voice.range_hz[0] * ratio / tonic_hz(0, 0)))
        sa_hz = tonic_hz(semitone % 12, semitone // 12)
        name = note_name(sa_hz).rstrip("0123456789")
        texts = [
            *BHUPALI_PHRASES,
            *(" ".join(raga.aroha + raga.avaroha[1:]) for raga in BASIC_RAGAS.values()),
        ]
        right += [
            abs(given_tonic(parse_tonic(name), notes_of(text, sa_hz)).hz - sa_hz) < 0.01 for text in texts
        ]

    assert np.mean(right) >= 0.9


def test_the_long_notes_decide_not_the_many():
    around_d3 = [
        HeldNote(i, i + 2.5, 2.0, 146.83 * 2 ** (cents / 1200), 4.0, 0.9)
        for i, cents in enumerate((0, 386, 0))
    ]
    short_and_high = [HeldNote(i, i + 0.2, 0.15, 146.83 * 2**2.4, 4.0, 0.9) for i in range(3, 11)]

    assert given_tonic(parse_tonic("D"), around_d3 + short_and_high).name == "D3"


@pytest.mark.parametrize("text", ["C#3", "138.59", "c#3 +20"])
def test_an_octave_or_a_frequency_is_taken_as_given(text):
    high = notes_of("S R G P D S'", 554.4)

    tonic = given_tonic(parse_tonic(text), high)

    assert tonic.hz == pytest.approx(parse_tonic(text).candidates_hz()[0])
    assert (tonic.source, tonic.confidence, tonic.needs_confirmation) == ("given", 1.0, False)


def test_without_notes_it_is_where_singers_have_their_sa():
    assert given_tonic(parse_tonic("D"), []).name == "D3"
    assert given_tonic(parse_tonic("A"), []).name == "A3"
