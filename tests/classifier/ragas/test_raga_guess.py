"""A raga is told by its swaras, weights and steps, and none is named where they do not tell it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from swara.classifier.notes import HeldNote, HeldNotes
from swara.classifier.ragas import RagaModel, guess_raga, sung_line
from swara.raga.notation import parse_notation
from swara.raga.ragas import BASIC_RAGAS, RAGAS, raga_named
from swara.raga.swara_list import raga_of_swaras
from swara.raga.tuning import JUST

SA_HZ = 150.0


def sung(notation: str, *, times: int = 1, long: str = "", start_s: float = 0.0, off_cents: float = 0.0):
    """Notes of 0.4 s, those of the letters in `long` 1.2 s, with a rest after each phrase."""
    notes, now_s = [], start_s
    for swara in list(parse_notation(notation)) * times:
        length_s = 1.2 if swara.svarasthana.letter in long else 0.4
        hz = SA_HZ * 2 ** ((JUST.cents_of(swara.svarasthana.index, swara.octave) + off_cents) / 1200)
        notes.append(HeldNote(now_s, now_s + length_s, length_s, hz, 3.0, 0.9))
        now_s += length_s + (1.5 if swara.ends_phrase else 0.1)
    return HeldNotes(tuple(notes), np.zeros(0, np.bool_))


def phrases_of(name: str) -> str:
    raga = RAGAS[name]
    scale = f"{' '.join(raga.aroha)}, {' '.join(raga.avaroha)}"
    return ", ".join([scale, *raga.pakad])


@pytest.mark.parametrize("name", sorted(set(BASIC_RAGAS) - {"deshkar"}))
def test_scale_and_key_phrases_tell_a_raga_among_twelve(name):
    raga = RAGAS[name]
    guess = guess_raga(sung(phrases_of(name), times=3, long=raga.vadi), SA_HZ, list(BASIC_RAGAS.values()))
    first = guess.candidates[0]
    assert name in {each.name for each in (first.raga, *first.also)}
    assert (first.share, first.outside, first.behind) == (pytest.approx(1.0), (), 0.0)
    assert len(guess.candidates) == 3
    assert guess.candidates[1].behind > 0


def test_between_bhupali_and_deshkar_a_scale_tells_nothing():
    guess = guess_raga(sung(phrases_of("deshkar"), times=3), SA_HZ, list(BASIC_RAGAS.values()))
    assert {each.raga.name for each in guess.candidates[:2]} == {"bhupali", "deshkar"}
    assert guess.raga is None
    assert guess.doubt.endswith("fit about as well")


def test_ragas_that_a_phrase_alone_tells_apart_are_one_candidate():
    guess = guess_raga(sung(phrases_of("yaman"), times=3), SA_HZ)
    called = [each.called for each in guess.candidates]
    assert sum("Yaman" in each for each in called) == 1
    assert {"Yaman", "Yaman Kalyan"} == {r.display for c in guess.candidates for r in (c.raga, *c.also)} & {
        "Yaman",
        "Yaman Kalyan",
    }


def test_the_same_swaras_are_told_by_their_steps():
    """Bhimpalasi goes n S g m P up, Kafi S R g m P D n; their swaras are the same."""
    two = [replace(RAGAS["bhimpalasi"], andolit=()), RAGAS["kafi"]]
    jumps, steps = ".n S g m P n S', S' n D P m g R S", "S R g m P D n S', S' n D P m g R S"
    named = [guess_raga(sung(line, times=5), SA_HZ, two).candidates[0].raga.name for line in (jumps, steps)]
    assert named == ["bhimpalasi", "kafi"]


def test_a_swara_that_swings_may_lie_beside_its_place():
    """On Bhimpalasi's andolit Ga and Ni 45 cents off cost less than on a raga that holds them still."""
    still, swinging = replace(RAGAS["bhimpalasi"], andolit=()), RAGAS["bhimpalasi"]
    model = RagaModel([still, swinging])
    for off_cents, likelier in ((0.0, 0), (45.0, 1)):
        fits = model.fits(sung_line(sung("S g m P n S'", off_cents=off_cents).notes, SA_HZ))
        assert int(np.argmax([fit.swaras for fit in fits])) == likelier


