"""The figure beside the page: who finds the singer again, who names the instrument, and how fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.pitchbench.bootstrap import Interval

from .report import Measured
from .run import ASKED
from .tables import plain

__all__ = ["draw"]

_COLOURS = ("#b3261e", "#1f77b4", "#7f7f7f", "#9ecae1", "#c7c7c7")
_WIDTH = 0.8


def draw(path: Path, measured: Measured) -> bool:
    """Draw what was measured as bars with their intervals; False if there is nothing to draw."""
    if not measured.singers and not measured.instruments:
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.0, 4.0), layout="constrained", dpi=130)
    singers, instruments, speed = figure.subplots(1, 3, width_ratios=(5, 2.5, 2.5))
    titles = {c.name: c.title for c in measured.conditions if c.name in measured.singers}
    _bars(
        singers,
        measured,
        [titles[name].replace(", ", ",\n") for name in titles],
        {
            peer.name: [measured.singers[name][peer.name].found.mrr for name in titles]
            for peer in measured.peers
            if titles and peer.name in measured.singers[next(iter(titles))]
        },
    )
    singers.set(ylabel="same singer, mean reciprocal rank", ylim=(0, 1.05))
    singers.legend(fontsize=8, frameon=False, loc="upper right")
    sets = [key for key in ASKED if any(key in s.probed for s in measured.instruments.values())]
    _bars(
        instruments,
        measured,
        [ASKED[key].replace(" ", "\n") for key in sets],
        {name: [score.probed[key].accuracy for key in sets] for name, score in measured.instruments.items()},
    )
    instruments.set(ylabel="instrument named rightly", ylim=(0, 1.05))
    _speed(speed, measured)
    for axes in (singers, instruments, speed):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.25)
    figure.savefig(path, metadata={"Software": None})
    return True


def _bars(
    axes: Any, measured: Measured, groups: Sequence[str], spans: Mapping[str, Sequence[Interval]]
) -> None:
    for place, (name, values) in enumerate(spans.items()):
        width = _WIDTH / len(spans)
        at = [group - _WIDTH / 2 + (place + 0.5) * width for group in range(len(groups))]
        errors = [[s.value - s.low for s in values], [s.high - s.value for s in values]]
        colour, label = _style(measured, name)
        axes.bar(at, [s.value for s in values], width, yerr=errors, capsize=2, color=colour, label=label)
    axes.set_xticks(range(len(groups)), groups, fontsize=8)


def _speed(axes: Any, measured: Measured) -> None:
    names = list(measured.costs)
    rates = [measured.costs[name].per_wall[1] for name in names]
    axes.bar(range(len(names)), rates, _WIDTH, color=[_style(measured, name)[0] for name in names])
    labels = [_style(measured, name)[1].replace(" (", "\n(") for name in names]
    axes.set_xticks(range(len(names)), labels, fontsize=7, rotation=45, ha="right")
    axes.set(ylabel="audio s per s, one core")
    if rates:
        axes.set_yscale("log")


def _style(measured: Measured, name: str) -> tuple[str, str]:
    order = [peer.name for peer in measured.peers]
    place = order.index(name)
    return _COLOURS[place % len(_COLOURS)], plain(measured.peers[place])
