from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swara.raga.errors import UnknownRaga
from swara.raga.swaras import SVARASTHANAS
from swara.raga.tuning import EQUAL, JUST, Target, Tuning, learned, tuning_named

LEARNED = learned({"S": -3.0, "R": 200.0, "G": 384.0, "D": 893.0})
TUNINGS = (JUST, EQUAL, LEARNED)
INDEX = {s.letter: s.index for s in SVARASTHANAS}


def placed_by_trying_everything(tuning, cents, among):
    """The slow reference: every svarasthana in every octave near, by distance and then by pitch."""
    tried = []
    for octave in range(-12, 13):
        for index in among:
            target, shift = tuning.targets[index], cents - 1200.0 * octave
            if target.low_cents <= shift <= target.high_cents:
                off = 0.0
            else:
                off = min(shift - target.low_cents, shift - target.high_cents, key=abs)
            middle = 1200.0 * octave + (target.low_cents + target.high_cents) / 2
            tried.append((abs(off), middle, index, octave, off))
    _, _, index, octave, off = min(tried)
    return index, octave, off


@given(
    tuning=st.sampled_from(TUNINGS),
    cents=st.one_of(
        st.floats(-8000, 8000), st.integers(-800, 800).map(lambda n: 10.0 * n), st.integers(-6, 6).map(float)
    ),
    among=st.sets(st.integers(0, 11), min_size=1),
)
def test_nearest_agrees_with_trying_everything(tuning, cents, among) -> None:
    placed = tuning.nearest(cents, among)
    found = (placed.svarasthana.index, placed.octave, placed.cents_off)
    assert found == placed_by_trying_everything(tuning, cents, among)


@pytest.mark.parametrize(
    ("cents", "letter", "octave"), [(50.0, "S", 0), (1150.0, "N", 0), (-50.0, "N", -1), (250.0, "R", 0)]
)
def test_a_tie_goes_to_the_lower(cents, letter, octave) -> None:
    placed = EQUAL.nearest(cents)
    assert (placed.svarasthana.letter, placed.octave) == (letter, octave)


def test_just_targets_are_the_published_ones_and_cents_of_their_middles() -> None:
    published = [0, 111.7, 203.9, 315.6, 386.3, 498.0, 590.2, 702.0, 813.7, 884.4, 996.1, 1088.3]
    assert [round(t.low_cents, 1) for t in JUST.targets] == published
    bands = [i for i, t in enumerate(JUST.targets) if t.low_cents != t.high_cents]
    assert bands == [INDEX["D"]]
    assert round(JUST.targets[INDEX["D"]].high_cents, 1) == 905.9
    assert EQUAL.cents_of(7, -1) == -500.0
    assert JUST.cents_of(INDEX["D"], 1) == pytest.approx(1200 + (884.3587 + 905.8650) / 2, abs=1e-3)


def test_learned_replaces_what_was_measured_and_keeps_the_rest_just() -> None:
    assert LEARNED.targets[INDEX["G"]] == Target(384.0, 384.0)
    assert LEARNED.targets[INDEX["P"]] == JUST.targets[INDEX["P"]]
    assert LEARNED.name == "learned"


def test_tunings_by_name() -> None:
    assert tuning_named(" Just ") is JUST
    assert tuning_named("EQUAL") is EQUAL
    with pytest.raises(UnknownRaga) as caught:
        tuning_named("equl")
    assert str(caught.value) == 'no tuning is called "equl". The nearest name is equal.'
    with pytest.raises(UnknownRaga, match="The names known are just and equal"):
        tuning_named("pythagorean")


@pytest.mark.parametrize(
    ("make", "given", "said"),
    [
        *((JUST.nearest, (cents,), "no nearest swara") for cents in (math.nan, math.inf, -math.inf)),
        *((JUST.nearest, (0.0, among), "some of 0 to 11") for among in ((), (12,), (-1,))),
        *(
            (Target, edges, "no band")
            for edges in ((2.0, 1.0), (math.nan, 1.0), (0.0, math.nan), (0.0, math.inf))
        ),
        *(
            (learned, (t,), None)
            for t in ({"G": 447.0}, {"G": math.nan}, {"X": 0.0}, {"r": 171.0, "R": 160.0})
        ),
        # Eleven, two that are equal, and more than an octave.
        *(
            (Tuning, ("odd", tuple(Target(100.0 * i, 100.0 * i) for i in steps)), None)
            for steps in (range(11), (0, 1, 1, *range(3, 12)), (*range(11), 12))
        ),
    ],
)
def test_what_cannot_be_is_refused(make, given, said) -> None:
    with pytest.raises(ValueError, match=said):
        make(*given)
