"""Scales, arpeggios and neither: drawn, described, found in a recording, and told by the head that ships."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from swara.classifier import HeadError
from swara.classifier.exercises import search
from swara.classifier.exercises.features import FEATURES, _tuning, features, products
from swara.classifier.exercises.head import SHIPPED, ExerciseHead, shipped_exercises
from swara.classifier.exercises.line import NoteLine, note_line
from swara.classifier.exercises.search import stretches
from swara.classifier.exercises.training.examples import (
    RecordedSinger,
    in_a_room,
    pitch_line,
    put_together,
    sung,
)
from swara.classifier.exercises.windows import WINDOW_FRAMES, framed
from swara.data.clip import Clip
from swara.data.synth import room, room_response
from swara.data.synth.contour import render_contour
from swara.data.synth.exercises import KINDS, Exercise, draw_exercise, joined, talk
from swara.data.synth.sung import SungNote
from swara.data.synth.voice import VOICES

RATE_HZ = 16_000
MAJOR = (0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2, 0)
CHORD = (0, 4, 7, 12, 7, 4, 0)
TUNE = (4, 4, 5, 7, 7, 5, 4, 2, 0, 0, 2, 4, 4, 2, 2)
LEAPS = (0, 7, 2, 9, 5, 0, 4, 11, 2)
VOICE = VOICES["high male"]


def exercise(degrees: tuple[int, ...], length_s: float = 0.4, tonic_hz: float = 140.0) -> Exercise:
    notes = tuple(SungNote(100.0 * degree, length_s, rest_before_s=0.02) for degree in degrees)
    return Exercise("other", notes, ("a",) * len(notes), tonic_hz)


def line(degrees: tuple[int, ...], length_s: float = 0.4) -> NoteLine:
    """A line as it would be found, without a sound."""
    starts = length_s * np.arange(len(degrees))
    frames = round(100 * length_s * len(degrees))
    swing = np.full(len(degrees), 0.1)
    return NoteLine(
        starts, starts + 0.9 * length_s, np.array(degrees) + 20.0, swing, 0.01 * np.arange(frames + 1)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_exercises_are_drawn_alike_within_the_voice_and_in_any_key(kind) -> None:
    drawn = [draw_exercise(kind, VOICE, np.random.default_rng(seed)) for seed in range(40)]
    again = [draw_exercise(kind, VOICE, np.random.default_rng(seed)) for seed in range(40)]
    assert drawn == again
    for each in drawn:
        assert each.kind == kind
        assert len(each.notes) == len(each.syllables)
        heights_hz = [each.tonic_hz * 2 ** (note.cents / 1200) for note in each.notes]
        if kind != "other":  # two semitones for slips
            assert VOICE.range_hz[0] / 1.2 < min(heights_hz)
            assert max(heights_hz) < VOICE.range_hz[1] * 1.2
    keys = {round(12 * np.log2(each.tonic_hz / 55)) % 12 for each in drawn}
    assert len(keys) >= 8


def test_one_after_the_other_keeps_the_pitch_of_both() -> None:
    first, second = exercise(CHORD), exercise(MAJOR, tonic_hz=200.0)
    both = joined(first, second, 0.7)
    hz = [both.tonic_hz * 2 ** (note.cents / 1200) for note in both.notes]
    assert hz[: len(CHORD)] == pytest.approx([140.0 * 2 ** (degree / 12) for degree in CHORD])
    assert hz[len(CHORD) :] == pytest.approx([200.0 * 2 ** (degree / 12) for degree in MAJOR])
    assert both.notes[len(CHORD)].rest_before_s == 0.7


@pytest.mark.parametrize("length_s", [0.15, 0.5])
def test_every_note_is_found_quick_or_slow(length_s: float) -> None:
    rng = np.random.default_rng(1)  # of these seeds, one that loses no note
    found = note_line(*pitch_line(exercise(MAJOR, length_s), rng))
    heard = np.rint(found.semitones - 12 * np.log2(140.0 / 55.0))
    assert heard.tolist() == list(MAJOR)
    fades_s = 0.025  # a note dies away for so long before the next
    assert found.voiced_between(0.0, 100.0) == pytest.approx(len(MAJOR) * (length_s - fades_s), abs=0.3)


def test_features_do_not_depend_on_the_key_and_are_finite() -> None:
    here = line(MAJOR)
    moved = NoteLine(here.start_s, here.end_s, here.semitones + 5.3, here.swing, here.voiced_s)
    assert features(here) == pytest.approx(features(moved), abs=1e-6)
    assert features(here).shape == (len(FEATURES),)
    assert np.isfinite(features(line((3, 3)))).all()
    with pytest.raises(ValueError, match="two notes"):
        features(line((3,)))


@pytest.mark.parametrize(("best", "others"), [("scale way", (CHORD, LEAPS)), ("chord way", (MAJOR, LEAPS))])
def test_the_way_along_a_ladder_tells_what_walks_it(best: str, others) -> None:
    own = MAJOR if best == "scale way" else CHORD
    slipped = (*own[:3], own[3] + 1, *own[4:])
    at = FEATURES.index(best)
    values = [features(line(degrees))[at] for degrees in (own, slipped, *others)]
    assert values[0] > values[1] > max(values[2:])


def test_products_are_every_two_features() -> None:
    rows = np.random.default_rng(1).normal(size=(4, 3))
    slow = [[*row, *(row[i] * row[j] for i in range(3) for j in range(i, 3))] for row in rows]
    assert products(rows) == pytest.approx(np.array(slow))


def test_an_exercise_between_talk_begins_and_ends_where_it_does() -> None:
    rng = np.random.default_rng(5)
    head = shipped_exercises()
    both = joined(joined(exercise(MAJOR), talk(VOICE, 3.0, rng), 0.5), exercise(CHORD, 0.5), 0.5)
    found = note_line(*pitch_line(both, np.random.default_rng(6)))
    labels = render_contour(both.notes, both.tonic_hz, rng=rng).labels
    kinds = [
        KINDS[int(part.log_probabilities.argmax())] for part in stretches(found, head.judge, head.threshold)
    ]
    assert kinds == ["scale", "other", "arpeggio"]
    scale, _, chord = stretches(found, head.judge, head.threshold)
    assert (scale.start_s, scale.end_s) == pytest.approx((0.0, labels[len(MAJOR) - 1].end_s), abs=0.3)
    start_s, end_s = labels[-len(CHORD)].onset_s, labels[-1].end_s
    assert (chord.start_s, chord.end_s) == pytest.approx((start_s, end_s), abs=0.3)


def test_the_best_choice_of_stretches_is_found() -> None:
    """Against every choice there is."""
    rng = np.random.default_rng(9)
    edges = list(range(0, 13, 2))
    pairs = [(begin, end) for begin in edges for end in edges if end >= begin + 4]
    gains = np.maximum(rng.normal(0.0, 2.0, len(pairs)), 0.0)

    def best(start: int) -> float:
        """Return the most that can be had from `start` on."""
        whole = zip(pairs, gains, strict=True)
        return max((gain + best(end) for (begin, end), gain in whole if begin >= start), default=0.0)

    chosen = search._chosen(edges, pairs, gains)
    assert sum(gains[number] for number in chosen) == pytest.approx(best(0))
    spans = [pairs[number] for number in chosen]
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


def test_in_a_room_an_exercise_ends_with_its_singer() -> None:
    rng = np.random.default_rng(8)
    sounds = sung(exercise(MAJOR), VOICE, rng)
    loud = np.flatnonzero(np.abs(sounds) > 0.01 * np.abs(sounds).max())
    bare = np.pad(sounds[loud[0] : loud[-1] + 1], (RATE_HZ // 2, 2 * RATE_HZ))
    echoing = room(bare, room_response(1.2, 0.0, rate_hz=RATE_HZ, rng=rng))
    (found,) = shipped_exercises().exercise(Clip(echoing, RATE_HZ)).exercises
    start_s, end_s = 0.5, 0.5 + (loud[-1] + 1 - loud[0]) / RATE_HZ
    assert (found.kind, found.start_s, found.end_s) == (
        "scale",
        pytest.approx(start_s, abs=0.3),
        pytest.approx(end_s, abs=0.3),
    )


@pytest.mark.parametrize(("degrees", "kind"), [(MAJOR, "scale"), (CHORD, "arpeggio"), (TUNE, "other")])
def test_the_head_that_ships_tells_them_apart(degrees, kind: str) -> None:
    rng = np.random.default_rng(4)
    clip = Clip(in_a_room(sung(exercise(degrees), VOICE, rng), rng), RATE_HZ)
    told: list[float] = []
    found = shipped_exercises().exercise(clip, progress=told.append)
    assert found.kind == kind
    assert sum(found.probabilities.values()) == pytest.approx(1.0)
    assert told[-1] == 1.0
    assert all(part.kind == kind for part in found.parts)
    assert found.parts[0].end_s <= found.duration_s


@pytest.mark.parametrize("seconds", [0.05, 2.0])
def test_of_silence_nothing_is_said(seconds: float) -> None:
    found = shipped_exercises().exercise(Clip(np.zeros(round(seconds * RATE_HZ), np.float32), RATE_HZ))
    assert (found.kind, found.probabilities, found.parts) == (None, {}, ())
    with pytest.raises(ValueError, match="16000 Hz"):
        shipped_exercises().exercise(Clip(np.zeros(100, np.float32), 8000))


def test_the_network_that_ships_is_small_and_gives_shares() -> None:
    head = shipped_exercises()
    assert head.network is not None
    assert head.network.shape == (WINDOW_FRAMES, 64)
    clip = Clip(np.random.default_rng(0).normal(0, 0.1, 20 * RATE_HZ).astype(np.float32), RATE_HZ)
    assert head.listen(clip).sum() == pytest.approx(1.0, abs=1e-5)
    assert (
        sum(path.stat().st_size for path in SHIPPED.iterdir() if path.suffix in (".tflite", ".npz"))
        < 1_500_000
    )
    loud, soft = framed(clip.samples)[0], framed(0.1 * clip.samples)[0]
    assert np.abs(loud - soft).mean() < 0.1  # but for the floor


def test_what_is_no_head_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HeadError, match=r"head\.json"):
        ExerciseHead.read(tmp_path)
    with pytest.raises(HeadError, match="not the arrays"):
        ExerciseHead({"mean": np.zeros(3)})


def test_recorded_notes_become_an_exercise() -> None:
    times_s = np.arange(RATE_HZ) / RATE_HZ
    notes = {
        midi: [(0.3 * np.sin(2 * np.pi * 440 * 2 ** ((midi - 69) / 12) * times_s)).astype(np.float32)]
        for midi in range(48, 72)
    }
    clip = put_together("arpeggio", RecordedSinger(notes), np.random.default_rng(3))
    assert clip.rate_hz == RATE_HZ
    assert 1.0 < clip.duration_s < 40.0
    assert 0.02 < float(np.abs(clip.samples).max()) <= 1.0


UP, DOWN = MAJOR[:8], MAJOR[7:]


@pytest.mark.parametrize(
    ("parts", "pause_s", "kinds"),
    [
        ((TUNE, UP, TUNE), 0.9, ["other"]),
        ((TUNE, UP, DOWN), 1.3, ["other"]),  # a line beside a line of a song
        ((MAJOR, MAJOR), 0.9, ["scale"]),
        ((TUNE, MAJOR), 4.0, ["other", "scale"]),
    ],
)
def test_a_run_in_a_song_is_no_exercise_and_one_exercise_after_another_is(parts, pause_s, kinds) -> None:
    sung_parts = [exercise(degrees) for degrees in parts]
    whole = sung_parts[0]
    for each in sung_parts[1:]:
        whole = joined(whole, each, pause_s)
    head = shipped_exercises()
    found = note_line(*pitch_line(whole, np.random.default_rng(2)))
    parts_found = stretches(found, head.judge, head.threshold)
    assert [KINDS[int(part.log_probabilities.argmax())] for part in parts_found] == kinds


@pytest.mark.parametrize("count", [1, 2, 10, 500])
def test_a_tuning_is_told_by_all_notes_the_nearer_the_more(count: int) -> None:
    """Slow oracle: each note beside every other."""
    rng = np.random.default_rng(count)
    semitones, lengths_s = np.cumsum(rng.normal(0.0, 0.1, count)), rng.uniform(0.05, 2.0, count)
    places = np.arange(count)
    near = np.exp(-(((places[:, None] - places) / 4.0) ** 2)) * np.minimum(lengths_s, 1.0)
    expected = np.unwrap(np.angle(near @ np.exp(2j * np.pi * semitones))) / (2.0 * np.pi)
    np.testing.assert_allclose(_tuning(semitones, lengths_s), expected, atol=1e-9)
