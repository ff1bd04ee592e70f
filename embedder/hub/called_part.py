"""The part of a SavedModel that its call needs, checked before TensorFlow is given anything of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from swara.embedder.errors import ModelDamaged

from .operations import Reached, called_functions

__all__ = ["called_part"]

_INIT_OP: Final = "__saved_model_init_op"
_INIT_COLLECTIONS: Final = ("saved_model_main_op", "legacy_init_op", "table_initializer")
_INITIALIZERS: Final = ("_create_resource", "_destroy_resource", "_initialize", "initializer", "init_fn")
"""What TensorFlow runs of its own accord when it loads a SavedModel: nodes of the graph, and functions of
its objects by their names."""

_CALL, _SIGNATURES = _CALLED = ("__call__", "signatures")
"""Children of the root by which a model is called."""

_CONTAINERS: Final = ("dict_value", "list_value", "named_tuple_value", "tuple_value")
_LEAVES: Final = (
    *("none_value", "float64_value", "int64_value", "string_value", "bool_value"),
    *("tensor_shape_value", "tensor_dtype_value", "tensor_spec_value", "bounded_tensor_spec_value"),
)
"""What a signature may be described by: tensors, plain values, and containers of them."""

_INTERNAL_KEPT: Final = frozenset(("_output_shapes", "_num_original_outputs", "_lower_using_switch_merge"))
_RUNTIME: Final = frozenset(("config", "config_proto", "executor_type"))
"""Attributes of nodes that begin with an underscore, or that choose how a call is run, are instructions to
TensorFlow itself; only these three are those of a network."""


def called_part(content: bytes, where: str) -> bytes:
    """Return what a SavedModel's call needs, as another SavedModel, of listed operations only.

    It is written anew: the functions that ``__call__``, or else the signature ``serving_default``, reaches,
    the variables that they take, and the way to them from the root, by which the checkpoint names them.
    Other functions, those that save and restore included, are left out unread, and so are assets, optimizers,
    classes, gradients, devices and hints to the runtime: TensorFlow never sees them.

    Parameters
    ----------
    content : bytes
        Of ``saved_model.pb``.
    where : str
        The SavedModel, for messages.

    Raises
    ------
    ModelDamaged
        If it cannot be read.
    ModelUnfit
        If the call, or anything that is run when the model is loaded, reaches an operation that is not
        listed, which is named; if the model has tables, other resources, or savers of its own; or nothing
        to call.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    saved = SavedModel()
    try:
        saved.ParseFromString(content)
        return bytes(_CalledPart(saved, where).written().SerializeToString())
    except (DecodeError, KeyError, IndexError) as error:
        raise ModelDamaged(
            "the graph of this SavedModel is damaged or cut short",
            where=where,
            fix="Get it again; it may be cut short",
        ) from error


