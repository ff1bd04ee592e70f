"""The network while it is trained, on whichever backend Keras has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from swara.embedder.builtin.embedder import VECTOR_DIM
from swara.embedder.builtin.features import Levels

from .batches import ViewBatch
from .layers import EmbedderLayers
from .losses import CONTRASTS, contrasts, meant, pooled, retrieved, strayed
from .running import averaged, restore, save
from .shipped import load_shipped

__all__ = ["LOSSES", "Learner"]

_WEIGHT_DECAY = 1e-4
_EMA = 0.998

LOSSES = (*CONTRASTS, "strayed")
"""What `Learner.losses` are of."""


class Learner:
    """Network, optimizer, and the running average of the weights.

    Parameters
    ----------
    start : Path, optional
        Weights, ``.h5``, or an exported file, ``.tflite``, to begin with; drawn at random if not given.
    keep_singers : float
        Weight of how far singers stray from where the weights that were begun with had them.

    Attributes
    ----------
    step : int
        Batches learned from.
    """

    def __init__(self, start: Path | None = None, keep_singers: float = 0.0) -> None:
        self._network = _begun(start)
        self._first = _begun(start) if keep_singers and start else None
        self._optimizer = keras.optimizers.AdamW(
            0.0, weight_decay=_WEIGHT_DECAY, clipnorm=1.0, use_ema=True, ema_momentum=_EMA
        )
        self._contrasted = _Contrasted(self._network, keep_singers if self._first else 0.0)
        # On TensorFlow without XLA, as the weights that ship were trained; JAX has nothing else.
        self._contrasted.compile(self._optimizer, jit_compile=keras.backend.backend() == "jax")
        self._optimizer.build(self._network.trainable_variables)
        self._found: list[list[float]] = []
        self.step = 0

    def learn(self, batch: ViewBatch, rate: float) -> None:
        """Learn from a batch at a learning rate."""
        self._optimizer.learning_rate.assign(rate)
        labels = (batch.shares, batch.timbres.astype(np.int32), batch.takes.astype(np.int32))
        kept = (self._goals(batch), batch.sung)
        found = self._contrasted.train_on_batch(
            (batch.levels, batch.weights), (*labels, *kept), return_dict=True
        )
        self._found.append([float(found[name]) for name in LOSSES])
        self.step += 1

    def _goals(self, batch: ViewBatch) -> Levels:
        """Return where the first weights put singers, shape [views, VECTOR_DIM]; zeros for all else."""
        goals = np.zeros((len(batch.shares), VECTOR_DIM), np.float32)
        if self._first is not None:
            heard = (batch.levels[batch.sung], batch.weights[batch.sung])
            vectors = self._first.predict_on_batch(heard)
            goals[batch.sung] = meant(EmbedderLayers.timbre(vectors), batch.shares[batch.sung])
        return goals

    def losses(self) -> dict[str, float]:
        """Return the mean of each loss since this was asked last."""
        means = np.mean(self._found, axis=0).tolist()
        self._found.clear()
        return {name: round(mean, 4) for name, mean in zip(LOSSES, means, strict=True)}

    def average(self, path: Path, watched: Sequence[ViewBatch]) -> dict[str, float]:
        """Save the averaged weights to `path`, and return how well they find held-out timbres and takes."""
        sums = {"held_takes": 0.0, "held_timbres": 0.0}
        with averaged(self._network, self._optimizer, path):
            for batch in watched:
                vectors = self._network([batch.levels, batch.weights], training=False)
                sums["held_takes"] += retrieved(pooled(vectors, batch.shares), batch.takes)
                timbre = pooled(EmbedderLayers.timbre(vectors), batch.shares)
                sums["held_timbres"] += retrieved(timbre, batch.timbres)
        return {name: round(total / len(watched), 4) for name, total in sums.items()}

    def save(self, checkpoint: Path) -> None:
        """Write all that `restore` goes on from; the checkpoint before stays until this one is whole."""
        save(checkpoint, self._variables(), {"step": self.step})

    def restore(self, checkpoint: Path) -> None:
        """Go on from a checkpoint, of any backend, if there is one."""
        self.step = int(restore(checkpoint, self._variables()).get("step", self.step))

    def _variables(self) -> list[Any]:
        return [*self._network.variables, *self._optimizer.variables]


def _begun(start: Path | None) -> keras.Model:
    if start is not None and start.suffix == ".tflite":
        return load_shipped(start)[1]
    network = EmbedderLayers().model()
    if start is not None:
        network.load_weights(start)
    return network


class _Contrasted(keras.Model):  # type: ignore[misc]
    """The network with the contrasts as its loss, and how far singers stray where that has a weight."""

    def __init__(self, network: keras.Model, keep_singers: float) -> None:
        super().__init__(name="contrasted")
        self.network = network
        self._weights = (*(1.0 for _ in CONTRASTS), keep_singers)
        self._each = [keras.metrics.Mean(name) for name in LOSSES]

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Each loss, of the last batch: Keras resets them with every one."""
        return self._each

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the vectors of levels and weights."""
        return self.network(list(inputs), training=training)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the weighted sum of the losses."""
        del x, sample_weight, training
        shares, timbres, takes, *kept = y
        found = (*contrasts(y_pred, shares, timbres, takes), strayed(y_pred, shares, *kept))
        for tracker, value in zip(self._each, found, strict=True):
            tracker.update_state(value)
        weighted = (weight * each for weight, each in zip(self._weights, found, strict=True))
        return keras.ops.sum(keras.ops.stack(list(weighted)))
