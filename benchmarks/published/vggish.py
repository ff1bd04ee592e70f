"""VGGish's published architecture with random weights, as a SavedModel with the signature of TF Hub's.

Configuration A of VGG without its last group, three dense layers (Hershey et al., ICASSP 2017).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from .log_mel import BANDS, PATCH_FRAMES, padded, patches

__all__ = ["Vggish", "save_vggish"]

_HOP_FRAMES = 96
_OFFSET = 0.01
_GROUPS = ((64,), (128,), (256, 256), (512, 512))
"""Channels of the 3-by-3 convolutions; each group ends in a pooling that halves both sides."""

_HIDDEN, _DIM = 4096, 128


class Vggish(tf.Module):
    """Waveform [n] to embeddings [m, 128]."""

    def __init__(self, seed: int, hidden: int) -> None:
        super().__init__()
        rng = np.random.default_rng(seed)
        self._groups = []
        channels = 1
        for group in _GROUPS:
            layers = []
            for wider in group:
                layers.append(_Layer(rng, (3, 3, channels, wider)))
                channels = wider
            self._groups.append(layers)
        shrunk = 2 ** len(_GROUPS)
        inputs = (PATCH_FRAMES // shrunk) * (BANDS // shrunk) * channels
        self._dense = [
            _Layer(rng, (before, after))
            for before, after in ((inputs, hidden), (hidden, hidden), (hidden, _DIM))
        ]

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="waveform")])
    def __call__(self, waveform: Any) -> Any:
        """Return the embeddings."""
        _, parts = patches(padded(waveform, _HOP_FRAMES), _HOP_FRAMES, _OFFSET)
        net = tf.reshape(parts, [-1, PATCH_FRAMES, BANDS, 1])
        for group in self._groups:
            for layer in group:
                net = tf.nn.relu(tf.nn.conv2d(net, layer.kernel, 1, "SAME") + layer.bias)
            net = tf.nn.max_pool2d(net, 2, 2, "SAME")
        net = tf.reshape(net, [-1, np.prod(net.shape[1:])])
        first, second, last = self._dense
        net = tf.nn.relu(net @ first.kernel + first.bias)
        net = tf.nn.relu(net @ second.kernel + second.bias)
        return net @ last.kernel + last.bias


class _Layer(tf.Module):
    def __init__(self, rng: np.random.Generator, shape: tuple[int, ...]) -> None:
        super().__init__()
        spread = np.float32(np.sqrt(2.0 / np.prod(shape[:-1])))
        self.kernel = tf.Variable(spread * rng.standard_normal(shape, dtype=np.float32))
        self.bias = tf.Variable(rng.normal(0.0, 0.1, shape[-1]).astype(np.float32))


def save_vggish(folder: Path, seed: int = 0, hidden: int = _HIDDEN) -> None:
    """Write the SavedModel; `hidden` is the dense layers' width, for tests less than published."""
    tf.saved_model.save(Vggish(seed, hidden), str(folder))
