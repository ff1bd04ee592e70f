"""Where exercises begin and end in a line of notes: the stretches between pauses that look most like one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.pitch_track import HOP_S
from swara.data.synth.exercises import KINDS

from .features import FEATURES, features
from .line import NoteLine
from .songs import LEAST_NOTES, LONG_PAUSE_S, Judge, Judged, evidence, is_sung, near, one_pace, outside_songs

__all__ = ["Stretch", "stretches"]

_PAUSE_S = 0.15
"""An exercise begins after a pause of this length, and ends before one."""

_JUDGED = 1024
"""Stretches that are judged at a time: an hour has tens of thousands."""

_LONGEST_S = 60.0
_MOST_PARTS = 24
"""Of what lies between pauses, an exercise has no more parts than this: two octaves sung staccato and back
have as many after their first pause of a breath."""

_SCALE_WAY, _CHORD_WAY = FEATURES.index("scale way"), FEATURES.index("chord way")
_STRETCH, _GOES_ON = 3.4, 4.0
"""What a stretch costs, and each of its ends where somebody sings on the other side too, in notes. These, the
figures below and those of songs.py were chosen one after the other on 160 pairs of synthesized exercises
with talk between and 352 single ones, by the voices that training knows and the one that it watches: of 320,
276 had both ends with the figures before, 292 have with these, and 346 of the single ones are right."""

_SPOKEN = 1.6
"""What a spoken note costs: what it may have earned, and the slip that it is."""

_WAITS, _BREATH_S = 1.0, 0.6
"""What each second of a pause costs that is longer than a breath."""

_SURELY, _SURE = 3.0, 6.0
"""What a stretch earns where the evidence is as good as this, however few its notes."""

_WHOLE = 3.0
"""What a stretch earns that is all of the recording: most recordings hold one exercise."""

_BESIDE_S = 2.5
_LEAST_OTHER_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A stretch of a line.

    Parameters
    ----------
    start_s, end_s : float
        From its first note to the end of its last, in seconds.
    voiced_s : float
        How much of that is voiced.
    log_probabilities : float64 array, shape [KINDS]
        What the contour says of it.
    found : bool
        Whether it was found to be an exercise; what lies between those is not.
    """

    start_s: float
    end_s: float
    voiced_s: float
    log_probabilities: FloatArray
    found: bool


def stretches(line: NoteLine, judge: Judge, threshold: float) -> list[Stretch]:
    """Cut a line into exercises and what lies between them.

    Of all ways to choose stretches that begin and end at pauses, do not overlap, and have evidence enough,
    the one is taken that earns most; see `_gains`.

    Parameters
    ----------
    line : NoteLine
        Of the whole recording.
    judge : callable
        What the contour head says of features.
    threshold : float
        Evidence that a stretch must have; see `evidence`.

    Returns
    -------
    list of Stretch
        In order; empty where nothing is voiced.
    """
    if not line.voiced_s[-1]:
        return []
    edges = _edges(line)
    pairs = _candidates(line, edges)
    rows = _described(line, pairs)
    few = [rows[at : at + _JUDGED] for at in range(0, len(rows), _JUDGED)]
    logs = np.concatenate([np.empty((0, len(KINDS))), *map(judge, few)])
    numbers = _chosen(edges, pairs, _gains(line, pairs, rows, logs, threshold))
    judged = [(pairs[number], logs[number]) for number in numbers]
    chosen = _joined(line, outside_songs(line, judged, judge))
    found = [
        Stretch(*line.span(begin, end), line.voiced_in(begin, end), log, True) for (begin, end), log in chosen
    ]
    return sorted([*found, *_between(line, chosen, judge)], key=lambda stretch: stretch.start_s)


def _edges(line: NoteLine) -> list[int]:
    """Return the numbers of the notes that follow a pause, of the first, and one past the last."""
    if not len(line):
        return [0]
    pauses = np.flatnonzero(line.start_s[1:] - line.end_s[:-1] >= _PAUSE_S) + 1
    silent = [at for at in pauses.tolist() if _silence_s(line, at) >= _PAUSE_S]
    return [0, *silent, len(line)]


def _silence_s(line: NoteLine, at: int) -> float:
    start_s, end_s = float(line.end_s[at - 1]), float(line.start_s[at])
    return end_s - start_s - line.voiced_between(start_s, end_s)


def _candidates(line: NoteLine, edges: list[int]) -> list[tuple[int, int]]:
    pairs = []
    for place, begin in enumerate(edges[:-1]):
        for end in edges[place + 1 : place + 1 + _MOST_PARTS]:
            start_s, end_s = line.span(begin, end)
            if end_s - start_s > _LONGEST_S:
                break
            if end - begin >= LEAST_NOTES:
                pairs.append((begin, end))
    return pairs


def _described(line: NoteLine, pairs: list[tuple[int, int]]) -> FloatArray:
    rows = [features(line.part(*pair)) for pair in pairs]
    return np.array(rows).reshape(-1, len(FEATURES))


