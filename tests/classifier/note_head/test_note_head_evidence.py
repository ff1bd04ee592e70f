"""Pitch as evidence, the same in every saptak; and what is made from a note: other singers, other keys."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from swara.classifier.note_head.augment import augmented
from swara.classifier.note_head.evidence import (
    EVIDENCE_CENTS,
    EVIDENCE_DIM,
    evidence_of_notes,
    pitch_evidence,
)
from swara.classifier.note_head.examples import NoteSource
from swara.raga.swaras import parse_swara
from swara.raga.tuning import JUST


@pytest.mark.parametrize("octave", [-1, 0, 1])
@pytest.mark.parametrize("index", range(12))
@pytest.mark.parametrize("off_cents", [-30.0, 0.0, 30.0])
def test_a_note_leans_to_its_own_swara_30_cents_off_as_well(index, octave, off_cents):
    evidence = pitch_evidence(np.full(20, JUST.cents_of(index, octave) + off_cents))
    assert evidence.argmax() == 1 + 12 * (octave + 1) + index
    assert off_cents or evidence.max() > 0.85, "exact, it is nearly all its own"


def test_it_is_the_mean_of_its_frames_by_a_slow_reference():
    cents = np.random.default_rng(3).uniform(-1300.0, 2400.0, 40)
    shares = []
    for pitch in cents:
        clipped = min(max(pitch, EVIDENCE_CENTS[0]), EVIDENCE_CENTS[-1])
        nearness = [float(np.exp(-((clipped - centre) ** 2) / (2 * 35.0**2))) for centre in EVIDENCE_CENTS]
        shares.append([value / sum(nearness) for value in nearness])
    np.testing.assert_allclose(pitch_evidence(cents), np.mean(shares, axis=0), rtol=0, atol=1e-6)


def test_what_lies_beyond_three_saptaks_goes_to_the_ends():
    assert pitch_evidence(np.array([-5000.0]))[0] == pytest.approx(1.0, abs=0.01)
    assert pitch_evidence(np.array([5000.0]))[-1] == pytest.approx(1.0, abs=0.01)
    assert EVIDENCE_DIM == len(EVIDENCE_CENTS) == 38
    assert list(EVIDENCE_CENTS) == sorted(EVIDENCE_CENTS)


@pytest.mark.parametrize("cents", [[], [np.nan, np.nan], [np.inf, -np.inf]])
def test_frames_without_pitch_do_not_count_and_no_pitch_is_no_evidence(cents):
    evidence = pitch_evidence(np.array(cents, dtype=np.float64))
    assert (evidence.shape, evidence.dtype, evidence.any()) == ((EVIDENCE_DIM,), np.float32, False)
    with_gaps = np.array([386.0, *cents, 390.0])
    np.testing.assert_array_equal(pitch_evidence(with_gaps), pitch_evidence(np.array([386.0, 390.0])))


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e5, 1e5)))
def test_it_sums_to_one_whatever_was_sung(cents):
    evidence = pitch_evidence(cents)
    assert evidence.dtype == np.float32
    assert evidence.sum() == pytest.approx(1.0, abs=1e-5)
    assert (evidence >= 0).all()


def test_many_notes_at_once_show_what_each_does_to_the_last_bit():
    rng = np.random.default_rng(4)
    notes = [rng.normal(400.0, 600.0, size) for size in rng.integers(0, 300, 90)]
    for cents in notes[::3]:
        cents[rng.random(cents.size) < 0.5] = np.nan
    notes += [np.full(5, np.nan), np.full(9000, 702.0)]
    each = np.stack([pitch_evidence(cents) for cents in notes])
    assert evidence_of_notes(notes).tobytes() == each.tobytes()
    assert evidence_of_notes([]).shape == (0, EVIDENCE_DIM)


BHUPALI = ["S", "R", "G", "P", "D", "S'"]


def centre_cents(swara: str) -> float:
    place, octave = parse_swara(swara)
    return JUST.cents_of(place.index, octave)


def sources(swaras=BHUPALI) -> list[NoteSource]:
    """A note of each swara, with a frame that has no pitch."""
    made = []
    for i, swara in enumerate(swaras):
        cents = np.full(30, centre_cents(swara))
        cents[5] = np.nan
        made.append(NoteSource(cents, np.full(4, i, np.float32), swara, f"singer {i % 2}", f"recording {i}"))
    return made


def test_the_sound_its_singer_and_its_recording_stay_and_the_seed_says_the_rest():
    made, again = (augmented(sources(), np.random.default_rng(5), copies=3) for _ in range(2))
    assert len(made) == 18
    for i, (example, other) in enumerate(zip(made, again, strict=True)):
        source = sources()[i // 3]
        assert (example.singer, example.recording) == (source.singer, source.recording)
        np.testing.assert_array_equal(example.embedding, source.embedding)
        assert example.augmented
        assert (example.swara, example.recording) == (other.swara, other.recording)
        np.testing.assert_array_equal(example.evidence, other.evidence)
    silent = NoteSource(np.full(9, np.nan), np.zeros(4, np.float32), "S", "a", "b")
    assert not any(example.evidence.any() for example in augmented([silent], np.random.default_rng(1)))
    assert augmented([], np.random.default_rng(1)) == ()


def test_unmoved_notes_keep_their_swara_and_moved_ones_take_the_others():
    unmoved = augmented(sources(), np.random.default_rng(5), moved=0.0)
    moved = augmented(sources(), np.random.default_rng(5), copies=60, moved=1.0)
    assert [example.swara for example in unmoved[::4]] == BHUPALI
    assert {example.swara for example in moved[:60]} == set(BHUPALI)


@pytest.mark.parametrize("moved", [0.0, 1.0])
def test_the_pitch_stays_near_the_swara_that_the_label_names(moved):
    """40 cents of detuning, a few of Sa, and a minority of frames an octave off."""
    for example in augmented(sources(), np.random.default_rng(6), copies=50, moved=moved):
        peak_cents = EVIDENCE_CENTS[int(example.evidence.argmax())]
        assert abs(peak_cents - centre_cents(example.swara)) < 120
        assert example.evidence.sum() == pytest.approx(1.0, abs=1e-5)


def test_notes_are_detuned_both_ways_and_some_frames_leap_an_octave():
    made = augmented(sources(["P"]), np.random.default_rng(7), copies=200, moved=0.0)
    evidence = np.stack([example.evidence for example in made])
    middle = 1 + 12 + 7
    assert (evidence[:, middle - 1] > 0.2).any()
    assert (evidence[:, middle + 1] > 0.2).any()
    leaps = evidence[:, [middle - 12, middle + 12]].max(axis=1) > 0.03
    assert 0.1 < leaps.mean() < 0.4
