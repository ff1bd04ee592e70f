"""The rules of a fair judgement, one by one, on single notes; and what lies between the notes of a take."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swara.classifier.notes import PRESETS, HeldNote, Standard, Thresholds, judge, moving_notes, tile
from swara.data.pitch_track import PitchTrack
from swara.data.take import Glide, Note, Silence
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


@pytest.mark.parametrize(
    ("raga", "cents", "named", "foreign", "meant", "verdict"),
    [
        ("Bhupali", GA_CENTS - 50.0, ("komal Ga", "madhya"), True, ("Ga", "madhya"), "low"),
        ("Malkauns", GA_CENTS - 50.0, ("komal Ga", "madhya"), False, ("komal Ga", "madhya"), "in tune"),
        ("Bhupali", -70.0, ("Ni", "mandra"), True, ("Sa", "madhya"), "low"),
    ],
    ids=["a low Ga", "a komal Ga of its raga", "a low Sa"],
)
def test_the_name_is_of_all_twelve_and_the_verdict_of_the_raga(raga, cents, named, foreign, meant, verdict):
    note = judged(cents, raga=raga_named(raga))

    assert ((note.swara, note.saptak), note.foreign) == (named, foreign)
    assert ((note.raga_swara, note.raga_saptak), note.verdict) == (meant, verdict)


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


HALF_A_FRAME_S = 0.005


def note(start_s: float, end_s: float) -> Note:
    return Note(
        start_s, end_s, 0.2, "Sa", "madhya", 0.0, 0.0, 1.0, "perfect", 0.9, False, "Sa", "madhya", 0.0
    )


@st.composite
def takes(draw, on_grid: bool):
    """Notes in order without overlap, a mask that need not agree with them, and a length."""
    frames = draw(st.integers(1, 200))
    duration_s = frames * 0.01 + draw(st.sampled_from([0.0, 0.0031, 0.0099]))
    if on_grid:
        times_s = st.integers(0, frames).map(lambda frame: 0.01 * frame)
    else:
        times_s = st.floats(0.0, duration_s)
    edges_s = sorted(draw(st.lists(times_s, max_size=12, unique=True)))
    notes = [note(a, b) for a, b in zip(edges_s[::2], edges_s[1::2], strict=False)]
    # Between two floats that are neighbours there is no middle.
    if notes and notes[-1].duration_s > 1e-9 and draw(st.booleans()):
        # Two notes that touch, as two syllables on one pitch do.
        last = notes.pop()
        middle_s = (last.start_s + last.end_s) / 2
        notes += [note(last.start_s, middle_s), note(middle_s, last.end_s)]
    runs = draw(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=12))
    sung = np.array([flag for flag, length in runs for _ in range(length)] + [False] * frames, dtype=np.bool_)
    return notes, sung[: frames + 1], duration_s


@settings(max_examples=300, deadline=None)
@given(st.one_of(takes(on_grid=True), takes(on_grid=False)))
def test_a_tiling_has_no_gap_and_no_overlap_and_keeps_the_notes(take):
    notes, sung, duration_s = take

    segments = tile(notes, sung, duration_s)

    assert segments[0].start_s == 0.0
    assert segments[-1].end_s == duration_s
    assert all(before.end_s == after.start_s for before, after in pairwise(segments))
    assert all(segment.end_s > segment.start_s for segment in segments)
    assert [segment for segment in segments if isinstance(segment, Note)] == notes


@settings(max_examples=200, deadline=None)
@given(takes(on_grid=True))
def test_between_notes_a_glide_is_where_something_is_sung_and_a_silence_where_not(take):
    notes, sung, duration_s = take

    segments = tile(notes, sung, duration_s)

    for frame in np.flatnonzero(np.arange(sung.size) * 0.01 + HALF_A_FRAME_S < duration_s):
        at_s = 0.01 * frame + HALF_A_FRAME_S
        here = next(segment for segment in segments if segment.start_s <= at_s < segment.end_s)
        # Less than half a frame before a note, or at the end, no frame is left to be told from silence.
        if isinstance(here, Note) or here.end_s - at_s < HALF_A_FRAME_S - 1e-9:
            continue
        if here.start_s <= 0.01 * frame + 1e-9:
            assert isinstance(here, Glide if sung[frame] else Silence)


def test_glides_and_silences_never_follow_their_own_kind():
    sung = np.zeros(101, dtype=np.bool_)
    sung[10:30] = sung[35:60] = sung[70:90] = True

    kinds = [type(segment) for segment in tile([note(0.4, 0.55)], sung, 1.0)]

    assert kinds == [Silence, Glide, Silence, Glide, Note, Glide, Silence, Glide, Silence]


@pytest.mark.parametrize("duration_s", [0.2, 7.654])
def test_a_take_without_a_note_is_one_silence(duration_s):
    sung = np.zeros(1 + round(100 * duration_s), dtype=np.bool_)

    assert tile([], sung, duration_s) == (Silence(0.0, duration_s),)


@pytest.mark.parametrize(
    ("raga", "cents", "steady_s", "swing_cents", "foreign"),
    [
        ("Malkauns", 386.3, 0.5, 5.0, True),
        ("Malkauns", 386.3, 2.0, 5.0, True),
        ("Malkauns", 386.3, 0.3, 5.0, False),
        ("Malkauns", 406.0, 1.0, 85.0, False),
        ("Malkauns", 1088.3, 0.3, 5.0, True),
        ("Bhairav", 203.9, 0.3, 5.0, False),
        ("Bhairav", 203.9, 0.6, 5.0, True),
        ("Bhupali", 498.0, 0.3, 5.0, True),
    ],
    ids=[
        "Ga held 0.5 s",
        "Ga held",
        "the andolan of komal Ga",
        "gamak from komal Ga to Ma",
        "komal Ni has no andolan here",
        "the andolan of komal Re",
        "Re held",
        "a raga without andolan",
    ],
)
def test_a_neighbour_is_foreign_unless_it_is_passed_in_a_swing(raga, cents, steady_s, swing_cents, foreign):
    sung = replace(held(cents), steady_s=steady_s, swing_cents=swing_cents)

    note = judge(sung, Standard(SA_HZ, raga_named(raga), JUST, PRESETS["student"]))

    assert note.foreign is foreign
    assert foreign or note.verdict == "unsure"


def _swing(hz: float, wide_cents: float, seconds: float):
    return wide_cents * np.sin(2 * np.pi * hz * np.arange(0.0, seconds, 0.01))


@pytest.mark.parametrize(
    ("off_cents", "moves"),
    [
        pytest.param(np.full(60, -32.0), False, id="held"),
        pytest.param(
            -30 + 4 * np.random.default_rng(1).standard_normal(60), False, id="held, a little rough"
        ),
        pytest.param(-32 + _swing(5.8, 80, 0.9), False, id="vibrato, heard at its mean"),
        pytest.param(np.concatenate([np.linspace(-130, 30, 6), np.full(50, 32.0)]), False, id="scooped into"),
        pytest.param(np.full(30, 45.0), False, id="staccato"),
        pytest.param(np.linspace(-85, -4, 60), True, id="a slow glide that arrives"),
        pytest.param(-50 + _swing(2.0, 50, 1.0), True, id="andolan that turns on the swara"),
        pytest.param(-47 + _swing(4.6, 50, 0.75), True, id="a slow swing"),
        pytest.param(np.repeat([15.0, 95.0, 15.0], 25), True, id="on to the next swara and back"),
        pytest.param(-40 - 0.9 * np.linspace(-12, 12, 25) ** 2, True, id="the turn of a meend"),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_what_glides_or_swings_is_on_the_move_and_what_is_held_off_is_not(off_cents, moves, sign):
    """Shapes of pitch as they were found in professionals, beside those of a note that is held and off."""
    off = sign * np.asarray(off_cents)
    hz = SA_HZ * 2 ** ((701.955 + np.pad(off, 20, mode="edge")) / 1200)
    track = PitchTrack(0.01 * np.arange(hz.size), hz, np.ones(hz.size), np.ones(hz.size, np.bool_))
    wrong = replace(judged(701.955 + sign * 40), start_s=0.2, end_s=0.2 + 0.01 * off.size)
    right = replace(wrong, verdict="in tune")

    assert moving_notes([right, wrong], track, SA_HZ, 15.0) == (frozenset({wrong}) if moves else frozenset())
