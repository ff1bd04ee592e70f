"""The path against a Viterbi with its whole transition matrix; voicing and local average by definition."""

from __future__ import annotations

import numpy as np
import pytest

import swara.classifier.pitch.voicing as module
from swara.classifier.pitch.decode import PITCH_BINS, Path, bins_of_hz, hz_of_bins, local_hz, trace
from swara.classifier.pitch.voicing import STILL_FRAMES, VOICING, Voicing, still_frames, sung_frames

LEAP = 5.0
FLOOR = 1e-5


def costs() -> np.ndarray:
    """What a move from bin to bin costs, shape [PITCH_BINS, PITCH_BINS]."""
    apart = np.abs(np.subtract.outer(np.arange(PITCH_BINS), np.arange(PITCH_BINS)))
    return np.where(apart <= 12, np.minimum(0.18 * apart, LEAP), LEAP)


def slow_path(salience: np.ndarray, voicing: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the best path and its score."""
    evidence = np.log(salience.astype(np.float64) + FLOOR) * voicing[:, None]
    scores, came = evidence[0], []
    for found in evidence[1:]:
        moved = scores[:, None] - costs()
        came.append(moved.argmax(axis=0))
        scores = moved.max(axis=0) + found
    path = [int(scores.argmax())]
    for before in reversed(came):
        path.append(int(before[path[-1]]))
    return np.array(path[::-1]), float(scores.max())


def score(path: np.ndarray, salience: np.ndarray, voicing: np.ndarray) -> float:
    evidence = np.log(salience.astype(np.float64) + FLOOR) * voicing[:, None]
    moves = costs()[path[:-1], path[1:]]
    return float(evidence[np.arange(path.size), path].sum() - moves.sum())


def random_salience(frames: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Beliefs with a few strong rivals in each frame, and how sure it is that anything sounds."""
    rng = np.random.default_rng(seed)
    logits = rng.standard_normal((frames, PITCH_BINS)) * rng.choice([0.5, 3.0], (frames, 1))
    logits[np.arange(frames), rng.choice([40, 43, 76, 150], frames)] += 6.0
    salience = np.exp(logits)
    salience /= salience.sum(axis=1, keepdims=True)
    return salience.astype(np.float32), rng.uniform(0, 1, frames).astype(np.float32)


@pytest.mark.parametrize("seed", range(6))
def test_the_path_is_that_of_the_whole_matrix(seed):
    salience, voicing = random_salience(150, seed)
    best, before = Path().advance(salience, voicing)
    found = trace(int(best[-1]), before)
    slow, highest = slow_path(salience, voicing)
    assert score(found, salience, voicing) == pytest.approx(highest, abs=1e-2)
    assert np.count_nonzero(found != slow) <= 2  # where two are as good, to seven digits


@pytest.mark.parametrize("seed", range(3))
def test_the_best_so_far_is_where_a_path_over_the_past_ends(seed):
    salience, voicing = random_salience(40, seed)
    best, _ = Path().advance(salience, voicing)
    ends = [slow_path(salience[: n + 1], voicing[: n + 1])[0][-1] for n in range(40)]
    assert np.count_nonzero(best != ends) <= 1


def test_the_local_average_is_that_of_its_formula():
    salience, _ = random_salience(PITCH_BINS, 5)
    path = np.random.default_rng(5).permutation(PITCH_BINS)  # either edge too
    found = local_hz(salience, path)
    for frame, middle in enumerate(path):
        bins = np.arange(max(0, middle - 3), min(PITCH_BINS, middle + 4))
        weights = salience[frame, bins].astype(np.float64)
        weights += 1e-9 * (bins == middle)
        slow = hz_of_bins(np.asarray((weights * bins).sum() / weights.sum()))
        assert found[frame] == pytest.approx(float(slow), rel=1e-6)


def test_without_salience_the_path_itself_is_the_pitch():
    path = np.array([0, 36, PITCH_BINS - 1])
    hz = hz_of_bins(path)
    np.testing.assert_allclose(local_hz(np.zeros((3, PITCH_BINS), np.float32), path), hz)
    np.testing.assert_allclose(bins_of_hz(hz), path, atol=1e-9)
    assert hz[1] == pytest.approx(90.0)


def moving(frames: int) -> np.ndarray:
    """A pitch that is never still."""
    return 200.0 * 2.0 ** (0.05 * np.sin(np.arange(frames)))


def beside(probability: np.ndarray) -> np.ndarray:
    """Periodicity of a voice that something sounds with."""
    return np.full(probability.size, 0.8, np.float32)


def told(probability: np.ndarray, hz: np.ndarray) -> np.ndarray:
    return sung_frames(probability, hz, beside(probability))


def pushed(voicing: Voicing, probability: np.ndarray, hz: np.ndarray) -> np.ndarray:
    return voicing.push(probability, hz, beside(probability))


class TestVoicing:
    def test_starts_above_the_one_threshold_and_ends_below_the_other(self):
        probability = np.array([0.8, 0.89, 0.91, 0.8, 0.76, 0.74, 0.8, 0.89, 0.95, 0.76, 0.0], np.float32)
        voiced = [0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 0]
        np.testing.assert_array_equal(
            Voicing().push(probability, moving(11), beside(probability)), np.array(voiced, bool)
        )

    def test_a_pitch_that_has_stood_still_is_no_voice(self):
        likely = np.full(100, 0.93, np.float32)
        voiced = Voicing().push(likely, np.full(100, 131.0), beside(likely))
        assert voiced[: STILL_FRAMES - 1].all()
        assert not voiced[STILL_FRAMES - 1 :].any()

    @pytest.mark.parametrize("block", [1, 7, 60])
    def test_where_nothing_repeats_itself_no_voice_is_heard(self, block):
        """Over a drone after 50 ms, and it is over; after a clear voice at once, and it may go on."""
        likely, hz = np.full(60, 0.8, np.float32), moving(60)
        likely[0] = 0.95
        for before, hidden, expected in ((0.5, 4, []), (0.5, 6, range(24, 60)), (0.99, 4, range(20, 24))):
            periodic = np.full(60, before, np.float32)
            periodic[20 : 20 + hidden] = 0.1
            voicing, starts = Voicing(), range(0, 60, block)
            parts = [
                voicing.push(likely[at : at + block], hz[at : at + block], periodic[at : at + block])
                for at in starts
            ]
            np.testing.assert_array_equal(
                np.flatnonzero(~np.concatenate(parts)), list(expected), err_msg=f"{before} {hidden}"
            )


class TestSungFrames:
    @pytest.mark.parametrize(("periodic", "sung"), [(0.1, False), (0.2, False), (0.3, True)])
    def test_a_pitch_that_nothing_has_is_no_voice(self, periodic, sung):
        """By the median: for less than half of a stretch a drone may hide a voice."""
        measured = np.full(400, periodic, np.float32)
        measured[:150] = 0.8
        likely = np.full(400, 0.99, np.float32)
        assert sung_frames(likely, moving(400), measured).all() == sung
        assert sung_frames(likely, moving(400), measured).any() == sung

    @pytest.mark.parametrize(
        ("inside", "extent"),
        [
            ((0.98,), (200, 300)),
            ((0.3, 0.3, 0.98), (202, 298)),
            ((0.6, 0.3, 0.98), (200, 300)),  # noise does not outweigh it at the edge
            ((0.3,) * 8 + (0.98,), (206, 294)),  # no further than what a window blurs
            ((0.3, 0.3, 0.8), (200, 300)),  # what sounds beside it may hide it
        ],
    )
    def test_a_clear_voice_begins_and_ends_where_its_periodicity_does(self, inside, extent):
        probability, periodic = np.full(500, 0.3, np.float32), np.full(500, 0.1, np.float32)
        probability[200:300], periodic[200:300] = 0.99, inside[-1]
        periodic[200 : 200 + len(inside)], periodic[300 - len(inside) : 300] = inside, inside[::-1]
        found = np.flatnonzero(sung_frames(probability, moving(500), periodic))
        np.testing.assert_array_equal(found, np.arange(*extent))

    @pytest.mark.parametrize("seed", range(4))
    def test_a_stretch_is_sung_as_a_loop_says(self, seed):
        rng = np.random.default_rng(seed)
        steps = np.repeat(rng.uniform(0, 1, 80), rng.integers(1, 40, 80))
        probability = np.clip(steps + 0.1 * rng.standard_normal(steps.size), 0, 1).astype(np.float32)
        slow, hz = np.zeros(probability.size, bool), moving(probability.size)
        hz[probability.size // 2 :] = line(3.0 * rng.standard_normal(hz[probability.size // 2 :].size))
        start = 0
        while start < probability.size:
            end = start
            while end < probability.size and probability[end] >= VOICING.likely:
                end += 1
            moves = module._moves(hz[start:end], VOICING) if end > start else False
            sure, nearly = (
                sum(value >= least for value in probability[start:end])
                for least in (VOICING.sure, VOICING.sure_if_moving)
            )
            slow[start:end] = sure >= module._SURE_FRAMES or (moves and nearly >= module._MOVING_FRAMES)
            start = max(end, start + 1)
        for start in range(1, slow.size):  # and a consonant interrupts no voice
            end = start + 1
            while end < slow.size and not slow[end]:
                end += 1
            within = slow[start - 1] and not slow[start] and end < slow.size and end - start <= 6
            if within and probability[start:end].min() >= 0.4:
                steps = np.abs(np.diff(1200 * np.log2(hz[start - 1 : end + 1])))
                slow[start:end] = steps.max() < 300
        assert 0 < np.count_nonzero(slow) < slow.size
        np.testing.assert_array_equal(told(probability, hz), slow)

    @pytest.mark.parametrize(
        ("cents", "sure_frames", "leaps", "sung"),
        [(40, 30, False, True), (10, 30, False, False), (40, 6, False, False), (40, 30, True, False)],
    )
    def test_what_wavers_need_be_less_sure(self, cents, sure_frames, leaps, sung):
        """Than 0.98, if for 0.15 s; but not what hardly wavers, a breath, or what leaps between partials."""
        probability = np.full(400, 0.1, np.float32)
        probability[200:250] = 0.85
        probability[200 : 200 + sure_frames] = 0.95
        hz = line(cents / 2 * np.sin(np.arange(400) / 4.0))
        hz[220:225] *= 1.0 + leaps
        expected = np.arange(200, 250 if sung else 200)
        np.testing.assert_array_equal(np.flatnonzero(told(probability, hz)), expected)

    @pytest.mark.parametrize(
        ("frames", "likely", "leaps", "sung"),
        [(6, 0.45, False, True), (7, 0.45, False, False), (6, 0.35, False, False), (6, 0.45, True, False)],
    )
    def test_a_consonant_interrupts_no_voice(self, frames, likely, leaps, sung):
        probability = np.full(400, 0.99, np.float32)
        probability[200 : 200 + frames] = likely
        hz = moving(400)
        hz[200:] *= 1.0 + leaps
        assert told(probability, hz)[200 : 200 + frames].tolist() == [sung] * frames

    @pytest.mark.parametrize(("moves", "frames", "sung"), [(0, 400, False), (200, 400, True), (0, 250, True)])
    def test_a_stretch_that_stands_still_is_no_voice(self, moves, frames, sung):
        """Unless it is short, or moves for a part of it."""
        probability = np.full(frames, 0.96, np.float32)
        probability[10:20] = 0.99
        hz = np.concatenate([moving(moves), np.full(frames - moves, 131.0)])
        assert told(probability, hz).all() == told(probability, hz).any() == sung
        assert told(probability[:0], hz[:0]).shape == (0,)

    def test_one_still_stretch_among_moving_ones_is_a_held_note(self):
        probability = np.full(600, 0.96, np.float32)
        probability[::50], probability[300:305] = 0.99, 0.0
        probability[:10] = probability[305:315] = 0.99
        hz = np.concatenate([moving(300), np.full(300, 131.0)])
        assert told(probability, hz)[400:].all()

    @pytest.mark.parametrize(
        ("cents", "sung"),
        [
            ((0, 702, 1200), False),
            ((-1200, 0, 1190), False),
            ((0, 204, 702), True),
            ((386, 702, 1902, 884), True),
        ],
    )
    def test_strings_stand_still_on_sa_and_one_more_swara_and_a_voice_without_life_on_more(self, cents, sung):
        note = np.full(100, 0.96, np.float32)
        note[:10], note[-5:] = 0.99, 0.0
        hz = np.concatenate([line(np.full(note.size, float(each))) for each in cents])
        assert told(np.tile(note, len(cents)), hz).any() == sung


def line(cents: np.ndarray) -> np.ndarray:
    return 180.0 * 2.0 ** (cents / 1200.0)


def slow_still(hz: np.ndarray, probability: np.ndarray) -> np.ndarray:
    found = np.zeros(hz.size, bool)
    times = np.arange(STILL_FRAMES)
    for start in range(hz.size - STILL_FRAMES + 1):
        part = slice(start, start + STILL_FRAMES)
        cents = 1200.0 * np.log2(hz[part])
        off = cents - np.polyval(np.polyfit(times, cents, 1), times)
        if np.sqrt(np.mean(off**2)) < 1.5 and probability[part].mean() < VOICING.machine:
            found[part] = True
    return found


@pytest.mark.parametrize("seed", range(4))
def test_what_stands_still_is_told_as_a_loop_over_a_line_fit_tells_it(seed, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 50)
    rng = np.random.default_rng(seed)
    sizes = rng.choice([0.2, 1.2, 1.7, 6.0], 12)
    cents = np.concatenate([300.0 * rng.random() + size * rng.standard_normal(90) for size in sizes])
    probability = np.repeat(rng.choice([0.9, 0.96, 0.99], 12), 90).astype(np.float32)
    expected = slow_still(line(cents), probability)
    assert 0 < np.count_nonzero(expected) < expected.size
    np.testing.assert_array_equal(still_frames(line(cents), probability), expected)


def test_of_a_stream_the_last_frames_tell_what_the_whole_tells():
    rng = np.random.default_rng(1)
    for size in (0.2, 3.0):
        hz = line(size * rng.standard_normal(2 * STILL_FRAMES))
        probability = np.full(hz.size, 0.95, np.float32)
        stands = [still_frames(hz[:end], probability[:end])[-1:].any() for end in range(1, hz.size + 1)]
        for block in (1, 7, hz.size):
            voicing, heard = Voicing(), range(0, hz.size, block)
            voiced = [pushed(voicing, probability[at : at + block], hz[at : at + block]) for at in heard]
            np.testing.assert_array_equal(~np.concatenate(voiced), stands)
        assert any(stands) == (size < 1.5)


def test_a_slow_drift_is_still_and_vibrato_is_not():
    times = np.arange(200)
    likely = np.full(200, 0.9, np.float32)
    assert still_frames(line(0.1 * times), likely).all()
    assert not still_frames(line(4.0 * np.sin(times / 3.0)), likely).any()
    for short in (0, 1, STILL_FRAMES - 1):  # too short to tell
        assert not still_frames(line(np.zeros(short)), likely[:short]).any()


def test_a_low_string_is_still_though_it_beats_and_sounds_sure():
    beats = 1.5 * np.random.default_rng(2).standard_normal(200)
    sure = np.full(200, 0.995, np.float32)
    assert still_frames(line(beats) * 55.0 / 180.0, sure).all()
    assert not still_frames(line(beats), sure).any()
    assert not still_frames(line(4.0 * beats) * 55.0 / 180.0, sure).any()
