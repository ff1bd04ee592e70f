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

from .conditions import Condition
from .score import Scores, band_tallies, tallies
from .sounds import singing
from .trackers import Entry
from .tracks import Tracks

LENGTH_S = 30
"""Length of the recording that trackers are compared on."""

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

    CPU time in ms for each second of audio, one thread, warm; wall time of a new process with the first
    second of audio; peak memory of a process that tracks `LENGTH_S`; and by length in s, where that was
    measured, CPU time and peak memory.
    """

    cpu_ms: float
    cold_s: float
    peak_mb: float
    by_length: Mapping[int, tuple[float, float]]


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
            began_s = time.monotonic()
            # A condition with few sounds is heard whole by all: a third of two excerpts would be one.
            step = entry.every if condition.group in ("voices", "made", "range") else 1
            chosen = sung[::step]
            pairs = list(zip(chosen, tracks.of(entry.name, [one.clip for one in chosen]), strict=True))
            counts = [tallies(*pair) for pair in pairs]
            clips = [1000 * step * k + row for k, rows in enumerate(counts) for row in range(len(rows))]
            bands = np.sum([band_tallies(*pair) for pair in pairs], axis=0)
            scores = Scores(np.concatenate(counts), tuple(clips), bands)
            results.setdefault(condition.name, {})[entry.name] = scores
            shares = (*scores.within, scores.octaves_off, scores.recall, scores.false_alarm)
            figures = "".join(f"{100 * share.value:7.1f}" for share in shares)
            took_s = time.monotonic() - began_s
            print(f"{condition.name:18s}{entry.name:14s}{figures}   {took_s:.0f} s", flush=True)
    return results


def measure_costs(entries: Sequence[Entry]) -> dict[str, TrackerCost]:
    """Weigh each tracker, in processes of its own; nothing else of the benchmark should run meanwhile."""
    costs = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = {length_s: str(Path(folder) / f"{length_s}.npy") for length_s in (1, *LENGTHS_S)}
        for length_s, path in paths.items():
            np.save(path, singing(length_s, 900))
        for entry in entries:
            weighed = {
                length_s: (
                    1000.0 / length_s * weigh(_JOB, entry.name, paths[length_s], rounds=_ROUNDS).cpu_s,
                    weigh(_JOB, entry.name, paths[length_s]).peak_mb,
                )
                for length_s in (LENGTHS_S if entry.name in _GROWTH_OF else (LENGTH_S,))
            }
            cold_s = best_s(partial(weigh, _JOB, entry.name, paths[1]), _ROUNDS)
            grown = weighed if entry.name in _GROWTH_OF else {}
            cost = costs[entry.name] = TrackerCost(weighed[LENGTH_S][0], cold_s, weighed[LENGTH_S][1], grown)
            print(
                f"{entry.name:18s}{cost.cpu_ms:8.1f} ms/s  cold {cold_s:.2f} s  {cost.peak_mb:.0f} MB",
                flush=True,
            )
    return costs
