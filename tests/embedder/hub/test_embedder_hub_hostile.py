"""A SavedModel that would do more than compute is refused before TensorFlow loads any of it."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swara.embedder.errors import ModelDamaged, ModelError, ModelUnfit
from swara.embedder.hub.called_part import called_part
from swara.embedder.hub.contract import VGGISH, check_contract
from swara.embedder.hub.pull import check_documented, pull, pullable
from swara.embedder.hub.savedmodel import SavedModelRunner
from swara.embedder.litert import open_interpreter
from swara.embedder.registry import embedder_named

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.xdist_group("tensorflow")


class Averages(tf.Module):
    """Takes and gives what VGGish does: averages over parts of each window; and does `also`."""

    def __init__(self, also: Callable[[Any], Any] = lambda _: None) -> None:
        super().__init__()
        self.gain, self.also = tf.Variable(2.0), also

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def __call__(self, waveform):
        self.also(waveform)
        frames = tf.signal.frame(waveform, 15_600, 15_360, pad_end=False)[:, : 15_600 // 128 * 128]
        parts = tf.reshape(frames, [tf.shape(frames)[0], 128, -1])
        return tf.ensure_shape(self.gain * tf.reduce_mean(tf.square(parts), axis=2), [None, 128])


def _harm(mark: Path, waveform: Any = None) -> None:
    """Write a file, on another day."""
    tf.io.write_file(str(mark), "written" if waveform is None else tf.strings.as_string(tf.size(waveform)))


class _Resource(tf.saved_model.experimental.TrackableResource):
    """A resource that TensorFlow makes and initializes while it loads the model."""

    def __init__(self, mark: Path, when: str) -> None:
        super().__init__()
        self._mark, self._when = mark, when
        _ = self.resource_handle

    def _do(self, when: str) -> None:
        if self._when == when and tf.inside_function():
            _harm(self._mark)

    def _create_resource(self):
        self._do("create")
        return tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[], shared_name="own")

    def _initialize(self):
        self._do("initialize")
        tf.raw_ops.AssignVariableOp(resource=self.resource_handle, value=1.0)


class _OwnSaver(tf.Module):
    """Restores itself by a function of its own."""

    def __init__(self, mark: Path) -> None:
        super().__init__()
        self._mark = mark

    def _serialize_to_tensors(self):
        return {"value": tf.constant(1.0)}

    def _restore_from_tensors(self, restored):
        if tf.inside_function():
            _harm(self._mark)
        return restored["value"]


def _nested(mark: Path, waveform: Any) -> None:
    tf.while_loop(
        lambda i: i < 1,
        lambda i: tf.cond(i >= 0, lambda: (_harm(mark), i + 1)[1], lambda: i + 1),
        [tf.size(waveform) * 0],
    )


def _file_read(path: Path) -> Any:
    return lambda waveform: tf.debugging.assert_greater_equal(
        tf.strings.length(tf.io.read_file(str(path))), 0
    )


IN_THE_CALL: dict[str, tuple[str, Callable[[Path], Callable[[Any], Any]]]] = {
    "a write": ("WriteFile", lambda mark: lambda waveform: _harm(mark, waveform)),
    "a write in a branch": (
        "WriteFile",
        lambda mark: lambda waveform: tf.cond(
            tf.size(waveform) > 0, lambda: (_harm(mark), 1)[1], lambda: 0
        ),
    ),
    "a write in a branch in a loop": ("WriteFile", lambda mark: lambda waveform: _nested(mark, waveform)),
    "a write in a function": ("WriteFile", lambda mark: tf.function(lambda waveform: _harm(mark, waveform))),
    "a write in a case": (
        "WriteFile",
        lambda mark: lambda waveform: tf.switch_case(
            tf.size(waveform) * 0, [lambda: (_harm(mark), 1)[1], lambda: 2, lambda: 3]
        ),
    ),
    "a read": ("ReadFile", _file_read),
    "Python": (
        "PyFunc",
        lambda mark: lambda waveform: tf.py_function(np.sum, [waveform], tf.float32),
    ),
    "Python without state": (
        "PyFuncStateless",
        lambda mark: lambda waveform: tf.numpy_function(np.sum, [waveform], tf.float32, stateful=False),
    ),
    "a print into a file": (
        "PrintV2|StringFormat",
        lambda mark: lambda waveform: tf.print(waveform, output_stream=f"file://{mark}"),
    ),
    "a pattern of files": (
        "MatchingFiles",
        lambda mark: lambda waveform: tf.raw_ops.MatchingFiles(pattern="/*"),
    ),
    "a checkpoint": (
        "SaveV2",
        lambda mark: lambda waveform: tf.raw_ops.SaveV2(
            prefix=str(mark), tensor_names=["x"], shape_and_slices=[""], tensors=[waveform]
        ),
    ),
    "a data set": (
        "Dataset",
        lambda mark: lambda waveform: tf.data.TextLineDataset(str(mark)).reduce(0, lambda n, _: n + 1),
    ),
    "a function in an operation": (
        "MapDefun|WriteFile",
        lambda mark: lambda waveform: tf.raw_ops.MapDefun(
            arguments=[waveform], captured_inputs=[], output_types=[tf.float32], output_shapes=[[]],
            f=tf.function(lambda x: (_harm(mark), x)[1]).get_concrete_function(tf.TensorSpec([], tf.float32)),
        ),
    ),
}  # fmt: skip


def _saved(module: Any, folder: Path) -> Path:
    tf.saved_model.save(module, str(folder))
    return folder


def _refused(source: Path, mark: Path, said: str) -> None:
    """Every way in refuses it in one line, and nothing was written."""
    for open_it in (
        lambda: SavedModelRunner(source, VGGISH),
        lambda: embedder_named("vggish", source),
        lambda: pull(pullable("vggish"), source.parent / "models", check_documented, source=source),
    ):
        with pytest.raises(ModelUnfit, match=said) as refusal:
            open_it()
        assert "\n" not in str(refusal.value)
        assert not list(mark.parent.glob(f"{mark.name}*"))
    assert not (source.parent / "models" / "vggish").exists()


@pytest.mark.parametrize("what", IN_THE_CALL)
def test_in_the_call(what: str, tmp_path: Path) -> None:
    operation, also = IN_THE_CALL[what]
    source = _saved(Averages(also(tmp_path / "mark")), tmp_path / "model")
    _refused(source, tmp_path / "mark", f"its call, .* uses what no network needs: .*({operation})")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (lambda mark: _Resource(mark, "create"), "a table or another resource"),
        (lambda mark: _Resource(mark, "initialize"), "a table or another resource"),
        (lambda mark: _Resource(mark, "never"), "a table or another resource"),
        (
            lambda mark: tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer([1], [2]), 0),
            "a table or another resource",
        ),
        (_OwnSaver, "restores a part of itself by functions of its own"),
    ],
    ids=["a creator", "an initializer", "a resource", "a table", "a saver"],
)
def test_beside_the_call(part, said: str, tmp_path: Path) -> None:
    module = Averages()
    module.part = part(tmp_path / "mark")
    source = _saved(module, tmp_path / "model")
    (tmp_path / "mark").unlink(missing_ok=True)  # saving may have done it
    _refused(source, tmp_path / "mark", said)


@pytest.fixture(scope="module")
def holding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound model with two functions that nobody calls: one writes, and one is harmless."""
    module, folder = Averages(), tmp_path_factory.mktemp("holding")
    module.dump = tf.function(lambda: _harm(folder / "mark"), input_signature=[])
    module.harmless = tf.function(lambda: tf.constant(1.0), input_signature=[])
    return _saved(module, folder / "model")


