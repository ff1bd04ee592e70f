"""What is made from a note: other singers, other keys, never another recording."""

from __future__ import annotations

import numpy as np
import pytest

from swara.classifier.note_head.augment import augmented
from swara.classifier.note_head.evidence import EVIDENCE_CENTS
from swara.classifier.note_head.examples import NoteSource
from swara.raga.swaras import parse_swara
from swara.raga.tuning import JUST

BHUPALI = ["S", "R", "G", "P", "D", "S'"]


def sources(swaras=BHUPALI) -> list[NoteSource]:
    found = []
    for i, swara in enumerate(swaras):
        place, octave = parse_swara(swara)
        cents = np.full(30, JUST.cents_of(place.index, octave))
        cents[5] = np.nan
        found.append(NoteSource(cents, np.full(4, i, np.float32), swara, f"singer {i % 2}", f"recording {i}"))
    return found


def centre_cents(swara: str) -> float:
    place, octave = parse_swara(swara)
    return JUST.cents_of(place.index, octave)


def test_the_same_generator_makes_the_same_examples():
    first, again = (augmented(sources(), np.random.default_rng(5)) for _ in range(2))

    for one, other in zip(first, again, strict=True):
        assert (one.swara, one.recording) == (other.swara, other.recording)
        np.testing.assert_array_equal(one.evidence, other.evidence)


def test_the_sound_its_singer_and_its_recording_stay():
    made = augmented(sources(), np.random.default_rng(5), copies=3)

    assert len(made) == 18
    for i, example in enumerate(made):
        source = sources()[i // 3]
        assert (example.singer, example.recording) == (source.singer, source.recording)
        np.testing.assert_array_equal(example.embedding, source.embedding)
        assert example.augmented


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


def test_a_note_without_pitch_stays_without():
    silent = NoteSource(np.full(9, np.nan), np.zeros(4, np.float32), "S", "a", "b")

    assert not any(example.evidence.any() for example in augmented([silent], np.random.default_rng(1)))
    assert augmented([], np.random.default_rng(1)) == ()
