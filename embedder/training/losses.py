"""What the embedder is trained for: like goes to like, after pooling as it is pooled in use."""

from __future__ import annotations

from typing import Any, ClassVar

import keras
import numpy as np
from keras import layers, ops

from embedder.network import VECTOR_DIM
from embedder.pooling import SPREAD_WEIGHT

from .layers import EmbedderLayers

__all__ = ["Losses", "pooled", "retrieved"]

_TEMPERATURE = 0.1
_CLASS_WEIGHT = 1.0
_VARIANCE_FLOOR = 1e-5


class Losses(keras.Layer):  # type: ignore[misc]
    """Supervised contrast (Khosla et al. 2020) of takes and of timbres, and the class of an instrument.

    All components together are to tell takes apart: a timbre through a channel. Those of the timbre alone are
    to be the same through any channel, and the class is told from them.
    """

    NAMES: ClassVar = ("takes", "timbres", "classes")

    def __init__(self, classes: int) -> None:
        super().__init__(name="losses")
        self.classes = layers.Dense(classes, name="classes")
        self.classes.build((None, 2 * EmbedderLayers.timbre(np.zeros(VECTOR_DIM)).size))

    def call(self, vectors: Any, shares: Any, timbres: Any, takes: Any, classes: Any) -> tuple[Any, Any, Any]:
        """Return the three losses, weighted."""
        whole = pooled(vectors, shares)
        timbre = pooled(EmbedderLayers.timbre(vectors), shares)
        told = self.classes(timbre)
        cross = ops.sparse_categorical_crossentropy(classes, told, from_logits=True)
        return _contrast(whole, takes), _contrast(timbre, timbres), _CLASS_WEIGHT * ops.mean(cross)


def pooled(vectors: Any, shares: Any) -> Any:
    """Do what `embedder.pooling.pool` does: shape [views, 2 * dim], of length 1."""
    shares = ops.expand_dims(ops.cast(shares, "float32"), -1)
    mean = ops.sum(shares * vectors, axis=1)
    variance = ops.sum(shares * ops.square(vectors - ops.expand_dims(mean, 1)), axis=1)
    spread = ops.sqrt(variance + _VARIANCE_FLOOR)
    both = ops.concatenate([mean, SPREAD_WEIGHT * spread], axis=-1)
    return both / ops.sqrt(ops.sum(ops.square(both), axis=-1, keepdims=True) + 1e-9)


def retrieved(vectors: Any, labels: Any) -> float:
    """Return the share of vectors whose nearest other one has the same label."""
    found = np.asarray(vectors)
    similar = found @ found.T
    np.fill_diagonal(similar, -np.inf)
    return float(np.mean(labels[similar.argmax(axis=1)] == labels))


def _contrast(vectors: Any, labels: Any) -> Any:
    similar = ops.matmul(vectors, ops.transpose(vectors)) / _TEMPERATURE
    itself = ops.eye(ops.shape(vectors)[0])
    same = ops.cast(ops.equal(labels[:, None], labels[None, :]), "float32") - itself
    log_share = similar - ops.logsumexp(similar - 1e9 * itself, axis=1, keepdims=True)
    return -ops.mean(ops.sum(same * log_share, axis=1) / ops.sum(same, axis=1))