def _graph(folder: Path) -> Any:
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    return SavedModel.FromString((folder / "saved_model.pb").read_bytes())


def _changed(holding: Path, folder: Path, change: Callable[[Any, Any], object]) -> Path:
    """Copy the model, and change its graph by hand; the names of its functions end in a number each."""
    shutil.copytree(holding, folder)
    saved = _graph(holding)
    (graph,) = saved.meta_graphs
    functions = {each.signature.name: each for each in graph.graph_def.library.function}
    objects = graph.object_graph_def.nodes
    named = {child.local_name: objects[child.node_id] for child in objects[0].children}
    change(saved, {
        "graph": graph, "objects": objects, "children": objects[0].children,
        "dump": functions[named["dump"].function.concrete_functions[0]],
        "harmless": functions[named["harmless"].function.concrete_functions[0]],
        "call": functions[named["__call__"].function.concrete_functions[0]],
    })  # fmt: skip
    (folder / "saved_model.pb").write_bytes(saved.SerializeToString())
    return folder


def test_what_nobody_calls_is_let_be_and_never_loaded(holding: Path) -> None:
    """``dump`` writes, and so does what saves and restores: neither is in what TensorFlow gets."""
    runner = SavedModelRunner(holding, VGGISH)
    check_contract(VGGISH, runner, check_classes=False)
    assert not hasattr(runner.saved, "dump")
    assert not hasattr(runner.saved, "harmless")
    part = called_part((holding / "saved_model.pb").read_bytes(), "")
    assert b"WriteFile" in (holding / "saved_model.pb").read_bytes()
    assert b"SaveV2" in (holding / "saved_model.pb").read_bytes()
    for operation in (b"WriteFile", b"SaveV2", b"RestoreV2"):
        assert operation not in part
    assert not (holding.parent / "mark").exists()


