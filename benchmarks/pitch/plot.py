"""The figure beside the page: who still hears the voice over a tanpura, and at what price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .measure import Results, TrackerCost
from .score import Scores
from .trackers import Entry

_LEVELS = {"clean": "no drone", "tanpura10": "10 dB", "tanpura5": "5 dB", "tanpura0": "0 dB"}
_OURS, _INK = "#b3261e", "#3a3a3a"
_COLOURS = ("#1f77b4", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf")
_TICKS_MS = (2, 5, 10, 20, 50, 100, 200, 500)


def draw(path: Path, entries: Sequence[Entry], results: Results, costs: Mapping[str, TrackerCost]) -> bool:
    """Draw raw pitch accuracy by the level of the tanpura, and against CPU time where that is known.

    The resynthesised voices are drawn where they were measured, else the synthesized ones; False if neither.
    """
    sets = ([prefix + level for level in _LEVELS] for prefix in ("", "made-"))
    levels = next((names for names in sets if set(names) <= set(results)), None)
    if levels is None:
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 4.4), layout="constrained", dpi=130)
    accuracy, *priced = figure.subplots(1, 2, width_ratios=(3, 2)) if costs else [figure.subplots()]
    for number, entry in enumerate(entries):
        heard = [results[level].get(entry.name) for level in levels]
        if None not in heard:
            _curve(accuracy, priced, entry, number, heard, costs.get(entry.name))
    accuracy.set_xticks(range(4), _LEVELS.values())
    accuracy.set(xlabel="voice above the tanpura", ylabel="frames within 50 cents, %", ylim=(0, 102))
    accuracy.legend(fontsize=8, frameon=False, loc="lower left")
    for axes in priced:
        _price_axis(axes)
    for axes in (accuracy, *priced):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.25)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
    return True


def _price_axis(price: Any) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator

    price.set(xlabel="CPU ms for a second of audio, one thread", xscale="log", ylim=(0, 102))
    price.set_title("tanpura 5 dB under the voice", fontsize=9, color=_INK)
    price.margins(x=0.25)
    price.xaxis.set_major_locator(FixedLocator(_TICKS_MS))
    price.xaxis.set_major_formatter("{x:g}")
    price.xaxis.set_minor_locator(NullLocator())


def _curve(
    accuracy: Any,
    priced: Sequence[Any],
    entry: Entry,
    number: int,
    heard: Sequence[Scores],
    cost: TrackerCost | None,
) -> None:
    colour, marker = (_COLOURS[number % 8], "os^Dv<>P"[number % 8]) if number else (_OURS, "o")
    style = {
        "color": colour,
        "marker": marker,
        "linewidth": 1.2 if number else 2.4,
        "zorder": 3 if number else 5,
    }
    spans = [(100 * scores.within[0]).interval for scores in heard]
    errors = [[s.value - s.low for s in spans], [s.high - s.value for s in spans]]
    values = [s.value for s in spans]
    accuracy.errorbar(range(4), values, yerr=errors, label=entry.plain_title, capsize=2, **style)
    for price in priced if cost is not None else ():
        at = (cost.cpu_ms, values[2])
        price.plot(*([each] for each in at), **{**style, "linestyle": "none"})
        words = {"textcoords": "offset points", "fontsize": 8, "color": colour}
        price.annotate(entry.plain_title, at, (6, 4), **words)
