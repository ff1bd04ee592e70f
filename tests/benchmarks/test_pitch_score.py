"""The benchmark of pitch trackers counts frames as mir_eval does, and as its page says."""

from __future__ import annotations

import mir_eval
import numpy as np
import pytest

from benchmarks.pitch.score import (
    BANDS_HZ,
    COLUMNS,
    Scores,
    aligned,
    band_tallies,
    false_alarm_at_recall,
    tallies,
)
from benchmarks.recordings import Sung
from swara.classifier.pitch import TRACK_RATE_HZ as RATE_HZ
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack

HOP_S = 0.005


def _silence(seconds: float) -> Clip:
    return Clip(np.zeros(round(seconds * RATE_HZ), np.float32), RATE_HZ)


def _track(times_s: np.ndarray, hz: np.ndarray, voiced: np.ndarray) -> PitchTrack:
    return PitchTrack(times_s, hz, voiced.astype(float), voiced)


def _sung(hz: np.ndarray, **more: object) -> Sung:
    return Sung("test", _silence(hz.size * HOP_S), HOP_S * np.arange(hz.size), hz, **more)


def _line(frames: int = 800, seed: int = 0) -> np.ndarray:
    """A wandering pitch with rests."""
    rng = np.random.default_rng(seed)
    hz = 220.0 * 2.0 ** (np.cumsum(rng.normal(0, 5, frames)) / 1200)
    hz[100:130] = hz[400:470] = 0.0
    return hz


def _perfect(sung: Sung, ratio: float = 1.0) -> PitchTrack:
    hz = np.where(sung.hz > 0, ratio * sung.hz, np.nan)
    return _track(sung.times_s, hz, sung.hz > 0)


def _scores(sung: Sung, track: PitchTrack) -> Scores:
    return Scores(tallies(sung, track))


def _values(scores: Scores) -> tuple[float, ...]:
    shares = (*scores.within, scores.octaves_off, scores.recall, scores.false_alarm)
    return tuple(share.value for share in shares)


@pytest.mark.parametrize(
    ("cents", "within"),
    [
        (0, (1, 1, 1, 0, 1, 0)),
        (9, (1, 1, 1, 0, 1, 0)),
        (20, (1, 1, 0, 0, 1, 0)),
        (40, (1, 0, 0, 0, 1, 0)),
        (60, (0, 0, 0, 0, 1, 0)),
        *((cents, (0, 0, 0, 1, 1, 0)) for cents in (-1200, 1200, 2400)),  # an octave error
    ],
)
def test_each_tolerance_is_its_own(cents: float, within: tuple[int, ...]) -> None:
    sung = _sung(_line())
    assert _values(_scores(sung, _perfect(sung, 2.0 ** (cents / 1200)))) == pytest.approx(within)


def test_figures_are_those_of_mir_eval_on_the_pooled_frames() -> None:
    rng = np.random.default_rng(3)
    sung = [_sung(_line(seed=k), tells_voicing=True) for k in range(3)]
    tracks = []
    for one in sung:
        wrong = 2.0 ** (rng.choice([0, 8, 18, 35, 90, 1200], one.hz.size) / 1200)
        heard_hz = np.where(one.hz > 0, one.hz, 150.0) * wrong
        tracks.append(_track(one.times_s, heard_hz, rng.random(one.hz.size) < 0.7))
    counts = np.concatenate([tallies(*pair) for pair in zip(sung, tracks, strict=True)])
    both = [aligned(*pair) for pair in zip(sung, tracks, strict=True)]
    true_hz, heard_hz = (
        np.concatenate([getattr(one, field)[one.counted] for one in both])
        for field in ("true_hz", "estimated_hz")
    )
    ones, cents = (
        np.ones(true_hz.size),
        (mir_eval.melody.hz2cents(true_hz), mir_eval.melody.hz2cents(heard_hz)),
    )
    scores = Scores(counts)
    for tolerance, share in zip((50, 25, 10), _values(scores)[:3], strict=True):
        expected = mir_eval.melody.raw_pitch_accuracy(
            ones, cents[0], ones, cents[1], cent_tolerance=tolerance
        )
        assert share == pytest.approx(expected)
    chroma = mir_eval.melody.raw_chroma_accuracy(ones, cents[0], ones, cents[1])
    assert scores.octaves_off.value == pytest.approx(chroma - scores.within[0].value)
    voicing = mir_eval.melody.voicing_measures(
        np.concatenate([one.hz > 0 for one in sung]).astype(float),
        np.concatenate([track.voiced for track in tracks]).astype(float),
    )
    assert _values(scores)[4:] == pytest.approx(voicing)


def test_pitch_counts_where_the_tracker_calls_the_frame_unvoiced() -> None:
    sung = _sung(_line())
    track = _perfect(sung)
    silent = _track(track.times_s, track.hz, np.zeros(track.hz.size, bool))
    scores = _scores(sung, silent)
    assert scores.within[0].value == pytest.approx(1.0)
    assert scores.recall.value == 0.0


