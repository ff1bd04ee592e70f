"""Measure what a rebuild costs, and what it survives.

Costs are ratios in one run, on a corpus that is synthesized in a temporary folder: of two hours, or of a few
minutes with ``--quick``. Lists are of 20,000 recordings. Accidents are 200 kills, 50 write errors and 20
races, or a few of each. Margins are of 14 rebuilds of the bundled samples.
Exits with 1 if anything is not as it should be.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.page import Check

from .cost import measure_cost
from .faults import Trial
from .lists import COUNTS, QUICK_COUNTS, measure_lists
from .margins import NIGHTS, QUICK_NIGHTS, measure_margins

MINUTES, QUICK_MINUTES = (10.0, 40.0, 120.0), (2.0, 4.0)
ACCIDENTS, QUICK_ACCIDENTS = (200, 50, 20), (10, 9, 1)
SEED = 20_250_301


def main() -> int:
    """Measure, print a line for each figure, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few minutes of sound, a few accidents")
    parser.add_argument("--minutes", type=float, nargs="+", help="lengths of the corpora, rising")
    parser.add_argument("--only", choices=("cost", "faults", "lists", "margins"))
    asked = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="swara-rebuild-") as folder:
        if asked.only in (None, "faults"):
            failed += _faults(Path(folder), QUICK_ACCIDENTS if asked.quick else ACCIDENTS)
        if asked.only in (None, "cost"):
            usual = QUICK_MINUTES if asked.quick else MINUTES
            failed += _shown(measure_cost(Path(folder), tuple(asked.minutes or usual)))
        if asked.only in (None, "lists"):
            failed += _shown(measure_lists(Path(folder) / "lists", QUICK_COUNTS if asked.quick else COUNTS))
        if asked.only in (None, "margins"):
            failed += _shown(
                measure_margins(Path(folder) / "margins", QUICK_NIGHTS if asked.quick else NIGHTS)
            )
    return 1 if failed else 0


def _faults(folder: Path, counts: tuple[int, int, int]) -> int:
    trial = Trial(folder / "faults", SEED)
    kills, errors, races = counts
    parts: tuple[tuple[str, Iterator[str]], ...] = (
        ("kills", trial.kills(kills)),
        ("write errors", trial.write_errors(errors)),
        ("races", trial.races(races, seconds=2.0)),
    )
    failed = 0
    for name, outcomes in parts:
        seen: Counter[str] = Counter()
        try:
            seen.update(outcomes)
            verdict = "the live version answered every time, and nothing was lost"
        except AssertionError as error:
            verdict, failed = f"NOT MET: {error}", failed + 1
        print(f"{name}: {dict(sorted(seen.items()))}: {verdict}", flush=True)
    return failed


def _shown(lines: Iterator[str | Check]) -> int:
    failed = 0
    for line in lines:
        print(line if isinstance(line, str) else "  " + "  ".join(line.row()), flush=True)
        failed += isinstance(line, Check) and not line.met
    return failed


if __name__ == "__main__":
    sys.exit(main())
