"""From salience to one pitch line: the best path, and where a voice sounds."""

from __future__ import annotations

import numpy as np

from swara.data.arrays import BoolArray, FloatArray, IntArray

from .bins import PITCH_BINS, Salience, hz_of_bins
from .stillness import STILL_FRAMES, ends_still, still_frames

__all__ = ["Path", "Voicing", "local_hz", "sung_frames", "trace"]

_REACH = 12  # bins: four semitones in 10 ms, more than a voice glides
_STEP_COST = 0.18  # for each bin moved
_LEAP_COST = 5.0  # for any jump
_FLOOR = 1e-5
_AVERAGED = 3  # bins to either side in the local average, as in CREPE
_ENTER, _LEAVE = 0.9, 0.75
_LIKELY, _SURE, _SURE_FRAMES = 0.65, 0.98, 5
_SHORT_FRAMES, _SURE_IF_SHORT = 300, 0.93
_STRING_SHARE = (
    0.6  # of a stretch and of what lies around it that stands still: less, and a voice holds a note
)
_AROUND_FRAMES = 300

_MOVES = np.minimum(_STEP_COST * np.abs(np.arange(-_REACH, _REACH + 1)), _LEAP_COST).astype(np.float32)


class Path:
    """The Viterbi path through the salience, advanced frame by frame.

    A move costs by its width up to a leap, which is always possible. Where nothing sings, salience says
    nothing: it counts by the probability that a voice sounds.
    """

    def __init__(self) -> None:
        self._scores = np.zeros(PITCH_BINS, np.float32)
        self._padded = np.full(PITCH_BINS + 2 * _REACH, -np.inf, np.float32)
        self._windows = np.lib.stride_tricks.sliding_window_view(self._padded, 2 * _REACH + 1)
        self._bins = np.arange(PITCH_BINS)

    def fork(self) -> Path:
        """Return a path that goes on from here by itself."""
        other = Path()
        other._scores = self._scores.copy()
        return other

    def advance(self, salience: Salience, voicing: Salience) -> tuple[IntArray, IntArray]:
        """Go on through frames.

        Parameters
        ----------
        salience : float32 array, shape [frames, PITCH_BINS]
        voicing : float32 array, shape [frames]

        Returns
        -------
        best : int array, shape [frames]
            Where the best path that ends at each frame ends.
        before : int array, shape [frames, PITCH_BINS]
            For each bin of each frame, the bin that the best path to it came from.
        """
        evidence = np.log(salience + np.float32(_FLOOR)) * voicing[:, None]
        best = np.empty(salience.shape[0], np.intp)
        before = np.empty(salience.shape, np.intp)
        for frame, found in enumerate(evidence):
            self._padded[_REACH:-_REACH] = self._scores
            near = self._windows - _MOVES
            came = near.argmax(axis=1)
            scores = near[self._bins, came]
            top = int(self._scores.argmax())
            leap = self._scores[top] - np.float32(_LEAP_COST)
            before[frame] = np.where(scores >= leap, self._bins + came - _REACH, top)
            self._scores = np.maximum(scores, leap) + found
            best[frame] = end = int(self._scores.argmax())
            self._scores -= self._scores[end]
        return best, before


def trace(best: int, before: IntArray) -> IntArray:
    """Follow the path that ends in bin `best` of the last frame back to the first: shape [frames]."""
    path = np.empty(before.shape[0], np.intp)
    path[-1] = best
    for frame in range(before.shape[0] - 1, 0, -1):
        path[frame - 1] = before[frame, path[frame]]
    return path


def local_hz(salience: Salience, path: IntArray) -> FloatArray:
    """Average the salience around a path, as CREPE does: Hz, shape [frames]."""
    near = path[:, None] + np.arange(-_AVERAGED, _AVERAGED + 1)
    inside = (near >= 0) & (near < PITCH_BINS)
    near = np.clip(near, 0, PITCH_BINS - 1)
    weights = np.where(inside, salience[np.arange(path.size)[:, None], near], 0.0) + 1e-9 * (
        near == path[:, None]
    )
    return hz_of_bins((weights * near).sum(axis=1) / weights.sum(axis=1))


def sung_frames(probability: Salience, hz: FloatArray) -> BoolArray:
    """Decide where a voice sounds when all is known: hysteresis that works in both directions.

    Parameters
    ----------
    probability : float32 array, shape [frames]
        Of a voice.
    hz : float64 array, shape [frames]
        The pitch; a stretch that stands still among others that do is a string's.

    Returns
    -------
    bool array, shape [frames]
        Stretches that stay likely and are sure for `_SURE_FRAMES` in all: a drone may sound likely for a
        moment, but hardly ever sure. In a recording of under 3 s nothing gets quite so sure, since what
        lies behind the voice is hardly known; there a pitch may stand still too.
    """
    short = probability.size < _SHORT_FRAMES
    surely = _SURE_IF_SHORT if short else _SURE
    likely = np.concatenate([[False], probability >= _LIKELY, [False]])
    starts = np.flatnonzero(likely[1:] & ~likely[:-1])
    ends = np.flatnonzero(likely[:-1] & ~likely[1:])
    sure = probability >= surely
    still = np.zeros_like(sure) if short else still_frames(hz, probability)
    voiced = np.zeros(probability.shape, np.bool_)
    for start, end in zip(starts, ends, strict=True):
        around = slice(max(0, start - _AROUND_FRAMES), end + _AROUND_FRAMES)
        is_sure = np.count_nonzero(sure[start:end]) >= _SURE_FRAMES
        is_string = (
            np.mean(still[start:end]) >= _STRING_SHARE
            and np.mean(still[around][likely[1:-1][around]]) >= _STRING_SHARE
        )
        voiced[start:end] = is_sure and not is_string
    return voiced


class Voicing:
    """Hysteresis where the future is not known: a voice starts when it is all but sure."""

    def __init__(self) -> None:
        self._on = False
        self._hz = np.empty(0)
        self._probability = np.empty(0, np.float32)

    def push(self, probability: Salience, hz: FloatArray) -> BoolArray:
        """Decide frame by frame: shapes [frames]. A pitch that has stood still is no longer a voice's."""
        before = self._hz.size
        self._hz = np.concatenate([self._hz, hz])
        self._probability = np.concatenate([self._probability, probability])
        voiced = np.empty(probability.shape, np.bool_)
        for frame, value in enumerate(probability.tolist()):
            end = before + frame + 1
            recent = slice(end - STILL_FRAMES, end)
            still = end >= STILL_FRAMES and ends_still(self._hz[recent], self._probability[recent])
            self._on = value >= (_LEAVE if self._on else _ENTER) and not still
            voiced[frame] = self._on
        self._hz, self._probability = self._hz[-STILL_FRAMES:], self._probability[-STILL_FRAMES:]
        return voiced
