"""What a version scored, as its manifest keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["HITS", "HITS_IN_COMMON", "Score", "Scores", "scores_from_json"]

HITS = "retrieval hits"

HITS_IN_COMMON = f"{HITS}, in common"
"""Over the recordings that both versions know."""


@dataclass(frozen=True, slots=True)
class Score:
    """One figure: a share, 0 to 1, of how many `notes`, and `of` whom, where it is one singer's."""

    share: float
    notes: int
    of: str = ""


Scores = Mapping[str, Score]
"""By the name of what was measured; what cannot be measured is left out."""


def scores_from_json(value: Mapping[str, Any]) -> Scores:
    """Read what a manifest keeps."""
    return {name: Score(**fields) for name, fields in value.items()}
