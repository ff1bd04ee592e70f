"""The benchmark of pitch trackers counts frames as mir_eval does, and as its page says."""

from __future__ import annotations

import mir_eval
import numpy as np
import pytest

from benchmarks.pitchbench.bootstrap import interval, paired
from benchmarks.pitchbench.material import RATE_HZ, Sung, Track, unsung
from benchmarks.pitchbench.run import Heard
from benchmarks.pitchbench.score import BANDS_HZ, Scores, aligned, band_tallies, tallies

HOP_S = 0.005


def _sung(hz: np.ndarray, **more: object) -> Sung:
    samples = np.zeros(round(hz.size * HOP_S * RATE_HZ), np.float32)
    return Sung("test", samples, HOP_S * np.arange(hz.size), hz, **more)


def _line(frames: int = 800, seed: int = 0) -> np.ndarray:
    """A wandering pitch with rests."""
    rng = np.random.default_rng(seed)
    hz = 220.0 * 2.0 ** (np.cumsum(rng.normal(0, 5, frames)) / 1200)
    hz[100:130] = hz[400:470] = 0.0
    return hz


def _perfect(sung: Sung, ratio: float = 1.0) -> Track:
    hz = np.where(sung.hz > 0, ratio * sung.hz, np.nan)
    return Track(sung.times_s, hz, sung.hz > 0)


def _scores(sung: Sung, track: Track) -> Scores:
    return Scores.of(tallies(sung, track))


def test_a_perfect_tracker_scores_all() -> None:
    sung = _sung(_line())
    scores = _scores(sung, _perfect(sung))
    assert scores.within == pytest.approx((1.0, 1.0, 1.0))
    assert (scores.octaves_off, scores.recall, scores.false_alarm) == pytest.approx((0.0, 1.0, 0.0))


@pytest.mark.parametrize("ratio", [0.5, 2.0, 4.0])
def test_an_octave_off_is_an_octave_error(ratio: float) -> None:
    sung = _sung(_line())
    scores = _scores(sung, _perfect(sung, ratio))
    assert scores.within == pytest.approx((0.0, 0.0, 0.0))
    assert scores.octaves_off == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("cents", "within"), [(9, (1, 1, 1)), (20, (1, 1, 0)), (40, (1, 0, 0)), (60, (0, 0, 0))]
)
def test_each_tolerance_is_its_own(cents: float, within: tuple[int, ...]) -> None:
    sung = _sung(_line())
    assert _scores(sung, _perfect(sung, 2.0 ** (cents / 1200))).within == pytest.approx(within)


def test_figures_are_those_of_mir_eval_on_the_pooled_frames() -> None:
    rng = np.random.default_rng(3)
    sung = [_sung(_line(seed=k), tells_voicing=True) for k in range(3)]
    tracks = []
    for one in sung:
        wrong = 2.0 ** (rng.choice([0, 8, 18, 35, 90, 1200], one.hz.size) / 1200)
        heard_hz = np.where(one.hz > 0, one.hz, 150.0) * wrong
        tracks.append(Track(one.times_s, heard_hz, rng.random(one.hz.size) < 0.7))
    counts = np.concatenate([tallies(*pair) for pair in zip(sung, tracks, strict=True)])
    both = [aligned(*pair) for pair in zip(sung, tracks, strict=True)]
    true_hz, heard_hz = (
        np.concatenate([getattr(one, field)[one.counted] for one in both])
        for field in ("true_hz", "heard_hz")
    )
    ones, cents = (
        np.ones(true_hz.size),
        (mir_eval.melody.hz2cents(true_hz), mir_eval.melody.hz2cents(heard_hz)),
    )
    scores = Scores.of(counts)
    for tolerance, share in zip((50, 25, 10), scores.within, strict=True):
        expected = mir_eval.melody.raw_pitch_accuracy(
            ones, cents[0], ones, cents[1], cent_tolerance=tolerance
        )
        assert share == pytest.approx(expected)
    chroma = mir_eval.melody.raw_chroma_accuracy(ones, cents[0], ones, cents[1])
    assert scores.octaves_off == pytest.approx(chroma - scores.within[0])
    voicing = mir_eval.melody.voicing_measures(
        np.concatenate([one.hz > 0 for one in sung]).astype(float),
        np.concatenate([track.voiced for track in tracks]).astype(float),
    )
    assert (scores.recall, scores.false_alarm) == pytest.approx(voicing)


def test_pitch_counts_where_the_tracker_calls_the_frame_unvoiced() -> None:
    sung = _sung(_line())
    track = _perfect(sung)
    silent = Track(track.times_s, track.hz, np.zeros(track.hz.size, bool))
    scores = _scores(sung, silent)
    assert scores.within[0] == pytest.approx(1.0)
    assert scores.recall == 0.0


