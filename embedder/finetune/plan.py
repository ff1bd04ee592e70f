"""Gradual unfreezing: what learns in which stage, and how fast (Howard and Ruder 2018, ULMFiT)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["HEAD", "FinetunePlan"]

HEAD = "head"
"""The dense layer that is thrown away afterwards; it learns first, alone."""

_BY_STAGE = 0.7
"""The highest rate of a stage beside that of the stage before."""

_BY_DEPTH = 1 / 2.6
"""The rate of a block beside that of the one above it: ULMFiT's factor."""

_LAST_SHARE = 0.1
"""What is left of the rate at a stage's end."""


@dataclass(frozen=True, slots=True)
class FinetunePlan:
    """What decides how a fine-tuning goes, the recordings not counted.

    Parameters
    ----------
    seed : int
        Of everything random.
    steps : int
        Batches in a stage, unless it is stopped early.
    every : int
        Batches from one look at the watched notes to the next.
    patience : int
        Looks without a gain until a stage is stopped.
    idle_stages : int
        Stages without a gain until no deeper block is set free.
    timbres : int
        Singers in a batch, each heard four times.
    users_share : float
        How many of them are the user's, 0 to 1.
    voices : int
        Synthesized singers to mix in.
    rate : float
        Learning rate of the topmost block when it is first set free.
    head_rate : float
        That of the head in the first stage. It begins from nothing, and what it weighs is of length 1: it
        needs far more than the network.
    """

    seed: int = 1
    steps: int = 60
    every: int = 15
    patience: int = 3
    idle_stages: int = 3
    timbres: int = 24
    users_share: float = 0.5
    voices: int = 48
    rate: float = 5e-4
    head_rate: float = 5e-2

    def stages(self, blocks: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Return what learns in each stage, the newly freed last.

        Parameters
        ----------
        blocks : sequence of str
            From the bottom to the top.
        """
        falling = (HEAD, *reversed(blocks))
        return tuple(falling[:count] for count in range(1, len(falling) + 1))

    def rates(self, free: Sequence[str], step: int) -> dict[str, float]:
        """Return the learning rate of each part that is free at a step of the stage.

        They fall from block to block downwards, from stage to stage, and from step to step.
        """
        fallen = _BY_STAGE ** (len(free) - 1) * (1.0 - (1.0 - _LAST_SHARE) * step / self.steps)
        falling = [_BY_DEPTH**depth * self.rate / _BY_STAGE for depth in range(len(free) - 1)]
        return {part: rate * fallen for part, rate in zip(free, (self.head_rate, *falling), strict=True)}
