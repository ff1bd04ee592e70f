"""The pitch head: a frame per 10 ms where it says it is, near the truth, of any length, silent in silence."""

from __future__ import annotations

import numpy as np
import pytest

import swara.classifier.pitch.head as head
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.classifier.pitch.decode import PITCH_BINS
from swara.classifier.pitch.head import HeadTracker, pitch_tracker
from swara.classifier.pitch.network import PitchNetwork, coarse_pass
from swara.classifier.pitch.spectrum import MARGIN, periodicity, spectra
from swara.classifier.pitch.stream import track_causal
from swara.data.clip import Clip
from swara.data.pitch_track import MAX_HZ, MIN_HZ, PitchTrack
from swara.data.synth import VOICES, SungNote, SynthTake, bhupali_take, render_contour, sing

SEEDS = (1, 2, 3, 5, 8)


def off_cents(track: PitchTrack, take: SynthTake) -> tuple[np.ndarray, np.ndarray]:
    """How far the track is from the truth, and where the truth is voiced."""
    contour = take.contour
    inside = track.times_s <= contour.times_s[-1]
    voiced = contour.voiced_at(track.times_s) & inside
    truth_hz = np.interp(track.times_s, contour.times_s, np.where(contour.voiced, contour.f0_hz, np.nan))
    voiced &= np.isfinite(truth_hz)
    return 1200 * np.log2(track.hz / np.where(voiced, truth_hz, 1.0)), voiced


@pytest.fixture(scope="module")
def takes() -> list[tuple[SynthTake, PitchTrack]]:
    """Clean takes in several voices, tracked."""
    sung = [bhupali_take(seed, tanpura_db=None) for seed in SEEDS]
    return [(take, HeadTracker().track(take.clip)) for take in sung]


@pytest.fixture(scope="module")
def long_clip() -> Clip:
    """25 s: a singer who hardly breathes, over a tanpura."""
    voice = VOICES["mid female"]
    parts = [bhupali_take(seed, voice=voice, sa_hz=230.0).clip.samples for seed in range(8)]
    return Clip(np.concatenate(parts)[: 25 * TRACK_RATE_HZ], TRACK_RATE_HZ)


class TestAgainstTheTruth:
    def test_clean_pitch_is_right_and_what_is_sung_is_voiced(self, takes):
        apart, called = [], []
        for take, track in takes:
            off, voiced = off_cents(track, take)
            assert abs(np.median(off[voiced])) <= 3.0  # it is not biased
            sung_hz = track.hz[track.voiced]
            assert np.all((sung_hz >= MIN_HZ) & (sung_hz <= MAX_HZ))
            assert np.all((track.confidence >= 0) & (track.confidence <= 1))
            apart.append(off[voiced])
            called.append(track.voiced[voiced])
        assert np.mean(np.abs(np.concatenate(apart)) <= 50) >= 0.97
        assert np.mean(np.concatenate(called)) >= 0.95

    def test_frames_lie_where_they_say(self):
        """A quick vibrato, moved against the truth: it must fit best where it is, to 2 ms."""
        rng = np.random.default_rng(4)
        notes = [SungNote(c, 1.5, vibrato_cents=60, vibrato_hz=5.5) for c in (0.0, 400.0)]
        contour = render_contour(notes, 200.0, rng=rng)
        clip = Clip(sing(contour, VOICES["mid female"], rate_hz=TRACK_RATE_HZ, rng=rng), TRACK_RATE_HZ)
        track = HeadTracker().track(clip)
        inner = (track.times_s > 0.4) & (track.times_s < 1.4)
        shifts_s = np.arange(-0.02, 0.0201, 0.001)
        cents = 1200 * np.log2(track.hz[inner])
        errors = [
            np.std(
                cents - 1200 * np.log2(np.interp(track.times_s[inner] + s, contour.times_s, contour.f0_hz))
            )
            for s in shifts_s
        ]
        assert abs(shifts_s[int(np.argmin(errors))]) <= 0.002