class _CalledPart:
    """A SavedModel, reduced to what its call needs."""

    def __init__(self, saved: Any, where: str) -> None:
        self._saved = saved
        graphs = [graph for graph in saved.meta_graphs if graph.HasField("object_graph_def")]
        functions = [each for graph in graphs for each in graph.graph_def.library.function]
        self._library = {each.signature.name: each for each in functions}
        self._reached = Reached(self._library, where)
        if len(graphs) != 1 or len(saved.meta_graphs) != 1:
            raise self._reached.refusal("it is not one network as TensorFlow 2 saves it")
        (self._graph,) = graphs
        self._objects = self._graph.object_graph_def.nodes
        if len(self._library) != len(functions):
            raise self._reached.refusal("two of its functions have the same name")
        self._nodes = {node.name: node for node in self._graph.graph_def.node}

    def written(self) -> Any:
        """Return the SavedModel that holds the called part alone."""
        self._refuse_own_code()
        self._check_initializers()
        self._way, entry = self._entry()
        self._reached.follow(_concrete(entry), "its call")
        self._refuse_hidden_names()
        return self._rewritten(entry)

    def _refuse_own_code(self) -> None:
        """Refuse what TensorFlow would have to make or to restore by functions of the model's."""
        for each in self._objects:
            if each.WhichOneof("kind") == "resource":
                raise self._reached.refusal("it holds a table or another resource that it makes itself")
            if each.saveable_objects or each.registered_saver:
                raise self._reached.refusal("it saves and restores a part of itself by functions of its own")

    def _check_initializers(self) -> None:
        named = [
            name
            for each in self._objects
            for child in each.children
            if child.local_name in _INITIALIZERS
            for name in _concrete(self._objects[child.node_id])
        ]
        self._reached.follow(named, "an initializer")
        graph, ends = self._graph, []
        if _INIT_OP in graph.signature_def:
            ends += [each.name for each in graph.signature_def[_INIT_OP].outputs.values()]
        for name in _INIT_COLLECTIONS:
            if name in graph.collection_def:
                ends += graph.collection_def[name].node_list.value
        nodes = list(self._before(ends))
        self._reached.check(nodes, "its init op")
        called = [name for node in nodes for name in called_functions(node, self._library)]
        self._reached.follow(called, "its init op")

    def _before(self, ends: Iterable[str]) -> Iterator[Any]:
        """Yield the nodes of the graph that must run before these tensors or nodes are there, and theirs."""
        waiting, seen = list(ends), set()
        while waiting:
            name = waiting.pop().removeprefix("^").partition(":")[0]
            if name not in seen:
                seen.add(name)
                yield self._nodes[name]
                waiting += self._nodes[name].input

    def _entry(self) -> tuple[list[tuple[int, str, int]], Any]:
        """Return the way from the root to what is called, and the object that is."""
        children = {child.local_name: child.node_id for child in self._objects[0].children}
        if (called := children.get(_CALL)) is not None:
            way = [(0, _CALL, called)]
        else:
            signatures = children.get(_SIGNATURES, 0)
            names = {child.local_name: child.node_id for child in self._objects[signatures].children}
            if not signatures or "serving_default" not in names:
                raise self._reached.refusal("it has no function to call")
            called = names["serving_default"]
            way = [(0, _SIGNATURES, signatures), (signatures, "serving_default", called)]
        if not _concrete(self._objects[called]):
            raise self._reached.refusal("it has no function to call")
        return way, self._objects[called]

    def _refuse_hidden_names(self) -> None:
        """Refuse a function that is called like an operation, whoever would be meant then."""
        from tensorflow.python.framework import op_def_registry

        for name in self._reached.functions:
            if op_def_registry.get(name) is not None:
                raise self._reached.refusal(f"a function of it is called {name}, like an operation")

    def _rewritten(self, entry: Any) -> Any:
        saved = type(self._saved)(saved_model_schema_version=self._saved.saved_model_schema_version)
        graph, source = saved.meta_graphs.add(), self._graph
        graph.meta_info_def.tags.extend(source.meta_info_def.tags)
        graph.meta_info_def.tensorflow_version = source.meta_info_def.tensorflow_version
        graph.graph_def.versions.CopyFrom(source.graph_def.versions)
        for function in self._reached.functions.values():
            _copy_function(graph.graph_def.library.function.add(), function)
        functions, taken = graph.object_graph_def.concrete_functions, set[int]()
        for name in _concrete(entry):
            functions[name].CopyFrom(source.object_graph_def.concrete_functions[name])
            taken.update(functions[name].bound_inputs)
            self._check_plain(functions[name].canonicalized_input_signature)
            self._check_plain(functions[name].output_signature)
        self._write_objects(graph, taken)
        return saved

    def _write_objects(self, graph: Any, taken: set[int]) -> None:
        """Write the objects under their numbers, bare of all but variables, constants and the call."""
        leading, special = self._leading_to(taken), {child: name for _, name, child in self._way}
        for number, each in enumerate(self._objects):
            new = graph.object_graph_def.nodes.add()
            if number in taken:
                self._write_taken(graph, new, each)
                continue
            if special.get(number) == _SIGNATURES:
                new.user_object.CopyFrom(each.user_object)
                new.user_object.identifier = "signature_map"
            elif number in special:
                self._write_call(new, each)
            else:
                new.user_object.identifier = "_generic_user_object"
                for child in each.children:
                    if child.node_id in leading and child.local_name not in _CALLED:
                        new.children.add(node_id=child.node_id, local_name=child.local_name)
        for parent, name, child in self._way:
            graph.object_graph_def.nodes[parent].children.add(node_id=child, local_name=name)

    def _write_taken(self, graph: Any, new: Any, each: Any) -> None:
        """Write a variable or a constant that the call takes."""
        kind = each.WhichOneof("kind")
        if kind == "variable":
            for field in ("dtype", "trainable", "name"):
                setattr(new.variable, field, getattr(each.variable, field))
            new.variable.shape.CopyFrom(each.variable.shape)
        elif kind == "constant":
            node = self._nodes[each.constant.operation]
            self._reached.check_constant(node)
            graph.graph_def.node.add(name=node.name, op=node.op).attr["value"].CopyFrom(node.attr["value"])
            new.constant.CopyFrom(each.constant)
        else:
            raise self._reached.refusal(f"its call takes {kind or 'nothing known'}, not a variable")

    def _write_call(self, new: Any, each: Any) -> None:
        """Write the function that is called, without what else it is part of."""
        kind = each.WhichOneof("kind")
        getattr(new, kind).CopyFrom(getattr(each, kind))
        spec = getattr(new, kind).function_spec
        self._check_plain(spec.fullargspec)
        self._check_plain(spec.input_signature)

    def _leading_to(self, taken: set[int]) -> set[int]:
        """Return the objects through which the variables are reached, these included; functions are none."""
        parents: dict[int, list[int]] = {}
        for number, each in enumerate(self._objects):
            for child in each.children if each.WhichOneof("kind") == "user_object" else ():
                parents.setdefault(child.node_id, []).append(number)
        leading, waiting = set[int](), list(taken)
        while waiting:
            if (number := waiting.pop()) not in leading:
                leading.add(number)
                waiting += parents.get(number, [])
        return leading

    def _check_plain(self, value: Any) -> None:
        """Raise `ModelUnfit` unless a signature is of tensors and plain values."""
        kind = value.WhichOneof("kind")
        if kind in _CONTAINERS:
            held = getattr(value, kind)
            parts = held.fields.values() if kind == "dict_value" else held.values
            for each in parts:
                self._check_plain(each.value if kind == "named_tuple_value" else each)
        elif kind is not None and kind not in _LEAVES:
            raise self._reached.refusal(f"its call takes or gives {kind}, not tensors and plain values")


def _concrete(each: Any) -> list[str]:
    """Return the names of the functions that an object of a SavedModel stands for; none for other objects."""
    if each.WhichOneof("kind") == "function":
        return list(each.function.concrete_functions)
    if each.WhichOneof("kind") == "bare_concrete_function":
        return [each.bare_concrete_function.concrete_function_name]
    return []


def _copy_function(new: Any, function: Any) -> None:
    """Copy a function without devices, and without what instructs TensorFlow besides the operations."""
    new.CopyFrom(function)
    _keep(new.attr, {"_input_shapes"})
    for arg in new.arg_attr.values():
        _keep(arg.attr, {"_user_specified_name", "_output_shapes"})
    for node in new.node_def:
        for field in ("device", "experimental_debug_info", "experimental_type"):
            node.ClearField(field)
        kept = {name for name in node.attr if not name.startswith("_") and name not in _RUNTIME}
        _keep(node.attr, kept | _INTERNAL_KEPT)


def _keep(attributes: Any, names: Collection[str]) -> None:
    for name in [name for name in attributes if name not in names]:
        del attributes[name]
