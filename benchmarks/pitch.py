"""Pitch trackers side by side: ``python -m benchmarks.pitch`` writes ``docs/benchmarks/pitch.md``.

With ``SWARA_EVAL_DATA`` set, on real recordings too (``docs/evaluation.md``); without, on what ships.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from pathlib import Path

from .pitchbench import cost
from .pitchbench.conditions import Condition, conditions
from .pitchbench.figures import raw
from .pitchbench.plot import draw
from .pitchbench.report import Measured, render
from .pitchbench.run import measure
from .pitchbench.store import TrackStore
from .pitchbench.trackers import ONE_THREAD, present
from .recordings import evaluation_folder

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "pitch.md"
QUICK_EVERY = 4


def main(words: Sequence[str] | None = None) -> None:
    """Measure what was asked for, and write the page."""
    options = _options(words)
    # One thread for every library, before it is loaded: processes inherit this too.
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    entries, absent = present(tuple(options.only))
    for entry in absent:
        print(f"left out, not installed: {entry.title} ({', '.join(entry.missing)})", flush=True)
    root = evaluation_folder()
    found = _chosen(conditions(root), options.conditions)
    every = QUICK_EVERY if options.quick else 1
    # Before the workers start: nothing else of ours may run while time is taken.
    costs = {} if options.no_cost else cost.measure(entries, _tell)
    print(f"{'condition':18s}{'tracker':14s}  RPA50  RPA25  RPA10    oct recall  false alarm, in %")
    with _pool(options.jobs) as pool:
        results = measure(entries, found, TrackStore(options.cache), pool=pool, every=every, tell=_tell)
    if options.json is not None:
        options.json.write_text(json.dumps(raw(results, costs), indent=1) + "\n", encoding="utf-8")
    if not options.no_page:
        page = options.page
        page.parent.mkdir(parents=True, exist_ok=True)
        plot = page.with_suffix(".png")
        drawn = plot if draw(plot, entries, results, costs) else None
        measured = Measured(
            tuple(entries), tuple(absent), tuple(found), results, costs, root is not None, drawn, every
        )
        page.write_text(render(measured), encoding="utf-8")
        print(f"wrote {page}")


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    from platformdirs import user_cache_path

    parser = argparse.ArgumentParser(prog="python -m benchmarks.pitch", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="TRACKER", help="only these trackers")
    parser.add_argument("--conditions", default="", metavar="NAME,NAME", help="only these conditions")
    parser.add_argument("--quick", action="store_true", help="every fourth clip")
    parser.add_argument("--no-cost", action="store_true", help="measure no time and no memory")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="where the page goes")
    parser.add_argument("--no-page", action="store_true", help="print, and write no page")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    parser.add_argument("--jobs", type=int, default=1, help="processes that track (1)")
    parser.add_argument(
        "--cache",
        type=Path,
        default=user_cache_path("swara") / "pitch-benchmark",
        help="folder of tracks made before (%(default)s)",
    )
    return parser.parse_args(words)


def _chosen(found: Mapping[str, Condition], names: str) -> list[Condition]:
    wanted = [name for name in names.split(",") if name] or list(found)
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise SystemExit(f"there is no condition {', '.join(unknown)}; there are {', '.join(found)}")
    return [found[name] for name in wanted]


def _pool(jobs: int) -> ProcessPoolExecutor | nullcontext[None]:
    if jobs == 1:
        return nullcontext()
    # Spawned, not forked: the libraries of this process have threads by now.
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
