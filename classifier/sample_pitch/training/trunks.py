"""Pretrained networks that a dense head is put on: what they are given, and their blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from swara.classifier.head_files import head_arrays
from swara.classifier.sample_pitch.features import BINS_PER_SEMITONE, LOWEST_MIDI, PITCH_BINS, frame_features
from swara.classifier.sample_pitch.note import FOLDER, LOWEST, NOTES, WEIGHTS_FILE, crepe_windows
from swara.data.clip import Samples
from swara.embedder.crepe.network import LAYERS, WINDOW, read_weights, weights_file

from .layers import note_network

__all__ = ["Trunk", "TrunkName", "trunk_called"]

TrunkName: TypeAlias = Literal["note", "crepe"]

_CREPE_SHAPES = ((128, 512, 4), (16, 64, 1), (16, 64, 1), (16, 64, 1), (32, 64, 1), (64, 64, 1))


@dataclass(frozen=True, slots=True, eq=False)
class Trunk:
    """A pretrained network.

    Parameters
    ----------
    windows : callable
        Makes its input of frames: float32 [n, FRAME] to float32 [n, T, F].
    model : keras.Model
        From that to a vector, [n, dim].
    blocks : mapping of str to list of keras.layers.Layer
        What is set free together, from the bottom to the top.
    kernel : float32 array, shape [dim, NOTES]
        What the dense head begins from.
    """

    windows: Callable[[Samples], npt.NDArray[np.float32]]
    model: keras.Model
    blocks: Mapping[str, list[Any]]
    kernel: npt.NDArray[np.float32]


def trunk_called(name: TrunkName, seed: int, batch: int | None = None) -> Trunk:
    """Return a trunk with its pretrained weights.

    Parameters
    ----------
    name : str
        ``note``, the network that ships, or ``crepe``, whose weights the extra of that name brings.
    seed : int
        Of what the head begins from where the trunk does not say it.
    batch : int, optional
        How many windows it takes at a time; any number, if left out.

    Raises
    ------
    MissingPackage
        If the weights are not installed.
    """
    return _crepe(seed, batch) if name == "crepe" else _shipped(batch)


def _crepe(seed: int, batch: int | None) -> Trunk:
    weights, _ = read_weights(weights_file())
    windows = keras.Input(batch_shape=(batch, WINDOW, 1), name="windows")
    x, blocks = windows, {}
    for name, (filters, width, step) in zip(LAYERS, _CREPE_SHAPES, strict=True):
        convolution = layers.Conv1D(filters, width, step, padding="same", activation="relu", name=name)
        norm = layers.BatchNormalization(name=f"{name}-BN")
        x = layers.MaxPooling1D(2)(norm(convolution(x)))
        convolution.set_weights([weights[f"{name}/{each}"] for each in ("kernel", "bias")])
        moments = ("gamma", "beta", "moving_mean", "moving_variance")
        norm.set_weights([weights[f"{name}-BN/{each}"] for each in moments])
        blocks[name] = [convolution, norm]
    model = keras.Model(windows, layers.Flatten()(x))
    dim = model.output_shape[-1]
    kernel = np.random.default_rng(seed).normal(0.0, dim**-0.5, (dim, NOTES)).astype(np.float32)
    return Trunk(crepe_windows, model, blocks, kernel)


def _shipped(batch: int | None) -> Trunk:
    model, weights = note_network(batch), head_arrays(FOLDER, WEIGHTS_FILE)
    model.set_weights([weights[name] for name in sorted(weights)])
    blocks: dict[str, list[Any]] = {}
    for layer in model.layers:
        if layer.weights:
            blocks.setdefault(layer.name.removesuffix("_norm").replace("context", "pitch"), []).append(layer)
    top = [layer for name in ("none_hidden", "none", "salience", "place") for layer in blocks.pop(name)]
    blocks["top"] = top
    # A note is what the three bins around it say, a bin without pitch none: so the head begins as good as the
    # network, before it has learned anything.
    bins = LOWEST_MIDI + np.arange(PITCH_BINS + 1) / BINS_PER_SEMITONE
    near = np.abs(bins[:, None] - np.arange(LOWEST, LOWEST + NOTES)) < 0.5
    near[PITCH_BINS] = False
    return Trunk(frame_features, model, blocks, (near / 3.0).astype(np.float32))
