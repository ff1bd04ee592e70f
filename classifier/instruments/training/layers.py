"""The network in Keras, and how it becomes a LiteRT file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import keras
import numpy as np

from swara.classifier.instruments.network import BAND_FRAMES, FRAMES, SPEC
from swara.classifier.window_network import exported
from swara.embedder.builtin.embedder import MODEL_FILE
from swara.embedder.builtin.features import BANDS
from swara.embedder.training.shipped import load_shipped

__all__ = ["WIDTHS", "Build", "export", "instrument_model", "levels_model", "model_on_embedder", "pair_model"]

Build: TypeAlias = Callable[[int, int | None], keras.Model]
"""Makes a network for so many classes, and that many windows at a time or any number."""

WIDTHS = (16, 32, 72, 144)
_AROUND = 17
"""Bands around each whose mean level is taken from it: 8 below, 8 above, fewer at the ends. So partials
stand out alike however a room, a microphone or a bow tilts the spectrum. With one source left out in turn, as
in `pictures`, macro F1, names of the set alone, was 0.26, 0.61, 0.63; without it 0.21, 0.60, 0.59."""

_SHARES = (0.75, 0.25)
"""How much the two of a pair count. Of 1, 2, 3, 4 and 6 to 1, what did best on four sets that neither heard
and no target is for: GeneralUser GS but for its oboe (TimGM6mb has that too), the notes of Scratch, thirteen
more instruments of tonejs-instrument-*-mp3, other notes of Iowa. The first alone is ahead on none of them."""


def instrument_model(classes: int, batch: int | None = None) -> keras.Model:
    """Return a network on how far bands stand out: [batch, FRAMES, n_mels] in, probabilities out."""
    return _convolutions(classes, batch, around=True, activation="softmax")


def levels_model(classes: int, batch: int | None = None) -> keras.Model:
    """Return a network on the levels of bands: [batch, FRAMES, n_mels] in, probabilities out."""
    return _convolutions(classes, batch, around=False, activation="softmax")


def pair_model(classes: int, batch: int | None = None) -> keras.Model:
    """Return `levels_model` and `instrument_model`, weights in that order, with their logarithms added."""
    inputs = keras.Input((FRAMES, SPEC.n_mels), batch_size=batch)
    judged = [
        keras.layers.Rescaling(share)(_convolutions(classes, batch, around, None)(inputs))
        for around, share in zip((False, True), _SHARES, strict=True)
    ]
    return keras.Model(inputs, keras.layers.Softmax()(keras.layers.Add()(judged)))


def _convolutions(classes: int, batch: int | None, around: bool, activation: str | None) -> keras.Model:
    """Return convolutions over time and pitch.

    Time is averaged away at the end, pitch is not: where an instrument lies says much about which it is.
    """
    inputs = keras.Input((FRAMES, SPEC.n_mels), batch_size=batch)
    found: Any = keras.layers.Reshape((FRAMES, SPEC.n_mels, 1))(inputs)
    if around:
        mean = keras.layers.AveragePooling2D((1, _AROUND), 1, padding="same")(found)
        found = keras.layers.Subtract()([found, mean])
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
    return keras.Model(inputs, keras.layers.Dense(classes, activation=activation)(found))


def model_on_embedder(classes: int, batch: int | None = None) -> keras.Model:
    """Return the layers of the embedder that ships, weights and all, up to its vectors, and classes on them.

    Takes windows of `band_input`, and gives probabilities. All of it is free to learn.
    """
    inputs: Any = keras.Input((BAND_FRAMES, BANDS + 1), batch_size=batch)
    embedder, _ = load_shipped(MODEL_FILE)
    found: Any = embedder.windows(inputs[..., :BANDS], inputs[..., BANDS:])
    average = keras.layers.GlobalAveragePooling1D()(found)
    loudest = keras.layers.GlobalMaxPooling1D()(found)
    found = keras.layers.Dropout(0.4)(keras.layers.Concatenate()([average, loudest]))
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(found))


def export(build: Build, model: keras.Model, classes: int) -> tuple[bytes, float]:
    """Return the network as a LiteRT file of 16-bit weights, and how far it is from Keras, by `exported`."""
    single = build(classes, 1)
    single.set_weights(model.get_weights())
    windows = np.random.default_rng(3).uniform(0.0, 1.0, (16, *single.input_shape[1:])).astype(np.float32)
    return exported(single, windows, half=True)
