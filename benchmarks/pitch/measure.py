"""Every tracker in every condition, and what it costs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.meter import best_s, weigh
from benchmarks.recordings import Sung

from .conditions import Condition
from .score import Scores, band_tallies, false_alarm_at_recall, tallies
from .sounds import singing
from .trackers import Entry
from .tracks import Tracks

LENGTHS_S = (30, 120, 480)
"""Lengths that show whether the cost grows with the length alone."""

_ROUNDS = 3
_GROWTH_OF = ("head", "swiftf0")
_JOB = "benchmarks.pitch.trackers:tracking"

Results = Mapping[str, Mapping[str, Scores]]
"""By condition, then by tracker."""


@dataclass(frozen=True, slots=True)
class TrackerCost:
    """What one tracker costs.

    CPU time in ms for each second of audio, one thread, warm, in each round; wall time of a new process with
    the first second of audio; peak memory of a process that tracks `Entry.cost_s`; and by length in s, where
    that was measured, CPU time and peak memory.
    """

    rounds_ms: tuple[float, ...]
    cold_s: float
    peak_mb: float
    by_length: Mapping[int, tuple[float, float]]

    @property
    def cpu_ms(self) -> float:
        """CPU time in ms for each second of audio in the quickest round."""
        return min(self.rounds_ms)

    def times(self, other: TrackerCost) -> float:
        """Return how many times the CPU time of another this takes, the median of the rounds."""
        return float(np.median(np.divide(self.rounds_ms, other.rounds_ms)))


def measure(
    entries: Sequence[Entry], found: Sequence[Condition], tracks: Tracks, every: int = 1
) -> dict[str, dict[str, Scores]]:
    """Hear every condition, or every so-many-th clip of it, with every tracker, and print a line for each.

    Conditions without sounds are left out of the result.
    """
    print(f"{'condition':18s}{'tracker':14s}  RPA50  RPA25  RPA10    oct recall  false alarm, in %")
    results: dict[str, dict[str, Scores]] = {}
    for condition in found:
        sung = condition.make()[::every]
        for entry in entries if sung else ():
            if entry.only and not {condition.name, condition.group} & set(entry.only):
                continue
            began_s = time.monotonic()
            # The few recordings are heard whole by all: a third of two excerpts would be one.
            step = 1 if condition.group == "recordings" else entry.every
            scores = _heard(entry, sung, step, tracks)
            results.setdefault(condition.name, {})[entry.name] = scores
            shares = (*scores.within, scores.octaves_off, scores.recall, scores.false_alarm)
            figures = "".join(f"{100 * share.value:7.1f}" for share in shares)
            took_s = time.monotonic() - began_s
            print(f"{condition.name:18s}{entry.name:14s}{figures}   {took_s:.0f} s", flush=True)
    return results


def _heard(entry: Entry, sung: Sequence[Sung], step: int, tracks: Tracks) -> Scores:
    """Hear every so-many-th sound with a tracker; a clip counts under its place among all."""
    chosen = sung[::step]
    pairs = list(zip(chosen, tracks.of(entry.name, [one.clip for one in chosen]), strict=True))
    counts = [tallies(*pair) for pair in pairs]
    stretches = [(k, row) for k, rows in enumerate(counts) for row in range(len(rows))]
    return Scores(
        np.concatenate(counts),
        tuple(1000 * step * k + row for k, row in stretches),
        tuple(chosen[k].name for k, _ in stretches),
        np.sum([band_tallies(*pair) for pair in pairs], axis=0),
        false_alarm_at_recall(pairs),
    )


def measure_costs(entries: Sequence[Entry]) -> dict[str, TrackerCost]:
    """Weigh each tracker, in processes of its own; nothing else of the benchmark should run meanwhile.

    The trackers take turns, so that what else the machine does meets all of them alike.
    """
    with tempfile.TemporaryDirectory() as folder:
        lengths_s = {1, *LENGTHS_S, *(entry.cost_s for entry in entries)}
        paths = {length_s: str(Path(folder) / f"{length_s}.npy") for length_s in lengths_s}
        for length_s, path in paths.items():
            np.save(path, singing(length_s, 900))
        turns = [{e.name: _weighed(e, e.cost_s, paths) for e in entries} for _ in range(_ROUNDS)]
        return {e.name: _cost(e, [turn[e.name] for turn in turns], paths) for e in entries}


def _cost(entry: Entry, rounds: Sequence[tuple[float, float]], paths: Mapping[int, str]) -> TrackerCost:
    cold_s = best_s(partial(weigh, _JOB, entry.name, paths[1]), _ROUNDS)
    longer_s = [length_s for length_s in LENGTHS_S if length_s > entry.cost_s and entry.name in _GROWTH_OF]
    quickest = min(rounds)
    grown = {entry.cost_s: quickest, **{length_s: _weighed(entry, length_s, paths) for length_s in longer_s}}
    cost = TrackerCost(tuple(ms for ms, _ in rounds), cold_s, quickest[1], grown if longer_s else {})
    print(f"{entry.name:18s}{cost.cpu_ms:8.1f} ms/s  cold {cold_s:.2f} s  {cost.peak_mb:.0f} MB", flush=True)
    return cost


def _weighed(entry: Entry, length_s: int, paths: Mapping[int, str]) -> tuple[float, float]:
    """Return CPU time for each second of audio in ms, and peak memory in MB, of a tracker that is warm."""
    cost = weigh(_JOB, entry.name, paths[length_s], rounds=1)
    return 1000.0 / length_s * cost.cpu_s, cost.peak_mb
