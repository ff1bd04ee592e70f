"""From a clip to a report: takes without singing, defaults that are said, and the target that is in tune."""

from __future__ import annotations

from itertools import cycle, islice, pairwise

import numpy as np
import pytest

from swara.classifier.notes import PRESETS, find_held_notes
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.classifier.pitch.head import pitch_tracker
from swara.classifier.tonic import estimate_tonic
from swara.data.audio.frames import frame_count
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.synth import (
    VOICES,
    SungNote,
    SynthTake,
    bhupali_take,
    pink_noise,
    sing_take,
    swara_sequence,
    tabla,
)
from swara.raga.ragas import BASIC_RAGAS, raga_named
from swara.raga.tonic_names import ParsedTonic, parse_tonic
from swara.raga.tuning import EQUAL, JUST, Tuning
from swara.service.export.target import RATE_HZ, sing_pitch, target_clip
from swara.service.take.analyze import Request, analyze

SECONDS = 3


def report_on(clip, *, tonic=None, raga=None, tuning: Tuning = JUST, tracker=None, **rest):
    request = Request(tuning, PRESETS["student"], tonic, raga and raga_named(raga))
    return analyze(clip, request, tracker or pitch_tracker("head"), source="take.wav", **rest)


def sa_at(hz: float) -> ParsedTonic:
    return ParsedTonic(None, None, hz)


class TrueTracker:
    """Hears exactly what was sung."""

    name = "truth"
    release = "1"

    def __init__(self, take):
        self.contour = take.contour

    def track(self, clip, progress=None):
        times_s = HOP_S * np.arange(frame_count(clip))
        voiced, sung = self.contour.voiced_at(times_s), self.contour.voiced
        log_hz = np.interp(times_s, self.contour.times_s[sung], np.log2(self.contour.f0_hz[sung]))
        return PitchTrack(times_s, np.where(voiced, 2**log_hz, np.nan), np.where(voiced, 0.95, 0.05), voiced)


