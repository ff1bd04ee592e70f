"""The network while it is trained, on whichever backend Keras has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from swara.data.storage.npz import read_arrays, write_arrays

from .batches import ViewBatch
from .layers import EmbedderLayers
from .losses import CONTRASTS, contrasts, pooled, retrieved
from .shipped import load_shipped

__all__ = ["Learner"]

_WEIGHT_DECAY = 1e-4
_EMA = 0.998


class Learner:
    """Network, optimizer, and the running average of the weights.

    Parameters
    ----------
    start : Path, optional
        Weights, ``.h5``, or an exported file, ``.tflite``, to begin with; drawn at random if not given.

    Attributes
    ----------
    step : int
        Batches learned from.
    """

    def __init__(self, start: Path | None = None) -> None:
        self._network = _begun(start)
        self._optimizer = keras.optimizers.AdamW(
            0.0, weight_decay=_WEIGHT_DECAY, clipnorm=1.0, use_ema=True, ema_momentum=_EMA
        )
        self._contrasted = _Contrasted(self._network)
        # On TensorFlow without XLA, as the weights that ship were trained; JAX has nothing else.
        self._contrasted.compile(self._optimizer, jit_compile=keras.backend.backend() == "jax")
        self._optimizer.build(self._network.trainable_variables)
        self._found: list[list[float]] = []
        self.step = 0

    def learn(self, batch: ViewBatch, rate: float) -> None:
        """Learn from a batch at a learning rate."""
        self._optimizer.learning_rate.assign(rate)
        labels = (batch.shares, batch.timbres.astype(np.int32), batch.takes.astype(np.int32))
        found = self._contrasted.train_on_batch((batch.levels, batch.weights), labels, return_dict=True)
        self._found.append([float(found[name]) for name in CONTRASTS])
        self.step += 1

    def losses(self) -> dict[str, float]:
        """Return the mean of each contrast since this was asked last."""
        means = np.mean(self._found, axis=0).tolist()
        self._found.clear()
        return {name: round(mean, 4) for name, mean in zip(CONTRASTS, means, strict=True)}

    def average(self, path: Path, watched: Sequence[ViewBatch]) -> dict[str, float]:
        """Save the averaged weights to `path`, and return how well they find held-out timbres and takes."""
        own = self._network.get_weights()
        self._optimizer.finalize_variable_values(self._network.trainable_variables)
        part = path.with_name(f"part-{path.name}")
        self._network.save_weights(part)
        part.replace(path)
        sums = {"held_takes": 0.0, "held_timbres": 0.0}
        for batch in watched:
            vectors = self._network([batch.levels, batch.weights], training=False)
            sums["held_takes"] += retrieved(pooled(vectors, batch.shares), batch.takes)
            timbre = pooled(EmbedderLayers.timbre(vectors), batch.shares)
            sums["held_timbres"] += retrieved(timbre, batch.timbres)
        self._network.set_weights(own)
        return {name: round(total / len(watched), 4) for name, total in sums.items()}

    def save(self, checkpoint: Path) -> None:
        """Write all that `restore` goes on from; the checkpoint before stays until this one is whole."""
        arrays = {str(number): np.asarray(v) for number, v in enumerate(self._variables())}
        write_arrays(checkpoint, {"step": np.array(self.step), **arrays})

    def restore(self, checkpoint: Path) -> None:
        """Go on from a checkpoint, of any backend, if there is one."""
        if not checkpoint.exists():
            return
        arrays = read_arrays(checkpoint)
        for number, variable in enumerate(self._variables()):
            variable.assign(arrays[str(number)])
        self.step = int(arrays["step"])

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
    """The network with the contrasts as its loss."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__(name="contrasted")
        self.network = network
        self._each = [keras.metrics.Mean(name) for name in CONTRASTS]

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Each contrast, of the last batch: Keras resets them with every one."""
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
        """Return the sum of the contrasts."""
        del x, sample_weight, training
        found = contrasts(y_pred, *y)
        for tracker, value in zip(self._each, found, strict=True):
            tracker.update_state(value)
        return keras.ops.sum(keras.ops.stack(found))
