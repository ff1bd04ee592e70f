"""The head's opinion beside what the pitch says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swara.classifier.note_head.head import Agreement, NotePrediction, agreement

HEARD = NotePrediction("G", 0.97, "R", 0.02, abstained=False, unfamiliar=False, known=("S", "R", "G", "S'"))


def test_the_same_swara_agrees_without_a_reason():
    assert agreement("G", HEARD) == Agreement(True, None)


@pytest.mark.parametrize("letter", ["R", "S", "S'"])
def test_another_swara_disagrees_and_says_what_was_heard(letter):
    found = agreement(letter, HEARD)

    assert found.agrees is False
    assert found.reason == f"the note head hears G (97%) where the pitch shows {letter}"


@pytest.mark.parametrize("letter", ["m", ".G", "G'"])
def test_a_swara_that_it_never_learned_leaves_it_silent(letter):
    found = agreement(letter, HEARD)

    assert found.agrees is None
    assert letter in found.reason


def test_abstaining_is_silence_even_where_the_guess_is_right():
    unsure = replace(HEARD, probability=0.48, runner_up_probability=0.4, abstained=True)

    assert agreement("G", unsure) == Agreement(None, "the note head is not sure: G (48%) or R (40%)")


def test_a_pitch_where_no_sample_lies_is_silence_without_a_percentage():
    nowhere = replace(HEARD, abstained=True, unfamiliar=True)

    assert agreement("G", nowhere) == Agreement(None, "the note head has heard no note at this pitch")
