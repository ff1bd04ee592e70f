"""A SavedModel of the published architecture and its LiteRT conversion give the same vectors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.data.synth import bhupali_take
from swara.embedder.errors import ModelDamaged, ModelUnfit
from swara.embedder.hub.contract import VGGISH, YAMNET, check_contract
from swara.embedder.hub.savedmodel import SavedModelRunner
from swara.embedder.registry import embedder_named

pytestmark = pytest.mark.xdist_group("tensorflow")

ROOT = Path(__file__).parents[3]
RATE_HZ = 16_000
COSINE = 0.9999


@pytest.fixture(scope="module")
def tf():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def models(tf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """YAMNet as published, and VGGish but for the width of its dense layers; random weights."""
    from benchmarks.published import save_vggish, save_yamnet

    folder = tmp_path_factory.mktemp("models")
    save_yamnet(folder / "yamnet" / "saved_model", seed=1)
    save_vggish(folder / "vggish" / "saved_model", seed=1, hidden=64)
    return folder


@pytest.fixture(scope="module", params=[YAMNET, VGGISH], ids=lambda contract: contract.name)
def pair(request: pytest.FixtureRequest, models: Path):
    """The contract, the SavedModel in TensorFlow, and its conversion."""
    contract = request.param
    embedder = embedder_named(contract.name, environment={"SWARA_MODELS": str(models)})
    return contract, SavedModelRunner(models / contract.name / "saved_model", contract), embedder


def _cosines(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    assert found.shape == wanted.shape
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(wanted, axis=1)
    return (found * wanted).sum(axis=1) / lengths


def test_every_frame_of_a_take_is_the_same(pair) -> None:
    _, model, embedder = pair
    clip = bhupali_take(0, rate_hz=RATE_HZ).clip
    found, wanted = embedder.embed(clip).vectors, model(clip.samples).embeddings
    assert _cosines(found, wanted).min() >= COSINE
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3 * wanted.std())
    # Frames differ among themselves, or the above would say nothing.
    assert _cosines(wanted[:-1], wanted[1:]).min() < COSINE


def test_every_frame_of_a_recording_is_the_same(pair) -> None:
    root = os.environ.get("SWARA_EVAL_DATA")
    if not root:
        pytest.skip("SWARA_EVAL_DATA is not set")
    _, model, embedder = pair
    for path in sorted((Path(root) / "ssvd").glob("*.flac"))[:3]:
        clip = load_clip(path, rate_hz=RATE_HZ).between(2.0, 5.3)
        wanted = model(clip.samples).embeddings
        assert _cosines(embedder.embed(clip).vectors, wanted).min() >= COSINE


@pytest.mark.parametrize("samples", [1, 399, 15_599, 15_600, 15_601, 23_281, 30_960, 30_961, 80_000])
def test_the_end_is_filled_up_as_published(pair, samples: int) -> None:
    """As many frames, each the same, the last one too, of which little may be sound."""
    _, model, embedder = pair
    waveform = np.random.default_rng(samples).uniform(-0.3, 0.3, samples).astype(np.float32)
    found = embedder.embed(Clip(waveform, RATE_HZ)).vectors
    assert _cosines(found, model(waveform).embeddings).min() >= COSINE


def test_scores_are_the_same_and_the_contract_is_kept(pair) -> None:
    contract, model, embedder = pair
    waveform = np.random.default_rng(3).uniform(-0.3, 0.3, 50_000).astype(np.float32)
    found, wanted = embedder.outputs(waveform).scores, model(waveform).scores
    check_contract(contract, embedder.outputs, check_classes=False)
    if not contract.classes:
        assert found is wanted is None
        return
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    with pytest.raises(ModelUnfit, match="does not put class 494 first for silence"):
        check_contract(contract, embedder.outputs)  # random weights are not the real ones


def test_from_then_on_nothing_imports_tensorflow(pair, models: Path) -> None:
    contract, _, _ = pair
    code = (
        "import sys, numpy as np; from swara.data.clip import Clip;"
        " from swara.embedder.registry import embedder_named; "
        f"embedder = embedder_named({contract.name!r}); "
        "print(len(embedder.embed(Clip(np.ones(40_000, np.float32), 16_000)).vectors)); "
        "print(*sorted(sys.modules))"
    )
    environment = os.environ | {"SWARA_MODELS": str(models)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    frames, modules = done.stdout.splitlines()
    assert int(frames) == contract.frames(40_000)
    assert {"tensorflow", "keras", "tensorflow_hub"}.isdisjoint(modules.split())
    assert done.stderr == ""


def _shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: _shorten(folder / "saved_model.pb"),
        lambda folder: (folder / "saved_model.pb").write_bytes(b""),
        lambda folder: (folder / "saved_model.pb").write_bytes(bytes(range(256)) * 40),
        lambda folder: _shorten(next((folder / "variables").glob("*.data-*"))),
        lambda folder: _shorten(folder / "variables" / "variables.index"),
        lambda folder: shutil.rmtree(folder / "variables"),
    ],
    ids=["graph", "empty graph", "no graph", "weights", "index", "no weights"],
)
def test_a_damaged_saved_model_is_refused(
    damage: Callable[[Path], None], models: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(models / "vggish" / "saved_model", folder)
    damage(folder)
    with pytest.raises((ModelDamaged, ModelUnfit)) as refusal:
        embedder_named("vggish", folder)
    line = str(refusal.value)
    assert line.startswith(str(folder))
    assert "\n" not in line
    assert len(line) < 500


def _save_other(tf, folder: Path, kind: str) -> None:
    """Save a model that takes, or gives, something else."""
    taken = tf.TensorSpec([None, 8, 8, 3] if kind == "image" else [None], tf.float32)
    shapes = {"image": [6, 1024], "narrow": [6, 100], "scalar": [], "unscored": [6, 1024]}

    class Other(tf.Module):
        @tf.function(input_signature=[taken], autograph=False)
        def __call__(self, given):
            return tf.reduce_sum(given) + tf.zeros(shapes[kind])

    tf.saved_model.save(tf.Module() if kind == "silent" else Other(), str(folder))


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("image", "does not take a waveform"),
        ("narrow", "not one is [frames, 1024]"),
        ("scalar", "not one is [frames, 1024]"),
        ("unscored", "not one is [frames, 521]"),
        ("silent", "no function to call"),
    ],
)
def test_another_signature_is_refused(tf, kind: str, says: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    _save_other(tf, folder, kind)
    with pytest.raises(ModelUnfit) as refusal:
        embedder_named("yamnet", folder)
    line = str(refusal.value)
    assert says in line
    assert line.startswith(str(folder))
    assert "swara models pull yamnet" in line
    assert "\n" not in line


def test_a_model_with_signatures_only_is_called_by_them(tf, models: Path, tmp_path: Path) -> None:
    loaded = tf.saved_model.load(str(models / "vggish" / "saved_model"))
    holder = tf.Module()
    holder.kept = loaded
    spec = tf.TensorSpec([None], tf.float32, name="waveform")
    serve = tf.function(lambda waveform: {"output_0": loaded(waveform)}, input_signature=[spec])
    tf.saved_model.save(holder, str(tmp_path / "served"), signatures=serve.get_concrete_function())
    waveform = np.random.default_rng(0).uniform(-1, 1, 40_000).astype(np.float32)
    served = SavedModelRunner(tmp_path / "served", VGGISH)(waveform).embeddings
    np.testing.assert_array_equal(served, loaded(waveform).numpy())
