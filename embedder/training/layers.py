"""The network in Keras: bands, frames, their neighbours, and what a window of them sounds like."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from swara.embedder.builtin.embedder import HOP_FRAMES, VECTOR_DIM, WINDOW_FRAMES
from swara.embedder.builtin.features import BANDS

__all__ = ["BLOCKS", "LEARNED_DIM", "EmbedderLayers"]

LEARNED_DIM = VECTOR_DIM + 32
"""What is learned: the timbre, and beside it what else tells a take apart, so that the timbre need not."""

BLOCKS = ("bands", "frames", "time0", "time1", "windows", "vectors")
"""From the bottom to the top; a fine-tuning sets them free from the top."""

_BAND_CHANNELS = (12, 16)
_WIDTH = 160
_WINDOW_WIDTH = 256
_REACH = 2  # frames that each block over time takes in besides its own
_LEAST_SPREAD = 1e-3


class EmbedderLayers:
    """The layers, block by block, and how they are put together.

    Attributes
    ----------
    blocks : dict of str to list of keras.layers.Layer
        In the order of `BLOCKS`; every layer that has weights.
    """

    def __init__(self) -> None:
        first, second = _BAND_CHANNELS
        bands = [
            layers.Conv2D(first, (1, 5), (1, 2), padding="same", activation="relu", name="bands0"),
            layers.Conv2D(second, (1, 5), (1, 2), padding="same", activation="relu", name="bands1"),
        ]
        self.blocks: dict[str, list[Any]] = {
            "bands": bands,
            "frames": [layers.Dense(_WIDTH, activation="relu", name="frames")],
            "time0": _over_time("time0"),
            "time1": _over_time("time1"),
            "windows": [
                layers.Dense(1, name="attention"),
                layers.Dense(_WINDOW_WIDTH, activation="relu", name="windows"),
            ],
            "vectors": [
                layers.Dense(LEARNED_DIM, name="vectors"),
                layers.Dense(1, name="assurance"),
            ],
        }

    def __call__(self, levels: Any, weights: Any) -> Any:
        """Return the vector of every window.

        Parameters
        ----------
        levels : tensor, shape [batch, frames, BANDS]
            Of `band_features`, a view in each row.
        weights : tensor, shape [batch, frames, 1]
            Of `swara.embedder.builtin.features.band_features`.

        Returns
        -------
        tensor, shape [batch, 1 + (frames - WINDOW_FRAMES) // HOP_FRAMES, LEARNED_DIM]
            Each no longer than 1: the shorter, the less a window has to say.
        """
        vectors, assurance = self.blocks["vectors"]
        x = self.windows(levels, weights)
        y = vectors(x)
        length = ops.sqrt(ops.sum(ops.square(y), axis=-1, keepdims=True) + 1e-6)
        return y / length * ops.sigmoid(assurance(x))

    def windows(self, levels: Any, weights: Any) -> Any:
        """Return what the last block makes its vectors of: [batch, windows, 256], of inputs as of a call."""
        x: Any = ops.expand_dims(levels, -1)
        for layer in self.blocks["bands"]:
            x = layer(x)
        x = layers.Reshape((-1, x.shape[2] * x.shape[3]))(x)
        (frames,) = self.blocks["frames"]
        x = frames(x)
        for name in ("time0", "time1"):
            near, mix = self.blocks[name]
            x = x[:, _REACH // 2 : -(_REACH // 2)] + mix(near(x))
        attention, windows = self.blocks["windows"]
        heard = weights[:, _REACH:-_REACH] * ops.exp(ops.clip(attention(x), -4.0, 4.0))
        return windows(_summed_up(x, heard))

    def model(self) -> keras.Model:
        """Return the network for any number of clips of one length."""
        levels = keras.Input((None, BANDS), name="levels")
        weights = keras.Input((None, 1), name="weights")
        return keras.Model([levels, weights], self(levels, weights))

    @staticmethod
    def timbre(vectors: Any) -> Any:
        """Cut out the components that ship: those that are to stay the same in another room."""
        return vectors[..., :VECTOR_DIM]


def _over_time(name: str) -> list[Any]:
    near = layers.DepthwiseConv1D(1 + _REACH, padding="valid", name=f"{name}_near")
    return [near, layers.Dense(_WIDTH, activation="relu", name=f"{name}_mix")]


def _summed_up(x: Any, heard: Any) -> Any:
    """Weighted mean and standard deviation of each window's frames: [batch, windows, 2 * width]."""

    def pooled(values: Any) -> Any:
        return ops.average_pool(values, WINDOW_FRAMES - 2 * _REACH, HOP_FRAMES, "valid")

    total = pooled(heard) + 1e-9
    mean = pooled(heard * x) / total
    spread = ops.sqrt(ops.relu(pooled(heard * ops.square(x)) / total - ops.square(mean)) + _LEAST_SPREAD)
    return ops.concatenate([mean, spread], axis=-1)
