"""Figures become a page: how they were measured, checks against targets, tables, as markdown."""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import platform
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from .shares import Interval, Share

DOCS = Path(__file__).resolve().parents[1] / "docs"
_LIBRARIES = "numpy ai-edge-litert scipy librosa numba scikit-learn faiss-cpu soundfile av soxr mir_eval"
_WIDTH = 110
_CHECK = re.compile(
    r"^\| (.+) \| (-?[\d.]+) ?(\S*) \| at (least|most) ([\d.]+).* \| (?:met|missed by .+) \|$", re.MULTILINE
)


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
    """Rows of figures under headings.

    Parameters
    ----------
    caption : str
        Stands above the table; empty for none.
    headings : sequence of str
        One for each column.
    rows : sequence of sequences
        Strings stand as they are; anything else goes through `form`. NaN becomes a dash, an interval the
        figure with its bounds in brackets, and so does a share; a tuple is joined by strokes.
    form : str or sequence of str
        A format for every cell, or one for each column after the first: ``{:.1f} s``, ``{:.1%}``.
    """

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    form: str | Sequence[str] = "{}"

    def lines(self) -> Iterator[str]:
        """Yield the caption and the table itself; nothing without rows."""
        if not self.rows:
            return
        forms = [self.form] * len(self.headings) if isinstance(self.form, str) else ["{}", *self.form]
        if self.caption:
            yield _paragraph(self.caption)
        ruler = ["---", *("---:" for _ in self.headings[1:])]
        shown = ([_cell(*each) for each in zip(row, forms, strict=True)] for row in self.rows)
        yield "\n".join(f"| {' | '.join(cells)} |" for cells in (self.headings, ruler, *shown))


@dataclass(frozen=True, slots=True)
class Section:
    """One thing that was measured: how (in paragraphs), against which targets, in detail, what that says."""

    title: str
    method: str
    checks: Sequence[Check] = ()
    tables: Sequence[Table] = ()
    reading: str = ""

    def lines(self) -> Iterator[str]:
        """Yield its paragraphs and tables."""
        yield f"## {self.title}"
        yield from map(_paragraph, self.method.split("\n\n"))
        yield from Table("", ("what", "measured", "target", ""), [c.row() for c in self.checks]).lines()
        for table in self.tables:
            yield from table.lines()
        if self.reading:
            yield _paragraph(f"**In plain words.** {self.reading}")


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


def measured(package: str, names: Sequence[str], root: Path | None) -> tuple[list[Section], list[str]]:
    """Return the sections that modules of a package measure, and in words what those leave out."""
    found = list[Section | str]()
    for name in names:
        found += importlib.import_module(f"{package}.{name}").measure(root)
    sections = [each for each in found if isinstance(each, Section)]
    return sections, [each for each in found if isinstance(each, str)]


@dataclass(frozen=True, slots=True)
class Page:
    """What stands at the head of a page.

    The program and the target of make that write it, and its place in ``docs/``.
    """

    title: str
    program: str
    make: str
    introduction: str
    place: str

    def render(
        self,
        sections: Sequence[Section],
        notices: Sequence[str] = (),
        *,
        left_out: Sequence[str] = (),
        libraries: str = "",
        plot: str = "",
    ) -> str:
        """Return the page as markdown.

        Notices are paragraphs before the first section, and so is what was `left_out`, and why; `libraries`
        took part besides the usual ones; `plot` is a figure in markdown.
        """
        how = f"Written by `python -m {self.program}` (`make {self.make}`)"
        parts = [f"# {self.title}", _paragraph(f"{how}. {self.introduction}"), *map(_paragraph, notices)]
        if left_out:
            parts += ["Left out:", "\n".join(f"- {line}" for line in left_out)]
        parts.append(_paragraph(f"Measured with {machine()} {libraries}"))
        parts += [*_summary(sections), *([plot] if plot else [])]
        return "\n\n".join([*parts, *(line for section in sections for line in section.lines())]) + "\n"

    def write(
        self,
        options: argparse.Namespace,
        sections: Sequence[Section],
        *notices: str,
        raw: Any = None,
        **more: Any,
    ) -> None:
        """Write `render` where the options of `parser` have it, and as JSON what was measured."""
        if options.json is not None:
            figures = to_json(sections if raw is None else raw)
            options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        options.page.parent.mkdir(parents=True, exist_ok=True)
        options.page.write_text(self.render(sections, notices, **more), encoding="utf-8")
        print(f"wrote {options.page}", flush=True)

    def parser(self, description: str | None) -> argparse.ArgumentParser:
        """Return the options of the program: where the page goes, and the raw figures."""
        parser = argparse.ArgumentParser(prog=f"python -m {self.program}", description=description)
        parser.add_argument(
            "--page", type=Path, default=DOCS / self.place, metavar="FILE", help="where the page goes"
        )
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
        return parser

    def about_recordings(self, root: Path | None) -> str:
        """Say whether real recordings were measured."""
        up = "../" * self.place.count("/")
        if root is None:
            return (
                "`SWARA_EVAL_DATA` was not set: **only what is synthesized was measured**, no real recording."
                f" [Evaluation recordings]({up}evaluation.md) says how to lay that folder out."
            )
        return f"The recordings are listed in [Evaluation recordings]({up}evaluation.md)."


def percent(share: float) -> str:
    """Return a share from 0 to 1 in percent; a dash for NaN, which is a share of nothing."""
    return _cell(share, "{:.1%}")


def machine() -> str:
    """Describe what the figures were measured on, in a sentence."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES.split())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()} on {platform.machine()}"
    return f"{system}, {cores} cores, Python {sys.version.split()[0]}, {libraries}."


def to_json(value: Any) -> Any:
    """Return anything measured as what `json` takes: null for NaN, dataclasses by fields, no functions."""
    if isinstance(value, Share):
        return to_json(value.interval)
    if is_dataclass(value):
        named = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: to_json(each) for name, each in named.items() if not callable(each)}
    if isinstance(value, Mapping):
        return {str(key): to_json(each) for key, each in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return to_json(value.tolist())
    if isinstance(value, list | tuple):
        return [to_json(each) for each in value]
    if isinstance(value, Path | slice):
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _summary(sections: Sequence[Section]) -> Iterator[str]:
    checks = [(section, check) for section in sections for check in section.checks]
    missed = [
        f"- {section.title}: {check.what}, {check.verdict}" for section, check in checks if not check.met
    ]
    if checks:
        yield f"{len(checks) - len(missed)} of {len(checks)} targets were met." + (
            " Missed:" if missed else ""
        )
    if missed:
        yield "\n".join(missed)


def _cell(value: Any, form: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return "/".join(_cell(each, form) for each in value)
    if isinstance(value, Share):
        return _cell(value.interval, form)
    if isinstance(value, Interval):
        low, high = (_cell(bound, form) for bound in (value.low, value.high))
        return f"{_cell(value.value, form)} ({low} to {high}){' **behind**' if value.behind else ''}"
    if value != value:
        return "-"
    return form.format(value).replace("%", " %")


def _paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)
