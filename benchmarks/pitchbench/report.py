"""The page: what was measured, in tables of tracker by condition."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.page import Table, machine
from swara.data.arrays import FloatArray

from . import words
from .bootstrap import Interval, interval, paired
from .conditions import Condition
from .cost import LENGTH_S, Cost
from .run import PitchFrames, Results
from .score import BANDS_HZ, Scores
from .trackers import Entry

__all__ = ["Measured", "compared", "render"]

_WIDTH = 110
_DASH = "-"


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that a run found.

    Parameters
    ----------
    entries, absent : tuples of Entry
        Trackers that ran, ours first, and those that are not installed.
    found : tuple of Condition
    results : mapping
        By condition and tracker; conditions without sounds are not in it.
    costs : mapping of str to Cost
    has_recordings : bool
        Whether ``SWARA_EVAL_DATA`` was set.
    plot : Path or None
        The figure, beside the page.
    every : int
        1, or only every so-many-th clip was heard.
    """

    entries: tuple[Entry, ...]
    absent: tuple[Entry, ...]
    found: tuple[Condition, ...]
    results: Results
    costs: Mapping[str, Cost]
    has_recordings: bool
    plot: Path | None
    every: int = 1

    @property
    def ours(self) -> Entry | None:
        """The tracker that the others are compared with: the first of ours."""
        return next((entry for entry in self.entries if entry.ours), None)

    def of(self, group: str) -> list[Condition]:
        """Return the conditions of a group that were heard."""
        return [c for c in self.found if c.group == group and c.name in self.results]


def render(measured: Measured) -> str:
    """Return the page as markdown."""
    return "\n\n".join(_parts(measured)) + "\n"


def _parts(measured: Measured) -> Iterator[str]:
    yield "# Pitch trackers side by side"
    yield _paragraph(words.INTRODUCTION)
    if not measured.has_recordings:
        yield _paragraph(words.NO_RECORDINGS)
    if measured.every > 1:
        yield _paragraph(words.QUICK.format(every=measured.every))
    if measured.absent:
        yield _paragraph(words.ABSENT + ", ".join(_plain(entry) for entry in measured.absent) + ".")
    yield _paragraph(f"Measured with {machine()} {_releases(measured.entries)}")
    if measured.plot is not None:
        yield f"![Accuracy by the level of the tanpura, and by cost]({measured.plot.name})"
    yield "## How it is measured"
    yield _paragraph(words.METHOD)
    yield _paragraph(words.TRACKERS + _thinned(measured.entries))
    yield from _voices(measured)
    yield from _recordings(measured)
    yield from _quiet(measured)
    yield from _range(measured)
    yield from _costs(measured)


def _voices(measured: Measured) -> Iterator[str]:
    for group, title, text in (
        ("voices", "Real voices with an exact pitch", words.VOICES),
        ("made", "Synthesized voices", words.MADE),
    ):
        found = measured.of(group)
        if found:
            yield f"## {title}"
            yield _paragraph(text)
            yield from _group(measured, found)


def _recordings(measured: Measured) -> Iterator[str]:
    found = measured.of("recordings")
    if found:
        yield "## Recordings with labels"
        yield _paragraph(words.RECORDINGS)
        yield from _group(measured, found)


def _group(measured: Measured, found: Sequence[Condition]) -> Iterator[str]:
    """Yield every table of a group of conditions."""
    if measured.ours is not None and len(measured.entries) > 1:
        yield from _grid(_against(measured, measured.ours, found))
    yield from _grid(_by_tracker(measured, found, words.WITHIN, _within))
    yield from _grid(_by_tracker(measured, found, words.INTERVALS, _within_with_interval))
    yield from _grid(_by_tracker(measured, found, words.OCTAVES, _octaves))
    yield from _grid(_by_tracker(measured, found, words.VOICING, _voicing))


def _quiet(measured: Measured) -> Iterator[str]:
    found = measured.of("quiet")
    if found:
        yield "## Where nobody sings"
        yield from _grid(_by_tracker(measured, found, words.QUIET, lambda h: _percent(h.scores.false_alarm)))


def _range(measured: Measured) -> Iterator[str]:
    found = measured.of("range")
    if found:
        yield f"## Voices from {BANDS_HZ[0]:.0f} to {BANDS_HZ[-1]:.0f} Hz"
        yield _paragraph(words.RANGE)
    for condition in found:
        bands = tuple(f"{low:.0f}-{high:.0f}" for low, high in pairwise(BANDS_HZ))
        headings = ("tracker", *bands, "mean", "furthest from it")
        rows = tuple(
            (entry.title, *_band_cells(measured.results[condition.name][entry.name].bands))
            for entry in measured.entries
        )
        yield from _grid(Table(f"{condition.title.capitalize()}, within 50 cents, %.", headings, rows))


