"""What the built-in embedder must reach, and how far it is from that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.note_head import FEATURES, HeadScores
from benchmarks.page import Check
from benchmarks.shares import Share

from .measure import ANALYZE, CORES, TENSORFLOW, EmbedderCost, Program
from .peers import FLOOR, OURS, YAMNET

LEAST_MRR = {"plain": 0.92, "fifth": 0.6}
LEAST_SPEEDUP, LEAST_RIGHT = 5.0, 99.0
MOST_OF_TENSORFLOW, MOST_MB = 0.3, 300.0

_AHEAD_OF = {YAMNET: "YAMNet", FLOOR: "MFCC"}
_SINGING = {"plain": "same singer, as recorded", "fifth": "same singer, a half a fifth higher"}
_SETS = {"scale": "chromatic scale", "calan": "calans", "keys": "bundled samples in other keys"}


def instrument_checks(accuracies: Mapping[str, Mapping[str, Share]]) -> list[Check]:
    """Check that ours is ahead of both peers; shares by collection, then by embedder."""
    return [
        Check(f"{title}: ahead of {name} by", 100 * lead, 0.1, "points")
        for title, shares in accuracies.items()
        for name, lead in _leads(shares)
    ]


def singer_checks(ranks: Mapping[str, Mapping[str, Share]]) -> list[Check]:
    """Check the mean reciprocal ranks, by condition and embedder, by themselves and against both peers."""
    checks = []
    for condition, title in _SINGING.items():
        shares = ranks.get(condition, {})
        if OURS in shares:
            checks.append(Check(f"{title}: MRR", shares[OURS].value, LEAST_MRR[condition], "", digits=2))
        for name, lead in _leads(shares):
            checks.append(Check(f"{title}: ahead of {name} by", lead, 0.01, "", digits=2))
    return checks


def head_checks(trials: Sequence[HeadScores]) -> list[Check]:
    """Check the head that looks at everything, on each set of notes."""
    return [
        Check(f"note head, {title}: right", 100 * outcome.share(outcome.right), LEAST_RIGHT)
        for trial in trials
        if trial.feature == FEATURES[0]
        for title, outcome in ((title, getattr(trial, key)) for key, title in _SETS.items())
    ]


def cost_checks(costs: Mapping[str, EmbedderCost]) -> list[Check]:
    """Check the throughput against YAMNet's in the same run."""
    if OURS not in costs or YAMNET not in costs:
        return []
    ratios = {count: costs[OURS].per_wall[count] / costs[YAMNET].per_wall[count] for count in CORES}
    words = {count: "one core" if count == 1 else f"{count} cores" for count in CORES}
    return [
        Check(f"throughput over YAMNet's, {words[count]}", ratio, LEAST_SPEEDUP, "times")
        for count, ratio in ratios.items()
    ]


def program_checks(program: Program) -> list[Check]:
    """Check the whole program against loading TensorFlow, where that is installed, and its memory."""
    checks = []
    if TENSORFLOW in program:
        ratio, what = program[ANALYZE][0] / program[TENSORFLOW][0], f"time of {ANALYZE} over {TENSORFLOW}"
        checks.append(Check(what, ratio, MOST_OF_TENSORFLOW, "", at_most=True, digits=2))
    if ANALYZE in program:
        memory = program[ANALYZE][1]
        checks.append(Check(f"peak memory of {ANALYZE}", memory, MOST_MB, "MB", at_most=True, digits=0))
    return checks


def _leads(shares: Mapping[str, Share]) -> list[tuple[str, float]]:
    """Return how far ours lies ahead of each peer that was measured."""
    return [
        (name, shares[OURS].ahead_of(shares[peer]).value)
        for peer, name in _AHEAD_OF.items()
        if OURS in shares and peer in shares
    ]
