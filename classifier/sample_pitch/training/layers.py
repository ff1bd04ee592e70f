"""The network in Keras: every pitch laid over its harmonics, then convolutions over pitch."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers

from swara.classifier.sample_pitch.features import BINS, BINS_PER_SEMITONE, PITCH_BINS, ROWS

__all__ = ["note_network"]

_STEM = 8
_WIDTH = 24
_HARMONICS = (1 / 3, 1 / 2, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16)
_OCTAVE = 12 * BINS_PER_SEMITONE
_DILATIONS = (1, _OCTAVE, 3, _OCTAVE, 1)
_CONTEXT_AFTER = (1, 3)


def note_network(batch: int | None = None) -> keras.Model:
    """Build the network.

    Parameters
    ----------
    batch : int, optional
        How many frames it takes at a time; any number, if left out.

    Returns
    -------
    keras.Model
        From float32 [batch, ROWS, BINS] to logits, [batch, PITCH_BINS + 1]: for each pitch, and for none.
    """
    frames = keras.Input(batch_shape=(batch, ROWS, BINS), name="frames")
    x = layers.Permute((2, 1))(frames)
    x = layers.Conv1D(_STEM, 5, padding="same", activation="relu", name="stem")(x)
    x = layers.Concatenate()([x, layers.Permute((2, 1))(frames)])
    x = _unit(layers.Concatenate()(_harmonics(x)), 1, 1, "mix")
    for number, dilation in enumerate(_DILATIONS):
        x = layers.Add()([x, _unit(x, 3, dilation, f"pitch{number}")])
        if number in _CONTEXT_AFTER:
            summed = layers.Concatenate()(
                [layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)]
            )
            told = layers.Dense(_WIDTH, name=f"context{number}")(summed)
            x = layers.Add()([x, layers.Reshape((1, _WIDTH))(told)])
    summed = layers.Concatenate()([layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)])
    none = layers.Dense(1, name="none")(layers.Dense(16, activation="relu", name="none_hidden")(summed))
    # High and low are not alike, whatever the shape of a spectrum: each bin has a bias of its own.
    pitch = _Bias(name="place")(layers.Flatten()(layers.Conv1D(1, 3, padding="same", name="salience")(x)))
    return keras.Model(frames, layers.Concatenate()([pitch, none]))


@keras.saving.register_keras_serializable(package="swara")
class _Bias(layers.Layer):  # type: ignore[misc]
    """A bias for each bin."""

    def build(self, shape: Any) -> None:
        self.bias = self.add_weight(shape=(shape[-1],), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        return x + self.bias


def _unit(x: Any, kernel: int, dilation: int, name: str) -> Any:
    x = layers.Conv1D(_WIDTH, kernel, dilation_rate=dilation, padding="same", use_bias=False, name=name)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.97, name=f"{name}_norm")(x))


def _harmonics(x: Any) -> list[Any]:
    """Cut the frequency axis so that every pitch lies over its harmonics; zeros beyond either end."""
    cuts = []
    for harmonic in _HARMONICS:
        start = round(_OCTAVE * math.log2(harmonic))
        stop = start + PITCH_BINS
        beyond = (max(0, -start), max(0, stop - BINS))
        inside = x[:, max(start, 0) : min(stop, BINS), :]
        cuts.append(layers.ZeroPadding1D(beyond)(inside) if any(beyond) else inside)
    return cuts
