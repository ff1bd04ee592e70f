"""The figure beside the page: who finds the singer again, who names the instrument, and how fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.shares import Share

from .measure import EmbedderCost
from .peers import Peer

_COLOURS = ("#b3261e", "#1f77b4", "#7f7f7f", "#9ecae1", "#c7c7c7")
_WIDTH = 0.8


def draw(
    path: Path,
    peers: Sequence[Peer],
    singers: Mapping[str, Mapping[str, Share]],
    instruments: Mapping[str, Mapping[str, Share]],
    costs: Mapping[str, EmbedderCost],
) -> bool:
    """Draw what was measured as bars with their intervals; False if there is nothing to draw.

    Shares are by the title of what was asked, then by embedder; the order of the peers gives the colours.
    """
    if not singers and not instruments:
        return False
    from matplotlib.figure import Figure

    styles = {p.name: (_COLOURS[k % len(_COLOURS)], p.plain_title) for k, p in enumerate(peers)}
    figure = Figure(figsize=(11.0, 4.6), layout="constrained", dpi=130)
    ranks, named, speed = figure.subplots(1, 3, width_ratios=(5, 2.5, 2.5))
    _bars(ranks, styles, {title.replace(", ", ",\n"): column for title, column in singers.items()})
    ranks.set(ylabel="same singer, mean reciprocal rank", ylim=(0, 1.05))
    how = {"fontsize": 8, "frameon": False, "loc": "outside upper left", "ncols": 3}
    figure.legend(*ranks.get_legend_handles_labels(), **how)
    _bars(named, styles, {title.replace(", ", ",\n"): column for title, column in instruments.items()})
    named.set(ylabel="instrument named rightly", ylim=(0, 1.05))
    for place, (name, cost) in enumerate(costs.items()):
        speed.bar(place, cost.per_wall[1], _WIDTH, color=styles[name][0], log=True)
    labels = [styles[name][1].replace(" (", "\n(") for name in costs]
    speed.set_xticks(range(len(labels)), labels, fontsize=7, rotation=45, ha="right")
    speed.set(ylabel="audio s per s, one core")
    for axes in (ranks, named, speed):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.25)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
    return True


def _bars(
    axes: Any, styles: Mapping[str, tuple[str, str]], groups: Mapping[str, Mapping[str, Share]]
) -> None:
    names = list(next(iter(groups.values()), ()))
    for place, name in enumerate(names):
        width = _WIDTH / len(names)
        at = [group - _WIDTH / 2 + (place + 0.5) * width for group in range(len(groups))]
        spans = [shares[name].interval for shares in groups.values()]
        errors = [[s.value - s.low for s in spans], [s.high - s.value for s in spans]]
        colour, label = styles[name]
        axes.bar(at, [s.value for s in spans], width, yerr=errors, capsize=2, color=colour, label=label)
    axes.set_xticks(range(len(groups)), groups, fontsize=7, rotation=30, ha="right")
