"""What a rebuild costs: all of a corpus, one hundredth more of it, on one core and on two."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import swara.service.samples.known
from benchmarks.meter import Cost, weigh
from benchmarks.page import Check
from swara.data.sample_corpus.corpus import append_recordings
from swara.service.rebuild.rebuild import run_rebuild
from swara.service.store import Layout

from .choir import SWARAS, sing

SINGERS, ROUNDS, NOTE_S = 8, 10, 0.6
TAKE_S = ROUNDS * len(SWARAS) * NOTE_S

MOST_GROWTH, MOST_SHARE, LEAST_GAIN = 1.2, 5.0, 1.7
MOST_MB = 0.25
"""Of memory for each minute: ten vectors a second of 84 numbers weigh 0.2 MB, and pitch is some of it."""


def measure_cost(folder: Path, minutes: Sequence[float]) -> Iterator[str | Check]:
    """Measure on corpora of rising lengths in `folder`, 2 MB a minute; yield a line or a check for each."""
    full: dict[float, Cost] = {}
    for length in minutes:
        store = folder / f"{length:g}"
        count = max(SINGERS, round(60 * length / TAKE_S))
        _add(store, range(count))
        full[length] = _weigh(store, jobs=1)
        yield f"{length:g} min, all: {_shown(full[length])}"
    first, last = full[minutes[0]], full[minutes[-1]]
    growth = (last.cpu_s / minutes[-1]) / (first.cpu_s / minutes[0])
    yield Check(
        "CPU time for each minute, longest to shortest corpus", growth, MOST_GROWTH, "", True, digits=2
    )
    megabytes = (last.peak_mb - first.peak_mb) / (minutes[-1] - minutes[0])
    yield Check("memory for each minute more", megabytes, MOST_MB, "MB", at_most=True, digits=2)
    _add(store, range(count, count + max(1, round(count / 100))))
    more = _weigh(store, jobs=1)
    yield f"one hundredth more: {_shown(more)}"
    for name in ("wall_s", "cpu_s"):
        share = 100 * getattr(more, name) / getattr(last, name)
        yield Check(f"one hundredth more, {name} over that of all", share, MOST_SHARE, at_most=True)
    yield from _two_jobs(store)


def rebuilding(store: str, jobs: int) -> Callable[[], dict[str, Any]]:
    """Return what rebuilds, and says what it did and how long each stage took; a job for the meter.

    The bundled samples stay out: what grows with the corpus is to be seen.
    """
    swara.service.samples.known.pack_recordings = lambda: ()
    rebuild = partial(run_rebuild, Path(store), "builtin", force=True, jobs=jobs, progress=None, report=None)

    def run() -> dict[str, Any]:
        _, result = rebuild()
        return {"embedded": result.embedded, "seconds": dict(result.seconds)}

    return run


def _two_jobs(store: Path) -> Iterator[str | Check]:
    seconds = {}
    for jobs in (1, 2):
        shutil.rmtree(Layout(store).cache)
        cost = _weigh(store, jobs)
        seconds[jobs] = (cost.result["seconds"]["listen"], cost.wall_s)
        yield f"all again, {jobs} jobs: {_shown(cost)}"
    for what, one, two in zip(("embedding and tracking", "all of it"), seconds[1], seconds[2], strict=True):
        yield Check(f"{what} with two jobs", one / two, LEAST_GAIN, "times as fast", digits=2)


def _add(store: Path, numbers: range) -> None:
    sounds = store / "sounds"
    sounds.mkdir(parents=True, exist_ok=True)
    how = {"rounds": ROUNDS, "note_s": NOTE_S, "partials": 8}
    takes = [sing(sounds, number % SINGERS, number, **how) for number in numbers]
    append_recordings(Layout(store).corpus, takes)


def _weigh(store: Path, jobs: int) -> Cost:
    return weigh("benchmarks.rebuild.cost:rebuilding", str(store), jobs)


def _shown(cost: Cost) -> str:
    stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in cost.result["seconds"].items())
    return (
        f"{cost.wall_s:.1f} s, {cost.cpu_s:.1f} s of the processors, {cost.peak_mb:.0f} MB,"
        f" {cost.result['embedded']} embedded ({stages})"
    )