def _noises() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(8)
    count = SECONDS * TRACK_RATE_HZ
    breaths = pink_noise(count, rng) * np.repeat(np.tile([0.0, 0.05, 0.0], 10), count // 30)
    return {
        "silence": np.zeros(count),
        "a faint hiss": 1e-4 * rng.standard_normal(count),
        "white noise": 0.2 * rng.standard_normal(count),
        "pink noise": 0.1 * pink_noise(count, rng),
        "breaths": breaths,
        "a constant": np.full(count, 0.1),
        "one click": np.eye(1, count, count // 2)[0],
    }


@pytest.mark.parametrize("name", _noises())
def test_where_nobody_sings_nothing_is_judged(name):
    report = report_on(Clip(np.asarray(_noises()[name], np.float32), TRACK_RATE_HZ))

    assert report.notes == ()
    assert report.verdict == "No singing was found."
    assert report.verdict_shares == {}
    assert report.per_swara == ()
    assert report.worst == ()
    assert report.drift is None
    assert report.foreign_share == 0.0
    assert report.warnings == ()
    assert report.tonic.needs_confirmation
    assert report.segments[-1].end_s == report.duration_s


@pytest.mark.parametrize("stroke", ["na", "tin"])
def test_a_tabla_alone_is_not_singing(stroke):
    rng = np.random.default_rng(8)
    samples = np.zeros((SECONDS + 2) * TRACK_RATE_HZ)
    for start in np.arange(0.2, SECONDS - 0.2, 0.4):
        struck = tabla(stroke, 277.2, rate_hz=TRACK_RATE_HZ, rng=rng)
        first = round(start * TRACK_RATE_HZ)
        samples[first : first + struck.size] += struck

    report = report_on(Clip(np.asarray(samples[: SECONDS * TRACK_RATE_HZ], np.float32), TRACK_RATE_HZ))

    assert report.notes == ()


def test_singing_without_a_held_note_says_so():
    pitches = swara_sequence("S G P G S P S G")
    murki = [SungNote(JUST.cents_of(place.index, 0), 0.1, meend_s=0.05) for place, _ in pitches]
    take = sing_take(pitches, murki, 150.0, VOICES["mid male"], rng=np.random.default_rng(0), tanpura_db=None)

    report = report_on(take.clip, tonic=sa_at(150.0))

    assert report.notes == ()
    assert report.verdict == "No note was held long enough to judge."


def spoken(seed: int, seconds: float) -> SynthTake:
    """Speak: seven syllables a second, each a tone or two from the last, and hardly ever at rest."""
    rng, cents, steps = np.random.default_rng(seed), 0.0, []
    for _ in range(round(seconds / 0.14)):
        cents = float(np.clip(cents + rng.choice([-1, 1]) * rng.uniform(150, 400), -500, 500))
        steps.append(SungNote(cents, 0.14, meend_s=0.11, rest_before_s=0.15 * (rng.random() < 0.15)))
    return sing_take(
        swara_sequence(["S"] * len(steps)),
        steps,
        140.0,
        VOICES["mid male"],
        rng=rng,
        tanpura_db=None,
        syllables=list(islice(cycle(("sa", "re", "ga", "ma", "pa")), len(steps))),
    )


@pytest.mark.parametrize("tonic", [None, sa_at(140.0)])
@pytest.mark.parametrize("seed", range(3))
def test_of_speech_nothing_is_claimed(seed, tonic):
    report = report_on(spoken(seed, 8.0).clip, tonic=tonic)

    assert report.verdict.startswith(("Hardly anything here is sung", "No note was held", "No singing"))
    assert (report.verdict_shares, report.worst, report.per_swara, report.drift) == ({}, (), (), None)
    assert (report.tonic.confidence == 0.0) == (tonic is None)
    assert "%" not in report.verdict


def test_one_held_note_without_sa_is_not_judged_and_with_it_is():
    take = sing_take(
        swara_sequence("G"),
        [SungNote(386.3, 4.0)],
        150.0,
        VOICES["mid male"],
        rng=np.random.default_rng(0),
        tanpura_db=None,
    )

    alone, known = (
        report_on(take.clip, tonic=tonic, tracker=TrueTracker(take)) for tonic in (None, sa_at(150.0))
    )

    assert alone.verdict.startswith("Only one pitch was held (one note of ")
    assert (alone.tonic.name, alone.tonic.confidence, alone.notes) == ("not known", 0.0, ())
    assert [note.swara for note in known.notes] == ["Ga"]
    assert known.verdict_shares["perfect"] == 1.0


def test_bhupali_is_the_default_and_the_report_says_so():
    take = bhupali_take(4, tanpura_db=None)

    by_default = report_on(take.clip, tonic=sa_at(take.sa_hz), tracker=TrueTracker(take))
    given = report_on(take.clip, tonic=sa_at(take.sa_hz), raga="Bhupali", tracker=TrueTracker(take))

    assert (by_default.raga, by_default.raga_source) == ("Bhupali", "default")
    assert (given.raga, given.raga_source) == ("Bhupali", "given")
    assert by_default.notes == given.notes != ()


def test_another_raga_under_the_default_is_warned_of():
    text = "S g m d n S' n d m g S"
    pitches = swara_sequence(text)
    notes = [SungNote(JUST.cents_of(place.index, octave), 0.6) for place, octave in pitches]
    take = sing_take(pitches, notes, 150.0, VOICES["mid male"], rng=np.random.default_rng(0), tanpura_db=None)

    wrong = report_on(take.clip, tonic=sa_at(150.0), tracker=TrueTracker(take))
    right = report_on(take.clip, tonic=sa_at(150.0), raga="Malkauns", tracker=TrueTracker(take))

    assert wrong.foreign_share > 0.5
    assert wrong.raga_doubt == wrong.warnings[0]
    assert "lies outside Bhupali, which was assumed; Malkauns fits 99% of it" in wrong.raga_doubt
    assert wrong.verdict.startswith("Judged as Bhupali, which was only assumed and seems wrong: ")
    assert not any(note.foreign for note in wrong.worst)
    assert right.raga_doubt is None
    assert right.foreign_share == 0.0
    assert right.warnings == ()


def test_sa_without_an_octave_is_put_where_the_voice_is():
    take = bhupali_take(3, sa_hz=138.591, voice=VOICES["mid male"], tanpura_db=None)

    report = report_on(take.clip, tonic=parse_tonic("C#"), tracker=TrueTracker(take))

    assert (report.tonic.name, report.tonic.source) == ("C#3", "given, octave from the voice")


def test_sa_that_is_not_given_is_estimated():
    take = bhupali_take(6)

    report = report_on(take.clip, raga="Bhupali", tracker=TrueTracker(take))

    assert report.tonic.source == "estimated"
    assert abs(1200 * np.log2(report.tonic.hz / take.sa_hz)) < 20.0


def test_without_a_raga_sa_is_sought_under_all_of_them():
    pitches = swara_sequence("S g m d n S' n d m g S")
    notes = [SungNote(JUST.cents_of(place.index, octave), 0.5) for place, octave in pitches]
    take = sing_take(pitches, notes, 150.0, VOICES["mid male"], rng=np.random.default_rng(0), tanpura_db=None)
    held = find_held_notes(take.clip, TrueTracker(take).track(take.clip)).notes

    report = report_on(take.clip, tracker=TrueTracker(take))

    assert report.tonic == estimate_tonic(take.clip, held, BASIC_RAGAS.values())
    assert report.tonic != estimate_tonic(take.clip, held, [raga_named("Bhupali")])


def test_warnings_from_before_come_first_and_progress_is_passed_on():
    take = bhupali_take(4, tanpura_db=None)
    done: list[float] = []

    report = report_on(
        take.clip, tonic=sa_at(take.sa_hz), warnings=["The file breaks off"], progress=done.append
    )

    assert report.warnings[0] == "The file breaks off"
    assert done[-1] == 1.0


TARGETS = [(21, "mid male", JUST), (22, "mid female", JUST), (23, "low female", EQUAL)]


@pytest.mark.parametrize(("seed", "voice", "tuning"), TARGETS)
def test_the_target_is_in_tune_by_its_own_analysis_and_as_long_as_the_take(seed, voice, tuning):
    report, again = _take_and_target(seed, voice, tuning)

    assert again.duration_s == pytest.approx(report.duration_s, abs=1e-3)
    assert any(note.verdict in ("low", "high") for note in report.notes)
    assert {note.verdict for note in again.notes} == {"perfect"}
    for note in report.notes:
        there = _sung_there(again, note)
        assert (there.swara, there.saptak) == (note.raga_swara, note.raga_saptak)
    assert all(before.end_s <= after.start_s for before, after in pairwise(again.notes))


@pytest.mark.parametrize(("seed", "voice", "tuning"), TARGETS)
def test_the_target_starts_its_notes_where_the_take_does(seed, voice, tuning):
    report, again = _take_and_target(seed, voice, tuning)

    for note in report.notes:
        assert _sung_there(again, note).start_s == pytest.approx(note.start_s, abs=0.15)


def _take_and_target(seed, voice, tuning):
    """Return the report on a take, and that on its target."""
    take = bhupali_take(seed, voice=VOICES[voice])
    tonic = sa_at(take.sa_hz)
    report = report_on(take.clip, tonic=tonic, tuning=tuning, tracker=TrueTracker(take))
    clip = target_clip(report, tuning)
    assert clip.rate_hz == RATE_HZ
    assert clip.duration_s == pytest.approx(report.duration_s, abs=1 / RATE_HZ)
    return report, report_on(_resampled(clip), tonic=tonic, tuning=tuning)


def _sung_there(report, note):
    """Return the note of `report` that shares most time with `note`."""
    return max(report.notes, key=lambda n: min(n.end_s, note.end_s) - max(n.start_s, note.start_s))


def test_the_target_rests_where_the_take_rests():
    pitches = swara_sequence("G P")
    notes = [SungNote(JUST.cents_of(place.index, 0), 0.6, rest_before_s=0.7) for place, _ in pitches]
    take = sing_take(pitches, notes, 150.0, VOICES["mid male"], rng=np.random.default_rng(0), tanpura_db=None)
    report = report_on(take.clip, tonic=sa_at(150.0), tracker=TrueTracker(take))

    again = report_on(_resampled(target_clip(report, JUST)), tonic=sa_at(150.0))

    sung = [note for note in again.notes if note.saptak == "madhya" and note.swara in ("Ga", "Pa")]
    assert [note.swara for note in sung] == ["Ga", "Pa"]
    for note, original in zip(sung, report.notes, strict=True):
        assert note.start_s == pytest.approx(original.start_s, abs=0.12)
        assert note.end_s == pytest.approx(original.end_s, abs=0.12)


def test_without_a_judged_note_the_target_is_the_tanpura_alone():
    report = report_on(Clip(np.zeros(16_000, np.float32), TRACK_RATE_HZ))

    target = target_clip(report, JUST)

    assert target.duration_s == pytest.approx(1.0)
    partials = np.abs(np.fft.rfft(target.samples))
    strings_hz = report.tonic.hz * np.array([0.5, 0.75, 1.0, 1.5, 2.0])
    assert all(partials[round(hz)] > 10 * np.median(partials) for hz in strings_hz)


def _resampled(clip: Clip) -> Clip:
    import soxr

    return Clip(
        np.asarray(soxr.resample(clip.samples, clip.rate_hz, TRACK_RATE_HZ), np.float32), TRACK_RATE_HZ
    )


@pytest.mark.parametrize(("sa_hz", "cents"), [(80.0, -498.0), (138.59, 386.3), (400.0, 1200.0)])
def test_a_pitch_that_is_sung_alone_is_where_it_was_asked_for(sa_hz, cents):
    clip = sing_pitch(sa_hz, cents, 1.5, "ga")

    steady = clip.samples[clip.rate_hz // 3 : clip.rate_hz * 4 // 3]
    power = np.abs(np.fft.rfft(steady * np.hanning(steady.size), 1 << 19))
    off_cents = 1200 * np.log2(np.fft.rfftfreq(1 << 19, 1 / clip.rate_hz)[1:] / sa_hz) - cents
    near = np.abs(off_cents) < 60
    assert abs(off_cents[near][np.argmax(power[1:][near])]) < 5