def test_no_estimate_is_no_hit() -> None:
    sung = _sung(np.full(400, 200.0))
    hz = np.full(400, 200.0)
    hz[100:200] = np.nan
    assert _scores(sung, Track(sung.times_s, hz, np.isfinite(hz))).within[0] == pytest.approx(0.75, abs=0.01)


def test_estimates_are_interpolated_in_log_frequency() -> None:
    times_s = np.array([0.0, 1.0])
    track = Track(times_s, np.array([100.0, 400.0]), np.ones(2, bool))
    sung = Sung("glide", np.zeros(RATE_HZ, np.float32), np.array([0.0, 0.5, 1.0]), np.full(3, 200.0))
    assert aligned(sung, track).heard_hz == pytest.approx([100.0, 200.0, 400.0])


def test_frames_next_to_a_change_of_voicing_do_not_count_for_pitch() -> None:
    hz = np.array([0, 0, 200, 200, 200, 200, 0, 0, 200.0])
    counted = aligned(_sung(hz), _perfect(_sung(hz))).counted
    assert counted.nonzero()[0].tolist() == [3, 4]


def test_a_gap_in_the_truth_ends_a_stretch() -> None:
    times_s = np.concatenate([HOP_S * np.arange(10), 1.0 + HOP_S * np.arange(10)])
    sung = Sung("gap", np.zeros(2 * RATE_HZ, np.float32), times_s, np.full(20, 200.0), tells_voicing=False)
    counted = aligned(sung, Track(times_s, np.full(20, 200.0), np.ones(20, bool))).counted
    assert (~counted).nonzero()[0].tolist() == [9, 10]


def test_where_nobody_sings_only_the_false_alarm_is_known() -> None:
    sung = unsung("noise", np.zeros(RATE_HZ, np.float32))
    voiced = np.arange(sung.times_s.size) % 4 == 0
    scores = _scores(sung, Track(sung.times_s, np.full(voiced.size, 200.0), voiced))
    assert scores.false_alarm == pytest.approx(0.25)
    assert np.isnan([*scores.within, scores.octaves_off, scores.recall]).all()


def test_voicing_is_left_out_where_the_truth_does_not_tell() -> None:
    sung = _sung(_line(), tells_voicing=False)
    scores = _scores(sung, _perfect(sung))
    assert np.isnan([scores.recall, scores.false_alarm]).all()
    assert scores.within[0] == pytest.approx(1.0)


def test_long_recordings_are_cut_and_nothing_is_lost() -> None:
    sung = _sung(_line(4000))
    counts = tallies(sung, _perfect(sung))
    assert counts.shape == (4, 9)
    assert counts[:, [5, 7]].sum() == sung.hz.size


def test_bands_are_those_of_the_true_pitch() -> None:
    low, high = _sung(np.full(100, 100.0)), _sung(np.full(100, 800.0))
    assert band_tallies(low, _perfect(low))[:, 0].nonzero()[0].tolist() == [0]
    assert band_tallies(high, _perfect(high))[:, 0].nonzero()[0].tolist() == [len(BANDS_HZ) - 2]


class TestBootstrap:
    counts = np.column_stack(
        [np.full(30, 100.0), np.random.default_rng(1).integers(60, 100, 30), *[[0] * 30] * 7]
    )

    @staticmethod
    def figure(counts: np.ndarray) -> float:
        return Scores.of(counts).within[0]

    def test_the_interval_holds_the_figure_and_repeats(self) -> None:
        span = interval(self.counts, self.figure)
        assert span.value == pytest.approx(self.counts[:, 1].mean() / 100)
        assert span.low < span.value < span.high
        assert span == interval(self.counts, self.figure)

    def test_its_width_is_that_of_the_mean(self) -> None:
        span = interval(self.counts, self.figure)
        error = self.counts[:, 1].std() / 100 / np.sqrt(30)
        assert span.high - span.low == pytest.approx(2 * 1.96 * error, rel=0.15)

    def test_a_small_steady_lead_is_significant_only_in_pairs(self) -> None:
        worse = self.counts.copy()
        worse[:, 1] -= 2
        lead = paired(self.counts, worse, self.figure)
        assert (lead.low, lead.value, lead.high) == pytest.approx((0.02, 0.02, 0.02))
        assert interval(worse, self.figure).high > interval(self.counts, self.figure).low

    def test_different_clips_cannot_be_paired(self) -> None:
        with pytest.raises(ValueError, match="30 clips cannot be compared with 29"):
            paired(self.counts, self.counts[1:], self.figure)

    def test_heard_finds_the_clips_that_both_heard(self) -> None:
        heard = Heard(self.counts[:3], (0, 1000, 2000), np.zeros((8, 9)))
        assert heard.on([2000, 0])[:, 1].tolist() == self.counts[[2, 0], 1].tolist()
