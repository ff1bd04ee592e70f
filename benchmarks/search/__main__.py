"""Measure the search for phrases, and the index at scale, and write ``docs/benchmarks/search.md``.

With ``SWARA_EVAL_DATA`` set, on real phrases too (``docs/evaluation.md``); what is missing is left out, and
the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.page import Page, measured
from benchmarks.recordings import evaluation_folder

PAGE = Page(
    "Search",
    "benchmarks.search",
    "bench-search",
    "Of a phrase the line over Sa is searched, of a note the voice; never the two together.",
    "benchmarks/search.md",
)
SECTIONS = ("phrases", "phrase_scale", "compare", "scale", "shards")
"""Modules of this package, each with ``measure(root)``: its sections, and in words what is left out."""


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and write the page."""
    parser = PAGE.parser(__doc__)
    parser.add_argument("--only", choices=SECTIONS, action="append", help="leave the others out")
    options = parser.parse_args(words)
    root = evaluation_folder()
    asked = options.only or SECTIONS
    sections, left_out = measured(PAGE.program, asked, root)
    left_out += [f"{name}, which were not asked for" for name in SECTIONS if name not in asked]
    PAGE.write(options, sections, PAGE.about_recordings(root), left_out=left_out)


if __name__ == "__main__":
    main()
