"""The network behind the fine estimate, in Keras: it weighs partials, then looks at the frames around."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from swara.classifier.pitch.features import AROUND, FINE_FEATURES, HARMONICS, NEIGHBOUR_FEATURES
from swara.classifier.pitch.spectrum import WINDOWS

__all__ = ["FineLayers"]

_UNITS = 128
_SECOND_UNITS = 64
_VALUES = len(WINDOWS) * HARMONICS


class FineLayers:
    """Two looks at a pitch: at a frame's own partials, then at what its neighbours found."""

    def __init__(self) -> None:
        self.first = [layers.Dense(_UNITS, activation="relu", name=f"first{i}") for i in range(2)]
        self.weights = layers.Dense(_VALUES, name="weights")
        self.shift = layers.Dense(1, name="shift")
        self.told = layers.Dense(NEIGHBOUR_FEATURES, activation="tanh", name="told")
        self.second = [layers.Dense(_SECOND_UNITS, activation="relu", name=f"second{i}") for i in range(2)]
        self.correction = layers.Dense(1, kernel_initializer="zeros", name="correction")
        self.voicing = layers.Dense(1, name="fine_voicing")

    def look(self, features: Any) -> tuple[Any, Any]:
        """First look: shapes [..., features] to [..., 1] in SCALE_CENTS, and what the second is told."""
        x = features
        for layer in self.first:
            x = layer(x)
        off = features[..., 1 : 1 + 2 * _VALUES : 2]
        estimate = ops.sum(ops.softmax(self.weights(x)) * off, axis=-1, keepdims=True)
        return estimate + 0.1 * self.shift(x), self.told(x)

    def look_around(self, gathered: Any) -> tuple[Any, Any]:
        """Second look: what to add to the first estimate, and log odds of a voice, shapes [..., 1]."""
        x = gathered
        for layer in self.second:
            x = layer(x)
        return self.correction(x), self.voicing(x)

    def model(self) -> keras.Model:
        """Return both looks over scenes.

        It takes features, coarse pitch (SCALE_CENTS) and scaled log odds of a voice, and gives both estimates
        relative to the coarse one and log odds of a voice.
        """
        features = keras.Input((None, FINE_FEATURES))
        coarse, odds = keras.Input((None, 1)), keras.Input((None, 1))
        first, told = self.look(features)
        gathered = []
        pitch = coarse + first
        for shift in AROUND:
            relative = ops.clip(_shifted(pitch, shift) - pitch, -3.0, 3.0)
            gathered += [relative, _shifted(odds, shift), _shifted(told, shift)]
        correction, voicing = self.look_around(ops.concatenate(gathered, axis=-1))
        return keras.Model([features, coarse, odds], [first, first + correction, voicing])


def _shifted(x: Any, shift: int) -> Any:
    """Frame t + shift at t, the last one repeated past either end."""
    if shift == 0:
        return x
    edge = x[:, -1:] if shift > 0 else x[:, :1]
    filler = ops.repeat(edge, abs(shift), axis=1)
    return ops.concatenate([x[:, shift:], filler] if shift > 0 else [filler, x[:, :shift]], axis=1)
