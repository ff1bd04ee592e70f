"""Measure the heads for exercises, instruments and notes, and write ``docs/benchmarks/heads.md``.

With ``SWARA_EVAL_DATA`` set, on real recordings too, and with ``SWARA_NOTE_SETS`` on those of other databases
(``docs/evaluation.md``); what is missing is left out, and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.page import Page, measured, standing
from benchmarks.recordings import evaluation_folder

PAGE = Page(
    "Heads over single sounds",
    "benchmarks.heads",
    "bench-heads",
    "What is heard and worked out is kept in `build/heads`, so that a second run takes minutes. Sections "
    "that `--only` does not name stay as they are.",
    "benchmarks/heads.md",
)
SECTIONS = {
    "exercises": "Exercises",
    "notes": "The note of any sample",
    "instruments": "Twelve instruments",
    "seeds": "The splits of the NSynth project",
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
    sections += standing(options.page, [title for name, title in SECTIONS.items() if name not in asked])
    sections.sort(key=lambda section: [*SECTIONS.values()].index(section.title))
    there = {section.title for section in sections}
    left_out += [f"{name}, not measured yet" for name, title in SECTIONS.items() if title not in there]
    PAGE.write(options, sections, PAGE.about_recordings(root), left_out=left_out)


if __name__ == "__main__":
    main()
