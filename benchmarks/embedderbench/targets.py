"""What the built-in embedder must reach, and how far it is from that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from benchmarks.page import Check

from .ablation import FEATURES, Ablated
from .cost import CORES, Cost
from .peers import FLOOR, OURS, YAMNET
from .program import Program
from .run import ASKED, InstrumentScores, SingerScores

__all__ = ["LEAST_MRR", "cost_checks", "head_checks", "instrument_checks", "program_checks", "singer_checks"]

LEAST_MRR = {"plain": 0.92, "fifth": 0.6}
LEAST_SPEEDUP = 5.0
LEAST_RIGHT = 99.0
MOST_OF_TENSORFLOW, MOST_MB = 0.3, 300.0

_Score = TypeVar("_Score")

_AHEAD_OF = {YAMNET: "YAMNet", FLOOR: "MFCC"}
_SINGERS = {"plain": "same singer, as recorded", "fifth": "same singer, a half a fifth higher"}
_SETS = ("chromatic scale", "calans", "bundled samples in other keys")


def instrument_checks(scores: Mapping[str, InstrumentScores]) -> list[Check]:
    """Check that ours is ahead of both peers on every collection asked about."""
    if OURS not in scores:
        return []
    ours = scores[OURS].probed
    return [
        Check(f"{ASKED[key]}: ahead of {title} by", 100 * ours[key].ahead_of(peer[key]).value, 0.1, "points")
        for key in ours
        for peer, title in _peers({name: score.probed for name, score in scores.items()})
    ]


def singer_checks(scores: Mapping[str, Mapping[str, SingerScores]]) -> list[Check]:
    """Check the mean reciprocal ranks by themselves and against both peers."""
    checks = []
    for condition, title in _SINGERS.items():
        by_peer = scores.get(condition, {})
        if OURS not in by_peer:
            continue
        ours = by_peer[OURS].found
        checks.append(Check(f"{title}: MRR", ours.mrr.value, LEAST_MRR[condition], "", digits=2))
        for peer, name in _peers(by_peer):
            checks.append(
                Check(f"{title}: ahead of {name} by", ours.ahead_of(peer.found).value, 0.01, "", digits=2)
            )
    return checks


def head_checks(ablated: Sequence[Ablated]) -> list[Check]:
    """Check the head that looks at everything, on each set of notes."""
    whole = [each for each in ablated if each.feature == FEATURES[0]]
    return [
        Check(f"note head, {title}: right", 100 * outcome.share, LEAST_RIGHT)
        for each in whole
        for title, outcome in zip(_SETS, each.outcomes, strict=True)
    ]


def cost_checks(costs: Mapping[str, Cost]) -> list[Check]:
    """Check the throughput against YAMNet's in the same run."""
    if OURS not in costs or YAMNET not in costs:
        return []
    return [
        Check(
            f"throughput over YAMNet's, {_cores(count)}",
            costs[OURS].per_wall[count] / costs[YAMNET].per_wall[count],
            LEAST_SPEEDUP,
            "times",
        )
        for count in CORES
    ]


def program_checks(program: Program | None) -> list[Check]:
    """Check the whole program against loading TensorFlow, where that is installed, and its memory."""
    if program is None:
        return []
    memory = Check("peak memory of `swara analyze`", program.analyze_mb, MOST_MB, "MB", True, digits=0)
    if program.ratio != program.ratio:
        return [memory]
    what = "time of `swara analyze` over `import tensorflow`"
    return [Check(what, program.ratio, MOST_OF_TENSORFLOW, "", at_most=True, digits=2), memory]


def _peers(scores: Mapping[str, _Score]) -> list[tuple[_Score, str]]:
    return [(scores[name], title) for name, title in _AHEAD_OF.items() if name in scores]


def _cores(count: int) -> str:
    return "one core" if count == 1 else f"{count} cores"
