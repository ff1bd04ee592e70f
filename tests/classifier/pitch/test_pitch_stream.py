"""A stream gives the same frames however it is cut, soon enough, and for little work."""

from __future__ import annotations

import time

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from swara.classifier.pitch import TRACK_RATE_HZ
from swara.classifier.pitch import stream as module
from swara.classifier.pitch.head import HeadTracker
from swara.classifier.pitch.spectrum import HOP, MARGIN, periodicity, spectra
from swara.classifier.pitch.stream import LOOKAHEAD_S, PitchStream, track_causal
from swara.classifier.pitch.voicing import Voicing
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, MAX_HZ, MIN_HZ, PitchTrack
from swara.data.synth import VOICES, bhupali_take

FIELDS = ("times_s", "hz", "confidence", "voiced")
MOST_OF_A_CORE = 0.20


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    """Three seconds and a bit, over a tanpura."""
    return bhupali_take(4, voice=VOICES["mid female"]).clip.samples[:50_123]


@pytest.fixture(scope="module")
def whole(samples: np.ndarray) -> PitchTrack:
    return track_causal(Clip(samples, TRACK_RATE_HZ))


def in_blocks(samples: np.ndarray, size: int) -> PitchTrack:
    stream = PitchStream()
    tracks = [stream.push(samples[at : at + size]) for at in range(0, samples.size, size)]
    return PitchTrack.joined([*tracks, stream.finish()])


def assert_same(one: PitchTrack, other: PitchTrack) -> None:
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("size", [1, 7, 160, 1000, 16_000, 50_123])
def test_however_it_is_cut_the_frames_are_the_same_bit_for_bit(samples, whole, size):
    assert_same(in_blocks(samples, size), whole)


@pytest.mark.parametrize("size", [160, 777, 50_123])
def test_a_second_look_comes_once_for_every_frame_and_nearer_to_a_report(samples, whole, size):
    stream, tracks = PitchStream(looks_again=True), []
    for at in range(0, samples.size, size):
        stream.push(samples[at : at + size])
        tracks.append(stream.settled())
    stream.finish()
    again = PitchTrack.joined([*tracks, stream.settled()])
    np.testing.assert_array_equal(again.times_s, whole.times_s)
    assert len(stream.settled()) == 0
    report = HeadTracker().track(Clip(samples, TRACK_RATE_HZ))
    sung = report.voiced & whole.voiced & again.voiced
    first, second = (np.abs(1200 * np.log2(each.hz / report.hz))[sung] for each in (whole, again))
    assert second.mean() < 0.7 * first.mean()
    assert np.mean(again.voiced != report.voiced) < 0.025


@pytest.mark.parametrize("size", [160, 777, 50_123])
def test_both_looks_decide_by_how_periodic_each_frame_is(samples, monkeypatch, size):
    """At the pitch of the first, however the samples are cut."""
    pushed: dict[Voicing, list[np.ndarray]] = {}

    class Watched(Voicing):
        def push(self, probability, hz, periodic):
            pushed.setdefault(self, []).append(periodic)
            return super().push(probability, hz, periodic)

    monkeypatch.setattr(module, "Voicing", Watched)
    stream, tracks = PitchStream(looks_again=True), []
    for at in range(0, samples.size, size):
        tracks.append(stream.push(samples[at : at + size]))
        stream.settled()
    tracks.append(stream.finish())
    stream.settled()
    hz = PitchTrack.joined(tracks).hz
    pairs = spectra(np.pad(samples, (MARGIN, MARGIN + 2 * HOP)), together=2)
    expected = periodicity(pairs.first(hz.size), hz)
    assert len(pushed) == 2
    for parts in pushed.values():
        np.testing.assert_array_equal(np.concatenate(parts), expected)


def test_a_stream_that_looks_once_has_nothing_settled():
    with pytest.raises(ValueError, match="looks_again"):
        PitchStream().settled()


