"""Embedders side by side: ``python -m benchmarks.embedders`` writes ``docs/benchmarks/embedders.md``.

With ``SWARA_EVAL_DATA`` set, on real recordings (``docs/evaluation.md``), with YAMNet's weights in ``models``
beside that folder or in ``SWARA_EVAL_MODELS``; without, on soundfonts alone.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from swara.data.errors import MissingPackage
from swara.embedder import Embedder

from .embedderbench import cost, program
from .embedderbench.ablation import FEATURES, OTHERS, Ablated, ablate
from .embedderbench.figures import raw
from .embedderbench.peers import OURS, present
from .embedderbench.places import cache_folder
from .embedderbench.plot import draw
from .embedderbench.report import Measured, render
from .embedderbench.run import InstrumentScores, name_instruments, recognise_notes, recognise_singers
from .embedderbench.takes import Condition, conditions
from .pitchbench.trackers import ONE_THREAD
from .recordings import SightSinging, evaluation_folder, sight_singing
from .tracks import Tracks

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "embedders.md"
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
    costs = cost.measure(peers, _tell) if "cost" in options.parts else {}
    whole = program.measure(_tell) if "cost" in options.parts else None
    # One thread for every library that is loaded from here on: processes inherit this too.
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    embedders = {peer.name: peer.make() for peer in peers if not peer.speed_only}
    found_in, takes = _singing(root, options, left_out)
    measured = Measured(
        tuple(peers),
        (),
        tuple(found_in),
        _instruments(embedders, root, options, left_out),
        recognise_singers(embedders, takes, found_in, _tell) if found_in else {},
        recognise_notes(embedders, takes, _tell) if takes else {},
        len(takes),
        _heads(embedders, root, options, left_out),
        costs,
        whole,
        root is not None,
        options.quick,
    )
    _write(replace(measured, left_out=tuple(left_out)), options)


def _instruments(
    embedders: Mapping[str, Embedder], root: Path | None, options: argparse.Namespace, left_out: list[str]
) -> dict[str, InstrumentScores]:
    if "instruments" not in options.parts:
        return {}
    has_notes = root is not None and (root / "iowa_notes").is_dir()
    if not has_notes:
        left_out.append("notes recorded in Iowa: there is no folder iowa_notes")
    try:
        every = QUICK_EVERY if options.quick else 1
        return name_instruments(embedders, root if has_notes else None, every, _tell)
    except MissingPackage as missing:
        left_out.append(f"which instrument: {missing}")
        return {}


def _singing(
    root: Path | None, options: argparse.Namespace, left_out: list[str]
) -> tuple[list[Condition], list[SightSinging]]:
    if "singers" not in options.parts:
        return [], []
    if root is None or not (root / "ssvd").is_dir():
        left_out.append("who sings: there is no folder ssvd")
        return [], []
    here = []
    for condition in conditions(cache_folder()):
        if condition.missing:
            left_out.append(f"{condition.title}: not installed: {condition.missing}")
        else:
            here.append(condition)
    takes = list(sight_singing(root))
    return here, takes[:QUICK_TAKES] if options.quick else takes


def _heads(
    embedders: Mapping[str, Embedder], root: Path | None, options: argparse.Namespace, left_out: list[str]
) -> dict[str, list[Ablated]]:
    if "notes" not in options.parts:
        return {}
    absent = [
        name for name in ("sung_notes", "hindustani_calan") if root is None or not (root / name).is_dir()
    ]
    if root is None or absent:
        left_out.append(f"which swara: there is no folder {', '.join(absent)}")
        return {}
    # Workers are spawned, not forked: the libraries of this process have threads by now.
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        tracks = Tracks(pool)
        return {
            name: ablate(root, tracks, embedder, FEATURES if name == OURS else OTHERS, _tell)
            for name, embedder in embedders.items()
        }


def _write(measured: Measured, options: argparse.Namespace) -> None:
    for check in measured.checks:
        _tell("   " + "  ".join(check.row()))
    if options.json is not None:
        options.json.write_text(json.dumps(raw(measured), indent=1) + "\n", encoding="utf-8")
    if options.no_page:
        return
    page: Path = options.page
    page.parent.mkdir(parents=True, exist_ok=True)
    plot = page.with_suffix(".png")
    drawn = plot if draw(plot, measured) else None
    page.write_text(render(replace(measured, plot=drawn)), encoding="utf-8")
    _tell(f"wrote {page}")


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embedders", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="EMBEDDER", help="only these embedders")
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS, help="only these parts")
    parser.add_argument("--quick", action="store_true", help="a fifth of the keys, a third of the takes")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="where the page goes")
    parser.add_argument("--no-page", action="store_true", help="print, and write no page")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    return parser.parse_args(words)


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
