"""From salience to one pitch line: the best path, where a voice sounds, what is too still for one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swara.data.arrays import BoolArray, FloatArray, IntArray

__all__ = [
    "PITCH_BINS",
    "PITCH_BINS_PER_OCTAVE",
    "PITCH_LOWEST_HZ",
    "STILL_FRAMES",
    "VOICING",
    "Path",
    "Salience",
    "Steps",
    "Voicing",
    "VoicingThresholds",
    "bins_of_hz",
    "hz_of_bins",
    "local_hz",
    "still_frames",
    "sung_frames",
    "trace",
]


Salience = npt.NDArray[np.float32]

PITCH_BINS_PER_OCTAVE = 36
PITCH_LOWEST_HZ = 45.0
PITCH_BINS = 190
"""45 to 1712 Hz: a margin of more than a semitone around the sung range at either end."""


def bins_of_hz(hz: FloatArray) -> FloatArray:
    """Return the (fractional) bins of frequencies; NaN and infinities pass through."""
    return PITCH_BINS_PER_OCTAVE * np.log2(hz / PITCH_LOWEST_HZ)


def hz_of_bins(bins: FloatArray) -> FloatArray:
    """Return the frequencies of (fractional) bins."""
    return np.asarray(PITCH_LOWEST_HZ * 2.0 ** (bins / PITCH_BINS_PER_OCTAVE))


STILL_FRAMES = 65
"""How long a pitch must stand still: 0.65 s of frames."""

_STILL_CENTS = 1.5  # RMS around the straight line that fits best, so that a slow drift is no movement
_LOW_HZ = 80.0


_BLOCK = 4096
_TIMES = np.arange(STILL_FRAMES) - float(STILL_FRAMES // 2)
_TIMES_SQUARED = float(np.square(_TIMES).sum())


@dataclass(frozen=True, slots=True)
class VoicingThresholds:
    """Probabilities of a voice that decide, in a recording of which all is known, where one sounds.

    ``training/thresholds.py`` weighs them on synthesized scenes that nothing was trained on.

    Parameters
    ----------
    likely : float
        A stretch of voice lies at or above it throughout.
    sure, sure_if_short : float
        What some of its frames must reach; in a recording of under 3 s nothing gets quite so sure, since
        what lies behind the voice is hardly known.
    machine : float
        So likely on average, what stands still is a voice that was made by a machine, and no string, unless
        it lies below 80 Hz.
    low_still_cents : float
        How little a pitch below 80 Hz wavers that is a string's, however sure: the mandra Sa of an electronic
        tanpura sounds as sure as a voice, and beats by a cent or two; a voice that low wavers by more.
    """

    likely: float = 0.65
    sure: float = 0.98
    sure_if_short: float = 0.93
    machine: float = 0.98
    low_still_cents: float = 4.0


VOICING = VoicingThresholds()


def still_frames(hz: FloatArray, probability: Salience, thresholds: VoicingThresholds = VOICING) -> BoolArray:
    """Tell which frames lie in a stretch that stands still without being all but surely a voice.

    Parameters
    ----------
    hz : float64 array, shape [frames]
        Positive, voiced or not.
    probability : float32 array, shape [frames]
        Of a voice.
    thresholds : VoicingThresholds
        Those that ship by default.

    Returns
    -------
    bool array, shape [frames]
    """
    starts = np.zeros(hz.size + 1, np.intp)
    for first in range(0, hz.size - STILL_FRAMES + 1, _BLOCK):
        inside = slice(first, first + _BLOCK + STILL_FRAMES - 1)
        still = _stands_still(hz[inside], probability[inside], thresholds)
        at = first + np.flatnonzero(still)
        starts[at] += 1
        starts[at + STILL_FRAMES] -= 1
    return np.asarray(np.cumsum(starts)[:-1] > 0)


def _stands_still(hz: FloatArray, probability: Salience, thresholds: VoicingThresholds) -> BoolArray:
    """Judge every stretch of `STILL_FRAMES`: shapes [n] and [n], then [n - STILL_FRAMES + 1]."""
    shape = (hz.size - STILL_FRAMES + 1, STILL_FRAMES)
    # As `sliding_window_view` has it, which takes longer than the rest of this where a stream asks.
    cents, likely = (
        np.ndarray(shape, each.dtype, each, strides=2 * each.strides)
        for each in (1200.0 * np.log2(hz), np.ascontiguousarray(probability))
    )
    mean = np.add.reduce(likely, axis=1) / np.float32(STILL_FRAMES)
    off = (cents - np.add.reduce(cents, axis=1, keepdims=True) / STILL_FRAMES)[:, None]
    # Row by row, so that no window changes another.
    slope = off @ _TIMES[:, None] / _TIMES_SQUARED
    energy = (off @ off.swapaxes(1, 2) - _TIMES_SQUARED * np.square(slope))[:, 0, 0]
    low = hz[STILL_FRAMES // 2 :][: mean.size] < _LOW_HZ
    still = energy < STILL_FRAMES * np.where(low, thresholds.low_still_cents, _STILL_CENTS) ** 2
    return np.asarray(still & (low | (mean < thresholds.machine)))


_REACH = 12  # bins: four semitones in 10 ms, more than a voice glides
_STEP_COST = 0.18  # for each bin moved
_LEAP_COST = 5.0  # for any jump
_FLOOR = 1e-5
_AVERAGED = 3  # bins to either side in the local average, as in CREPE
_NEIGHBOURS = np.arange(-_AVERAGED, _AVERAGED + 1)
_ENTER, _LEAVE = 0.9, 0.75
_SURE_FRAMES, _SHORT_FRAMES = 5, 300
_STRING_SHARE = (
    0.6  # of a stretch and of what lies around it that stands still: less, and a voice holds a note
)
_AROUND_FRAMES = 300
_STRING_CLASSES, _CLASS_FRAMES, _APART_CENTS = 2, 20, 40.0
"""Four strings are tuned to Sa and one more swara; each counts that stands still for 0.2 s in all."""

_MOVES = np.minimum(_STEP_COST * np.abs(np.arange(-_REACH, _REACH + 1)), _LEAP_COST).astype(np.float32)
_NEAR = np.repeat(_MOVES[:, None], PITCH_BINS, axis=1)
_INSIDE = slice(_REACH, _REACH + PITCH_BINS)
_LEAP = np.float32(-_LEAP_COST)  # scores are relative to the best


class Steps:
    """Where the best paths came from, found when one is followed: of each frame a single bin is asked about.

    Parameters
    ----------
    scores : float32 array, shape [frames, PITCH_BINS + 2 * _REACH]
        Those of the bins before each frame, the best being 0, between margins that nothing comes from.
    """

    def __init__(self, scores: Salience) -> None:
        self._scores = scores

    def __len__(self) -> int:
        return int(self._scores.shape[0])

    def came_from(self, frame: int, at: int) -> int:
        """Return the bin of the frame before that the best path to bin `at` of a frame came from."""
        before = self._scores[frame]
        near = before[at : at + _MOVES.size] - _MOVES
        step = int(near.argmax())
        return at + step - _REACH if near[step] >= _LEAP else int(before[_INSIDE].argmax())


class Path:
    """The Viterbi path through the salience, advanced frame by frame.

    A move costs by its width up to a leap, which is always possible. Where nothing sings, salience says
    nothing: it counts by the probability that a voice sounds.
    """

    def __init__(self) -> None:
        self._scores = np.zeros(PITCH_BINS, np.float32)

    def fork(self) -> Path:
        """Return a path that goes on from here by itself."""
        other = Path()
        other._scores = self._scores
        return other

    def advance(self, salience: Salience, voicing: Salience) -> tuple[IntArray, Steps]:
        """Go on through frames.

        Parameters
        ----------
        salience : float32 array, shape [frames, PITCH_BINS]
            Belief in each pitch bin; adds up to 1.
        voicing : float32 array, shape [frames]
            Probability that a voice sounds.

        Returns
        -------
        best : int array, shape [frames]
            Where the best path that ends at each frame ends.
        steps : Steps
            The way back from there, for `trace`.
        """
        evidence = np.log(salience + np.float32(_FLOOR))
        evidence *= voicing[:, None]
        padded = np.full((evidence.shape[0] + 1, PITCH_BINS + 2 * _REACH), -np.inf, np.float32)
        scores = padded[:, _INSIDE]
        scores[0] = self._scores
        # Where a path may come from lies along the first axis: the best is taken for all bins at once.
        strides = (padded.strides[0], padded.itemsize, padded.itemsize)
        around = np.ndarray((evidence.shape[0], *_NEAR.shape), np.float32, padded, strides=strides)
        near, moved = np.empty(_NEAR.shape, np.float32), np.empty(PITCH_BINS, np.float32)
        best = []
        for frame, found in enumerate(evidence):
            np.subtract(around[frame], _NEAR, out=near)
            np.maximum.reduce(near, axis=0, out=moved, initial=_LEAP)
            moved += found
            end = int(moved.argmax())
            best.append(end)
            np.subtract(moved, moved[end], out=scores[frame + 1])
        self._scores = scores[-1].copy()
        return np.array(best, np.intp), Steps(padded[:-1])


def trace(best: int, steps: Steps) -> IntArray:
    """Follow the path that ends in bin `best` of the last frame back to the first: shape [frames]."""
    path = np.empty(len(steps), np.intp)
    path[-1] = best
    for frame in range(len(steps) - 1, 0, -1):
        path[frame - 1] = best = steps.came_from(frame, best)
    return path


def local_hz(salience: Salience, path: IntArray) -> FloatArray:
    """Average the salience around a path, as CREPE does: Hz, shape [frames]."""
    padded = np.zeros((path.size, PITCH_BINS + 2 * _AVERAGED))
    padded[:, _AVERAGED:-_AVERAGED] = salience
    frames = np.arange(path.size)
    padded[frames, path + _AVERAGED] += 1e-9  # the path itself counts where nothing is believed
    weights = padded[frames[:, None], path[:, None] + _AVERAGED + _NEIGHBOURS]
    return hz_of_bins(path + (weights * _NEIGHBOURS).sum(axis=1) / weights.sum(axis=1))


def sung_frames(probability: Salience, hz: FloatArray, thresholds: VoicingThresholds = VOICING) -> BoolArray:
    """Decide where a voice sounds when all is known: hysteresis that works in both directions.

    Parameters
    ----------
    probability : float32 array, shape [frames]
        Of a voice.
    hz : float64 array, shape [frames]
        The pitch; a stretch that stands still among others that do is a string's, unless together they have
        more pitches than a tanpura.
    thresholds : VoicingThresholds
        Those that ship by default.

    Returns
    -------
    bool array, shape [frames]
        Stretches that stay likely and are sure for `_SURE_FRAMES` in all: a drone may sound likely for a
        moment, but hardly ever sure. In a recording of under 3 s a pitch may stand still too.
    """
    short = probability.size < _SHORT_FRAMES
    surely = thresholds.sure_if_short if short else thresholds.sure
    likely = np.concatenate([[False], probability >= thresholds.likely, [False]])
    starts = np.flatnonzero(likely[1:] & ~likely[:-1])
    ends = np.flatnonzero(likely[:-1] & ~likely[1:])
    sure = probability >= surely
    still = np.zeros_like(sure) if short else still_frames(hz, probability, thresholds)
    voiced, strings = np.zeros(probability.shape, np.bool_), np.zeros(probability.shape, np.bool_)
    for start, end in zip(starts, ends, strict=True):
        around = slice(max(0, start - _AROUND_FRAMES), end + _AROUND_FRAMES)
        voiced[start:end] = np.count_nonzero(sure[start:end]) >= _SURE_FRAMES
        strings[start:end] = (
            np.mean(still[start:end]) >= _STRING_SHARE
            and np.mean(still[around][likely[1:-1][around]]) >= _STRING_SHARE
        )
    return voiced if _are_of_a_melody(hz[strings & still]) else voiced & ~strings


def _are_of_a_melody(hz: FloatArray) -> bool:
    """Tell whether still pitches are more than a tanpura is tuned to, octaves apart: a voice without life."""
    cents = np.sort(1200.0 * np.log2(hz) % 1200.0)
    if cents.size == 0:
        return False
    around = np.concatenate([cents, [cents[0] + 1200.0]])
    edges = np.flatnonzero(np.diff(around) > _APART_CENTS)
    sizes = np.diff(np.concatenate([edges, [edges[0] + cents.size]])) if edges.size else [cents.size]
    return int(np.count_nonzero(np.asarray(sizes) >= _CLASS_FRAMES)) > _STRING_CLASSES


class Voicing:
    """Hysteresis where the future is not known: a voice starts when it is all but sure.

    `enter` is the probability of a voice at which one starts, `leave` that below which it ends.
    """

    def __init__(self, enter: float = _ENTER, leave: float = _LEAVE) -> None:
        self._enter, self._leave = enter, leave
        self._on = False
        self._hz = np.empty(0)
        self._probability = np.empty(0, np.float32)

    def push(self, probability: Salience, hz: FloatArray) -> BoolArray:
        """Decide frame by frame: shapes [frames]. A pitch that has stood still is no longer a voice's."""
        unknown = max(0, STILL_FRAMES - 1 - self._hz.size)  # frames before which too little is known
        self._hz = np.concatenate([self._hz, hz])
        self._probability = np.concatenate([self._probability, probability])
        still = np.zeros(probability.shape, np.bool_)
        if hz.size > unknown and (probability >= self._leave).any():
            new = slice(unknown - hz.size - STILL_FRAMES + 1, None)
            still[unknown:] = _stands_still(self._hz[new], self._probability[new], VOICING)
        voiced = np.empty(probability.shape, np.bool_)
        for frame, (value, stands) in enumerate(zip(probability.tolist(), still.tolist(), strict=True)):
            self._on = value >= (self._leave if self._on else self._enter) and not stands
            voiced[frame] = self._on
        kept = slice(max(0, self._hz.size - STILL_FRAMES + 1), None)
        self._hz, self._probability = self._hz[kept], self._probability[kept]
        return voiced