def test_a_guess_says_what_speaks_for_it():
    guess = guess_raga(sung("S g m P, m P n S', n P m g S", times=4), SA_HZ, [RAGAS["bhimpalasi"]])
    (first,) = guess.candidates
    assert first.missing == ("R", "D")
    assert first.steps
    assert {step.replace(" ", "") for step in first.steps} <= {
        "Sg",
        "gm",
        "mP",
        "Pn",
        "nS",
        "nP",
        "Pm",
        "mg",
        "gS",
    }
    strange = guess_raga(sung("S g G m P, m P n S', n P m g S", times=4), SA_HZ, [RAGAS["bhimpalasi"]])
    assert strange.candidates[0].outside == ("G",)


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (HeldNotes((), np.zeros(0, np.bool_)), "Nothing is held"),
        (sung("S R G P D"), "Too little is held"),
        (sung("S R S .D", times=2, long="SRD"), "Too little is held"),
        (sung("S D S D R", times=6, long="SD"), "Only S R D are held"),
        (sung("S r R g G m M P d D n N", times=4), "None of the ragas known"),
        (sung("S P D S' D P", times=1, long="SPD") , "Too little is held"),
        (sung("S R G P, G R S", times=6, off_cents=50.0), "None of the ragas known|fit"),
    ],
)  # fmt: skip
def test_what_does_not_tell_a_raga_names_none(held, why: str):
    guess = guess_raga(held, SA_HZ)
    assert guess.raga is None
    assert any(guess.doubt.startswith(each) or each in guess.doubt for each in why.split("|"))


def test_a_larger_raga_that_has_the_strays_is_a_doubt():
    """Yaman that is sung almost without Ma and Ni is not called Bhupali."""
    two = [RAGAS["bhupali"], raga_of_swaras("S R G M P D N", "Kalyan")]
    plain = sung("S R G P, G P D S', D P G R S", times=8)
    notes = (*plain.notes, *sung("M P", times=3, start_s=60.0).notes)
    assert guess_raga(plain, SA_HZ, two).raga is two[0]
    guess = guess_raga(HeldNotes(notes, np.zeros(0, np.bool_)), SA_HZ, two)
    assert (guess.raga, guess.candidates[0].raga, guess.candidates[0].outside) == (None, two[0], ("M",))
    assert guess.doubt == f"Bhupali fits but for M, which {two[1].display} has"


def test_minutes_add_up_and_are_no_independent_proofs():
    once = guess_raga(sung(phrases_of("todi"), times=2), SA_HZ)
    minutes = [sung(phrases_of("todi"), times=2, start_s=60.0 * minute).notes for minute in range(4)]
    again = guess_raga(HeldNotes(sum(minutes, ()), np.zeros(0, np.bool_)), SA_HZ)
    assert again.candidates[0].raga.name == once.candidates[0].raga.name == "todi"
    same = {each.raga.name: each.behind for each in again.candidates}
    for each in once.candidates[1:]:
        if each.raga.name in same:
            assert same[each.raga.name] == pytest.approx(2 * each.behind, rel=0.02)


def test_no_order_of_the_table_and_no_octave_decides():
    held = sung(phrases_of("malkauns"), times=3)
    forward, backward = (guess_raga(held, SA_HZ, list(RAGAS.values())[::way]) for way in (1, -1))
    assert [each.called for each in forward.candidates] == [each.called for each in backward.candidates]
    assert guess_raga(held, SA_HZ / 2).candidates[0].raga.name == "malkauns"


def test_a_raga_of_three_swaras_and_one_note_can_be_compared():
    few = raga_of_swaras("S G P")
    (fit,) = RagaModel([few]).fits(sung_line(sung("S").notes, SA_HZ))
    assert math.isfinite(fit.total)
    assert raga_named("Bhupali") is RAGAS["bhupali"]
