"""The shipped network taken back into Keras, to train on from there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from .layers import EmbedderLayers

__all__ = ["load_shipped"]

_LAYER = re.compile(r"(?:^|;)(?:functional\w*/)?(\w+?)(?:_1)?/")


def load_shipped(file: Path) -> tuple[EmbedderLayers, keras.Model]:
    """Return the layers, block by block, and their model, with the weights of an exported file.

    They answer as the file does, to within rounding.

    Raises
    ------
    ValueError
        If the file lacks the weights of a layer, or holds some of another shape.
    """
    network = EmbedderLayers()
    model = network.model()
    found = _constants(file)
    for layer in (layer for block in network.blocks.values() for layer in block):
        shapes = [tuple(weight.shape) for weight in layer.weights]
        kernel, bias = found.get((layer.name, True)), found.get((layer.name, False))
        if kernel is None or bias is None:
            raise ValueError(f"{file} holds no weights of the layer {layer.name!r}")
        layer.set_weights([_as_keras(kernel, shapes[0]), bias])
    return network, model


def _constants(file: Path) -> dict[tuple[str, bool], Any]:
    """Return the tensors that the converter has named after a layer, by that and whether they are kernels."""
    interpreter = Interpreter(str(file))
    found = {}
    for detail in interpreter.get_tensor_details():
        try:
            tensor = interpreter.get_tensor(detail["index"]).copy()
        except ValueError:  # worked out while running, no constant
            continue
        layer = _LAYER.search(detail["name"])
        if layer and tensor.dtype == np.float32 and tensor.ndim:
            found[layer[1], tensor.ndim > 1] = tensor
    return found


def _as_keras(kernel: Any, shape: tuple[int, ...]) -> Any:
    """Turn a kernel from LiteRT's order of axes, what comes out first, into that of Keras."""
    by_channel = kernel.ndim == 4 and len(shape) == 3
    turned = kernel[0, 0, :, :, None] if by_channel else np.moveaxis(kernel, 0, -1)
    if turned.shape != shape:
        raise ValueError(f"a kernel of the shape {turned.shape} where {shape} is wanted")
    return turned
