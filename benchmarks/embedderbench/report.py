"""The page: targets first, then each question in tables of embedder by condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.page import Check, machine

from . import words
from .ablation import Ablated
from .cost import Cost
from .markdown import grid, paragraph
from .peers import Peer
from .program import Program
from .run import InstrumentScores, SingerScores
from .single_notes import NoteScores
from .tables import (
    ahead_rows,
    confusion_rows,
    cost_rows,
    head_rows,
    instrument_pooling_rows,
    instrument_rows,
    note_rows,
    pooling_rows,
    singer_rows,
)
from .takes import Condition
from .targets import cost_checks, head_checks, instrument_checks, program_checks, singer_checks

__all__ = ["Measured", "render"]


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that a run found; what was not measured is empty or None.

    Parameters
    ----------
    peers : tuple of Peer
        Those that ran, ours first.
    left_out : tuple of str
        What did not run, and why.
    conditions : tuple of Condition
        Those that halves of takes were heard in.
    instruments : mapping of str to InstrumentScores
        By embedder.
    singers : mapping
        By condition and embedder.
    notes : mapping of str to NoteScores
        By embedder.
    takes : int
        How many there were.
    heads : mapping of str to sequence of Ablated
        By embedder, ours first.
    costs : mapping of str to Cost
    program : Program or None
    has_recordings : bool
        Whether ``SWARA_EVAL_DATA`` was set.
    quick : bool
        Whether only a part was heard.
    plot : Path or None
        The figure, beside the page.
    """

    peers: tuple[Peer, ...]
    left_out: tuple[str, ...]
    conditions: tuple[Condition, ...]
    instruments: Mapping[str, InstrumentScores]
    singers: Mapping[str, Mapping[str, SingerScores]]
    notes: Mapping[str, NoteScores]
    takes: int
    heads: Mapping[str, Sequence[Ablated]]
    costs: Mapping[str, Cost]
    program: Program | None
    has_recordings: bool
    quick: bool = False
    plot: Path | None = None

    @property
    def checks(self) -> list[Check]:
        """Every target that something was measured against."""
        ours = next(iter(self.heads.values()), ())
        return [
            *instrument_checks(self.instruments),
            *singer_checks(self.singers),
            *head_checks(ours),
            *cost_checks(self.costs),
            *program_checks(self.program),
        ]


def render(measured: Measured) -> str:
    """Return the page as markdown."""
    return "\n\n".join(_parts(measured)) + "\n"


def _parts(measured: Measured) -> Iterator[str]:
    yield "# Embedders side by side"
    yield paragraph(words.INTRODUCTION)
    if not measured.has_recordings:
        yield paragraph(words.NO_RECORDINGS)
    if measured.quick:
        yield paragraph(words.QUICK)
    if measured.left_out:
        yield "Left out:"
        yield "\n".join(f"- {line}" for line in measured.left_out)
    yield paragraph(f"Measured with {machine()}")
    random = [peer.title for peer in measured.peers if peer.speed_only]
    if random:
        yield paragraph(words.RANDOM.format(titles=", ".join(random)))
    yield from _targets(measured.checks)
    if measured.plot is not None:
        yield f"![Same singer, instruments, and cost, by embedder]({measured.plot.name})"
    yield from _instruments(measured)
    yield from _singers(measured)
    yield from _heads(measured)
    yield from _costs(measured)


def _targets(checks: Sequence[Check]) -> Iterator[str]:
    if not checks:
        return
    met = sum(check.met for check in checks)
    yield "## Targets"
    yield f"{met} of {len(checks)} targets were met."
    yield grid(("what", "measured", "target", ""), [check.row() for check in checks])


def _instruments(measured: Measured) -> Iterator[str]:
    if not measured.instruments:
        return
    yield "## Which instrument"
    yield paragraph(words.INSTRUMENTS)
    yield grid(*instrument_rows(measured.peers, measured.instruments))
    by_set = {
        key: {name: score.probed[key] for name, score in measured.instruments.items()}
        for key in next(iter(measured.instruments.values())).probed
    }
    yield from _table(words.AHEAD, ahead_rows(measured.peers, by_set, scale=100, digits=1))
    yield from _table(words.INSTRUMENTS_POOLED, instrument_pooling_rows(measured.peers, measured.instruments))
    yield from _table(words.CONFUSION, confusion_rows(measured.peers, measured.instruments))


def _singers(measured: Measured) -> Iterator[str]:
    if not measured.singers:
        return
    yield "## Who sings"
    yield paragraph(words.SINGERS.format(takes=measured.takes))
    yield from _table(words.SINGER_TABLE, singer_rows(measured.peers, measured.conditions, measured.singers))
    by_condition = {
        condition.title: {
            name: score.found for name, score in measured.singers.get(condition.name, {}).items()
        }
        for condition in measured.conditions
    }
    yield from _table(words.AHEAD, ahead_rows(measured.peers, by_condition, scale=1, digits=2))
    yield from _table(words.POOLED, pooling_rows(measured.peers, measured.conditions, measured.singers))
    yield from _table(words.NOTES, note_rows(measured.peers, measured.notes))


def _heads(measured: Measured) -> Iterator[str]:
    if measured.heads:
        yield "## Which swara"
        yield paragraph(words.HEAD)
        yield from _table(words.HEAD_TABLE, head_rows(measured.peers, measured.heads))


def _costs(measured: Measured) -> Iterator[str]:
    if measured.costs or measured.program:
        yield "## What it costs"
    if measured.costs:
        yield paragraph(words.COSTS)
        yield grid(*cost_rows(measured.peers, measured.costs))
    program = measured.program
    if program is not None:
        yield paragraph(words.PROGRAM)
        rows = [
            ("`swara analyze`", f"{program.analyze_s:.2f} s", f"{program.analyze_mb:.0f} MB"),
            ("`import tensorflow`", f"{program.tensorflow_s:.2f} s", f"{program.tensorflow_mb:.0f} MB"),
        ]
        installed = program.ratio == program.ratio
        yield grid(("program", "time", "peak memory"), rows if installed else rows[:1])


def _table(caption: str, table: tuple[Sequence[str], Sequence[Sequence[str]]]) -> Iterator[str]:
    headings, rows = table
    if rows:
        yield paragraph(caption)
        yield grid(headings, rows)