class TestShape:
    def test_blocks_hold_every_frame_once(self, long_clip):
        blocks = list(HeadTracker().hear(long_clip))
        assert [block.hz.size for block in blocks] == [400, 400, 400, 400, 400, 400, 101]
        for block in blocks:
            assert block.salience.shape == (block.hz.size, PITCH_BINS)
            assert block.voicing.shape == block.hz.shape
            np.testing.assert_allclose(block.salience.sum(axis=1), 1.0, atol=1e-4)
            assert block.salience.min() >= 0

    @pytest.mark.parametrize(
        "samples",
        [1, 100, 159, 160, 161, 319, 320, 1023, 2048, 3360, *(160 * n + 3 for n in (998, 999, 1000, 1999))],
    )
    def test_any_length_has_a_frame_for_each_10_ms_begun(self, samples):
        rng = np.random.default_rng(samples)
        clip = Clip(np.asarray(0.1 * rng.standard_normal(samples), np.float32), TRACK_RATE_HZ)
        track = HeadTracker().track(clip)
        np.testing.assert_allclose(track.times_s, 0.01 * np.arange(1 + samples // 160))
        assert np.isfinite(track.hz).all()

    def test_another_sample_rate_is_refused(self):
        clip = Clip(np.zeros(8000, np.float32), 8000)
        with pytest.raises(ValueError, match="16000"):
            HeadTracker().track(clip)
        with pytest.raises(ValueError, match="16000"):
            next(HeadTracker().hear(clip))


class TestBorders:
    def test_small_blocks_tell_what_large_ones_tell(self, long_clip, monkeypatch):
        clip = long_clip.between(0.0, 12.0)
        monkeypatch.setattr(head, "_BLOCK", 2000)
        whole = HeadTracker().track(clip)
        monkeypatch.setattr(head, "_BLOCK", 300)
        told: list[float] = []
        parts = HeadTracker().track(clip, told.append)
        assert told == sorted(told)
        assert (len(told), told[-1]) == (5, 1.0)  # after every block
        np.testing.assert_allclose(parts.confidence, whole.confidence, atol=2e-3)
        apart = np.abs(1200 * np.log2(parts.hz / whole.hz))
        assert np.quantile(apart[whole.voiced], 0.995) <= 0.5
        border = np.min(np.abs(np.arange(len(whole))[:, None] - [300, 600, 900]), axis=1) <= 8
        assert apart[whole.voiced & border].max() <= 0.5


@pytest.mark.parametrize("hz", [37.0, 42.0])
def test_a_voice_too_low_to_be_heard_is_not_one_an_octave_up(hz):
    rng = np.random.default_rng(1)
    contour = render_contour([SungNote(0.0, 1.0, rest_before_s=0.3), SungNote(0.0, 0.8)], hz, rng=rng)
    clip = Clip(sing(contour, VOICES["low male"], rate_hz=TRACK_RATE_HZ, rng=rng), TRACK_RATE_HZ)
    for track in (HeadTracker().track(clip), track_causal(clip)):
        assert not track.voiced.any()


@pytest.mark.parametrize("level", [0.0, 1e-5], ids=["silence", "faint noise"])
def test_nothing_is_sung_in_silence(level):
    rng = np.random.default_rng(0)
    clip = Clip(np.asarray(level * rng.standard_normal(3 * TRACK_RATE_HZ), np.float32), TRACK_RATE_HZ)
    assert not HeadTracker().track(clip).voiced.any()
    assert not track_causal(clip).voiced.any()


def test_every_block_tells_how_periodic_its_frames_are(long_clip, monkeypatch):
    """At the pitch of the first look, as though all were looked at together; and by that it is decided."""
    found, looked = list(HeadTracker().hear(long_clip)), []

    def watched(network, seen, backgrounds, coarse_hz):
        hz, partials = coarse_pass(network, seen, backgrounds, coarse_hz)
        looked.append(hz)
        return hz, partials

    monkeypatch.setattr(head, "coarse_pass", watched)
    monkeypatch.setattr(head, "sung_frames", lambda probability, hz, periodic: periodic > 0.5)
    track = HeadTracker().track(long_clip)
    seen = spectra(np.pad(long_clip.samples, MARGIN)).first(track.hz.size)
    expected = periodicity(seen, np.concatenate(looked)[: track.hz.size])
    assert len(found) > 2
    np.testing.assert_array_equal(np.concatenate([each.periodicity for each in found]), expected)
    np.testing.assert_array_equal(track.voiced, expected > 0.5)


def test_the_seam_gives_the_head():
    tracker = pitch_tracker("head")
    assert isinstance(tracker, HeadTracker)
    assert tracker.name == "head"
    assert tracker.release.split()[1:] == [PitchNetwork().digest]  # so that no track of another is taken
