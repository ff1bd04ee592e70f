"""The verdict in a sentence, and the warnings that a reader needs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swara.classifier.notes import PRESETS, HeldNote, Standard, judge
from swara.data.take import Tonic, TonicCandidate
from swara.raga.ragas import ALLIED_RAGAS, raga_named
from swara.raga.swaras import svarasthana_named
from swara.raga.tuning import JUST
from swara.service.take.summary import (
    too_little_sung,
    verdict_sentence,
    verdict_shares,
    warnings_about,
    worst_spots,
)

SA_HZ = 146.83
GIVEN = Tonic(SA_HZ, "D3", 1.0, "given")
ESTIMATED = Tonic(SA_HZ, "D3", 0.9, "estimated")


def notes_of(seconds: dict[str, float], raga: str = "Bhupali"):
    """One steady note for each swara, in tune, as long as it says."""
    standard = Standard(SA_HZ, raga_named(raga), JUST, PRESETS["student"])
    cents = {
        letter: JUST.cents_of(svarasthana_named(letter.lstrip(".")).index, -letter.count("."))
        for letter in seconds
    }
    held = [
        HeldNote(10.0 * i, 10.0 * i + steady_s, steady_s, SA_HZ * 2 ** (cents[letter] / 1200), 3.0, 0.9)
        for i, (letter, steady_s) in enumerate(seconds.items())
    ]
    return [judge(note, standard) for note in held]


def warnings(seconds, *, raga="Bhupali", tonic=GIVEN, source="given"):
    return list(warnings_about(notes_of(seconds, raga), tonic, raga_named(raga), source))


def sentence(notes):
    return verdict_sentence(notes, verdict_shares(notes), worst_spots(notes), voiced=True)


@pytest.mark.parametrize("name", sorted(ALLIED_RAGAS))
def test_twins_share_their_swaras_and_point_at_each_other(name):
    twin = ALLIED_RAGAS[name]
    other = raga_named(twin.other)

    assert other.swaras == raga_named(name).swaras
    assert ALLIED_RAGAS[other.name].other == raga_named(name).display
    assert (ALLIED_RAGAS[other.name].own_weight, ALLIED_RAGAS[other.name].other_weight) == (
        twin.other_weight,
        twin.own_weight,
    )


def test_much_foreign_singing_questions_the_raga_and_an_estimated_sa():
    seconds = {"S": 4.0, "m": 0.9, "G": 1.0}

    (default,) = warnings(seconds, source="default")
    (given,) = warnings(seconds)
    (estimated,) = warnings(seconds, tonic=ESTIMATED)

    assert default.startswith("15% of the steady singing lies outside Bhupali, which was assumed; ")
    assert default.endswith(" fits 100% of it: check the raga (--raga, --tonic)")
    assert "lies outside Bhupali; " in given
    assert "check the raga or Sa (" in estimated


MALKAUNS = {"S": 4.0, "g": 2.0, "m": 3.0, "d": 2.0, "n": 2.0}


def test_the_raga_that_fits_is_named_and_with_an_estimate_its_sa():
    (given,) = warnings(MALKAUNS, raga="Todi")
    (estimated,) = warnings(MALKAUNS, raga="Todi", tonic=ESTIMATED)

    assert given == (
        "38% of the steady singing lies outside Todi; Malkauns fits 100% of it: "
        "check the raga (--raga, --tonic)"
    )
    assert "; Malkauns with Sa 146.8 Hz fits 100% of it: check the raga or Sa (" in estimated


def test_a_doubtful_sa_names_what_fits_at_the_runner_up():
    """Bhupali from its Ga is Malkauns: judged at Ga all fits, and says nothing of which it is."""
    at_ga = replace(ESTIMATED, hz=SA_HZ * 5 / 4, needs_confirmation=True)
    doubtful = replace(at_ga, runner_up=TonicCandidate(SA_HZ, "D3", 0.4))
    standard = Standard(at_ga.hz, raga_named("Malkauns"), JUST, PRESETS["student"])
    held = [
        HeldNote(i, i + 2.0, 2.0, SA_HZ * 2 ** (JUST.cents_of(index, 0) / 1200), 3.0, 0.9)
        for i, index in enumerate(sorted(raga_named("Bhupali").swaras))
    ]

    told = list(
        warnings_about([judge(note, standard) for note in held], doubtful, raga_named("Malkauns"), "given")
    )

    assert told == ["Bhupali with Sa 146.8 Hz fits 100% of it: check the raga or Sa (--raga, --tonic)"]


@pytest.mark.parametrize(
    ("lengths_s", "sung_s", "duration_s", "told"),
    [
        (
            [0.26],
            0.4,
            3.0,
            "Hardly anything here is sung: one note of 0.26 s; shares are told from 2.0 s on.",
        ),
        (
            [0.2] * 12,
            10.0,
            12.0,
            "Hardly anything here is sung on a steady pitch: 12 notes, 2.4 s in all, of 10.0",
        ),
        (
            [0.5] * 5,
            3.0,
            30.0,
            "Hardly anything here is sung: 5 notes, 2.5 s in all; shares are told from 3.0 s",
        ),
        ([0.5] * 5, 4.0, 15.0, None),
        ([1.0] * 11, 20.0, 1200.0, None),
    ],
)
def test_what_was_heard_is_said_where_it_is_too_little(lengths_s, sung_s, duration_s, told):
    held = [HeldNote(i, i + s, s, SA_HZ * 1.06**i, 3.0, 0.9) for i, s in enumerate(lengths_s)]

    said = too_little_sung(held, sung_s, duration_s, tonic_given=False)

    assert said is None if told is None else said.startswith(told)


def test_one_pitch_tells_no_sa_but_can_be_judged_where_it_is_known():
    held = [HeldNote(3 * i, 3 * i + 2.0, 2.0, SA_HZ * octave, 3.0, 0.9) for i, octave in enumerate((1, 2, 1))]

    assert "Only one pitch was held (3 notes, 6.0 s in all)" in too_little_sung(
        held, 6.5, 9.0, tonic_given=False
    )
    assert too_little_sung(held, 6.5, 9.0, tonic_given=True) is None


@pytest.mark.parametrize("seconds", [{"S": 4.0, "m": 0.7, "G": 1.0}, {}])
def test_little_foreign_singing_or_none_is_no_reason_to_doubt(seconds) -> None:
    assert warnings(seconds) == []
    assert warnings(seconds, tonic=ESTIMATED, source="default") == []


def held(*notes: tuple[float, float, float]):
    """Steady notes, from seconds, cents above Sa and the confidence in each."""
    standard = Standard(SA_HZ, raga_named("Bhupali"), JUST, PRESETS["student"])
    starts = [sum(note[0] + 0.5 for note in notes[:place]) for place in range(len(notes))]
    return [
        judge(HeldNote(start, start + s, s, SA_HZ * 2 ** (cents / 1200), 3.0, sure), standard)
        for start, (s, cents, sure) in zip(starts, notes, strict=True)
    ]


GA = 386.31
FINE, LOW_GA, UNSURE = (3.0, 0.0, 0.9), (1.0, GA - 41.0, 0.9), (1.0, 0.0, 0.1)


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        ((FINE,), "100% of the steady singing was in tune (100% perfect); nothing was low or high."),
        (
            (FINE, LOW_GA),
            "75% of the steady singing was in tune (75% perfect); work first on Ga at 3.5 s, 41 cents low.",
        ),
        (
            (FINE, UNSURE),
            "100% of the steady singing that could be judged was in tune (100% perfect), 25% was unsure;"
            " nothing was low or high.",
        ),
        (
            (FINE, LOW_GA, UNSURE),
            "75% of the steady singing that could be judged was in tune (75% perfect), 20% was unsure;"
            " work first on Ga at 3.5 s, 41 cents low.",
        ),
        ((UNSURE,), "All of the steady singing was unsure: nothing could be judged."),
        (
            (FINE, (0.3, GA - 41.0, 0.9), (0.3, 741.0, 0.9), (0.3, 741.0, 0.9)),
            "77% of the steady singing was in tune (77% perfect); 1 note low and 2 high, each short or on the"
            " move: nothing to work on.",
        ),
        (
            (FINE, (0.3, 741.0, 0.9)),
            "91% of the steady singing was in tune (91% perfect); 1 note high, short or on the move: nothing"
            " to work on.",
        ),
        (
            ((900.0, 0.0, 0.9), LOW_GA),
            "99% of the steady singing was in tune (99% perfect); work first on Ga at 15:00, 41 cents low.",
        ),
    ],
)
def test_the_sentence_names_what_was_unsure_and_is_100_only_where_nothing_was_off(notes, words):
    assert sentence(held(*notes)) == words


def test_the_sentence_of_a_take_without_notes():
    assert verdict_sentence([], {}, [], voiced=False) == "No singing was found."
    assert verdict_sentence([], {}, [], voiced=True) == "No note was held long enough to judge."
