"""What a line of notes looks like beside ladders of scales and chords: its contour, in figures.

The tonic is not known: every rung of every ladder is tried on each of the twelve classes, and the notes are
walked along the best.
"""

from __future__ import annotations

import itertools

import numpy as np

from swara.data.arrays import FloatArray, IntArray

from .ladders import walks
from .line import NoteLine

__all__ = ["FEATURES", "features", "out_of_tune", "products"]

FEATURES = (
    "notes",
    "steps",
    "thirds and fourths",
    "leaps",
    "same again",
    "turns",
    "straight on",
    "range",
    "density",
    "visits",
    "scale walk",
    "scale off",
    "scale way",
    "chord walk",
    "chord off",
    "chord way",
    "scale sweep",
    "chord sweep",
    "ends low",
    "tonic share",
    "evenness",
    "length",
    "held",
    "in notes",
    "swing",
    "gap",
    "out of tune",
    "three pitches",
    "four pitches",
)
"""In the order of the columns of `features`."""

_OUTLIER = 0.42
"""A note shorter than this share of the median is passed through."""

_TOUCHED_S = 0.12
"""So is a note shorter than this, unless half of them are hardly longer."""

_TURN = 5.6
_HELD_S = 1.6
_PAUSE_S = 0.12


def features(line: NoteLine) -> FloatArray:
    """Describe a stretch of singing.

    Parameters
    ----------
    line : NoteLine
        Its notes, two at least.

    Returns
    -------
    float64 array, shape [len(FEATURES)]
        Every value finite and of the order of 1.

    Raises
    ------
    ValueError
        If there are fewer than two notes.
    """
    if len(line) < 2:
        raise ValueError("a contour needs two notes")
    lengths_s = line.end_s - line.start_s
    offset = _tuning(line.semitones, lengths_s)
    tuned = line.semitones - offset
    classes = np.rint(tuned).astype(np.intp)
    kept = _kept(lengths_s)
    walked, spans_s = classes[kept], lengths_s[kept]
    moves = np.diff(walked)
    moving = walked[np.concatenate([[True], moves != 0])]
    steps = np.diff(moving)
    gaps_s = line.start_s[kept][1:] - line.end_s[kept][:-1]
    scale, chord = walks(tuned[kept], np.concatenate([[False], gaps_s >= _PAUSE_S]))
    return np.array(
        [
            *_counts(walked, steps, moves),
            *scale,
            *chord,
            *_sweeps(moving),
            *_where(walked, spans_s),
            *_rhythm(line, lengths_s, spans_s),
            out_of_tune(line) * 4.0,
            float(len(set(walked.tolist())) >= 3),
            float(len(set(walked.tolist())) >= 4),
        ]
    )


_FAR = 4.0
"""Features are cut off so many standard deviations out, so that no product runs away."""


def products(rows: FloatArray) -> FloatArray:
    """Return standardised features, and the product of every two of them: what a plain regression lacks.

    Parameters
    ----------
    rows : float64 array, shape [n, features]
        Of mean 0 and standard deviation 1.

    Returns
    -------
    float64 array, shape [n, features + features * (features + 1) // 2]
    """
    kept = np.clip(rows, -_FAR, _FAR)
    first, second = np.triu_indices(kept.shape[1])
    return np.concatenate([kept, kept[:, first] * kept[:, second]], axis=1)


def out_of_tune(line: NoteLine) -> float:
    """Return how far the notes of a line lie from the keys of a piano, in the tuning of those around them."""
    lengths_s = line.end_s - line.start_s
    tuned = line.semitones - _tuning(line.semitones, lengths_s)
    return float(np.average(np.abs(tuned - np.rint(tuned)), weights=lengths_s))


_STEADY_NOTES, _FURTHEST_NOTE = 4.0, 32
"""A singer's tuning drifts; it is told by the notes around, about so many to either side, and none beyond."""


def _tuning(semitones: FloatArray, weights: FloatArray) -> FloatArray:
    """Return how far what surrounds each note lies from the keys of a piano: a circular mean."""
    near = np.exp(-((np.arange(-_FURTHEST_NOTE, _FURTHEST_NOTE + 1) / _STEADY_NOTES) ** 2))
    each = np.minimum(weights, 1.0) * np.exp(2j * np.pi * semitones)
    turned = np.convolve(each, near)[_FURTHEST_NOTE : _FURTHEST_NOTE + semitones.size]
    return np.asarray(np.unwrap(np.angle(turned)) / (2.0 * np.pi))


