"""From salience to one pitch line: the best path, and the frequency around it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray, IntArray

__all__ = [
    "PITCH_BINS",
    "PITCH_BINS_PER_OCTAVE",
    "PITCH_LOWEST_HZ",
    "Path",
    "Salience",
    "Steps",
    "bins_of_hz",
    "hz_of_bins",
    "local_hz",
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


_REACH = 12  # bins: four semitones in 10 ms, more than a voice glides
_STEP_COST = 0.18  # for each bin moved
_LEAP_COST = 5.0  # for any jump
_FLOOR = 1e-5
_AVERAGED = 3  # bins to either side in the local average, as in CREPE
_NEIGHBOURS = np.arange(-_AVERAGED, _AVERAGED + 1)

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
