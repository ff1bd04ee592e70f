"""Set pitch trackers side by side, and write ``docs/benchmarks/pitch.md``.

With ``SWARA_EVAL_DATA`` set, on real recordings too (``docs/evaluation.md``); without, on what ships.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmarks.recordings import evaluation_folder

from .conditions import Condition, conditions
from .long import measure_long
from .measure import measure, measure_costs
from .report import PAGE, Measured
from .trackers import ONE_THREAD, present
from .tracks import Tracks, workers

QUICK_EVERY = 4
PARTS = ("heard", "cost", "long")


def main(words: Sequence[str] | None = None) -> None:
    """Measure what was asked for, and write the page."""
    options = _options(words)
    # One thread for every library, before it is loaded: processes inherit this too.
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    entries, absent = present(tuple(options.only))
    for entry in absent:
        print(f"left out, not installed: {entry.plain_title} ({', '.join(entry.missing)})", flush=True)
    if find_spec("pyworld") is None:
        print("left out, pyworld is not installed: whatever it sings again", flush=True)
    root, busy = evaluation_folder(), os.getloadavg()[0]
    found = _chosen(conditions(root), options.conditions)
    every = QUICK_EVERY if options.quick else 1
    # Before the workers start: nothing else of ours may run while time is taken.
    costs = measure_costs(entries) if "cost" in options.parts else {}
    long = [measure_long()] if "long" in options.parts else []
    results = {}
    if "heard" in options.parts:
        with workers(options.jobs) as pool:
            results = measure(entries, found, Tracks(pool, options.cache), every)
    Measured(entries, absent, found, results, costs, long, root, every, busy).write(options)


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    from platformdirs import user_cache_path

    parser = PAGE.parser(__doc__)
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS, help="let the others stand")
    parser.add_argument("--only", nargs="+", default=[], metavar="TRACKER", help="only these trackers")
    parser.add_argument("--conditions", default="", metavar="NAME,NAME", help="only these conditions")
    parser.add_argument("--quick", action="store_true", help="every fourth clip")
    parser.add_argument("--jobs", type=int, default=1, help="processes that track (1)")
    kept = user_cache_path("swara") / "benchmark-tracks"
    parser.add_argument("--cache", type=Path, default=kept, help="folder of tracks made before (%(default)s)")
    return parser.parse_args(words)


def _chosen(found: Mapping[str, Condition], names: str) -> list[Condition]:
    wanted = [name for name in names.split(",") if name] or list(found)
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise SystemExit(f"there is no condition {', '.join(unknown)}; there are {', '.join(found)}")
    return [found[name] for name in wanted]


if __name__ == "__main__":
    main()
