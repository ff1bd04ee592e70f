"""What the embedder is trained for: like goes to like, after pooling as it is pooled in use."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from swara.embedder.builtin.embedder import VECTOR_DIM

from .layers import EmbedderLayers

__all__ = ["CONTRASTS", "Losses", "contrasts", "meant", "pooled", "retrieved", "strayed"]

CONTRASTS = ("takes", "timbres")
"""What `contrasts` are of."""

_TEMPERATURE = 0.1


class Losses(keras.Layer):  # type: ignore[misc]
    """The contrast of timbres, and which of a number of them it is, told from the pooled vector."""

    def __init__(self, classes: int) -> None:
        super().__init__(name="losses")
        self.classes = layers.Dense(classes, name="classes")
        self.classes.build((None, VECTOR_DIM))

    def call(self, vectors: Any, shares: Any, timbres: Any) -> tuple[Any, Any]:
        """Return the two losses."""
        timbre = pooled(EmbedderLayers.timbre(vectors), shares)
        cross = ops.sparse_categorical_crossentropy(timbres, self.classes(timbre), from_logits=True)
        return _contrast(timbre, timbres), ops.mean(cross)


def contrasts(vectors: Any, shares: Any, timbres: Any, takes: Any) -> tuple[Any, Any]:
    """Return the supervised contrast (Khosla et al. 2020) of takes and of timbres.

    All components together are to tell takes apart: a timbre through a channel. Those of the timbre, and no
    others ship, are to be the same through any channel.
    """
    whole, timbre = pooled(vectors, shares), pooled(EmbedderLayers.timbre(vectors), shares)
    return _contrast(whole, takes), _contrast(timbre, timbres)


def pooled(vectors: Any, shares: Any) -> Any:
    """Do what `swara.embedder.spec.pool` does: shape [views, dim], of length 1."""
    mean = meant(vectors, shares)
    return mean / ops.sqrt(ops.sum(ops.square(mean), axis=-1, keepdims=True) + 1e-9)


def meant(vectors: Any, shares: Any) -> Any:
    """Return the mean of the windows of each view, shape [views, dim]."""
    return ops.sum(ops.expand_dims(ops.cast(shares, "float32"), -1) * vectors, axis=1)


def strayed(vectors: Any, shares: Any, goals: Any, kept: Any) -> Any:
    """Return how far the timbre of the views that are kept lies from their goals: half the squared distance.

    Of two vectors of length 1 that is one less their cosine. Lengths count, as they weigh the vector against
    the envelope in use.

    Parameters
    ----------
    vectors, shares : tensors, shapes [views, windows, LEARNED_DIM] and [views, windows]
        As in `contrasts`.
    goals : tensor, shape [views, VECTOR_DIM]
        Means as `meant` gives them.
    kept : tensor of bool, shape [views]
        Which views count.
    """
    apart = meant(EmbedderLayers.timbre(vectors), shares) - goals
    counts = ops.cast(kept, "float32")
    squared = ops.sum(counts * ops.sum(ops.square(apart), axis=-1))
    return 0.5 * squared / ops.maximum(ops.sum(counts), 1.0)


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
