"""Measure singing heard live, and write ``docs/benchmarks/live.md``.

With ``SWARA_EVAL_DATA`` set, on real recordings too (``docs/evaluation.md``); without, on what ships.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from benchmarks.page import Page, standing
from benchmarks.recordings import evaluation_folder

from . import agreement, browser, rejudge, speed

PAGE = Page(
    "Singing heard live",
    "benchmarks.live",
    "bench-live",
    "Nothing else should run meanwhile. Sections that `--only` does not name stay as they are.",
    "benchmarks/live.md",
)
SECTIONS = {
    "agreement": "The verdict when a note ends",
    "speed": "What a push costs",
    "rejudge": "A take judged anew",
    "browser": "In the browser",
}
"""What is measured, in the order of the page, and what its sections are called there."""


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and write the page."""
    parser = PAGE.parser(__doc__)
    parser.add_argument("--quick", action="store_true", help="few takes, seconds for minutes")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="let the others stand")
    options = parser.parse_args(words)
    root, busy, quick = evaluation_folder(), os.getloadavg()[0], options.quick
    ways = {
        "speed": lambda: speed.measure(6.0, 2) if quick else speed.measure(),
        "browser": lambda: browser.measure(1.0) if quick else browser.measure(),
        "rejudge": lambda: rejudge.measure(root),
        "agreement": lambda: agreement.measure(root, **({"count": 3} if quick else {})),
    }
    asked = options.only or [*SECTIONS]
    sections = standing(options.page, [title for name, title in SECTIONS.items() if name not in asked])
    sections += [found for name, measure in ways.items() if name in asked and (found := measure())]
    sections.sort(key=lambda section: [*SECTIONS.values()].index(section.title))
    load = f"When it began, {busy:.1f} other processes were at work on this machine (the load of a minute)."
    if options.only:
        load += f" That was for {', '.join(asked)} alone; the other sections are from a run before."
    PAGE.write(options, sections, PAGE.about_recordings(root), load)


if __name__ == "__main__":
    main()