def _call_node(at: dict[str, Any], body: Any = None, **attributes: str) -> Any:
    """Add to a function a call of the one that writes, by these attributes."""
    node = (body or at["call"]).node_def.add(name="more", op="PartitionedCall")
    for name in ("Tin", "Tout"):
        node.attr[name].list.SetInParent()
    node.attr["f"].func.name = at["harmless"].signature.name
    return node


def _by_nested_attribute(saved: Any, at: dict[str, Any]) -> None:
    _call_node(at).attr["f"].func.attr["g"].func.name = at["dump"].signature.name


def _by_list(saved: Any, at: dict[str, Any]) -> None:
    node = at["call"].node_def.add(name="more", op="Case")
    node.attr["branches"].list.func.add(name=at["dump"].signature.name)


def _by_name(saved: Any, at: dict[str, Any]) -> None:
    at["call"].node_def.add(name="more", op=at["dump"].signature.name)


def _by_hint(saved: Any, at: dict[str, Any]) -> None:
    _call_node(at).attr["_hint"].func.name = at["dump"].signature.name


def _by_init_op(saved: Any, at: dict[str, Any]) -> None:
    nodes = at["graph"].graph_def.node
    nodes.add(name="more", op="StatefulPartitionedCall").attr["f"].func.name = at["dump"].signature.name
    next(node for node in nodes if node.op == "NoOp").input.append("^more")


def _by_collection(saved: Any, at: dict[str, Any]) -> None:
    at["graph"].graph_def.node.add(name="more", op=at["dump"].signature.name)
    at["graph"].collection_def["legacy_init_op"].node_list.value.append("more")


def _by_initializer(saved: Any, at: dict[str, Any]) -> None:
    (number,) = (child.node_id for child in at["children"] if child.local_name == "dump")
    at["children"].add(node_id=number, local_name="_initialize")


def _by_other_trace(saved: Any, at: dict[str, Any]) -> None:
    (number,) = (child.node_id for child in at["children"] if child.local_name == "__call__")
    at["objects"][number].function.concrete_functions.append(at["dump"].signature.name)


def _by_a_name_of_an_operation(saved: Any, at: dict[str, Any]) -> None:
    """A function that is harmless, and called like an operation that is not."""
    at["graph"].graph_def.library.function.add().CopyFrom(at["harmless"])
    at["graph"].graph_def.library.function[-1].signature.name = "WriteFile"
    at["call"].node_def.add(name="more", op="WriteFile")


def _twice(saved: Any, at: dict[str, Any]) -> None:
    at["graph"].graph_def.library.function.add().CopyFrom(at["call"])