def test_streams_do_not_disturb_each_other(samples, whole):
    one, other, nothing = PitchStream(), PitchStream(), np.zeros(0, np.float32)
    tracks = [one.push(nothing)]
    for at in range(0, samples.size, 4000):
        tracks += [one.push(samples[at : at + 4000]), one.push(nothing)]
        assert len(tracks[-1]) == len(tracks[0]) == 0
        other.push(samples[::-1][at : at + 4000].copy())
        HeadTracker().track(Clip(samples[:800], TRACK_RATE_HZ))
    assert_same(PitchTrack.joined([*tracks, one.finish()]), whole)


def test_a_frame_is_final_when_the_lookahead_has_come(samples):
    assert LOOKAHEAD_S <= 0.08
    stream, frames = PitchStream(), 0
    for heard in range(100, 12_000, 100):
        frames += len(stream.push(samples[heard - 100 : heard]))
        due = 1 + int(np.floor((heard / TRACK_RATE_HZ - LOOKAHEAD_S) / HOP_S + 1e-9))
        assert max(0, due) <= frames <= max(0, due + 1)


@pytest.mark.parametrize("count", [0, 1, 159, 160, 1183, 1184, 1185, 1503, 1504, 2048, 2208, 5000, 5001])
def test_in_all_there_is_a_frame_for_each_10_ms_begun(samples, count):
    stream = PitchStream()
    track = PitchTrack.joined([stream.push(samples[:count]), stream.finish()])
    assert len(track) == 1 + count // 160
    sung_hz = track.hz[track.voiced]
    assert np.all((sung_hz >= MIN_HZ) & (sung_hz <= MAX_HZ))
    assert np.all((track.confidence >= 0) & (track.confidence <= 1))
    np.testing.assert_allclose(track.times_s, HOP_S * np.arange(len(track)))


def test_after_the_end_nothing_goes_in_or_comes_out(samples):
    stream = PitchStream()
    stream.push(samples[:1000])
    stream.finish()
    with pytest.raises(ValueError, match="finished"):
        stream.finish()
    with pytest.raises(ValueError, match="finished"):
        stream.push(samples[:1000])


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (np.zeros(100), "float64"),
        (np.zeros(100, np.int16), "int16"),
        (np.zeros((100, 2), np.float32), r"\(100, 2\)"),
        (np.float32(0.5), r"shape \(\)"),
        (np.array([0.0, np.nan], np.float32), "finite"),
        (np.array([0.0, np.inf], np.float32), "finite"),
    ],
)
def test_what_is_not_one_channel_of_float32_is_refused_and_forgotten(samples, whole, bad, what):
    stream = PitchStream()
    first = stream.push(samples[:9000])
    with pytest.raises(ValueError, match=what):
        stream.push(bad)
    assert_same(PitchTrack.joined([first, stream.push(samples[9000:]), stream.finish()]), whole)


def test_another_sample_rate_is_refused():
    with pytest.raises(ValueError, match="16000"):
        track_causal(Clip(np.zeros(8000, np.float32), 8000))


def test_the_past_alone_tells_nearly_what_all_tells(samples, whole):
    head = HeadTracker().track(Clip(samples, TRACK_RATE_HZ))
    both = head.voiced & whole.voiced
    assert np.count_nonzero(both) >= 0.9 * np.count_nonzero(head.voiced)
    apart = np.abs(1200 * np.log2(whole.hz[both] / head.hz[both]))
    assert np.mean(apart <= 50) >= 0.95
    assert np.median(apart) <= 5.0


def test_a_stream_takes_little_of_one_core(capsys):
    """Pushed as a sound card would, 20 ms at a time; the figure to hold on a quiet machine is a tenth."""
    voice = VOICES["mid male"]
    parts = [bhupali_take(seed, voice=voice, sa_hz=130.0).clip.samples for seed in range(6)]
    sung = np.concatenate(parts)[: 20 * TRACK_RATE_HZ]
    assert sung.size == 20 * TRACK_RATE_HZ
    stream, shares = PitchStream(), []
    with threadpool_limits(1):
        for second in np.split(sung, 20):
            began = time.process_time()
            for block in np.split(second, 50):
                stream.push(block)
            shares.append(time.process_time() - began)
    with capsys.disabled():
        print(f"\n{np.median(shares):.1%} of one core, {min(shares):.1%} in the best second")  # noqa: T201
    assert np.median(shares) <= MOST_OF_A_CORE
