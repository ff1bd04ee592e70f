"""What a rebuild costs: all of a corpus, one hundredth more of it, on one core and on two."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from swara.data.corpus.corpus import append_recordings
from swara.service.store import Layout

from .choir import SWARAS, sing

__all__ = ["measure_cost"]

SINGERS, ROUNDS, NOTE_S = 8, 10, 0.6
TAKE_S = ROUNDS * len(SWARAS) * NOTE_S

MOST_SHARE, LEAST_GAIN = 0.05, 1.7
MOST_MB = 0.25
"""Of memory for each minute: ten vectors a second of 84 numbers weigh 0.2 MB, and pitch is some of it."""

_PROJECT = Path(__file__).resolve().parents[2]


def measure_cost(folder: Path, minutes: Sequence[float]) -> Iterator[tuple[str, bool | None]]:
    """Yield a line for each thing measured, and whether it is as it should be; None where nothing is asked.

    Parameters
    ----------
    folder : Path
        For the corpora; needs 2 MB for each minute of the longest.
    minutes : sequence of float
        Lengths of the corpora, rising; the last one is what the rest is measured on.
    """
    full = {}
    for length in minutes:
        full[length] = _full(folder / f"{length:g}", length)
        yield f"{length:g} min, all: {_words(full[length])}", None
    first, last = full[minutes[0]], full[minutes[-1]]
    growth = (last["cpu_s"] / minutes[-1]) / (first["cpu_s"] / minutes[0])
    yield f"processor time for each minute, longest to shortest corpus: {growth:.2f}", growth <= 1.2
    megabytes = (last["peak_mb"] - first["peak_mb"]) / (minutes[-1] - minutes[0])
    yield f"memory: {megabytes:.2f} MB more for each minute", megabytes <= MOST_MB
    store = folder / f"{minutes[-1]:g}"
    yield from _more(store, minutes[-1], last)
    yield from _two_jobs(store)


def _full(store: Path, minutes: float) -> dict[str, Any]:
    sounds = store / "sounds"
    sounds.mkdir(parents=True)
    count = max(SINGERS, round(60 * minutes / TAKE_S))
    _add(store, range(count))
    return _once(store, jobs=1)


def _more(store: Path, minutes: float, full: dict[str, Any]) -> Iterator[tuple[str, bool | None]]:
    count = max(SINGERS, round(60 * minutes / TAKE_S))
    _add(store, range(count, count + max(1, round(count / 100))))
    cost = _once(store, jobs=1)
    yield f"one hundredth more: {_words(cost)}", None
    for name in ("wall_s", "cpu_s"):
        share = cost[name] / full[name]
        yield f"  {name}: {100 * share:.1f}% of all", share <= MOST_SHARE


def _two_jobs(store: Path) -> Iterator[tuple[str, bool | None]]:
    seconds = {}
    for jobs in (1, 2):
        shutil.rmtree(Layout(store).cache)
        cost = _once(store, jobs)
        seconds[jobs] = (cost["seconds"]["listen"], cost["wall_s"])
        yield f"all again, {jobs} jobs: {_words(cost)}", None
    for what, one, two in zip(("embedding and tracking", "all of it"), seconds[1], seconds[2], strict=True):
        yield f"  {what}: {one / two:.2f} times as fast with two jobs", one / two >= LEAST_GAIN


def _add(store: Path, numbers: range) -> None:
    takes = [
        sing(store / "sounds", number % SINGERS, number, rounds=ROUNDS, note_s=NOTE_S, partials=8)
        for number in numbers
    ]
    append_recordings(Layout(store).corpus, takes)


def _once(store: Path, jobs: int) -> dict[str, Any]:
    words = [sys.executable, "-m", "benchmarks.rebuilds.once", str(store), str(jobs)]
    done = subprocess.run(words, cwd=_PROJECT, capture_output=True, text=True, check=True)
    cost: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return cost


def _words(cost: dict[str, Any]) -> str:
    stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in cost["seconds"].items())
    return (
        f"{cost['wall_s']:.1f} s, {cost['cpu_s']:.1f} s of the processors, {cost['peak_mb']:.0f} MB,"
        f" {cost['embedded']} embedded ({stages})"
    )
