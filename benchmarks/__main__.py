"""Measure what swara tells a singer, and write ``docs/benchmarks.md``.

With ``SWARA_EVAL_DATA`` set, real recordings too (``docs/evaluation.md``); without, only what ships.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from .page import Page, Section
from .pitch.tracks import Tracks, workers
from .recordings import absent_folders, evaluation_folder
from .takes import (
    calan,
    concert_phrases,
    cost,
    exact_pitch,
    growth,
    not_sung,
    note_head,
    sight_singing,
    synthetic,
    tanpura,
    tonic,
    wrong_raga,
)

PAGE = Page(
    "Benchmarks", "benchmarks", "bench", "Every figure below comes from that one run.", "benchmarks.md"
)
PROCESSES = 2

_RECORDED: dict[str, tuple[Callable[[Path, Tracks], Section], tuple[str, ...]]] = {
    "calan": (calan.measure, ("hindustani_calan",)),
    "concert_phrases": (concert_phrases.measure, ("hindustani_phrases",)),
    "tonic": (tonic.measure, ("hindustani_calan", "hindustani_concert")),
    "wrong_raga": (wrong_raga.measure, ("hindustani_calan", "hindustani_concert")),
    "sight_singing": (sight_singing.measure, ("ssvd",)),
    "tanpura": (tanpura.measure, ("hindustani_calan", "ssvd", "tanpura")),
    "not_sung": (not_sung.measure, ("tanpura", "harmonium", "instrument_notes", "noise_and_rooms", "ssvd")),
    "exact_pitch": (exact_pitch.measure, ("f0_truth/world_resynth",)),
    "note_head": (note_head.measure, ("sung_notes", "hindustani_calan")),
}
_TIMED = {"samples": cost.measure_samples, "speed": cost.measure_speed, "growth": growth.measure_growth}
SECTIONS = (*_RECORDED, "synthetic", *_TIMED)


def main(words: Sequence[str] | None = None) -> None:
    """Run every measurement that was asked for and can be run here, and write the page."""
    parser = PAGE.parser(__doc__)
    parser.add_argument("--only", nargs="+", default=SECTIONS, choices=SECTIONS, help="only these sections")
    options = parser.parse_args(words)
    root = evaluation_folder()
    # Before the workers start: nothing else of ours may run while time is taken.
    timed = [_timed(name, measure) for name, measure in _TIMED.items() if name in options.only]
    # One thread each: two processes share the cores already.
    for limit in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(limit, "1")
    with workers(PROCESSES) as pool:
        sections = list(_tracked(root, Tracks(pool), options.only))
    PAGE.write(options, [*sections, *timed], PAGE.about_recordings(root))


def _tracked(root: Path | None, tracks: Tracks, only: Sequence[str]) -> Iterator[Section]:
    for name, (measure, folders) in _RECORDED.items():
        if name not in only or root is None:
            continue
        if absent := absent_folders(root, folders):
            print(f"{name}: left out, as there is no {absent} in {root}")
        else:
            yield _timed(name, partial(measure, root, tracks))
    if "synthetic" in only:
        yield _timed("synthetic", partial(synthetic.measure, tracks))


def _timed(name: str, measure: Callable[[], Section]) -> Section:
    began_s = time.monotonic()
    section = measure()
    print(f"{name}: {time.monotonic() - began_s:.0f} s", flush=True)
    for check in section.checks:
        print("   " + "  ".join(check.row()), flush=True)
    return section


if __name__ == "__main__":
    main()