def _kept(lengths_s: FloatArray) -> IntArray:
    """Return the places of the notes that are meant; far shorter ones are touched on the way."""
    median_s = float(np.median(lengths_s))
    return np.flatnonzero(lengths_s >= max(_OUTLIER * median_s, min(_TOUCHED_S, 0.5 * median_s)))


def _counts(walked: IntArray, steps: IntArray, moves: IntArray) -> list[float]:
    sizes = np.abs(steps)
    count = max(1, sizes.size)
    turns = int(np.count_nonzero(steps[1:] * steps[:-1] < 0))
    distinct = len(set(walked.tolist()))
    reach = int(np.ptp(walked))
    return [
        np.log(walked.size),
        np.count_nonzero(sizes <= 2) / count,
        np.count_nonzero((sizes >= 3) & (sizes <= 5)) / count,
        np.count_nonzero(sizes > _TURN) / count,
        np.count_nonzero(moves == 0) / max(1, moves.size),
        turns / count,
        _longest_straight(steps) / count,
        min(reach, 30) / 12.0,
        (distinct - 1) / max(1, reach),
        min(walked.size / distinct, 6.0) / 2.0,
    ]


def _longest_straight(steps: IntArray) -> int:
    best = run = 0
    for place, step in enumerate(steps):
        run = run + 1 if place and step * steps[place - 1] > 0 else 1
        best = max(best, run)
    return best


def _sweeps(moving: IntArray) -> list[float]:
    """Return how much of the line are straight sweeps by steps, and by thirds and fourths."""
    return [_sweep(moving, *limits) for limits in _SWEEPS]


_SWEEPS = ((1, 3, 4), (2, 5, 2))
"""Least and greatest step in semitones, and steps that a sweep has at least: of scales, of chords."""


def _sweep(moving: IntArray, least: int, most: int, long: int) -> float:
    steps = np.diff(moving)
    if not steps.size:
        return 0.0
    fits = (np.abs(steps) >= least) & (np.abs(steps) <= most)
    big = np.abs(steps) >= 3
    cuts = np.flatnonzero((np.sign(steps[1:]) != np.sign(steps[:-1])) | ~fits[1:] | ~fits[:-1]) + 1
    edges = [0, *cuts.tolist(), steps.size]
    total = 0
    for begin, end in itertools.pairwise(edges):
        if end - begin < long or not fits[begin]:
            continue
        thirds = float(big[begin:end].mean())
        if (thirds >= 0.6) if least == 2 else (thirds <= 0.5):
            total += end - begin
    return total / steps.size


def _where(walked: IntArray, spans_s: FloatArray) -> list[float]:
    """Return whether it begins and ends at its ends, and how much time is spent on the classes of the two."""
    low, high = walked.min(), walked.max()
    ends = [float(walked[side] in (low, high)) for side in (0, -1)]
    home = (walked[-1] - walked) % 12 == 0
    return [sum(ends) / 2.0, float(spans_s[home].sum() / spans_s.sum())]


def _rhythm(line: NoteLine, lengths_s: FloatArray, spans_s: FloatArray) -> list[float]:
    body = spans_s[:-1] if spans_s.size > 2 else spans_s
    start_s, end_s = float(line.start_s[0]), float(line.end_s[-1])
    voiced_s = max(line.voiced_between(start_s, end_s), 1e-3)
    gaps_s = line.start_s[1:] - line.end_s[:-1]
    return [
        min(float(np.std(body) / max(float(np.mean(body)), 1e-3)), 2.0),
        float(np.log2(np.median(spans_s)) + 1.5) / 2.0,
        float(lengths_s[lengths_s > _HELD_S].sum() / lengths_s.sum()),
        min(float(lengths_s.sum()) / voiced_s, 1.2),
        min(float(np.average(line.swing, weights=lengths_s)) * 2.0, 2.0),
        min(float(gaps_s.max(initial=0.0)), 3.0) / 2.0,
    ]
