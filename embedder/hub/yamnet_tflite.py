"""The official TFLite file of YAMNet, cut where its embedding is."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from swara.data.clip import Samples
from swara.embedder.errors import ModelDamaged, ModelUnfit
from swara.embedder.litert import open_interpreter
from swara.embedder.spec import Vectors

from .contract import YAMNET_TFLITE, Contract, Outputs

__all__ = ["TfliteNetwork", "cut_at_embedding"]

_DAMAGE = (ValueError, TypeError, IndexError, AttributeError, struct.error)
"""What reading a FlatBuffer raises when its bytes are not what they were."""


def cut_at_embedding(content: bytes, where: str, contract: Contract = YAMNET_TFLITE) -> bytes:
    """Return a TFLite file with the embedding as its output in the place of the class scores.

    The embedding is what the last dense layer takes. The number of the output is overwritten, nothing else:
    the graph still computes the scores, which cost next to nothing.

    Raises
    ------
    ModelDamaged
        If it is no TFLite file.
    ModelUnfit
        If it has other inputs or outputs, or no such layer.
    """
    from ai_edge_litert import schema_py_generated as schema

    changed = bytearray(content)
    try:
        model = schema.Model.GetRootAsModel(changed, 0)
        if not schema.Model.ModelBufferHasIdentifier(changed, 0):
            raise ModelDamaged("this is not a TFLite file", where=where, fix="Get the file again")
        graph: Any = model.Subgraphs(0)
        _check_ends(graph, contract, where)
        graph.OutputsAsNumpy()[0] = _embedding(model, graph, schema, contract, where)
    except _DAMAGE as error:
        raise ModelDamaged(
            "this TFLite file is damaged or cut short", where=where, fix="Get the file again"
        ) from error
    return bytes(changed)


def _check_ends(graph: Any, contract: Contract, where: str) -> None:
    ends = (graph.InputsAsNumpy(), graph.OutputsAsNumpy())
    shapes = [[tuple(map(int, graph.Tensors(i).ShapeAsNumpy())) for i in end] for end in ends]
    wanted = [[(contract.window_samples,)], [(1, contract.classes)]]
    if shapes != wanted:
        raise ModelUnfit(
            f"this TFLite file is not {contract.name}: it takes {shapes[0]} and gives {shapes[1]}, "
            f"not {wanted[0]} and {wanted[1]}",
            where=where,
            fix=f"Get {contract.url}",
        )


def _embedding(model: Any, graph: Any, schema: Any, contract: Contract, where: str) -> int:
    """Return the number of the tensor that the last dense layer takes."""
    dense = schema.BuiltinOperator.FULLY_CONNECTED
    for number in reversed(range(graph.OperatorsLength())):
        operator = graph.Operators(number)
        code = model.OperatorCodes(operator.OpcodeIndex())
        if max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) == dense:
            taken = int(operator.Inputs(0))
            if int(np.prod(graph.Tensors(taken).ShapeAsNumpy())) == contract.dim:
                return taken
            break
    raise ModelUnfit(
        f"this TFLite file is not {contract.name}: its last dense layer takes no {contract.dim} numbers",
        where=where,
        fix=f"Get {contract.url}",
    )


class TfliteNetwork:
    """One window at a time through the TFLite file.

    Parameters
    ----------
    content : bytes
        Of the file.
    where : str
        For messages.
    scores : bool
        Whether the class scores are wanted too, which takes a second run.
    """

    sizes: tuple[int, ...] = (1,)
    """One window, no more: the file has that shape."""

    def __init__(self, content: bytes, where: str, *, scores: bool) -> None:
        self._embedding = _OneOutput(cut_at_embedding(content, where), where)
        self._scores = _OneOutput(content, where) if scores else None

    def run(self, samples: Samples, windows: int) -> Outputs:  # noqa: ARG002
        """Return the embedding of a window."""
        scores = None if self._scores is None else self._scores(samples)
        return Outputs(self._embedding(samples), scores)


class _OneOutput:
    """An interpreter with one input and one output, which may be of 8-bit integers."""

    def __init__(self, content: bytes, where: str) -> None:
        self._interpreter = open_interpreter(content, where, 1)
        (self._input,), (self._output,) = (
            self._interpreter.get_input_details(),
            self._interpreter.get_output_details(),
        )

    def __call__(self, samples: Samples) -> Vectors:
        """Return what it gives for a window: float32 [1, n]."""
        self._interpreter.set_tensor(self._input["index"], np.ascontiguousarray(samples))
        self._interpreter.invoke()
        given = self._interpreter.get_tensor(self._output["index"]).reshape(1, -1)
        scale, zero = self._output["quantization"]
        if not scale:
            return np.asarray(given, dtype=np.float32)
        return np.asarray((given.astype(np.float32) - zero) * np.float32(scale), dtype=np.float32)
