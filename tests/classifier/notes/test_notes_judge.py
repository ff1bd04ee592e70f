"""The rules of a fair judgement, one by one, on single notes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swara.classifier.notes import PRESETS, HeldNote, Standard, Thresholds, judge
from swara.raga.ragas import RAGAS, raga_named
from swara.raga.swaras import SVARASTHANAS
from swara.raga.tuning import EQUAL, JUST, learned

SA_HZ = 138.59
BHUPALI = raga_named("Bhupali")
GA_CENTS = 386.3137
DHA_CENTS = (884.3587, 905.8650)


def held(cents: float, *, confidence: float = 0.9, sa_hz: float = SA_HZ) -> HeldNote:
    return HeldNote(1.0, 1.6, 0.5, sa_hz * 2 ** (cents / 1200), 4.0, confidence)


def judged(cents: float, *, raga=BHUPALI, tuning=JUST, thresholds=PRESETS["student"], confidence=0.9):
    return judge(held(cents, confidence=confidence), Standard(SA_HZ, raga, tuning, thresholds))


@pytest.mark.parametrize(
    ("preset", "perfect", "in_tune"), [("learner", 20, 35), ("student", 15, 25), ("performer", 10, 15)]
)
def test_the_presets_and_their_limits_inclusive(preset, perfect, in_tune):
    limits = PRESETS[preset]

    assert limits.preset == preset
    for sign, missed in ((1, "high"), (-1, "low")):
        assert limits.verdict(sign * perfect) == "perfect"
        assert limits.verdict(sign * (perfect + 0.01)) == "in tune"
        assert limits.verdict(sign * in_tune) == "in tune"
        assert limits.verdict(sign * (in_tune + 0.01)) == missed
    assert limits.verdict(0.0) == "perfect"


def test_the_user_may_set_any_limits():
    own = Thresholds(3.0, 50.0)

    assert own.preset == "custom"
    assert [own.verdict(off) for off in (3.0, -3.1, 50.0, -50.1)] == ["perfect", "in tune", "in tune", "low"]
    assert Thresholds(12.0, 12.0).verdict(12.0) == "perfect"
    assert Thresholds(12.0, 12.0).verdict(-12.5) == "low"


@pytest.mark.parametrize("limits", [(0.0, 25.0), (-1.0, 25.0), (26.0, 25.0), (float("nan"), 25.0)])
def test_limits_that_make_no_sense_are_refused(limits):
    with pytest.raises(ValueError):
        Thresholds(*limits)


@pytest.mark.parametrize(
    ("cents", "off", "verdict"),
    [
        (884.36, 0.0, "perfect"),
        (890.0, 0.0, "perfect"),
        (905.86, 0.0, "perfect"),
        (DHA_CENTS[0] - 14.9, -14.9, "perfect"),
        (DHA_CENTS[0] - 16.0, -16.0, "in tune"),
        (DHA_CENTS[0] - 26.0, -26.0, "low"),
        (DHA_CENTS[1] + 14.9, 14.9, "perfect"),
        (DHA_CENTS[1] + 24.0, 24.0, "in tune"),
        (DHA_CENTS[1] + 26.0, 26.0, "high"),
    ],
)
@pytest.mark.parametrize("octave", [-1, 0, 1])
def test_dha_is_a_band_and_the_distance_is_to_its_nearer_edge(cents, off, verdict, octave):
    note = judged(cents + 1200 * octave)

    assert (note.swara, note.saptak) == ("Dha", ("madhya", "taar", "mandra")[octave])
    assert note.cents_off == pytest.approx(off, abs=0.01)
    assert note.verdict == verdict


def test_in_equal_tuning_dha_is_a_point():
    assert judged(890.0, tuning=EQUAL).cents_off == pytest.approx(-10.0)


def test_a_ga_50_cents_low_shows_as_komal_ga_foreign_and_is_a_low_ga():
    note = judged(GA_CENTS - 50.0)

    assert (note.swara, note.saptak, note.foreign) == ("komal Ga", "madhya", True)
    assert note.cents_off == pytest.approx(GA_CENTS - 50.0 - 315.6413, abs=0.01)
    assert (note.raga_swara, note.raga_saptak) == ("Ga", "madhya")
    assert note.raga_cents_off == pytest.approx(-50.0, abs=0.01)
    assert note.verdict == "low"


def test_the_same_pitch_is_no_stranger_to_a_raga_with_komal_ga():
    note = judged(GA_CENTS - 50.0, raga=raga_named("Malkauns"))

    assert (note.swara, note.foreign, note.raga_swara) == ("komal Ga", False, "komal Ga")
    assert note.verdict == "in tune"


def test_a_low_madhya_sa_is_a_ni_of_the_octave_below_and_still_a_low_madhya_sa():
    note = judged(-70.0)

    assert (note.swara, note.saptak, note.foreign) == ("Ni", "mandra", True)
    assert (note.raga_swara, note.raga_saptak) == ("Sa", "madhya")
    assert note.verdict == "low"


@pytest.mark.parametrize(
    ("cents", "verdict"),
    [(GA_CENTS + 74.9, "high"), (GA_CENTS + 75.1, "unsure"), (701.955 - 75.1, "unsure"), (498.0, "unsure")],
)
def test_further_than_75_cents_from_every_swara_of_the_raga_is_unsure(cents, verdict):
    assert judged(cents).verdict == verdict


@pytest.mark.parametrize(("confidence", "verdict"), [(0.49, "unsure"), (0.5, "perfect"), (1.0, "perfect")])
def test_a_note_that_may_be_noise_is_unsure(confidence, verdict):
    note = judged(0.0, confidence=confidence)

    assert note.verdict == verdict
    assert (note.swara, note.confidence) == ("Sa", confidence)


def test_a_learned_tuning_moves_the_targets():
    note = judged(GA_CENTS - 20.0, tuning=learned({"G": GA_CENTS - 20.0}))

    assert (note.swara, note.verdict) == ("Ga", "perfect")
    assert note.cents_off == pytest.approx(0.0, abs=0.01)


def test_what_was_measured_is_passed_on():
    source = HeldNote(2.0, 2.7, 0.6, SA_HZ * 2, 7.5, 0.8)
    note = judge(source, Standard(SA_HZ, BHUPALI, JUST, PRESETS["student"]))

    assert (note.start_s, note.end_s, note.steady_s) == (2.0, 2.7, 0.6)
    assert (note.steadiness_cents, note.confidence) == (7.5, 0.8)
    assert (note.swara, note.saptak, note.cents) == ("Sa", "taar", pytest.approx(1200.0))


@given(
    st.sampled_from(sorted(RAGAS)),
    st.floats(-2400.0, 3600.0),
    st.floats(80.0, 400.0),
    st.sampled_from([JUST, EQUAL]),
)
def test_name_and_verdict_follow_from_the_distances_alone(raga_name, cents, sa_hz, tuning):
    raga = RAGAS[raga_name]
    note = judge(held(cents, sa_hz=sa_hz), Standard(sa_hz, raga, tuning, PRESETS["student"]))

    distances = {
        place.name: min(
            abs(tuning.targets[place.index].offset(cents - 1200 * octave)) for octave in range(-4, 5)
        )
        for place in SVARASTHANAS
    }
    own = {p.name: distances[p.name] for p in SVARASTHANAS if p.index in raga.swaras}
    assert note.cents == pytest.approx(cents, abs=1e-6)
    assert abs(note.cents_off) == pytest.approx(min(distances.values()), abs=1e-6)
    assert distances[note.swara] == pytest.approx(abs(note.cents_off), abs=1e-6)
    assert abs(note.raga_cents_off) == pytest.approx(min(own.values()), abs=1e-6)
    assert own[note.raga_swara] == pytest.approx(abs(note.raga_cents_off), abs=1e-6)
    assert note.foreign == (note.swara not in own)
    if not note.foreign:
        assert (note.raga_swara, note.raga_saptak, note.raga_cents_off) == (
            note.swara,
            note.saptak,
            note.cents_off,
        )
    if abs(note.raga_cents_off) > 75.0:
        assert note.verdict == "unsure"
    else:
        assert note.verdict == PRESETS["student"].verdict(note.raga_cents_off)
