"""Thirty takes with every truth known: what the report must get right, and what must not move it.

Errors are drawn at least 5 cents away from either limit of a verdict, so that each has one right answer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from swara.classifier.notes import PRESETS, HeldNote, Standard, find_held_notes, judge
from swara.classifier.pitch.head import pitch_tracker
from swara.data.pitch_track import PitchTrack
from swara.data.synth import NoteTruth, SynthTake, bhupali_take
from swara.data.take import Note
from swara.raga.ragas import raga_named
from swara.raga.tonic_names import ParsedTonic
from swara.raga.tuning import EQUAL, JUST, Tuning
from swara.service.take.analyze import Request, analyze

pytestmark = pytest.mark.xdist_group("synthetic acceptance")

SEEDS = range(30)
BHUPALI = raga_named("Bhupali")


class Sung(NamedTuple):
    """A take, and what the tracker hears in it."""

    take: SynthTake
    track: PitchTrack
    held: tuple[HeldNote, ...]

    def judged(self, sa_hz: float, tuning: Tuning = JUST) -> list[Note]:
        standard = Standard(sa_hz, BHUPALI, tuning, PRESETS["student"])
        return [judge(note, standard) for note in self.held]


@pytest.fixture(scope="session")
def takes() -> list[Sung]:
    """Phrases of Bhupali by seven voices over a tanpura 20 dB below, each tracked once."""
    tracker = pitch_tracker("head")
    sung = []
    for seed in SEEDS:
        take = bhupali_take(seed)
        track = tracker.track(take.clip)
        sung.append(Sung(take, track, find_held_notes(take.clip, track).notes))
    return sung


@pytest.fixture(scope="session")
def answers(takes) -> list[tuple[NoteTruth, Note | None]]:
    """Each steady note that was sung, and the note found that overlaps it most."""
    return [
        (truth, most_overlapping(truth, sung.judged(sung.take.sa_hz)))
        for sung in takes
        for truth in sung.take.labels
        if truth.label.steady
    ]


def most_overlapping(truth: NoteTruth, notes: list[Note]) -> Note | None:
    shared_s = [min(n.end_s, truth.label.end_s) - max(n.start_s, truth.label.start_s) for n in notes]
    best = int(np.argmax(shared_s))
    return notes[best] if shared_s[best] > 0 else None


def expected(error_cents: float) -> str:
    if abs(error_cents) <= 15:
        return "perfect"
    if abs(error_cents) <= 25:
        return "in tune"
    return "low" if error_cents < 0 else "high"


def test_the_verdict_is_right_on_97_percent_of_the_notes(answers):
    right = [note is not None and note.verdict == expected(truth.error_cents) for truth, note in answers]

    assert len(right) >= 180
    assert {expected(truth.error_cents) for truth, _ in answers} == {"perfect", "low", "high"}
    assert np.mean(right) >= 0.97


def test_pitch_is_measured_within_5_cents(answers):
    errors = [abs(note.cents - truth.label.cents_true) for truth, note in answers if note is not None]

    assert np.median(errors) <= 5.0
    assert np.quantile(errors, 0.95) <= 10.0


def test_the_swara_meant_and_its_octave_are_named(answers):
    right = [
        note is not None and (note.raga_swara, note.raga_saptak) == (truth.swara, truth.saptak)
        for truth, note in answers
    ]
    nearest = [note is not None and note.swara == truth.nearest.svarasthana.name for truth, note in answers]

    assert np.mean(right) >= 0.97
    assert np.mean(nearest) >= 0.97


def test_notes_are_found_once_and_where_they_are(takes, answers):
    found = [note for _, note in answers if note is not None]
    # A glide of up to 220 ms leads to a note: half of it may count to either side.
    on_time = [
        truth.label.onset_s - 0.06 <= note.start_s <= truth.label.start_s + 0.06
        and abs(note.end_s - truth.label.end_s) <= 0.15
        for truth, note in answers
        if note is not None
    ]

    assert len({id(note) for note in found}) == len(found)
    assert sum(len(sung.held) for sung in takes) <= 1.03 * len(answers)
    assert np.mean(on_time) >= 0.95


def test_moving_pitch_and_sa_by_one_ratio_changes_nothing(takes):
    for sung in takes[:6]:
        ratio = 2 ** (4.31 / 12)
        hz = sung.track.hz * ratio
        track = PitchTrack(sung.track.times_s, hz, sung.track.confidence, sung.track.voiced)
        moved = sung._replace(held=find_held_notes(sung.take.clip, track).notes)

        before, after = sung.judged(sung.take.sa_hz), moved.judged(sung.take.sa_hz * ratio)

        assert [n.swara for n in before] == [n.swara for n in after]
        np.testing.assert_allclose([n.cents for n in after], [n.cents for n in before], atol=1e-6)
        assert [n.verdict for n in before] == [n.verdict for n in after]


@pytest.mark.parametrize("moved_cents", [-30.0, 30.0])
@pytest.mark.parametrize("tuning", [EQUAL, JUST], ids=lambda tuning: tuning.name)
def test_moving_sa_moves_every_distance_by_as_much(takes, tuning, moved_cents):
    shifts = []
    for sung in takes:
        before = sung.judged(sung.take.sa_hz, tuning)
        after = sung.judged(sung.take.sa_hz * 2 ** (moved_cents / 1200), tuning)
        shifts += [
            other.cents_off - one.cents_off
            for one, other in zip(before, after, strict=True)
            if (one.swara, one.saptak) == (other.swara, other.saptak)
            # In just intonation Dha is a band: inside it the distance stays 0.
            and not (tuning is JUST and one.swara == "Dha")
        ]

    assert len(shifts) >= 100
    assert np.mean(np.abs(np.array(shifts) + moved_cents) <= 3.0) >= 0.95


def test_the_whole_report_says_so(takes):
    class Replay:
        """Hears again what was tracked before."""

        name = "replay"

        def track(self, clip, progress=None):
            return takes[2].track

    sung = takes[2]
    tonic = ParsedTonic(None, None, sung.take.sa_hz)

    report = analyze(
        sung.take.clip, Request(JUST, PRESETS["student"], tonic, BHUPALI), Replay(), source="two.wav"
    )

    assert report.notes == tuple(sung.judged(sung.take.sa_hz))
    assert (report.source, report.raga, report.raga_source, report.tuning) == (
        "two.wav",
        "Bhupali",
        "given",
        "just",
    )
    assert report.tonic.source == "given"
    assert report.track is sung.track
    assert report.segments[-1].end_s == report.duration_s == sung.take.clip.duration_s
    assert sum(report.verdict_shares.values()) == pytest.approx(1.0)
