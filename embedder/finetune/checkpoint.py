"""How far a fine-tuning has come, in one file that is whole or not there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from swara.data.storage.npz import read_arrays, write_arrays

from .retrieval import RetrievalScore

__all__ = ["Position", "load_checkpoint", "save_checkpoint"]


@dataclass(slots=True)
class Position:
    """Where a fine-tuning stands.

    Parameters
    ----------
    stage, step : int
        The stage at work, and the batches of it that are done.
    best : float
        Highest mean reciprocal rank of the watched notes so far.
    stale : int
        Looks at them since the last gain, in this stage.
    gained : bool
        Whether there was a gain in this stage.
    idle : int
        Stages without a gain since the last one with one.
    looks : list of dict
        What was seen at every look: JSON values.
    """

    stage: int = 0
    step: int = 0
    best: float = 0.0
    stale: int = 0
    gained: bool = False
    idle: int = 0
    looks: list[dict[str, Any]] = field(default_factory=list)

    def look(self, free: Sequence[str], rates: dict[str, float], loss: float, found: RetrievalScore) -> bool:
        """Note what was seen; return whether it is the best so far."""
        better = found.reciprocal_rank > self.best
        self.looks.append(
            {
                "stage": self.stage,
                "step": self.step,
                "free": list(free),
                "rates": {part: float(f"{rate:.3g}") for part, rate in rates.items()},
                "loss": round(loss, 4),
                "watched": found.to_json(),
            }
        )
        self.stale = 0 if better else self.stale + 1
        self.gained = self.gained or better
        self.best = max(self.best, found.reciprocal_rank)
        return better

    def next_stage(self) -> None:
        """Leave this stage behind."""
        self.idle = 0 if self.gained else self.idle + 1
        self.stage, self.step, self.stale, self.gained = self.stage + 1, 0, 0, False


def save_checkpoint(
    file: Path, position: Position, state: dict[str, np.ndarray], best: Sequence[np.ndarray]
) -> None:
    """Write where a fine-tuning stands, the state of what learns, and the best weights so far.

    Raises
    ------
    OutputError
        If it cannot be written; the checkpoint before is then still there.
    """
    arrays = {f"state/{name}": array for name, array in state.items()}
    arrays |= {f"best/{number}": array for number, array in enumerate(best)}
    write_arrays(file, {"position": np.array(json.dumps(asdict(position))), **arrays})


def load_checkpoint(file: Path) -> tuple[Position, dict[str, np.ndarray], list[np.ndarray]] | None:
    """Return what `save_checkpoint` wrote; None if it is not there or is damaged."""
    try:
        arrays = read_arrays(file)
        position = Position(**json.loads(str(arrays["position"])))
        names = [name for name in arrays if name.startswith("state/")]
        state = {name.removeprefix("state/"): arrays[name] for name in names}
        count = sum(name.startswith("best/") for name in arrays)
        return position, state, [arrays[f"best/{number}"] for number in range(count)]
    except (OSError, ValueError, TypeError, KeyError):
        return None
