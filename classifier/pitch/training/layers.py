"""The network in Keras: harmonics laid over each other, then convolutions over pitch and the past."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers, ops

from swara.classifier.pitch.decode import PITCH_BINS, PITCH_BINS_PER_OCTAVE, PITCH_LOWEST_HZ
from swara.classifier.pitch.features import CHANNELS
from swara.classifier.pitch.spectrum import BINS, BINS_PER_OCTAVE, LOWEST_HZ

__all__ = ["PAST_SHAPES", "PitchLayers"]

_WIDTH = 32
_STEM = 8
_HARMONICS = (1 / 3, 1 / 2, 1, 2, 3, 4, 5, 6, 7, 8, 10)
_PITCH_DILATIONS = (1, 2, 4, 2, 1)
_TIME_DILATIONS = (1, 2, 4, 8, 16)
_CONTEXT_AFTER = (1, 3)
_VOICING_UNITS = 32
_VOICING_DILATIONS = (1, 3, 9)

PAST_SHAPES = (
    *((2 * dilation, PITCH_BINS, _WIDTH) for dilation in _TIME_DILATIONS),
    *((2 * dilation, 1, _VOICING_UNITS) for dilation in _VOICING_DILATIONS),
)
"""What is remembered for each convolution over time: frames of 20 ms, places on its axis, channels."""


class PitchLayers:
    """The layers, and the two ways to run them: on a whole scene, or on from what came before."""

    def __init__(self) -> None:
        self.stem = Conv2D(_STEM, (1, 5), strides=(1, 2), padding="same", activation="relu", name="stem")
        self.mix = _Unit(1, 1, "mix")
        self.pitch = [_Unit((1, 3), (1, d), f"pitch{i}") for i, d in enumerate(_PITCH_DILATIONS)]
        self.time = [_Unit((3, 1), (d, 1), f"time{i}", relu=False) for i, d in enumerate(_TIME_DILATIONS)]
        self.context = {i: layers.Dense(_WIDTH, name=f"context{i}") for i in _CONTEXT_AFTER}
        self.salience = Conv2D(2, (1, 3), padding="same", name="salience")
        self.voicing_hidden = layers.Dense(_VOICING_UNITS, activation="relu", name="voicing_hidden")
        self.voicing_time = [
            Conv2D(_VOICING_UNITS, (3, 1), dilation_rate=(d, 1), name=f"voicing_time{i}")
            for i, d in enumerate(_VOICING_DILATIONS)
        ]
        self.voicing = layers.Dense(2, name="voicing")

    def __call__(self, frames: Any, pasts: list[Any] | None = None) -> tuple[Any, Any, list[Any]]:
        """Run on frames of 20 ms.

        Parameters
        ----------
        frames : tensor, shape [batch, frames, BINS, CHANNELS]
            Input of the network, a scene in each row.
        pasts : list of tensors, shape [batch, *PAST_SHAPES[i]], optional
            What is remembered; zeros if not given. For a single frame the two frames that matter, first and
            middle of those.

        Returns
        -------
        salience : tensor, shape [batch, frames, 2, PITCH_BINS]
            Logits for the frame's two halves of 10 ms.
        voicing : tensor, shape [batch, frames, 2]
            Logits.
        pasts : list of tensors
            To go on with; of a single frame what it adds.
        """
        past = _Past(pasts)
        x = self.mix(ops.concatenate(_harmonics(self.stem(frames)), axis=-1))
        for i, (over_pitch, over_time) in enumerate(zip(self.pitch, self.time, strict=True)):
            x = ops.relu(x + over_time.norm(past.over(over_time.conv, over_pitch(x))))
            if i in self.context:
                x = x + ops.expand_dims(self.context[i](_pooled(x)), axis=2)
        salience = ops.transpose(self.salience(x), (0, 1, 3, 2))
        # What lies at the pitch believed in tells a voice there from the drone that is everywhere else.
        at_pitch: Any = ops.matmul(ops.stop_gradient(ops.softmax(salience)), x)
        seen = ops.concatenate([at_pitch[:, :, 0], at_pitch[:, :, 1], _pooled(x)], axis=-1)
        y = ops.expand_dims(self.voicing_hidden(seen), axis=2)
        for over_time in self.voicing_time:
            y = ops.relu(y + past.over(over_time, y))
        return salience, self.voicing(y[:, :, 0]), past.after

    def model(self) -> keras.Model:
        """Return the network for whole scenes, without memory."""
        frames = keras.Input((None, BINS, CHANNELS), name="frames")
        salience, voicing, _ = self(frames)
        return keras.Model(frames, [salience, voicing])


class Conv2D(layers.Conv2D):  # type: ignore[misc]
    """A convolution along one axis, on JAX a product over shifted inputs.

    A GPU takes a tenth of the time for it that its own convolutions take with 32 channels and dilations. The
    name of the class stands in files of weights, so it is that of Keras.
    """

    def call(self, inputs: Any) -> Any:
        """Return the layer's output."""
        return self.shifted(inputs) if keras.backend.backend() == "jax" else super().call(inputs)

    def shifted(self, inputs: Any) -> Any:
        """Return the layer's output, worked out over shifted inputs."""
        axis = 1 if self.kernel_size[0] > 1 else 2
        taps, stride = max(self.kernel_size), self.strides[axis - 1]
        reach = (taps - 1) * self.dilation_rate[axis - 1]
        if self.padding == "same":
            size = inputs.shape[axis]
            beyond = max((-(-size // stride) - 1) * stride + reach + 1 - size, 0)
            pads = [(0, 0)] * 4
            pads[axis] = (beyond // 2, beyond - beyond // 2)
            inputs = ops.pad(inputs, pads)
        last = inputs.shape[axis] - reach
        cuts = []
        for first in range(0, reach + 1, self.dilation_rate[axis - 1]):
            places = slice(first, first + last, stride)
            cuts.append(inputs[:, places] if axis == 1 else inputs[:, :, places])
        joined = ops.concatenate(cuts, axis=-1) if taps > 1 else inputs
        found: Any = ops.matmul(joined, ops.reshape(self.kernel, (-1, self.filters)))
        found = found + self.bias if self.use_bias else found
        return self.activation(found)


class _Past:
    """What came before a scene, for one convolution over time after the other."""

    def __init__(self, pasts: list[Any] | None) -> None:
        self._pasts = pasts
        self.after: list[Any] = []

    def over(self, conv: Any, y: Any) -> Any:
        """Lay the next convolution over `y` and what it remembers; zeros where nothing is remembered."""
        number = len(self.after)
        frames = PAST_SHAPES[number][0]
        if self._pasts is None:
            self.after.append(None)
            return conv(layers.ZeroPadding2D(((frames, 0), (0, 0)))(y))
        joined = ops.concatenate([self._pasts[number], y], axis=1)
        if y.shape[1] > 1:
            self.after.append(joined[:, -frames:])
            return conv(joined)
        self.after.append(y)
        # A single frame is handed the two that the kernel reaches and nothing between them.
        found = ops.conv(joined, conv.kernel)
        return found + conv.bias if conv.use_bias else found


class _Unit:
    """A convolution, normalised over the batch."""

    def __init__(self, kernel: Any, dilation: Any, name: str, *, relu: bool = True) -> None:
        self.conv = Conv2D(
            _WIDTH,
            kernel,
            dilation_rate=dilation,
            padding="same" if relu else "valid",
            use_bias=False,
            kernel_initializer="he_normal",
            name=name,
        )
        self.norm = layers.BatchNormalization(momentum=0.98, name=f"{name}_norm")
        self.relu = relu

    def __call__(self, x: Any) -> Any:
        y = self.norm(self.conv(x))
        return ops.relu(y) if self.relu else y


def _harmonics(x: Any) -> list[Any]:
    """Cut the frequency axis so that every pitch bin lies over its harmonics; zeros beyond either end."""
    ratio = BINS_PER_OCTAVE // PITCH_BINS_PER_OCTAVE
    size = BINS // ratio
    lowest = PITCH_BINS_PER_OCTAVE * math.log2(PITCH_LOWEST_HZ / LOWEST_HZ)
    cuts = []
    for harmonic in _HARMONICS:
        start = round(lowest + PITCH_BINS_PER_OCTAVE * math.log2(harmonic))
        stop = start + PITCH_BINS
        inside = x[:, :, max(start, 0) : min(stop, size), :]
        beyond = (max(0, -start), max(0, stop - size))
        cuts.append(layers.ZeroPadding2D(((0, 0), beyond))(inside) if any(beyond) else inside)
    return cuts


def _pooled(x: Any) -> Any:
    return ops.concatenate([ops.max(x, axis=2), ops.mean(x, axis=2)], axis=-1)
