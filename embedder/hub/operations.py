"""The operations of TensorFlow that a network may be made of, and what a function of a SavedModel reaches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from swara.embedder.errors import ModelUnfit

__all__ = ["OPERATIONS", "Reached", "called_functions"]

_NAMES = """
    Abs Acos Acosh Add AddN AddV2 All Angle Any ApproximateEqual ArgMax ArgMin Asin Asinh Atan Atan2 Atanh
    BatchMatMul BatchMatMulV2 BatchMatMulV3 BesselI0 BesselI0e BesselI1 BesselI1e Bucketize Cast Ceil
    ClipByValue Complex ComplexAbs Conj Cos Cosh Cross Cumprod Cumsum CumulativeLogsumexp Digamma Div DivNoNan
    Einsum Equal Erf Erfc Erfinv Exp Expm1 Floor FloorDiv FloorMod Greater GreaterEqual Igamma Igammac Imag
    Inv IsFinite IsInf IsNan L2Loss Less LessEqual Lgamma Log Log1p LogicalAnd LogicalNot LogicalOr LogSoftmax
    MatMul Max Maximum Mean Min Minimum Mod Mul MulNoNan Neg NextAfter NotEqual OnesLike Pow Prod Real RealDiv
    Reciprocal Rint Round Rsqrt SegmentMax SegmentMean SegmentMin SegmentProd SegmentSum Select SelectV2
    Sigmoid Sign Sin Sinh Softmax Sqrt Square SquaredDifference Sub Sum Tan Tanh TruncateDiv TruncateMod
    UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum Xdivy Xlog1py Xlogy ZerosLike
    BitwiseAnd BitwiseOr BitwiseXor Invert LeftShift RightShift

    AvgPool AvgPool3D BiasAdd BiasAddV1 Conv Conv2D Conv2DBackpropInput Conv2DBackpropInputV2 Conv3D
    Conv3DBackpropInputV2 DepthwiseConv2dNative DepthwiseConv2dNativeBackpropInput Dilation2D Elu
    FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 InTopKV2 L2Normalize LeakyRelu LRN MaxPool MaxPool3D
    MaxPoolV2 Relu Relu6 Selu Softplus Softsign TopK TopKV2
    ResizeArea ResizeBicubic ResizeBilinear ResizeNearestNeighbor CropAndResize ScaleAndTranslate
    ImageProjectiveTransformV2 ImageProjectiveTransformV3 AdjustContrastv2 AdjustHue AdjustSaturation HSVToRGB
    RGBToHSV ExtractImagePatches ExtractVolumePatches

    FFT FFT2D FFT3D FFTND IFFT IFFT2D IFFT3D IFFTND IRFFT IRFFT2D IRFFT3D IRFFTND RFFT RFFT2D RFFT3D RFFTND

    BatchToSpace BatchToSpaceND Bitcast BroadcastArgs BroadcastTo ConcatOffset ConcatV2 Const DepthToSpace
    DynamicPartition DynamicStitch EnsureShape ExpandDims Fill GatherNd GatherV2 Gather Identity IdentityN
    InvertPermutation LinSpace LowerBound MatrixBandPart MatrixDiag MatrixDiagPartV3 MatrixDiagV3
    MatrixSetDiagV3 MirrorPad NoOp OneHot Pack Pad PadV2 ParallelDynamicStitch Placeholder
    PlaceholderWithDefault PreventGradient Range Rank Reshape ResourceGather ResourceGatherNd Reverse
    ReverseSequence ReverseV2 Roll ScatterNd Shape ShapeN Size Slice Snapshot SpaceToBatch SpaceToBatchND
    SpaceToDepth Split SplitV Squeeze StopGradient StridedSlice TensorScatterAdd TensorScatterMax
    TensorScatterMin TensorScatterSub TensorScatterUpdate Tile Transpose Unique UniqueV2 UniqueWithCounts
    Unpack UpperBound Where SearchSorted Bincount DenseBincount

    EmptyTensorList TensorListConcatV2 TensorListElementShape TensorListFromTensor TensorListGather
    TensorListGetItem TensorListLength TensorListPopBack TensorListPushBack TensorListReserve
    TensorListResize TensorListScatterV2 TensorListSetItem TensorListSplit TensorListStack

    Case Enter Exit If LoopCond Merge NextIteration PartitionedCall StatefulPartitionedCall StatelessCase
    StatelessIf StatelessWhile Switch While Assert CheckNumerics CheckNumericsV2

    AssignAddVariableOp AssignSubVariableOp AssignVariableOp ReadVariableOp VarHandleOp VariableShape
    VarIsInitializedOp

    Multinomial RandomShuffle RandomStandardNormal RandomUniform RandomUniformInt StatelessMultinomial
    StatelessRandomGetAlg StatelessRandomGetKeyCounter StatelessRandomGetKeyCounterAlg StatelessRandomNormal
    StatelessRandomNormalV2 StatelessRandomUniform StatelessRandomUniformInt StatelessRandomUniformIntV2
    StatelessRandomUniformV2 StatelessTruncatedNormal StatelessTruncatedNormalV2 TruncatedNormal
