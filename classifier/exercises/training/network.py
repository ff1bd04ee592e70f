"""The network: four convolutions with batch normalisation, a bidirectional LSTM, softmax over kinds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from swara.classifier.exercises.windows import WINDOW_FRAMES, normalised
from swara.classifier.head_files import FitOptions, OnEpoch
from swara.data.arrays import IntArray
from swara.data.log_mel import SILENCE, Picture
from swara.data.synth.exercises import KINDS

__all__ = ["Pictures", "network", "one_at_a_time", "train", "windows_of"]

CHANNELS = ((8, (1, 2)), (16, (2, 2)), (32, (1, 2)), (32, (1, 2)))
"""Of each convolution, and what is pooled after it, in time and frequency."""

_UNITS = 32
_BATCH = 32
_DROPPED = 0.3

Pictures = Sequence[tuple[Picture, int]]
"""Whole log-mel pictures, [frames, bands], and the place of the kind in `KINDS`."""


def network(batch: int | None, frames: int = WINDOW_FRAMES, bands: int = 64) -> Any:
    """Return the network, untrained; `batch` of 1 makes the one that LiteRT can run.

    Parameters
    ----------
    batch : int or None
        Windows at a time; None for any number, in training.
    frames, bands : int
        Size of a window.
    """
    import keras
    from keras import layers

    taken = keras.Input(batch_shape=(batch, frames, bands, 1))
    found = taken
    for channels, pool in CHANNELS:
        found = layers.Conv2D(channels, 3, padding="same", use_bias=False)(found)
        found = layers.BatchNormalization()(found)
        found = layers.ReLU()(found)
        found = layers.MaxPooling2D(pool)(found)
    _, steps, bins, maps = keras.Model(taken, found).output_shape
    found = layers.Reshape((steps, bins * maps))(found)
    found = layers.Bidirectional(layers.LSTM(_UNITS, return_sequences=True))(found)
    found = layers.Dropout(_DROPPED)(layers.GlobalMaxPooling1D()(found))
    return keras.Model(taken, layers.Dense(len(KINDS), activation="softmax")(found))


def train(
    learnt: Pictures,
    watched: Pictures,
    options: FitOptions,
    on_epoch: OnEpoch,
    make: Callable[[], Any] | None = None,
) -> tuple[Any, int]:
    """Train with Adam until the loss on the singers that are watched no longer falls.

    Every pass sees each recording through a window placed anew. Returns the model with its best weights, and
    the number of passes.

    Parameters
    ----------
    learnt, watched : sequence of (float32 array [frames, bands], int)
        Recordings to learn from and to watch, as pictures with the place of their kind in `KINDS`.
    options : FitOptions
        Seed, epochs, patience, learning rate; windows have the length that the head has.
    on_epoch : callable
        Told the number of each pass and its figures.
    make : callable, optional
        Makes the network; the full one by default.
    """
    import keras

    keras.utils.set_random_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    model = (make or (lambda: network(None)))()
    adam = keras.optimizers.Adam(options.learning_rate, clipnorm=1.0)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    frames, shown = model.input_shape[1], windows_of(watched, model.input_shape[1])
    best, best_loss, since, passes = model.get_weights(), np.inf, 0, 0
    for passes in range(1, options.epochs + 1):
        windows, kinds = windows_of(learnt, frames, rng)
        figures = model.fit(windows, kinds, batch_size=_BATCH, epochs=1, verbose=0).history
        loss, accuracy = model.evaluate(*shown, batch_size=_BATCH, verbose=0)
        told = {name: float(values[-1]) for name, values in figures.items()}
        on_epoch(passes, told | {"val_loss": float(loss), "val_accuracy": float(accuracy)})
        since += 1
        if loss < best_loss:
            best, best_loss, since = model.get_weights(), loss, 0
        elif since == options.patience // 2:
            model.optimizer.learning_rate = float(model.optimizer.learning_rate) * 0.4
        if since >= options.patience:
            break
    model.set_weights(best)
    return model, passes


def windows_of(
    pictures: Pictures, frames: int, rng: np.random.Generator | None = None
) -> tuple[npt.NDArray[np.float32], IntArray]:
    """Return a window of each picture, [n, frames, bands, 1], placed by `rng` or midway, and the kinds."""
    windows = []
    for picture, _ in pictures:
        room = picture.shape[0] - frames
        at = room // 2 if rng is None else int(rng.integers(min(room, 0), max(room, 0) + 1))
        lead = max(0, -at)
        part = picture[max(0, at) : max(0, at) + frames - lead].astype(np.float32)
        whole = np.full((frames, picture.shape[1]), SILENCE)
        whole[lead : lead + part.shape[0]] = part
        windows.append(normalised(whole))
    return np.stack(windows)[..., None], np.array([kind for _, kind in pictures])


def one_at_a_time(model: Any) -> Any:
    """Return a trained network as one that takes one window."""
    fixed = network(1, *model.input_shape[1:3])
    fixed.set_weights(model.get_weights())
    return fixed
