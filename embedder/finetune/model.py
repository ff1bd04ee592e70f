"""The shipped network in Keras with a head on it, of which only some parts learn at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from swara.embedder.builtin.features import Levels
from swara.embedder.spec import Vectors
from swara.embedder.training.batches import ViewBatch
from swara.embedder.training.layers import EmbedderLayers
from swara.embedder.training.losses import Losses, pooled
from swara.embedder.training.shipped import load_shipped

from .plan import HEAD

__all__ = ["Arrays", "FinetuneModel", "set_free"]

Arrays = Mapping[str, np.ndarray]

_WEIGHT_DECAY = 1e-4
_VIEWS_AT_ONCE = 128


class FinetuneModel:
    """What is fine-tuned.

    Parameters
    ----------
    file : Path
        LiteRT file of the network to begin from.
    classes : int
        Singers that the head tells apart.
    seed : int
        Of the head's weights.

    Attributes
    ----------
    blocks : tuple of str
        Of the network, from the bottom to the top.
    parts : mapping of str to list of keras.layers.Layer
        `HEAD`, and the blocks.
    model : keras.Model
        The network without the head.
    """

    def __init__(self, file: Path, classes: int, seed: int) -> None:
        # One that was stopped and goes on is to come to the same weights.
        tf.config.experimental.enable_op_determinism()
        network, self.model = load_shipped(file)
        self._losses = Losses(classes)
        head: Any = self._losses.classes
        rng = np.random.default_rng(seed)
        head.kernel.assign(rng.normal(0.0, head.kernel.shape[0] ** -0.5, head.kernel.shape))
        self.blocks = tuple(network.blocks)
        self.parts: Mapping[str, list[Any]] = {HEAD: [head], **network.blocks}
        self._optimizers: dict[str, Any] = {}
        for part, layers in self.parts.items():
            optimizer = keras.optimizers.AdamW(0.0, weight_decay=_WEIGHT_DECAY, clipnorm=1.0)
            optimizer.build(_trainable(layers))
            self._optimizers[part] = optimizer
        self._update: Any = None
        self._free: tuple[str, ...] = ()

    def free(self, parts: Sequence[str]) -> None:
        """Let these parts learn from now on, and no others."""
        self._free = tuple(parts)
        set_free(self.parts, parts)
        self._update = self._updater()

    def learn(self, batch: ViewBatch, rates: Mapping[str, float]) -> float:
        """Learn from a batch at the rate of each part that is free; return the loss."""
        for part in self._free:
            self._optimizers[part].learning_rate.assign(rates[part])
        # A singer in one room is nobody else in the next: takes are not told apart here.
        arrays = (batch.levels, batch.weights, batch.shares, batch.timbres)
        return float(self._update(*(tf.convert_to_tensor(array) for array in arrays)))

    def pooled(self, levels: Levels, weights: Levels, shares: Levels) -> Vectors:
        """Return the pooled vector of each view; shapes as in `ViewBatch`."""
        parts = []
        for begin in range(0, len(levels), _VIEWS_AT_ONCE):
            views = slice(begin, begin + _VIEWS_AT_ONCE)
            vectors = EmbedderLayers.timbre(self.model([levels[views], weights[views]], training=False))
            parts.append(np.asarray(pooled(vectors, shares[views]), dtype=np.float32))
        return np.concatenate(parts)

    def weights(self) -> list[np.ndarray]:
        """Return a copy of the network's weights."""
        return [weight.copy() for weight in self.model.get_weights()]

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that learning goes on from, by name."""
        return {name: np.asarray(variable).copy() for name, variable in self._variables().items()}

    def restore(self, state: Arrays) -> None:
        """Go on from `state`.

        Raises
        ------
        KeyError, ValueError
            If it is of another network.
        """
        for name, variable in self._variables().items():
            variable.assign(state[name])

    def _variables(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for part, layers in self.parts.items():
            weights = [weight for layer in layers for weight in layer.weights]
            found |= {f"{part}/{n}": weight for n, weight in enumerate(weights)}
            found |= {f"{part}/optimizer/{n}": v for n, v in enumerate(self._optimizers[part].variables)}
        return found

    def _updater(self) -> Any:
        parts = {part: _trainable(self.parts[part]) for part in self._free}
        variables = list(parts.values())

        @tf.function
        def update(levels: Any, weights: Any, shares: Any, timbres: Any) -> Any:
            with tf.GradientTape() as tape:
                # Frozen layers know that they are: a batch normalisation among them stays as in use.
                vectors = self.model([levels, weights], training=True)
                total = tf.add_n(list(self._losses(vectors, shares, timbres)))
            gradients = tape.gradient(total, variables)
            for part, theirs in zip(parts, gradients, strict=True):
                self._optimizers[part].apply(theirs, parts[part])
            return total

        return update


def set_free(parts: Mapping[str, Sequence[Any]], free: Sequence[str]) -> None:
    """Make the layers of some parts trainable, and freeze those of all others."""
    for part, layers in parts.items():
        for layer in layers:
            layer.trainable = part in free


def _trainable(layers: Sequence[Any]) -> list[Any]:
    return [weight for layer in layers for weight in layer.trainable_variables]
