"""YAMNet's published architecture with random weights, as a SavedModel with the signature of TF Hub's.

MobileNet v1 (Howard et al. 2017) on log-mel patches, 521 classes: github.com/tensorflow/models, AudioSet.
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from .log_mel import BANDS, PATCH_FRAMES, padded, patches

__all__ = ["CLASSES", "Yamnet", "save_yamnet"]

CLASSES = 521
_HOP_FRAMES = 48
_OFFSET = 0.001
_EPSILON = 1e-4
_FIRST_CHANNELS = 32
_SEPARABLE = (
    (1, 64),
    (2, 128),
    (1, 128),
    (2, 256),
    (1, 256),
    (2, 512),
    (1, 512),
    (1, 512),
    (1, 512),
    (1, 512),
    (1, 512),
    (2, 1024),
    (1, 1024),
)
"""Stride and channels of each depthwise separable convolution, 3 by 3."""


class Yamnet(tf.Module):
    """Waveform [n] to (scores [m, 521], embeddings [m, 1024], log mel [frames, 64])."""

    def __init__(self, seed: int, class_map: Path) -> None:
        super().__init__()
        rng = np.random.default_rng(seed)
        self._first = _Normalised(rng, (3, 3, 1, _FIRST_CHANNELS))
        self._depthwise, self._pointwise = [], []
        channels = _FIRST_CHANNELS
        for _, wider in _SEPARABLE:
            self._depthwise.append(_Normalised(rng, (3, 3, channels, 1)))
            self._pointwise.append(_Normalised(rng, (1, 1, channels, wider)))
            channels = wider
        self._logits = tf.Variable(_drawn(rng, (channels, CLASSES), channels))
        self._class_map = tf.saved_model.Asset(str(class_map))

    @tf.function(input_signature=[])
    def class_map_path(self) -> Any:
        """Return the path of the class names."""
        return self._class_map.asset_path

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="waveform")])
    def __call__(self, waveform: Any) -> Any:
        """Return scores, embeddings and the log-mel spectrogram."""
        levels, parts = patches(padded(waveform, _HOP_FRAMES), _HOP_FRAMES, _OFFSET)
        embeddings = self._embeddings(tf.reshape(parts, [-1, PATCH_FRAMES, BANDS, 1]))
        return tf.sigmoid(embeddings @ self._logits), embeddings, levels

    def _embeddings(self, net: Any) -> Any:
        net = self._first(tf.nn.conv2d(net, self._first.kernel, 2, "SAME"))
        for (stride, _), depthwise, pointwise in zip(
            _SEPARABLE, self._depthwise, self._pointwise, strict=True
        ):
            strides = [1, stride, stride, 1]
            net = depthwise(tf.nn.depthwise_conv2d(net, depthwise.kernel, strides, "SAME"))
            net = pointwise(tf.nn.conv2d(net, pointwise.kernel, 1, "SAME"))
        return tf.reduce_mean(net, axis=[1, 2])


class _Normalised(tf.Module):
    """A kernel with its batch normalisation, without a scale of its own, and a ReLU."""

    def __init__(self, rng: np.random.Generator, shape: tuple[int, int, int, int]) -> None:
        super().__init__()
        height, width, inputs, outputs = shape
        fan_in = height * width * (1 if outputs == 1 else inputs)
        channels = inputs if outputs == 1 else outputs
        self.kernel = tf.Variable(_drawn(rng, shape, fan_in))
        self._mean = tf.Variable(rng.normal(0.0, 0.1, channels).astype(np.float32))
        self._variance = tf.Variable(rng.uniform(0.5, 1.5, channels).astype(np.float32))
        self._shift = tf.Variable(rng.normal(0.0, 0.1, channels).astype(np.float32))

    def __call__(self, net: Any) -> Any:
        scaled = (net - self._mean) * tf.math.rsqrt(self._variance + _EPSILON)
        return tf.nn.relu(scaled + self._shift)


def save_yamnet(folder: Path, seed: int = 0) -> None:
    """Write the SavedModel; its class map names ``Silence`` and ``Sine wave`` and numbers the others."""
    names = {494: "Silence", 495: "Sine wave"}
    with tempfile.TemporaryDirectory() as scratch:
        class_map = Path(scratch) / "yamnet_class_map.csv"
        with class_map.open("w", newline="", encoding="utf-8") as file:
            rows = [(i, f"/m/{i}", names.get(i, f"class {i}")) for i in range(CLASSES)]
            csv.writer(file).writerows([("index", "mid", "display_name"), *rows])
        tf.saved_model.save(Yamnet(seed, class_map), str(folder))


def _drawn(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> Any:
    """He's initialisation: activations keep their size from layer to layer."""
    return rng.normal(0.0, np.sqrt(2.0 / fan_in), shape).astype(np.float32)
