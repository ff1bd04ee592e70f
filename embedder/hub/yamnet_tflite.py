"""The official TFLite file of YAMNet, cut where its embedding is, or lower."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from swara.data.clip import Samples
from swara.data.errors import OutputError
from swara.data.storage.disk import write_bytes
from swara.embedder.errors import ModelDamaged, ModelUnfit
from swara.embedder.litert import open_interpreter
from swara.embedder.spec import Vectors

from .contract import YAMNET_TFLITE, YAMNET_TFLITE_SHA256, Contract, Outputs
from .locate import TFLITE_FILE, models_folder

__all__ = ["OneOutput", "TfliteNetwork", "cut_at_embedding", "lowest_blocks", "pulled_file", "pulled_lowest"]

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


def lowest_blocks(content: bytes, where: str, blocks: int) -> bytes:
    """Return a TFLite file that ends where that many of YAMNet's separable convolutions end.

    What comes after, weights too, is left out; what is left is as it was.

    Parameters
    ----------
    content : bytes
        The official file.
    where : str
        For messages.
    blocks : int
        1 to 13.

    Raises
    ------
    ModelDamaged, ModelUnfit
        As of `cut_at_embedding`.
    """
    from ai_edge_litert import schema_py_generated as schema
    from flatbuffers import Builder

    cut_at_embedding(content, where)  # says what is wrong with a file that is another
    model: Any = schema.ModelT.InitFromPackedBuf(content, 0)  # what may be None is there: it was checked
    (graph,) = model.subgraphs
    kinds = (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.DEPTHWISE_CONV_2D)
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    places = [at for at, each in enumerate(graph.operators) if codes[each.opcodeIndex] in kinds]
    graph.operators = graph.operators[: places[2 * blocks] + 1]  # the first is no pair
    graph.outputs = np.array(graph.operators[-1].outputs)
    ends = [each.inputs for each in graph.operators] + [each.outputs for each in graph.operators]
    kept = sorted({int(number) for end in ends for number in end if number >= 0})
    placed = {-1: -1} | {number: at for at, number in enumerate(kept)}
    for part in (graph, *graph.operators):
        part.inputs, part.outputs = (
            [placed[int(number)] for number in end] for end in (part.inputs, part.outputs)
        )
    graph.tensors = [graph.tensors[number] for number in kept]
    used = [0, *sorted({each.buffer for each in graph.tensors} - {0})]
    for each in graph.tensors:
        each.buffer = used.index(each.buffer)
    model.buffers = [model.buffers[number] for number in used]
    model.metadata = model.metadataBuffer = model.signatureDefs = None
    builder = Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def pulled_file(environment: Mapping[str, str]) -> tuple[Path, bytes] | None:
    """Return the official file and its content where ``swara models pull yamnet-tflite`` puts it.

    None where it is not there, cannot be read, or has another digest than the official one.

    Parameters
    ----------
    environment : mapping of str to str
        As of `models_folder`.
    """
    file = models_folder(environment) / YAMNET_TFLITE.name / TFLITE_FILE
    with suppress(OSError):
        content = file.read_bytes()
        if hashlib.sha256(content).hexdigest() == YAMNET_TFLITE_SHA256:
            return file, content
    return None


def pulled_lowest(environment: Mapping[str, str], blocks: int) -> tuple[bytes, Path] | None:
    """Return `lowest_blocks` of the pulled file, and the file; None where `pulled_file` says so.

    Cut once, which takes a while, they are kept beside the file, and go with it when it is removed. The name
    of what is kept holds its digest: one that was cut short or changed is made anew.

    Parameters
    ----------
    environment : mapping of str to str
        As of `models_folder`.
    blocks : int
        1 to 13.
    """
    if (pulled := pulled_file(environment)) is None:
        return None
    file, whole = pulled
    for kept in file.parent.glob(f"lowest-{blocks}-*.tflite"):
        with suppress(OSError):
            content = kept.read_bytes()
            if kept.name == _kept_name(blocks, content):
                return content, file
    content = lowest_blocks(whole, str(file), blocks)
    with suppress(OutputError):  # a folder that cannot be written: cut again the next time
        write_bytes(file.parent / _kept_name(blocks, content), content)
    return content, file


def _kept_name(blocks: int, content: bytes) -> str:
    return f"lowest-{blocks}-{hashlib.sha256(content).hexdigest()[:32]}.tflite"


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
        self._embedding = OneOutput(cut_at_embedding(content, where), where)
        self._scores = OneOutput(content, where) if scores else None

    def run(self, samples: Samples, windows: int) -> Outputs:  # noqa: ARG002
        """Return the embedding of a window."""
        scores = None if self._scores is None else self._scores(samples)
        return Outputs(self._embedding(samples), scores)


class OneOutput:
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
