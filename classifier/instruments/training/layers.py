"""The network in Keras, and how it becomes a LiteRT file."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from swara.classifier.instruments.network import FRAMES, SPEC
from swara.classifier.window_network import exported

__all__ = ["WIDTHS", "export", "instrument_model"]

WIDTHS = (16, 32, 72, 144)


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


def export(model: keras.Model, classes: int) -> tuple[bytes, float]:
    """Return the network as a LiteRT file, and how far it is from Keras at most, as `exported` does."""
    single = instrument_model(classes, 1)
    single.set_weights(model.get_weights())
    windows = np.random.default_rng(3).uniform(0.0, 1.0, (16, FRAMES, SPEC.n_mels)).astype(np.float32)
    return exported(single, windows)
