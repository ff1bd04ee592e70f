"""The figures of a run, unrounded, for other programs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .bootstrap import interval
from .cost import Cost
from .run import PitchFrames, Results
from .score import Scores

__all__ = ["raw"]


def raw(results: Results, costs: Mapping[str, Cost]) -> dict[str, Any]:
    """Return scores with the interval at 50 cents, counts by clip and by band, and costs; null for NaN."""
    return {
        "conditions": {
            condition: {name: _heard(heard) for name, heard in by_tracker.items()}
            for condition, by_tracker in results.items()
        },
        "costs": {name: asdict(cost) for name, cost in costs.items()},
    }


def _heard(heard: PitchFrames) -> dict[str, Any]:
    scores = heard.scores
    span = interval(heard.counts, lambda counts: Scores.of(counts).within[0])
    return {
        "within": [_number(share) for share in scores.within],
        "within_50_interval": [_number(span.low), _number(span.high)],
        "octaves_off": _number(scores.octaves_off),
        "recall": _number(scores.recall),
        "false_alarm": _number(scores.false_alarm),
        "clips": list(heard.clips),
        "counts": heard.counts.tolist(),
        "bands": heard.bands.tolist(),
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