def test_no_estimate_is_no_hit() -> None:
    sung = _sung(np.full(400, 200.0))
    hz = np.full(400, 200.0)
    hz[100:200] = np.nan
    scores = _scores(sung, _track(sung.times_s, hz, np.isfinite(hz)))
    assert scores.within[0].value == pytest.approx(0.75, abs=0.01)


def test_estimates_are_interpolated_in_log_frequency() -> None:
    times_s = np.array([0.0, 1.0])
    track = _track(times_s, np.array([100.0, 400.0]), np.ones(2, bool))
    sung = Sung("glide", _silence(1.0), np.array([0.0, 0.5, 1.0]), np.full(3, 200.0))
    assert aligned(sung, track).estimated_hz == pytest.approx([100.0, 200.0, 400.0])


def test_frames_next_to_a_change_of_voicing_do_not_count_for_pitch() -> None:
    hz = np.array([0, 0, 200, 200, 200, 200, 0, 0, 200.0])
    counted = aligned(_sung(hz), _perfect(_sung(hz))).counted
    assert counted.nonzero()[0].tolist() == [3, 4]
    times_s = np.concatenate([HOP_S * np.arange(10), 1.0 + HOP_S * np.arange(10)])  # nor next to a gap
    sung = Sung("gap", _silence(2.0), times_s, np.full(20, 200.0), tells_voicing=False)
    assert (~aligned(sung, _perfect(sung)).counted).nonzero()[0].tolist() == [9, 10]


def test_where_nobody_sings_only_the_false_alarm_is_known() -> None:
    sung = Sung.unsung("noise", np.zeros(RATE_HZ, np.float32))
    voiced = np.arange(sung.times_s.size) % 4 == 0
    scores = _scores(sung, _track(sung.times_s, np.full(voiced.size, 200.0), voiced))
    assert _values(scores)[5] == pytest.approx(0.25)
    assert np.isnan(_values(scores)[:5]).all()
    untold = _sung(_line(), tells_voicing=False)  # and where the truth tells no voicing, all but voicing
    scores = _scores(untold, _perfect(untold))
    assert np.isnan(_values(scores)[4:]).all()
    assert scores.within[0].value == pytest.approx(1.0)


def test_a_pitch_that_is_claimed_and_wrong_is_counted() -> None:
    sung = _sung(np.full(400, 40.0))
    track = _perfect(sung, 2.0)
    unsure = _track(track.times_s, track.hz, np.arange(400) < 100)
    assert _scores(sung, track).wrong.value == 1.0
    assert _scores(sung, unsure).wrong.value == pytest.approx(0.25, abs=0.01)
    assert _scores(sung, _perfect(sung)).wrong.value == 0.0


def test_the_false_alarm_is_told_at_the_threshold_of_a_recall() -> None:
    sung = _sung(np.repeat([200.0, 0.0], 200))
    sure = np.concatenate([np.linspace(0.5, 1.0, 200), np.linspace(0.0, 0.99, 200)])
    track = PitchTrack(sung.times_s, np.full(400, 200.0), sure, sure > 0.9)
    assert false_alarm_at_recall([(sung, track)], 0.5) == pytest.approx(0.24, abs=0.01)
    assert false_alarm_at_recall([(sung, track)], 1.0) == pytest.approx(0.49, abs=0.01)
    for untold in (_sung(sung.hz, tells_voicing=False), _sung(np.full(400, 200.0))):
        assert np.isnan(false_alarm_at_recall([(untold, track)]))
    assert np.isnan(false_alarm_at_recall([(sung, _perfect(sung))]))  # yes or no


def test_clips_are_told_apart_by_name() -> None:
    counts = np.zeros((3, COLUMNS))
    counts[:, 7], counts[:, 8] = 10.0, (1.0, 3.0, 0.0)
    found = Scores(counts, (0, 1, 1000), ("a", "a", "b")).by_name()
    assert {name: scores.false_alarm.value for name, scores in found.items()} == {"a": 0.2, "b": 0.0}


def test_long_recordings_are_cut_and_nothing_is_lost() -> None:
    sung = _sung(_line(4000))
    counts = tallies(sung, _perfect(sung))
    assert counts.shape == (4, COLUMNS)
    assert counts[:, [5, 7]].sum() == sung.hz.size


@pytest.mark.parametrize(("hz", "band"), [(60.0, 0), (800.0, 8), (1500.0, len(BANDS_HZ) - 2)])
def test_bands_are_those_of_the_true_pitch(hz: float, band: int) -> None:
    sung = _sung(np.full(100, hz))
    assert band_tallies(sung, _perfect(sung))[:, 0].nonzero()[0].tolist() == [band]
