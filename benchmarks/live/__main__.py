"""Measure singing heard live, and write ``docs/benchmarks/live.md``.

With ``SWARA_EVAL_DATA`` set, on real recordings too (``docs/evaluation.md``); without, on what ships.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from benchmarks.page import Page
from benchmarks.recordings import evaluation_folder

from . import agreement, browser, rejudge, speed

PAGE = Page(
    "Singing heard live",
    "benchmarks.live",
    "bench-live",
    "Nothing else should run meanwhile.",
    "benchmarks/live.md",
)


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and write the page."""
    parser = PAGE.parser(__doc__)
    parser.add_argument("--quick", action="store_true", help="few takes, seconds for minutes")
    options = parser.parse_args(words)
    root, busy = evaluation_folder(), os.getloadavg()[0]
    quick = {"count": 3} if options.quick else {}
    costs = speed.measure(6.0, 2) if options.quick else speed.measure()
    seen = browser.measure(1.0) if options.quick else browser.measure()
    again = rejudge.measure(root)
    sections = [agreement.measure(root, **quick), costs, again, *([seen] if seen else [])]
    load = f"When it began, {busy:.1f} other processes were at work on this machine (the load of a minute)."
    PAGE.write(options, sections, PAGE.about_recordings(root), load)


if __name__ == "__main__":
    main()
