"""The course of a fine-tuning: stage by stage, stopped early, gone on with from its last checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from .batches import BatchSampler
from .checkpoint import Position, load_checkpoint, save_checkpoint
from .model import FinetuneModel
from .plan import HEAD, FinetunePlan
from .validation import ValidationSet

__all__ = ["Trainer"]


class Trainer:
    """A fine-tuning under way.

    A batch depends on its number alone, and all that learning goes on from is in the checkpoint: one that was
    stopped and goes on comes to the same weights as one that was not.

    Parameters
    ----------
    model : FinetuneModel
    draws : BatchSampler
    watch : ValidationSet
        The notes that say when to stop.
    plan : FinetunePlan
    checkpoint : Path
        Gone on from if it is there.
    progress : callable, optional
        Called with the share of the way that is done; stages that are stopped early are jumped over.
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

    @property
    def position(self) -> Position:
        """How it went so far."""
        return self._position

    def _resume(self) -> bool:
        kept = load_checkpoint(self._checkpoint)
        if kept is not None:
            self._position, state, self._best = kept
            self._trainee.restore(state)
            return True
        self._best = self._trainee.weights()
        self._position = Position(best=self._watch.found(self._trainee).reciprocal_rank)
        return False

    def _done(self) -> bool:
        at = self._position
        return at.stage >= len(self._stages) or (at.idle >= self._plan.idle_stages and at.step == 0)

    def _stage(self) -> None:
        at, plan, free = self._position, self._plan, self._stages[self._position.stage]
        self._trainee.free(free)
        losses: list[float] = []
        while at.step < plan.steps and at.stale < plan.patience:
            rates = plan.rates(free, at.step)
            losses.append(self._trainee.learn(self._draws.draw(at.stage * plan.steps + at.step), rates))
            at.step += 1
            if at.step % plan.every == 0 or at.step == plan.steps:
                self._look(free, rates, float(np.mean(losses)))
                losses.clear()
            self._tell()
        if free != (HEAD,):
            self._trainee.model.set_weights(self._best)
        at.next_stage()
        if free == (HEAD,):
            at.idle = 0  # the head alone changes no vector
        self._save()

    def _look(self, free: tuple[str, ...], rates: dict[str, float], loss: float) -> None:
        if self._position.look(free, rates, loss, self._watch.found(self._trainee)):
            self._best = self._trainee.weights()
        if free == (HEAD,):
            self._position.stale = 0
        self._save()

    def _save(self) -> None:
        save_checkpoint(self._checkpoint, self._position, self._trainee.state(), self._best)

    def _tell(self) -> None:
        if self._progress is not None:
            done = self._position.stage * self._plan.steps + self._position.step
            self._progress(done / (len(self._stages) * self._plan.steps))
