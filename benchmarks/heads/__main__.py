"""Measure the heads for exercises, instruments and notes, and write ``docs/benchmarks/heads.md``.

With ``SWARA_EVAL_DATA`` set, on real recordings too, and with ``SWARA_NOTE_SETS`` on those of other databases
(``docs/evaluation.md``); what is missing is left out, and the page says so.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.page import Check, Page, Section
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

_CHECK = re.compile(
    r"^\| (.+) \| (-?[\d.]+) ?(\S*) \| at (least|most) ([\d.]+).* \| (?:met|missed by .+) \|$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Standing(Section):
    """A section that is not measured now: as it stands on the page."""

    text: str = ""

    def lines(self) -> Iterator[str]:
        """Yield what stands there."""
        yield self.text


def standing(page: Path, titles: Sequence[str]) -> list[Section]:
    """Return the sections of a page that have one of these titles."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    found = list[Section]()
    for part in re.split(r"\n(?=## )", text)[1:]:
        if (title := part.splitlines()[0].removeprefix("## ")) in titles:
            checks = [
                Check(what, float(value), float(target), unit, at == "most", len(value.partition(".")[2]))
                for what, value, unit, at, target in _CHECK.findall(part)
            ]
            found.append(Standing(title, "", checks, text=part.strip()))
    return found


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and write the page."""
    parser = PAGE.parser(__doc__)
    parser.add_argument("--only", choices=SECTIONS, action="append", help="let the others stand")
    options = parser.parse_args(words)
    root, left_out = evaluation_folder(), list[str]()
    asked = options.only or [*SECTIONS]
    sections = standing(options.page, [title for name, title in SECTIONS.items() if name not in asked])
    for name in asked:
        for section in importlib.import_module(f"benchmarks.heads.{name}").measure(root):
            if isinstance(section, str):
                left_out.append(section)
            else:
                sections.append(section)
    sections.sort(key=lambda section: [*SECTIONS.values()].index(section.title))
    there = {section.title for section in sections}
    left_out += [f"{name}, not measured yet" for name, title in SECTIONS.items() if title not in there]
    PAGE.write(options, sections, PAGE.about_recordings(root), left_out=left_out)


if __name__ == "__main__":
    main()