def _another_graph(saved: Any, at: dict[str, Any]) -> None:
    saved.meta_graphs.add().CopyFrom(at["graph"])


def _of_tensorflow_1(saved: Any, at: dict[str, Any]) -> None:
    at["graph"].ClearField("object_graph_def")


def _calls_itself(saved: Any, at: dict[str, Any]) -> None:
    _call_node(at, at["harmless"])
    _call_node(at)


def _doubles(saved: Any, at: dict[str, Any]) -> None:
    """Thirty functions, each of which calls the next one twice."""
    at["call"].node_def.add(name="more", op="f0")
    for number in range(30):
        function = at["graph"].graph_def.library.function.add()
        function.signature.name = f"f{number}"
        for half in "ab" if number < 29 else "":
            function.node_def.add(name=half, op=f"f{number + 1}")
        function.node_def.add(name="c", op="NoOp")


def _huge_constant(saved: Any, at: dict[str, Any]) -> None:
    tensor = at["call"].node_def.add(name="more", op="Const").attr["value"].tensor
    tensor.dtype = tf.float32.as_datatype_enum
    tensor.float_val.append(0.0)
    tensor.tensor_shape.dim.add(size=1 << 40)


def _absent(saved: Any, at: dict[str, Any]) -> None:
    _call_node(at).attr["f"].func.name = "elsewhere"


def _no_call(saved: Any, at: dict[str, Any]) -> None:
    del at["children"][:]


def _odd_argument(saved: Any, at: dict[str, Any]) -> None:
    concrete = at["graph"].object_graph_def.concrete_functions[at["call"].signature.name]
    concrete.output_signature.type_spec_value.type_spec_class_name = "Any"


def _an_asset(saved: Any, at: dict[str, Any]) -> None:
    (number,) = at["graph"].object_graph_def.concrete_functions[at["call"].signature.name].bound_inputs
    at["objects"][number].asset.SetInParent()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_by_nested_attribute, "its call, .*WriteFile"),
        (_by_list, "its call, .*WriteFile"),
        (_by_name, "its call, .*WriteFile"),
        (_by_hint, "its call, .*WriteFile"),
        (_by_init_op, "its init op, .*WriteFile"),
        (_by_collection, "its init op, .*WriteFile"),
        (_by_initializer, "an initializer, .*WriteFile"),
        (_by_other_trace, "its call, .*WriteFile"),
        (_by_a_name_of_an_operation, "called WriteFile, like an operation"),
        (_twice, "the same name"),
        (_another_graph, "not one network as TensorFlow 2 saves it"),
        (_of_tensorflow_1, "not one network as TensorFlow 2 saves it"),
        (_calls_itself, "calls itself"),
        (_doubles, "more than any network does"),
        (_huge_constant, "more than any network does"),
        (_absent, "reaches the function elsewhere, which it does not hold"),
        (_no_call, "no function to call"),
        (_odd_argument, "its call takes or gives type_spec_value"),
        (_an_asset, "its call takes asset, not a variable"),
    ],
)
def test_a_graph_made_by_hand(change, said: str, holding: Path, tmp_path: Path) -> None:
    _refused(_changed(holding, tmp_path / "model", change), holding.parent / "mark", said)


def _inert_class(saved: Any, at: dict[str, Any]) -> None:
    for each in at["objects"]:
        each.registered_name = "tf.Anything"
    at["objects"][0].user_object.identifier = "optimizer"


def _inert_child(saved: Any, at: dict[str, Any]) -> None:
    """Under names that TensorFlow itself would call."""
    (number,) = (child.node_id for child in at["children"] if child.local_name == "dump")
    for name in (
        "_gather_saveables_for_checkpoint",
        "_restore_from_tensors",
        "_lookup_dependency",
        "__del__",
    ):
        at["children"].add(node_id=number, local_name=name)


