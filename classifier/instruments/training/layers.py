"""The network in Keras, and how it becomes a LiteRT file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import keras
import numpy as np

from swara.classifier.instruments.network import FRAMES, MAP, SPEC
from swara.classifier.window_network import exported

__all__ = ["WIDTHS", "Build", "export", "instrument_model", "model_on_trunk"]

Build: TypeAlias = Callable[[int, int | None], keras.Model]
"""Makes a network for so many classes, and that many windows at a time or any number."""

WIDTHS = (16, 32, 72, 144)
_ON_TRUNK, _CHANNELS = 48, 512


def instrument_model(classes: int, batch: int | None = None) -> keras.Model:
    """Return a network of convolutions over time and pitch: [batch, FRAMES, n_mels] in, probabilities out.

    Time is averaged away at the end, pitch is not: where an instrument lies says much about which it is.
    """
    inputs = keras.Input((FRAMES, SPEC.n_mels), batch_size=batch)
    found: Any = keras.layers.Reshape((FRAMES, SPEC.n_mels, 1))(inputs)
    for number, width in enumerate(WIDTHS):
        size = 5 if number == 0 else 3
        step = 2 if number == 0 else 1
        found = keras.layers.Conv2D(width, size, step, padding="same", use_bias=False)(found)
        found = keras.layers.BatchNormalization(momentum=0.97)(found)
        found = keras.layers.ReLU()(found)
        if number:
            found = keras.layers.MaxPooling2D(2, padding="same")(found)
    average = keras.layers.AveragePooling2D((found.shape[1], 1))(found)
    loudest = keras.layers.MaxPooling2D((found.shape[1], 1))(found)
    found = keras.layers.Concatenate()([average, loudest])
    found = keras.layers.Dropout(0.4)(keras.layers.Flatten()(found))
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(found))


def model_on_trunk(classes: int, batch: int | None = None) -> keras.Model:
    """Return a network on what YAMNet's lowest blocks give: [batch, *MAP] in, probabilities out.

    Channels are mixed, alike at each moment and pitch; then, as in `instrument_model`, time is averaged away
    and its maximum taken, and pitch is kept.
    """
    inputs = keras.Input(MAP, batch_size=batch)
    found: Any = keras.layers.Reshape((MAP[0], MAP[1] // _CHANNELS, _CHANNELS))(inputs)
    found = keras.layers.Conv2D(_ON_TRUNK, 1, activation="relu")(keras.layers.Dropout(0.3)(found))
    average = keras.layers.AveragePooling2D((MAP[0], 1))(found)
    loudest = keras.layers.MaxPooling2D((MAP[0], 1))(found)
    found = keras.layers.Flatten()(keras.layers.Concatenate()([average, loudest]))
    return keras.Model(
        inputs, keras.layers.Dense(classes, activation="softmax")(keras.layers.Dropout(0.4)(found))
    )


def export(build: Build, model: keras.Model, classes: int) -> tuple[bytes, float]:
    """Return the network as a LiteRT file, and how far it is from Keras at most, as `exported` does."""
    single = build(classes, 1)
    single.set_weights(model.get_weights())
    windows = np.random.default_rng(3).uniform(0.0, 1.0, (16, *single.input_shape[1:])).astype(np.float32)
    return exported(single, windows)
