"""Measure how well takes are written down, and write ``docs/benchmarks/notation.md``.

With ``SWARA_EVAL_DATA`` set, on real recordings too (``docs/evaluation.md``); what is missing is left out,
and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.page import Page, measured, standing
from benchmarks.recordings import evaluation_folder

PAGE = Page(
    "Notation",
    "benchmarks.notation",
    "bench-notation",
    "Sections that `--only` does not name stay as they are.",
    "benchmarks/notation.md",
)
SECTIONS = {
    "sung": ("Synthesized takes",),
    "calans": ("Calans",),
    "phrases": ("Phrases of concerts",),
    "texts": ("Text read back",),
    "round_trips": ("Round trips",),
    "raga_of": ("Which raga", "What is said of the raga"),
}
"""The modules in the order of the page, and what their sections are called there."""


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and write the page."""
    parser = PAGE.parser(__doc__)
    parser.add_argument("--only", choices=SECTIONS, action="append", help="let the others stand")
    options = parser.parse_args(words)
    root = evaluation_folder()
    asked = options.only or [*SECTIONS]
    sections, left_out = measured(PAGE.program, asked, root)
    titles = [title for each in SECTIONS.values() for title in each]
    others = [title for name, each in SECTIONS.items() if name not in asked for title in each]
    sections += standing(options.page, others)
    sections.sort(key=lambda section: titles.index(section.title))
    there = {section.title for section in sections}
    left_out += [f"{title}, not measured yet" for title in others if title not in there]
    PAGE.write(options, sections, PAGE.about_recordings(root), left_out=left_out)


if __name__ == "__main__":
    main()