def _inert_twin(saved: Any, at: dict[str, Any]) -> None:
    """What TensorFlow may put in the place of another function, by its own choice."""
    for name in ("call", "dump"):
        at[name].attr["api_implements"].s = b"the same"
        at[name].attr["api_preferred_device"].s = b"CPU" if name == "dump" else b"GPU"


def _inert_gradient(saved: Any, at: dict[str, Any]) -> None:
    at["graph"].graph_def.library.registered_gradients.add(
        gradient_func=at["dump"].signature.name, registered_op_type="Mean"
    )
    at["call"].node_def[0].attr["_gradient_op_type"].s = b"Mean"


def _inert_device(saved: Any, at: dict[str, Any]) -> None:
    for node in at["call"].node_def:
        node.device = "/job:elsewhere/task:7/device:CPU:0"


@pytest.mark.parametrize("change", [_inert_class, _inert_child, _inert_twin, _inert_gradient, _inert_device])
def test_what_is_left_out_does_nothing(change, holding: Path, tmp_path: Path) -> None:
    runner = SavedModelRunner(_changed(holding, tmp_path / "model", change), VGGISH)
    check_contract(VGGISH, runner, check_classes=False)
    assert not (holding.parent / "mark").exists()


@pytest.mark.parametrize("cache", ["TFHUB_CACHE_DIR", "KAGGLEHUB_CACHE", "SWARA_MODELS"])
def test_in_a_cache(cache: str, tmp_path: Path) -> None:
    place = {
        "TFHUB_CACHE_DIR": hashlib.sha1(VGGISH.handle.encode()).hexdigest(),
        "KAGGLEHUB_CACHE": f"models/{VGGISH.kaggle_handle}",
        "SWARA_MODELS": "vggish/saved_model",
    }[cache]
    source = tmp_path / cache / place
    _saved(Averages(lambda waveform: _harm(tmp_path / "mark")), source)
    source.with_name(f"{source.name}.complete").touch()
    environment = {"SWARA_MODELS": str(tmp_path / "none"), cache: str(tmp_path / cache)}
    with pytest.raises(ModelUnfit, match="WriteFile"):
        embedder_named("vggish", environment=environment)
    assert not (tmp_path / "mark").exists()


def test_what_was_checked_is_what_is_loaded(holding: Path, tmp_path: Path, monkeypatch) -> None:
    """The folder is another's as soon as the check has begun."""
    hostile = _saved(Averages(lambda waveform: _harm(tmp_path / "mark")), tmp_path / "hostile")
    folder = shutil.copytree(holding, tmp_path / "model")

    def checked(content: bytes, where: str) -> bytes:
        shutil.rmtree(folder)
        hostile.rename(folder)
        return called_part(content, where)

    monkeypatch.setattr("swara.embedder.hub.savedmodel.called_part", checked)
    with suppress(ModelError):
        check_contract(VGGISH, SavedModelRunner(folder, VGGISH), check_classes=False)
    assert not (tmp_path / "mark").exists()


def test_one_that_changes_while_it_is_converted_is_not_kept(
    holding: Path, tmp_path: Path, monkeypatch
) -> None:
    folder = shutil.copytree(holding, tmp_path / "model")

    def exported(*_: object) -> bytes:
        (folder / "variables" / "variables.index").write_bytes(b"")
        return b"a LiteRT file"

    monkeypatch.setattr("swara.embedder.hub.convert.exported", exported)
    with pytest.raises(ModelDamaged, match="changed while it was converted"):
        embedder_named("vggish", folder)
    assert not list(tmp_path.rglob("*.tflite"))


def test_a_tflite_file_with_an_operation_of_tensorflow(tmp_path: Path) -> None:
    """LiteRT has neither TensorFlow's operations nor anybody's own: it names them, and runs nothing."""
    write = tf.function(lambda waveform: (_harm(tmp_path / "mark"), waveform)[1])
    concrete = write.get_concrete_function(tf.TensorSpec([15_600], tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    with pytest.raises(ModelDamaged, match="FlexWriteFile"):
        open_interpreter(converter.convert(), "model.tflite", 1)
    assert not (tmp_path / "mark").exists()
