"""The figure beside the page: how accuracy falls as the drone rises, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from swara.data.arrays import FloatArray

from .bootstrap import interval
from .cost import Cost
from .run import Results
from .score import Scores
from .trackers import Entry

__all__ = ["draw"]

_LEVELS = ("clean", "tanpura10", "tanpura5", "tanpura0")
_NAMES = ("no drone", "10 dB", "5 dB", "0 dB")
_OURS = "#b3261e"
_INK = "#3a3a3a"
_TICKS_MS = (2, 5, 10, 20, 50, 100, 200, 500)


def draw(path: Path, entries: Sequence[Entry], results: Results, costs: Mapping[str, Cost]) -> bool:
    """Draw raw pitch accuracy by the level of the tanpura, and against CPU time; False if there is none.

    The resynthesised voices are drawn where they were measured, else the synthesized ones.
    """
    levels = next((found for found in (_LEVELS, _made(_LEVELS)) if set(found) <= set(results)), None)
    if levels is None:
        return False
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, NullLocator

    figure = Figure(figsize=(10.5, 4.4), layout="constrained", dpi=130)
    accuracy, price = figure.subplots(1, 2, width_ratios=(3, 2))
    for number, entry in enumerate(entries):
        style = _style(entry, number)
        spans = [interval(results[level][entry.name].counts, _within_50) for level in levels]
        values = [100 * span.value for span in spans]
        errors = [[100 * (s.value - s.low) for s in spans], [100 * (s.high - s.value) for s in spans]]
        accuracy.errorbar(range(4), values, yerr=errors, label=_plain(entry), capsize=2, **style)
        if entry.name in costs:
            cpu_ms, at_5_db = costs[entry.name].cpu_ms, values[2]
            price.plot([cpu_ms], [at_5_db], **{**style, "linestyle": "none"})
            price.annotate(
                _plain(entry),
                (cpu_ms, at_5_db),
                (6, 4),
                textcoords="offset points",
                fontsize=8,
                color=style["color"],
            )
    accuracy.set_xticks(range(4), _NAMES)
    accuracy.set(xlabel="voice above the tanpura", ylabel="frames within 50 cents, %", ylim=(0, 102))
    accuracy.legend(fontsize=8, frameon=False, loc="lower left")
    price.set(xlabel="CPU ms for a second of audio, one thread", xscale="log", ylim=(0, 102))
    price.set_title("tanpura 5 dB under the voice", fontsize=9, color=_INK)
    price.margins(x=0.25)
    price.xaxis.set_major_locator(FixedLocator(_TICKS_MS))
    price.xaxis.set_major_formatter("{x:g}")
    price.xaxis.set_minor_locator(NullLocator())
    for axes in (accuracy, price):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.25)
    figure.savefig(path, metadata={"Software": None})
    return True


def _within_50(counts: FloatArray) -> float:
    return Scores.of(counts).within[0]


def _made(levels: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"made-{level}" for level in levels)


def _plain(entry: Entry) -> str:
    return entry.title.replace("*", "")


def _style(entry: Entry, number: int) -> dict[str, object]:
    if entry.name == "head":
        return {"color": _OURS, "marker": "o", "linewidth": 2.4, "zorder": 5}
    colours = ("#1f77b4", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf")
    return {"color": colours[number % len(colours)], "marker": "os^Dv<>P"[number % 8], "linewidth": 1.2}
