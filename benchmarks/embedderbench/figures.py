"""The figures of a run, unrounded, for other programs."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from benchmarks.pitchbench.bootstrap import Interval

from .report import Measured

__all__ = ["raw"]


def raw(measured: Measured) -> dict[str, Any]:
    """Return shares, ranks with their intervals, counts and costs; null for NaN."""
    return {
        "instruments": {
            name: {
                "inverse_penalty": score.inverse_penalty,
                "accuracy": {key: _span(probed.accuracy) for key, probed in score.probed.items()},
                "confusion": {key: probed.confusion.tolist() for key, probed in score.probed.items()},
            }
            for name, score in measured.instruments.items()
        },
        "singers": {
            condition: {
                name: {pooling: _span(found.mrr) for pooling, found in score.by_pooling.items()}
                for name, score in by_peer.items()
            }
            for condition, by_peer in measured.singers.items()
        },
        "single_notes": {
            name: [_span(share) for share in score.shares] for name, score in measured.notes.items()
        },
        "note_head": {
            name: {each.feature.title: [list(outcome) for outcome in each.outcomes] for each in ablated}
            for name, ablated in measured.heads.items()
        },
        "costs": {name: asdict(cost) for name, cost in measured.costs.items()},
        "program": None
        if measured.program is None
        else {key: _number(value) for key, value in asdict(measured.program).items()},
        "targets": [
            {"what": c.what, "measured": _number(c.measured), "target": c.target, "met": c.met}
            for c in measured.checks
        ],
    }


def _span(span: Interval) -> list[float | None]:
    return [_number(value) for value in (span.value, span.low, span.high)]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