def _gains(
    line: NoteLine, pairs: list[tuple[int, int]], rows: FloatArray, logs: FloatArray, threshold: float
) -> FloatArray:
    """Return what each stretch earns, in notes: its way along the ladder of its kind, less what it costs.

    A stretch costs `_STRETCH`, so that a breath does not make two exercises of one, and more where singing
    goes on beside it: a run within a tune is no exercise. 0 where the evidence is too little.
    """
    ways = np.where(logs[:, 0] >= logs[:, 1], rows[:, _SCALE_WAY], rows[:, _CHORD_WAY])
    notes = np.exp(rows[:, 0])
    costs = {at: _cost(line, at) for pair in pairs for at in pair}
    spoilt = np.array([costs[begin] + costs[end] + _hasty(line, begin, end) for begin, end in pairs])
    sure = _SURELY * np.minimum(evidence(logs) / _SURE, 1.0)
    whole = _WHOLE * np.array([pair == (0, len(line)) for pair in pairs])
    gains = notes * ways + sure + whole - _STRETCH - spoilt
    return np.where(evidence(logs) > threshold, np.maximum(gains, 0.0), 0.0)


def _hasty(line: NoteLine, begin: int, end: int) -> float:
    """Return what notes cost that come between pauses and are far shorter than the rest: they are spoken."""
    lengths_s = line.end_s[begin:end] - line.start_s[begin:end]
    gaps_s = line.start_s[begin + 1 : end] - line.end_s[begin : end - 1]
    cuts = [0, *(np.flatnonzero(gaps_s >= _PAUSE_S) + 1).tolist(), end - begin]
    short_s = 0.55 * float(np.median(lengths_s))
    parts = [lengths_s[first:last] for first, last in itertools.pairwise(cuts)]
    spoken = sum(_SPOKEN * part.size for part in parts if float(np.median(part)) < short_s)
    return spoken + _WAITS * float(np.maximum(gaps_s - _BREATH_S, 0.0).sum())


def _cost(line: NoteLine, at: int) -> float:
    """Return what it costs to begin or end before note `at`: much where somebody sings on either side."""
    if not 0 < at < len(line):
        return 0.0
    pause_s = float(line.start_s[at] - line.end_s[at - 1])
    before = np.flatnonzero(line.end_s[:at] > line.end_s[at - 1] - _BESIDE_S)
    after = at + np.flatnonzero(line.start_s[at:] < line.start_s[at] + _BESIDE_S)
    if not (is_sung(line, before) and is_sung(line, after)):
        return 0.0
    return _GOES_ON * max(0.0, 1.0 - pause_s / LONG_PAUSE_S)


def _chosen(edges: list[int], pairs: list[tuple[int, int]], gains: FloatArray) -> list[int]:
    """Return the numbers of the pairs that earn most and do not overlap, by what is best up to each edge."""
    ending: dict[int, list[int]] = {}
    for number in np.flatnonzero(gains > 0.0).tolist():
        ending.setdefault(pairs[number][1], []).append(number)
    best, taken = {edges[0]: 0.0}, dict[int, int | None]()
    for before, edge in itertools.pairwise(edges):
        best[edge], taken[edge] = best[before], None
        for number in ending.get(edge, ()):
            total = best[pairs[number][0]] + gains[number]
            if total > best[edge]:
                best[edge], taken[edge] = total, number
    chosen, place = list[int](), len(edges) - 1
    while place > 0:
        best_here = taken[edges[place]]
        if best_here is None:
            place -= 1
        else:
            chosen.append(best_here)
            place = edges.index(pairs[best_here][0])
    return chosen[::-1]


def _joined(line: NoteLine, chosen: list[Judged]) -> list[Judged]:
    """Return the stretches with those made one that only a pause parts: of one kind, sung at one pace."""
    joined: list[Judged] = []
    for (begin, end), log in chosen:
        (start, stop), was = joined[-1] if joined else ((0, -1), log)
        one_kind = (was[0] > was[1]) == (log[0] > log[1])
        if stop == begin and one_kind and near(line, begin) and one_pace(line, (start, stop), (begin, end)):
            both = np.average([was, log], axis=0, weights=[stop - start, end - begin])
            joined[-1] = ((start, end), both - np.logaddexp.reduce(both))
        else:
            joined.append(((begin, end), log))
    return joined


def _between(line: NoteLine, chosen: list[Judged], judge: Judge) -> list[Stretch]:
    """Return what is voiced before, between and after exercises, where it is a second or more."""
    rest: list[Stretch] = []
    bounds = [(0, 0), *(pair for pair, _ in chosen), (len(line), len(line))]
    last_s = HOP_S * (line.voiced_s.size - 1)
    for (_, begin), (end, _) in itertools.pairwise(bounds):
        lower_s = float(line.end_s[begin - 1]) if begin else 0.0
        upper_s = float(line.start_s[end]) if end < len(line) else last_s
        voiced_s = line.voiced_between(lower_s, upper_s)
        if voiced_s < _LEAST_OTHER_S and (chosen or not voiced_s):
            continue
        first, last = np.searchsorted(
            line.voiced_s, line.voiced_s[[_frame(lower_s), _frame(upper_s)]] + [1e-6, -1e-6]
        )
        start_s, end_s = HOP_S * (int(first) - 1), HOP_S * int(last)
        rest.append(Stretch(start_s, end_s, voiced_s, _no_exercise(line.part(begin, end), judge), False))
    return rest


def _frame(at_s: float) -> int:
    return round(at_s / HOP_S)


def _no_exercise(line: NoteLine, judge: Judge) -> FloatArray:
    """Return what the contour says where no exercise was found: "other" at least as likely as not."""
    if len(line) < LEAST_NOTES:
        return np.log(np.array([0.0, 0.0, 1.0]) + 1e-12)
    logs = np.asarray(judge(features(line)[None, :])[0])
    logs[2] = max(logs[2], float(np.logaddexp(logs[0], logs[1])))
    return np.asarray(logs - np.logaddexp.reduce(logs))
