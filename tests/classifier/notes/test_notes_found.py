"""Notes found in singing: ornaments are heard as they are meant, and neither split nor judged."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from swara.classifier.notes import PRESETS, Standard, find_held_notes, judge, tile, touch
from swara.classifier.pitch.head import pitch_tracker
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack
from swara.data.synth import VOICES, SungNote, sing_take, swara_sequence
from swara.data.take import Glide, Note, Touch
from swara.raga.ragas import raga_named
from swara.raga.tuning import JUST

SA_HZ = 146.8


def sung(text, notes, *, voice="mid male", sa_hz=SA_HZ, syllables=None, tanpura_db=None, seed=1):
    """A take of `text`; each of `notes` is the keywords of its SungNote."""
    pitches = swara_sequence(text)
    planned = [
        SungNote(JUST.cents_of(place.index, octave), **note)
        for (place, octave), note in zip(pitches, notes, strict=True)
    ]
    return sing_take(
        pitches,
        planned,
        sa_hz,
        VOICES[voice],
        rng=np.random.default_rng(seed),
        syllables=syllables,
        tanpura_db=tanpura_db,
    )


def heard(take, raga="Bhupali"):
    """The tiling of a take, and its notes, judged for a student."""
    held = find_held_notes(take.clip, pitch_tracker("head").track(take.clip))
    standard = Standard(take.sa_hz, raga_named(raga), JUST, PRESETS["student"])
    notes = [judge(note, standard) for note in held.notes]
    return tile(notes, held.sung, take.clip.duration_s), notes


@pytest.mark.parametrize("half_width_cents", [80.0, 105.0, 130.0])
@pytest.mark.parametrize(("voice", "sa_hz"), [("mid male", SA_HZ), ("mid female", 220.0)])
def test_wide_vibrato_is_one_note_heard_at_its_mean(voice, sa_hz, half_width_cents):
    rest = {"duration_s": 1.3, "rest_before_s": 0.2, "vibrato_cents": half_width_cents}
    take = sung("S G P", [rest | {"vibrato_hz": hz} for hz in (4.5, 5.8, 7.0)], voice=voice, sa_hz=sa_hz)

    _, notes = heard(take)

    assert [note.swara for note in notes] == ["Sa", "Ga", "Pa"]
    for note, truth in zip(notes, take.labels, strict=True):
        assert note.cents == pytest.approx(truth.label.cents_true, abs=5.0)
        assert note.verdict == "perfect"
        assert note.steadiness_cents < 10.0
        assert note.start_s == pytest.approx(truth.label.onset_s, abs=0.05)
        assert note.end_s == pytest.approx(truth.label.end_s, abs=0.05)


def test_meend_lies_between_notes_and_is_never_judged():
    glides = (0.0, 0.45, 0.8, 0.4)
    take = sung(
        "S P S G",
        [{"duration_s": 0.55 + glide, "meend_s": glide or 0.06, "rest_before_s": 0.0} for glide in glides],
    )

    segments, notes = heard(take)

    assert [note.swara for note in notes] == ["Sa", "Pa", "Sa", "Ga"]
    assert {note.verdict for note in notes} == {"perfect"}
    for before, after in pairwise(take.labels):
        middle_s = (before.label.end_s + after.label.start_s) / 2
        assert isinstance(next(s for s in segments if s.end_s > middle_s), Glide)


def test_kan_is_no_note_and_does_not_shift_its_note():
    take = sung(
        "G R G",
        [
            {"duration_s": 0.6, "rest_before_s": 0.1},
            {"duration_s": 0.6, "kan_cents": 386.3, "kan_s": 0.07},
            {"duration_s": 0.6, "kan_cents": 702.0, "kan_s": 0.07},
        ],
    )

    _, notes = heard(take)

    assert [note.swara for note in notes] == ["Ga", "Re", "Ga"]
    for note, truth in zip(notes, take.labels, strict=True):
        assert note.cents == pytest.approx(truth.label.cents_true, abs=5.0)


def test_a_slow_oscillation_is_unsteadiness_and_vibrato_is_not():
    long = {"duration_s": 1.8, "rest_before_s": 0.15}
    take = sung(
        "G G G",
        [
            long,
            long | {"vibrato_cents": 60.0, "vibrato_hz": 6.0},
            long | {"vibrato_cents": 60.0, "vibrato_hz": 2.0},
        ],
    )

    _, (straight, vibrato, slow) = heard(take)

    assert straight.steadiness_cents < 6.0
    assert vibrato.steadiness_cents < 8.0
    assert slow.steadiness_cents > 4 * max(straight.steadiness_cents, vibrato.steadiness_cents)
    assert slow.steadiness_cents == pytest.approx(60 / np.sqrt(2), rel=0.25)


def test_notes_a_semitone_apart_are_not_merged():
    text = "S r S r S .N S"
    take = sung(text, [{"duration_s": 0.42, "meend_s": 0.06} for _ in text.split()])

    _, notes = heard(take, "Bhairav")

    assert [note.swara for note in notes] == ["Sa", "komal Re", "Sa", "komal Re", "Sa", "Ni", "Sa"]
    assert {note.verdict for note in notes} == {"perfect"}
    assert not any(note.foreign for note in notes)
    for before, truth in zip(notes, take.labels, strict=True):
        assert before.start_s == pytest.approx(truth.label.onset_s + 0.03, abs=0.05)


@pytest.mark.parametrize("syllable", ["ga", "da", "ma", "na", "ra", "sa", "pa"])
def test_a_consonant_on_the_same_pitch_begins_a_new_note(syllable):
    gap_s = {"sa": 0.12, "pa": 0.08}.get(syllable, 0.0)
    take = sung("P P P", [{"duration_s": 0.45, "rest_before_s": gap_s}] * 3, syllables=[syllable] * 3)

    _, notes = heard(take)

    assert [note.swara for note in notes] == ["Pa"] * 3
    for note, truth in zip(notes[1:], take.labels[1:], strict=True):
        # A nasal sounds for 70 ms: it may count to either note.
        assert note.start_s == pytest.approx(truth.label.onset_s, abs=0.1)


def test_a_held_vowel_stays_one_note():
    take = sung("P", [{"duration_s": 4.0, "rest_before_s": 0.1, "vibrato_cents": 30.0}], tanpura_db=20.0)

    _, notes = heard(take)

    assert [note.swara for note in notes if note.duration_s > 0.2] == ["Pa"]
    assert max(note.duration_s for note in notes) > 3.8


def test_moving_the_pitch_of_everything_moves_the_notes_and_nothing_else():
    take = sung("S G P S' G", [{"duration_s": 0.5, "meend_s": 0.1}] * 5, tanpura_db=20.0)
    track = pitch_tracker("head").track(take.clip)
    ratio = 2 ** (0.37 / 1.2)
    moved = type(track)(track.times_s, track.hz * ratio, track.confidence, track.voiced)

    before, after = (find_held_notes(take.clip, t) for t in (track, moved))

    np.testing.assert_array_equal(before.sung, after.sung)
    assert len(before.notes) == len(after.notes) >= 5
    for one, other in zip(before.notes, after.notes, strict=True):
        assert (one.start_s, one.end_s, one.steady_s) == (other.start_s, other.end_s, other.steady_s)
        assert other.hz == pytest.approx(ratio * one.hz, rel=1e-9)
        note = judge(one, Standard(SA_HZ, raga_named("Bhupali"), JUST, PRESETS["student"]))
        other_note = judge(other, Standard(ratio * SA_HZ, raga_named("Bhupali"), JUST, PRESETS["student"]))
        assert isinstance(note, Note)
        assert other_note.cents == pytest.approx(note.cents, abs=1e-6)
        assert other_note.swara == note.swara
        assert other_note.cents_off == pytest.approx(note.cents_off, abs=1e-6)
        assert other_note.steadiness_cents == pytest.approx(note.steadiness_cents, abs=1e-6)


def notes_of(cents, level_db=None):
    """What is found in a pitch line over 200 Hz, sung evenly on one vowel."""
    hz = 200.0 * 2 ** (np.asarray(cents) / 1200)
    sung = np.ones(hz.size, dtype=np.bool_)
    track = PitchTrack(0.01 * np.arange(hz.size), hz, sung.astype(np.float64), sung)
    level = np.zeros(hz.size) if level_db is None else level_db
    sound = np.repeat(10 ** (level / 20), 160)[: 160 * (hz.size - 1)]
    return find_held_notes(Clip(sound.astype(np.float32), 16_000), track)


def test_a_note_of_two_plateaus_does_not_leap_from_one_to_the_other():
    heard_at = [
        1200 * np.log2(notes_of([0.0] * low + [45.0] * (80 - low)).notes[0].hz / 200.0)
        for low in range(32, 50)
    ]

    assert np.all(np.diff(heard_at) < 0)
    assert np.abs(np.diff(heard_at)).max() < 4.0


@pytest.mark.parametrize(("cycles", "held", "touched"), [(2.2, 0, 1), (6.0, 1, 0)], ids=["gamak", "vibrato"])
def test_a_wide_swing_is_held_if_it_goes_on(cycles, held, touched):
    found = notes_of(80.0 * np.sin(2 * np.pi * 5.5 * 0.01 * np.arange(round(cycles * 100 / 5.5))))

    assert (len(found.notes), len(found.touched)) == (held, touched)


def test_a_short_note_and_the_turn_of_a_meend_are_touched_and_named_not_judged():
    rise, fall = 500 - 500 * np.linspace(1, 0.05, 25) ** 2, 500 - 500 * np.linspace(0.05, 1, 25) ** 2
    found = notes_of([*[0.0] * 40, *[200.0] * 14, *[400.0] * 40, *(400 + rise), *(400 + fall), *[400.0] * 40])
    standard = Standard(200.0, raga_named("Bhupali"), JUST, PRESETS["student"])
    notes = sorted(
        [
            *(judge(note, standard) for note in found.notes),
            *(touch(each, standard) for each in found.touched),
        ],
        key=lambda each: each.start_s,
    )

    segments = tile(notes, found.sung, 0.01 * found.sung.size)

    assert [note.swara for note in notes if isinstance(note, Note)] == ["Sa", "Ga", "Ga"]
    assert "Re" in [segment.swara for segment in segments if isinstance(segment, Touch)]
    assert all(before.end_s == after.start_s for before, after in pairwise(segments))
