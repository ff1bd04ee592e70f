"""Measure everything and write ``docs/benchmarks.md``.

With ``SWARA_EVAL_DATA`` set, real recordings too (``docs/evaluation.md``); without, only what ships.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from . import calan, exact_pitch, note_head, over_tanpura, samples, speed, ssvd, synthetic, tonic
from .page import Section, render
from .recordings import evaluation_folder
from .tracks import Tracks

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
PROCESSES = 2

_RECORDED: tuple[tuple[Callable[[Path, Tracks], Section], tuple[str, ...]], ...] = (
    (calan.measure, ("hindustani_calan",)),
    (tonic.measure, ("hindustani_calan", "hindustani_concert")),
    (ssvd.measure, ("ssvd",)),
    (over_tanpura.measure, ("hindustani_calan", "ssvd", "tanpura")),
    (exact_pitch.measure, ("f0_truth/world_resynth",)),
    (note_head.measure, ("sung_notes", "hindustani_calan")),
)


def main() -> None:
    """Run every measurement that can be run here, and write the page."""
    root = evaluation_folder()
    # Before the workers start: nothing else of ours may run while time is taken.
    sections = [_timed("samples", samples.measure), _timed("speed", speed.measure)]
    # One thread each: two processes share the cores already.
    for limit in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(limit, "1")
    # Workers are spawned, not forked: the libraries of this process have threads by now.
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        tracks = Tracks(pool)
        sections.insert(0, _timed("synthetic", partial(synthetic.measure, tracks)))
        recorded = [] if root is None else list(_recorded(root, tracks))
    PAGE.write_text(render([*recorded, *sections], _notice(root)), encoding="utf-8")
    print(f"wrote {PAGE}")


def _recorded(root: Path, tracks: Tracks) -> Iterator[Section]:
    for measure, folders in _RECORDED:
        name = measure.__module__.rpartition(".")[2]
        absent = [folder for folder in folders if not (root / folder).is_dir()]
        if absent:
            print(f"{name}: left out, as there is no {', '.join(absent)} in {root}")
        else:
            yield _timed(name, partial(measure, root, tracks))


def _timed(name: str, measure: Callable[[], Section]) -> Section:
    began_s = time.monotonic()
    section = measure()
    print(f"{name}: {time.monotonic() - began_s:.0f} s", flush=True)
    for check in section.checks:
        print("   " + "  ".join(check.row()), flush=True)
    return section


def _notice(root: Path | None) -> str:
    if root is None:
        return (
            "`SWARA_EVAL_DATA` was not set: **only the synthetic part was measured**, no real recording."
            " [Evaluation recordings](evaluation.md) says how to lay that folder out."
        )
    return "The recordings are listed in [Evaluation recordings](evaluation.md)."


if __name__ == "__main__":
    main()
