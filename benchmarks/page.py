"""Figures become a page: checks against targets, tables, and a few sentences, as markdown."""

from __future__ import annotations

import os
import platform
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version

__all__ = ["Check", "Section", "Table", "machine", "percent", "render"]

_LIBRARIES = (
    "numpy",
    "ai-edge-litert",
    "scipy",
    "librosa",
    "numba",
    "scikit-learn",
    "faiss-cpu",
    "soundfile",
    "av",
    "soxr",
    "mir_eval",
)
_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Check:
    """A figure and what it should be.

    Parameters
    ----------
    what : str
        What was measured.
    measured, target : float
        In `unit`.
    unit : str
        ``%``, ``cents``, ``s`` ...; empty for a bare number.
    at_most : bool
        Whether less is better.
    digits : int
        Decimals shown; the figure as shown is what is compared.
    """

    what: str
    measured: float
    target: float
    unit: str = "%"
    at_most: bool = False
    digits: int = 1

    @property
    def short_by(self) -> float:
        """How far the target was missed; 0 or less where it was met, NaN where nothing was measured."""
        shown, target = round(self.measured, self.digits), round(self.target, self.digits)
        return shown - target if self.at_most else target - shown

    @property
    def met(self) -> bool:
        """Whether the target was reached."""
        return self.short_by <= 0

    @property
    def verdict(self) -> str:
        """``met``, or by how much it was missed."""
        return "met" if self.met else f"missed by {self._show(self.short_by, 'points')}"

    def row(self) -> tuple[str, ...]:
        """Return the row of a table: what, measured, target, verdict."""
        target = f"{'at most' if self.at_most else 'at least'} {self._show(self.target)}"
        return self.what, self._show(self.measured), target, self.verdict

    def _show(self, value: float, of_percent: str = "%") -> str:
        unit = of_percent if self.unit == "%" else self.unit
        return f"{value:.{self.digits}f} {unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under headings, with a caption above."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One thing that was measured: how, against which targets, in detail, and what that says."""

    title: str
    method: str
    checks: tuple[Check, ...]
    tables: tuple[Table, ...]
    reading: str


def percent(share: float) -> str:
    """Return a share from 0 to 1 in percent; a dash for NaN, which is a share of nothing."""
    return "-" if share != share else f"{100 * share:.1f} %"


def machine() -> str:
    """Describe what the figures were measured on, in a sentence."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()} on {platform.machine()}"
    return f"{system}, {cores} cores, Python {sys.version.split()[0]}, {libraries}."


def render(
    sections: Sequence[Section], notice: str, written_by: str = "benchmarks", make: str = "bench"
) -> str:
    """Return the page of a program and its target of make: a summary of the targets, then each section."""
    head = (
        f"Written by `python -m {written_by}` (`make {make}`); every figure below comes from that one run."
        f" {notice}"
    )
    return "\n\n".join([*_head(sections, head), *(part for s in sections for part in _section(s))]) + "\n"


def _head(sections: Sequence[Section], head: str) -> Iterator[str]:
    yield "# Benchmarks"
    yield _paragraph(head)
    yield _paragraph(f"Measured with {machine()}")
    checks = [(section, check) for section in sections for check in section.checks]
    missed = [(section, check) for section, check in checks if not check.met]
    yield f"{len(checks) - len(missed)} of {len(checks)} targets were met." + (" Missed:" if missed else "")
    if missed:
        yield "\n".join(f"- {section.title}: {check.what}, {check.verdict}" for section, check in missed)


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title}"
    yield _paragraph(section.method)
    if section.checks:
        rows = tuple(check.row() for check in section.checks)
        yield _grid(("what", "measured", "target", ""), rows)
    for table in section.tables:
        yield _paragraph(table.caption)
        yield _grid(table.headings, table.rows)
    yield _paragraph(f"**In plain words.** {section.reading}")


def _paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)


def _grid(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    ruler = ["---", *("---:" for _ in headings[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, ruler, *rows))