"""

OPERATIONS: Final = frozenset(_NAMES.split())
"""Arithmetic on tensors and on the model's own variables, and calls of functions of the same file: what
Keras, ``tf.signal`` and ``tf.image`` export of networks. None of them reads or writes a file, opens a
connection, prints, calls Python, or names something outside of the model. So ``PrintV2``, which can write
to a file, and ``Summary`` and ``Debug`` operations are not among them."""

_MOST_NODES = 1_000_000
"""With every call written out, where functions that call others twice each would double without end;
Keras' largest, NASNetLarge, has some 10,000."""

_MOST_NUMBERS = 200_000_000
"""In constants, every call written out: some lines of text can stand for any amount of memory. VGGish has
72 million weights in all."""

_NAMED = 6
"""Operations that a message names at most."""


def called_functions(node: Any, library: Mapping[str, Any]) -> Iterator[str]:
    """Yield the functions of `library` that a node names: as its operation, or in its attributes."""
    if node.op in library:
        yield node.op
    for value in node.attr.values():
        yield from _functions_in(value)


def _functions_in(value: Any) -> Iterator[str]:
    for function in (value.func, *value.list.func):
        if function.name:
            yield function.name
        for each in function.attr.values():
            yield from _functions_in(each)


class Reached:
    """What functions of a library reach, all of it of listed operations.

    Parameters
    ----------
    library : mapping of str to FunctionDef
        The functions of the SavedModel.
    where : str
        The SavedModel, for messages.

    Attributes
    ----------
    functions : mapping of str to FunctionDef
        Those that were asked for, and all that they reach.
    """

    def __init__(self, library: Mapping[str, Any], where: str) -> None:
        self._library, self._where = library, where
        self.functions: dict[str, Any] = {}
        self._costs: dict[str, tuple[int, int]] = {}

    def follow(self, names: Iterable[str], of: str) -> None:
        """Add functions and all that they reach.

        Parameters
        ----------
        names : iterable of str
            In the library.
        of : str
            What calls them, for messages, such as ``its call``.

        Raises
        ------
        ModelUnfit
            If an operation is not listed, which is named; if a function is not there, or calls itself; or
            if there is more than a network has.
        """
        # Without recursion, as a chain of functions may be long.
        path: list[str] = []
        waiting = [iter(names)]
        while waiting:
            name = next(waiting[-1], None)
            if name is None:
                waiting.pop()
                if path:
                    self._costs[path[-1]] = self._cost(path[-1])
                    path.pop()
            elif name not in self.functions:
                self.functions[name] = self._body(name, of)
                nodes = self.functions[name].node_def
                self.check(nodes, f"{of}, in the function {name},")
                path.append(name)
                waiting.append(
                    iter([each for node in nodes for each in called_functions(node, self._library)])
                )
            elif name not in self._costs:
                raise self.refusal(f"{of} reaches the function {name}, which calls itself")

    def check(self, nodes: Iterable[Any], of: str) -> None:
        """Raise `ModelUnfit` unless every node is a listed operation, or a call within the library."""
        others = {node.op for node in nodes} - OPERATIONS - self._library.keys()
        if others:
            named = ", ".join(sorted(others)[:_NAMED])
            raise self.refusal(f"{of} uses what no network needs: {named}")

    def check_constant(self, node: Any) -> None:
        """Raise `ModelUnfit` unless a node of the graph is a constant, and no larger than a network's."""
        if node.op != "Const" or _numbers(node) > _MOST_NUMBERS:
            raise self.refusal(f"its call takes {node.name}, which is no constant of a network's")

    def refusal(self, what: str) -> ModelUnfit:
        """Return an error that says what is wrong with the SavedModel."""
        return ModelUnfit(
            f"this SavedModel was not loaded: {what}",
            where=self._where,
            fix="Use a model from those who published it, saved as a network without files, tables or Python",
        )

    def _body(self, name: str, of: str) -> Any:
        if name not in self._library:
            raise self.refusal(f"{of} reaches the function {name}, which it does not hold")
        return self._library[name]

    def _cost(self, name: str) -> tuple[int, int]:
        """Return how many nodes and how many constant numbers a function has with all calls written out."""
        body = self.functions[name]
        nodes, numbers = len(body.node_def), sum(map(_numbers, body.node_def))
        for node in body.node_def:
            for called in called_functions(node, self._library):
                nodes, numbers = nodes + self._costs[called][0], numbers + self._costs[called][1]
        if nodes > _MOST_NODES or numbers > _MOST_NUMBERS:
            raise self.refusal(f"the function {name} holds more than any network does")
        return nodes, numbers


def _numbers(node: Any) -> int:
    """Return how many numbers a constant stands for."""
    if node.op != "Const":
        return 0
    return math.prod(max(0, dim.size) for dim in node.attr["value"].tensor.tensor_shape.dim)
