"""How notes go along ladders: the rungs of every scale and chord on each of the twelve roots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swara.data.arrays import BoolArray, FloatArray, IntArray
from swara.data.synth.exercises import CHORDS, SCALES

__all__ = ["walks"]

_FURTHEST = 0.6
"""A note further from a rung, in semitones, is off the ladder; the nearer, the more it is worth."""

_TURNED, _LEFT_OUT, _LEAPT, _AGAIN, _ANEW = 1.0, 0.6, 2.0, 0.3, 1.2
"""What a way along a ladder pays for a turn, a note passed over, a step that is no next rung, a rung again,
and for setting in anew after a pause, there or up to two semitones off; a note on the way earns up to 1."""

_REACH = 3
"""Of two notes on the way, the second is at most so many after the first: a singer slips on those between."""

_MOVED = (-2, -1, 0, 1, 2)
_CHROMATIC = tuple(range(12))


def walks(semitones: FloatArray, paused: BoolArray) -> tuple[list[float], list[float]]:
    """Walk notes along every ladder, the tonic being unknown.

    Parameters
    ----------
    semitones : float64 array, shape [notes]
        Pitch on the tuning of the singer: whole numbers are the keys of a piano.
    paused : bool array, shape [notes]
        Whether there is a pause before each.

    Returns
    -------
    scale, chord : list of three floats
        Of the ladder that fits best: the share of steps that go to the next rung, the share of notes that are
        off it, and what the best way through the notes earns, for each note; 1 is a scale without end.
    """
    if semitones.size < 2:
        return [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]
    heights, distances = _placed(semitones)
    ways = _ways(heights, distances, paused)
    scale, chord = (
        [*_fit(heights[these], distances[these]), max(-1.0, float(ways[these].max()))]
        for these in (slice(len(_SCALES)), slice(len(_SCALES), None))
    )
    return scale, chord


def _distinct(ladders: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Return the ladders but those that are an earlier one from another of its rungs, as modes are."""
    found: dict[frozenset[tuple[int, ...]], tuple[int, ...]] = {}
    for ladder in ladders:
        turned = frozenset(tuple(sorted((rung - root) % 12 for rung in ladder)) for root in ladder)
        found.setdefault(turned, ladder)
    return list(found.values())


_SCALES, _CHORDS = _distinct(SCALES), _distinct(CHORDS)
_RUNGS = np.full((len(_SCALES) + len(_CHORDS), 13), np.inf)
_SIZES = np.array([len(ladder) for ladder in (*_SCALES, *_CHORDS)])
for _row, _ladder in zip(_RUNGS, (*_SCALES, *_CHORDS), strict=True):
    _row[: len(_ladder) + 1] = *_ladder, 12


def _placed(semitones: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the nearest rung to each note, counted from the root up, and how far it is in semitones.

    Both have the shape [ladders, 12 roots, notes].
    """
    octaves, above = np.divmod(semitones - np.arange(12)[:, None], 12.0)
    distances = np.abs(above[:, :, None] - _RUNGS[:, None, None, :])
    nearest = distances.argmin(axis=-1)
    return (_SIZES[:, None, None] * octaves).astype(np.intp) + nearest, distances.min(axis=-1)


def _fit(heights: IntArray, distances: FloatArray) -> tuple[float, float]:
    """Return the shares of steps to a next rung and of notes off, of the best ladder but the chromatic."""
    on = distances < 0.5
    steps = (np.abs(np.diff(heights)) == 1) & on[..., 1:] & on[..., :-1]
    walk, off = steps.mean(axis=-1), 1.0 - on.mean(axis=-1)
    worth = walk - 0.5 * off
    if len(worth) == len(_SCALES):
        worth[_SCALES.index(_CHROMATIC)] = -np.inf
    best = np.unravel_index(worth.argmax(), worth.shape)
    return float(walk[best]), float(off[best])


def _ways(heights: IntArray, distances: FloatArray, paused: BoolArray) -> FloatArray:
    """Return what the best way along each ladder on each root earns, for each note: shape [ladders, 12]."""
    count = heights.shape[-1]
    worth = np.where(distances < _FURTHEST, 1.0 - (distances / _FURTHEST) ** 2, -np.inf)
    costs = _costs(heights)
    # The best way that ends, going up and going down, at each of the last notes, the latest first.
    latest = np.full((_REACH, 2, *heights.shape[:2]), -np.inf)
    best = np.full(heights.shape[:2], -np.inf)
    for here in range(count):
        ways = (latest[:, :, None] - costs[here]).max(axis=(0, 1))
        np.maximum(ways, -_LEFT_OUT * here, out=ways)
        if paused[here]:
            before = latest[0].max(axis=0)
            np.maximum(ways, np.max([np.roll(before, by, axis=1) for by in _MOVED], axis=0) - _ANEW, out=ways)
        ways += worth[..., here]
        latest = np.concatenate([ways[None], latest[:-1]])
        np.maximum(best, ways.max(axis=0) - _LEFT_OUT * (count - 1 - here), out=best)
    return np.asarray(best / count)


def _costs(heights: IntArray) -> FloatArray:
    """Return what it costs to come to each note from those before it.

    Shape [notes, _REACH, 2, 2, ladders, 12]: from which, the next before first; going up or down there; going
    up or down here.
    """
    notes = np.moveaxis(heights, -1, 0)
    costs = np.full((len(notes), _REACH, 2, 2, *notes.shape[1:]), np.inf)
    for passed in range(min(_REACH, len(notes) - 1)):
        step = notes[passed + 1 :] - notes[: -passed - 1]
        own = costs[passed + 1 :, passed]
        own[:] = _LEAPT
        for way, by in enumerate((1, -1)):
            np.copyto(own[:, way, way], 0.0, where=step == by)
            np.copyto(own[:, way, way], _AGAIN, where=step == 0)
            np.copyto(own[:, 1 - way, way], _TURNED, where=step == by)
        own += _LEFT_OUT * passed
    return costs
