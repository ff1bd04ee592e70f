"""Set embedders side by side, and write ``docs/benchmarks/embedders.md``.

With ``SWARA_EVAL_DATA`` set, on real recordings (``docs/evaluation.md``), with YAMNet's weights in ``models``
beside that folder or in ``SWARA_EVAL_MODELS``; without, on soundfonts alone.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.heads.sets import ENVIRONMENT
from benchmarks.note_head import HeadScores
from benchmarks.pitch.trackers import ONE_THREAD
from benchmarks.pitch.tracks import Tracks, workers
from benchmarks.recordings import SightSinging, absent_folders, evaluation_folder, sight_singing
from swara.data.errors import MissingPackage
from swara.embedder import Embedder

from . import measure
from .instruments import EVERY
from .peers import present
from .report import PAGE, Measured
from .singers import Condition, conditions

PARTS = ("instruments", "singers", "notes", "cost")
QUICK_EVERY, QUICK_TAKES = 5, 8
PROCESSES = 2


def main(words: Sequence[str] | None = None) -> None:
    """Measure what was asked for, and write the page."""
    options = _options(words)
    peers, absent = present(tuple(options.only))
    left_out = [f"{peer.title}: {peer.missing}" for peer in absent]
    root = evaluation_folder()
    # Before anything else is loaded: nothing else of ours may run while time is taken.
    costs = measure.measure_costs(peers) if "cost" in options.parts else {}
    program = measure.measure_program() if "cost" in options.parts else {}
    # One thread for every library that is loaded from here on: processes inherit this too.
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    embedders = {peer.name: peer.make() for peer in peers if not peer.speed_only}
    found_in, takes = _singing(root, options, left_out)
    measured = Measured(
        peers,
        left_out,
        found_in,
        _instruments(embedders, root, options, left_out),
        measure.recognise_singers(embedders, takes, found_in) if found_in else {},
        measure.recognise_notes(embedders, takes) if takes else {},
        len(takes),
        _heads(embedders, root, options, left_out),
        costs,
        program,
        root,
        options.quick,
    )
    measured.write(options)


def _instruments(
    embedders: Mapping[str, Embedder], root: Path | None, options: argparse.Namespace, left_out: list[str]
) -> dict[str, measure.Instruments]:
    if "instruments" not in options.parts:
        return {}
    if absent := absent_folders(root, ("iowa_notes", "instrument_notes")):
        left_out.append(f"a probe taught with recordings: there is no folder {absent}")
    if ENVIRONMENT not in os.environ:
        left_out.append(f"notes of the npm sets: `{ENVIRONMENT}` is not set")
    try:
        every = QUICK_EVERY if options.quick else EVERY
        return measure.name_instruments(embedders, None if absent else root, every)
    except MissingPackage as missing:
        left_out.append(f"which instrument: {missing}")
        return {}


def _singing(
    root: Path | None, options: argparse.Namespace, left_out: list[str]
) -> tuple[list[Condition], list[SightSinging]]:
    if "singers" not in options.parts:
        return [], []
    absent = absent_folders(root, ("ssvd",))
    if root is None or absent:
        left_out.append(f"who sings: there is no folder {absent}")
        return [], []
    found = conditions()
    left_out += [f"{c.title}: not installed: {c.missing}" for c in found if c.missing]
    takes = list(sight_singing(root))
    return [c for c in found if not c.missing], takes[:QUICK_TAKES] if options.quick else takes


def _heads(
    embedders: Mapping[str, Embedder], root: Path | None, options: argparse.Namespace, left_out: list[str]
) -> dict[str, list[HeadScores]]:
    if "notes" not in options.parts:
        return {}
    absent = absent_folders(root, ("sung_notes", "hindustani_calan"))
    if root is None or absent:
        left_out.append(f"which swara: there is no folder {absent}")
        return {}
    with workers(PROCESSES) as pool:
        return measure.name_swaras(embedders, root, Tracks(pool))


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = PAGE.parser(__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="EMBEDDER", help="only these embedders")
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS, help="only these parts")
    parser.add_argument("--quick", action="store_true", help="a fifth of the keys, a third of the takes")
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
