"""The shipped networks taken back into Keras, to train on from there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from .batches import SceneBatch

__all__ = ["fine_from", "start_from"]

_KERNEL = re.compile(r"(\w+?)(?:_1)?/(?:convolution|(?:Tensordot/)?MatMul)\d*")
_NORM = re.compile(r"(?:^|;)(\w+?)(?:_1)?/batchnorm/")
_BIAS = re.compile(r"(?:^|;)(\w+?)(?:_1)?/(?:BiasAdd|Add$)")
_SHIFT, _SHIFT_SCALE = re.compile(r"mul_1\d?"), 10.0  # the layer `shift`, by a tenth, has lost its name


def start_from(file: Path, model: keras.Model, seen: SceneBatch, fresh: tuple[str, ...] = ()) -> None:
    """Give `model` the weights of the salience network in `file`, and layers named as in `fresh` none.

    In the file the normalisation over the batch has become part of the convolutions. It is set up again here
    with the statistics of the scenes in `seen`, so that the network answers as the file does, and training
    goes on as though it had never been exported.

    Raises
    ------
    ValueError
        If a layer of `model` has no weights in the file.
    """
    kernels, biases = _constants(file)
    weighted = [layer for layer in model.layers if layer.weights and not layer.name.startswith(fresh)]
    norms = [layer for layer in weighted if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in weighted:
        if layer.name not in (biases if layer in norms else kernels):
            raise ValueError(f"{file} holds no weights of the layer {layer.name!r}")
        if layer in norms:
            size = biases[layer.name].size
            ones = np.ones(size, np.float32)
            layer.set_weights([ones, biases[layer.name], 0.0 * ones, ones - layer.epsilon])
        else:
            kernel = kernels[layer.name]
            kernel = kernel.T if kernel.ndim == 2 else np.transpose(kernel, (1, 2, 3, 0))
            layer.set_weights([kernel, biases[layer.name]] if layer.use_bias else [kernel])
    _normalise_again(model, norms, seen)


def fine_from(file: Path, model: keras.Model) -> None:
    """Give `model` the weights of the fine estimate in `file`.

    Raises
    ------
    ValueError
        If a layer of `model` has no weights in the file.
    """
    kernels, biases = _constants(file)
    for layer in (layer for layer in model.layers if layer.weights):
        if layer.name not in kernels or layer.name not in biases:
            raise ValueError(f"{file} holds no weights of the layer {layer.name!r}")
        layer.set_weights([kernels[layer.name].T, biases[layer.name]])


def _constants(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return kernels and biases by the name of their layer, as the converter names tensors."""
    interpreter = Interpreter(str(file))
    inner: Any = interpreter._interpreter  # of several subgraphs the public methods tell of the first alone
    kernels, biases = {}, {}
    for graph, index in ((g, k) for g in range(inner.NumSubgraphs()) for k in range(inner.NumTensors(g))):
        try:
            tensor = _tensor(interpreter, index, graph)
        except ValueError:  # worked out while running, no constant
            continue
        name = inner.TensorName(index, graph)
        if _SHIFT.fullmatch(name):
            tensor, name = _SHIFT_SCALE * tensor, "shift/MatMul" if tensor.ndim > 1 else "shift/BiasAdd"
        if tensor.ndim > 1 and (found := _KERNEL.fullmatch(name)):
            kernels[found[1]] = tensor
        elif tensor.ndim == 1 and tensor.dtype == np.float32:
            for found in (_NORM.search(name), _BIAS.search(name)):
                if found:
                    biases[found[1]] = tensor
    return kernels, biases


def _tensor(interpreter: Any, index: int, graph: int) -> Any:
    """Return a constant; one that is rounded to 8 bits by the scale of each channel that comes out."""
    tensor = interpreter.get_tensor(index, graph).copy()
    if tensor.dtype != np.int8:
        return tensor
    scales = interpreter._get_tensor_details(index, graph)["quantization_parameters"]["scales"]
    return np.float32(tensor) * scales.reshape(-1, *([1] * (tensor.ndim - 1)))


def _normalise_again(model: keras.Model, norms: list[Any], seen: SceneBatch) -> None:
    """Let what is normalised have mean 0 and variance 1 over the scenes seen, and the outcome be the same."""
    probe = keras.Model(model.inputs, [norm.input for norm in norms])
    for norm, values in zip(norms, probe(seen.frames.astype(np.float32), training=False), strict=True):
        mean, variance = (np.asarray(f(values, axis=(0, 1, 2))) for f in (np.mean, np.var))
        _, bias, _, _ = norm.get_weights()
        norm.set_weights([np.sqrt(variance + norm.epsilon), bias + mean, mean, variance])
