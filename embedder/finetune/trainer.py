"""The course of a fine-tuning: stage by stage, stopped early, gone on with from its last checkpoint."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from swara.data.storage.npz import read_arrays, write_arrays

from .batches import BatchSampler
from .model import FinetuneModel
from .plan import HEAD, FinetunePlan
from .retrieval import RetrievalScore
from .validation import ValidationSet

__all__ = ["Position", "Trainer", "load_checkpoint", "save_checkpoint"]


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


class Trainer:
    """A fine-tuning under way.

    A batch depends on its number alone, and all that learning goes on from is in the checkpoint: one that was
    stopped and goes on comes to the same weights as one that was not.

    Parameters
    ----------
    model : FinetuneModel
        What is trained.
    draws : BatchSampler
        Gives the batches.
    watch : ValidationSet
        The notes that say when to stop.
    plan : FinetunePlan
        How long is trained, in which stages, and how fast.
    checkpoint : Path
        Gone on from if it is there.
    progress : callable, optional
        Called with the share of the way that is done; stages that are stopped early are jumped over.

    Attributes
    ----------
    position : Position
        How it went so far.
    resumed : bool
        Whether it went on from a checkpoint.
    """

    def __init__(
        self,
        model: FinetuneModel,
        draws: BatchSampler,
        watch: ValidationSet,
        plan: FinetunePlan,
        checkpoint: Path,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        self._trainee, self._draws, self._watch, self._plan = model, draws, watch, plan
        self._checkpoint, self._progress = checkpoint, progress
        self._stages = plan.stages(model.blocks)
        self.resumed = self._resume()

    def run(self) -> None:
        """Learn until the last stage is done or nothing is gained any more; the best weights are then in."""
        while not self._done():
            self._stage()
        self._trainee.model.set_weights(self._best)

    def _resume(self) -> bool:
        kept = load_checkpoint(self._checkpoint)
        if kept is not None:
            self.position, state, self._best = kept
            self._trainee.restore(state)
            return True
        self._best = self._trainee.weights()
        self.position = Position(best=self._watch.found(self._trainee).reciprocal_rank)
        return False

    def _done(self) -> bool:
        at = self.position
        return at.stage >= len(self._stages) or (at.idle >= self._plan.idle_stages and at.step == 0)

    def _stage(self) -> None:
        at, plan, free = self.position, self._plan, self._stages[self.position.stage]
        self._trainee.free(free)
        losses: list[float] = []
        while at.step < plan.steps and at.stale < plan.patience:
            rates = plan.rates(free, at.step)
            losses.append(self._trainee.learn(self._draws.draw(at.stage * plan.steps + at.step), rates))
            at.step += 1
            if at.step % plan.every == 0 or at.step == plan.steps:
                self._look(free, rates, float(np.mean(losses)))
                losses.clear()
            if self._progress is not None:
                done = at.stage * plan.steps + at.step
                self._progress(done / (len(self._stages) * plan.steps))
        if free != (HEAD,):
            self._trainee.model.set_weights(self._best)
        at.next_stage()
        if free == (HEAD,):
            at.idle = 0  # the head alone changes no vector
        self._save()

    def _look(self, free: tuple[str, ...], rates: dict[str, float], loss: float) -> None:
        if self.position.look(free, rates, loss, self._watch.found(self._trainee)):
            self._best = self._trainee.weights()
        if free == (HEAD,):
            self.position.stale = 0
        self._save()

    def _save(self) -> None:
        save_checkpoint(self._checkpoint, self.position, self._trainee.state(), self._best)