def _costs(measured: Measured) -> Iterator[str]:
    if not measured.costs:
        return
    yield "## What it costs"
    yield _paragraph(words.COSTS.format(length_s=LENGTH_S))
    swift = measured.costs.get("swiftf0")
    headings = ("tracker", "CPU, ms per s of audio", "to SwiftF0's", "cold start", "peak memory")
    rows: list[tuple[str, ...]] = []
    for entry in measured.entries:
        cost = measured.costs[entry.name]
        ratio = f"{cost.cpu_ms / swift.cpu_ms:.2f}" if swift else _DASH
        cells = (f"{cost.cpu_ms:.1f}", ratio, f"{cost.cold_s:.2f} s", f"{cost.peak_mb:.0f} MB")
        rows.append((entry.title, *cells))
    yield from _grid(Table("", headings, tuple(rows)))
    grown = [e for e in measured.entries if measured.costs[e.name].by_length]
    if grown:
        lengths = tuple(measured.costs[grown[0].name].by_length)
        rows = [
            (e.title, *(f"{ms:.1f} ms, {mb:.0f} MB" for ms, mb in measured.costs[e.name].by_length.values()))
            for e in grown
        ]
        yield from _grid(
            Table(words.GROWTH, ("tracker", *(f"{length} s" for length in lengths)), tuple(rows))
        )


def _by_tracker(
    measured: Measured, found: Sequence[Condition], caption: str, cell: Callable[[PitchFrames], str]
) -> Table:
    rows = tuple(
        (entry.title, *(cell(measured.results[c.name][entry.name]) for c in found))
        for entry in measured.entries
    )
    return Table(caption, ("tracker", *(c.title for c in found)), rows)


def _against(measured: Measured, ours: Entry, found: Sequence[Condition]) -> Table:
    """Set ours against each peer on the same clips: the difference of raw pitch accuracy at 50 cents."""
    peers = [entry for entry in measured.entries if not entry.ours]
    rows = tuple(
        (peer.title, *(_difference(measured.results[c.name], ours, peer) for c in found)) for peer in peers
    )
    caption = words.AGAINST.format(ours=_plain(ours))
    return Table(caption, (f"{_plain(ours)} less", *(c.title for c in found)), rows)


def _difference(heard: Mapping[str, PitchFrames], ours: Entry, peer: Entry) -> str:
    span = compared(heard[ours.name], heard[peer.name])
    verdict = " **behind**" if span.high < 0 else ""
    return f"{100 * span.value:+.1f} ({100 * span.low:+.1f} to {100 * span.high:+.1f}){verdict}"


def compared(ours: PitchFrames, theirs: PitchFrames) -> Interval:
    """Return how far ours lies ahead at 50 cents, over the clips that both heard."""
    shared = [clip for clip in ours.clips if clip in set(theirs.clips)]
    return paired(ours.on(shared), theirs.on(shared), _share_within_50)


def _share_within_50(counts: FloatArray) -> float:
    return Scores.of(counts).within[0]


def _within(heard: PitchFrames) -> str:
    shares = heard.scores.within
    return "/".join(f"{100 * share:.1f}" for share in shares) if shares[0] == shares[0] else _DASH


def _within_with_interval(heard: PitchFrames) -> str:
    span = interval(heard.counts, _share_within_50)
    return f"{100 * span.value:.1f} ({100 * span.low:.1f} to {100 * span.high:.1f})"


def _octaves(heard: PitchFrames) -> str:
    return _percent(heard.scores.octaves_off, digits=2)


def _voicing(heard: PitchFrames) -> str:
    scores = heard.scores
    return f"{_percent(scores.recall)} / {_percent(scores.false_alarm)}" if scores.recall >= 0 else _DASH


def _band_cells(bands: FloatArray) -> tuple[str, ...]:
    shares = np.array([_share_within_50(band) for band in bands])
    mean = float(np.nanmean(shares))
    furthest = float(shares[np.nanargmax(np.abs(shares - mean))] - mean)
    return (*map(_percent, shares), _percent(mean), f"{100 * furthest:+.1f}")


def _percent(share: float, digits: int = 1) -> str:
    return _DASH if share != share else f"{100 * share:.{digits}f}"


def _plain(entry: Entry) -> str:
    return entry.title.replace("*", "")


def _releases(entries: Sequence[Entry]) -> str:
    named = [
        f"{entry.packages[0]} {entry.release.removesuffix(entry.settings)}"
        for entry in entries
        if entry.packages
    ]
    return f"The trackers: {', '.join(dict.fromkeys(named))}." if named else ""


def _thinned(entries: Sequence[Entry]) -> str:
    thinned = [entry for entry in entries if entry.every > 1]
    if not thinned:
        return ""
    names = ", ".join(_plain(entry) for entry in thinned)
    return f" {names}: on every {_ordinal(thinned[0].every)} clip only, as they are slow."


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third", 4: "fourth"}.get(number, f"{number}th")


def _grid(table: Table) -> Iterator[str]:
    if table.caption:
        yield _paragraph(table.caption)
    ruler = ("---", *("---:" for _ in table.headings[1:]))
    yield "\n".join(f"| {' | '.join(cells)} |" for cells in (table.headings, ruler, *table.rows))


def _paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)
