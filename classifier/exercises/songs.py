"""What tells a song from exercises and from talk: a line of a tune may well be a run up a scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from swara.data.arrays import FloatArray, IntArray

from .features import features, out_of_tune
from .line import NoteLine

__all__ = [
    "LEAST_NOTES",
    "LONG_PAUSE_S",
    "Judge",
    "Judged",
    "evidence",
    "is_sung",
    "near",
    "one_pace",
    "outside_songs",
]

Judge: TypeAlias = Callable[[FloatArray], FloatArray]
"""Takes features, [n, features], and gives natural logarithms of probabilities, [n, KINDS]."""

Judged: TypeAlias = tuple[tuple[int, int], FloatArray]
"""Where a stretch begins and ends, in notes, and what the contour says of it."""

LEAST_NOTES = 4
"""Fewer notes are neither a scale nor an arpeggio, whatever they are."""

_SUREST = 6.0

_NO_EXERCISE, _AS_LONG, _SAME_PACE = -3.0, 0.8, 1.5
"""Evidence of what is clearly a tune; above, it may be the rest of an exercise, or talk. A run belongs to one
that is at least so many times as long, with notes at most so many times as long or as short."""

_OUT_OF_TUNE = 0.12
"""Semitones from the keys of a piano, in the tuning of the notes around; talk is further off."""

_HELD, _SUNG_S = 0.6, 0.2
LONG_PAUSE_S = 2.0


def evidence(log_probabilities: FloatArray) -> FloatArray:
    """Return how much speaks for an exercise of any kind, against none, as a logarithm, shape [...]."""
    scale_or_arpeggio = np.logaddexp(log_probabilities[..., 0], log_probabilities[..., 1])
    return np.asarray(np.clip(scale_or_arpeggio - log_probabilities[..., 2], -_SUREST, _SUREST))


def outside_songs(line: NoteLine, chosen: list[Judged], judge: Judge) -> list[Judged]:
    """Return the stretches that belong to no song: a line of a tune may well be a run up a scale.

    One belongs to a song if a breath away from it there is singing, about as long and at the same pace and of
    `LEAST_NOTES` and more, that is clearly no exercise; a line next to such a line belongs to it too.
    """
    kept = chosen
    while True:
        ends = [0, *(end for (_, end), _ in kept)]
        begins = [*(begin for (begin, _), _ in kept), len(line)]
        beside = list(zip(ends, begins, strict=True))
        left = [
            (pair, log)
            for (pair, log), before, after in zip(kept, beside, beside[1:], strict=False)
            if not (near(line, pair[0]) and _is_song(line, before, pair, judge))
            and not (near(line, pair[1]) and _is_song(line, after, pair, judge))
        ]
        if len(left) == len(kept):
            return kept
        kept = left


def _is_song(line: NoteLine, beside: tuple[int, int], run: tuple[int, int], judge: Judge) -> bool:
    """Tell whether the notes beside a run are a tune that it may be a line of."""
    begin, end = beside
    if end - begin < LEAST_NOTES or not is_sung(line, np.arange(begin, end)):
        return False
    if out_of_tune(line.part(begin, end)) > _OUT_OF_TUNE:
        return False
    is_tune = evidence(judge(features(line.part(begin, end))[None, :])[0]) <= _NO_EXERCISE
    as_long = line.voiced_in(begin, end) > _AS_LONG * line.voiced_in(*run)
    return bool(is_tune and as_long and one_pace(line, beside, run))


def one_pace(line: NoteLine, *pairs: tuple[int, int]) -> bool:
    """Tell whether the notes of two stretches are about as long as each other."""
    first_s, second_s = (float(np.median((line.end_s - line.start_s)[begin:end])) for begin, end in pairs)
    return max(first_s, second_s) < _SAME_PACE * min(first_s, second_s)


def near(line: NoteLine, at: int) -> bool:
    """Tell whether the pause before note `at` is no more than a breath between the lines of a song."""
    return bool(0 < at < len(line) and line.start_s[at] - line.end_s[at - 1] < LONG_PAUSE_S)


def is_sung(line: NoteLine, notes: IntArray) -> bool:
    """Tell singing from talk, whose notes are short and leave much between them."""
    lengths_s = line.end_s[notes] - line.start_s[notes]
    voiced_s = line.voiced_between(float(line.start_s[notes[0]]), float(line.end_s[notes[-1]]))
    held = float(lengths_s.sum()) >= _HELD * voiced_s
    return held and float(np.median(lengths_s)) >= _SUNG_S
