"""SavedModels as TensorFlow writes them: one that does what is documented is kept, any other is not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from swara.embedder.errors import ModelDamaged, ModelUnfit
from swara.embedder.hub.contract import saved_model_digest
from swara.embedder.hub.pull import check_documented, pull, pullable, verify

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
tf = pytest.importorskip("tensorflow")


def _frames(waveform, hop: int):
    return tf.signal.frame(waveform, 15_600, hop, pad_end=False)


def _saved(path: Path, dim: int, hop: int = 15_360) -> Path:
    """Write a SavedModel that gives `dim` numbers for each window: averages over its parts."""

    class Averages(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gain = tf.Variable(2.0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def __call__(self, waveform):
            frames = _frames(waveform, hop)[:, : 15_600 // dim * dim]
            parts = tf.reshape(frames, [tf.shape(frames)[0], dim, -1])
            return tf.ensure_shape(self.gain * tf.reduce_mean(tf.square(parts), axis=2), [None, dim])

    tf.saved_model.save(Averages(), str(path))
    return path


@pytest.fixture(scope="module")
def like_vggish(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with VGGish's shapes."""
    return _saved(tmp_path_factory.mktemp("good") / "model", 128)


@pytest.fixture
def take(tmp_path: Path) -> Callable[[Path], object]:
    """Pull VGGish from a folder."""
    return lambda source: pull(pullable("vggish"), tmp_path / "models", check_documented, source=source)


def test_one_that_does_what_is_documented_is_kept(take, like_vggish: Path, tmp_path: Path) -> None:
    pulled = take(like_vggish)

    assert pulled.manifest.digest == saved_model_digest(like_vggish)
    verified = verify(pullable("vggish"), tmp_path / "models", {}, check_documented)
    assert verified.contract
    assert verified.files >= 3


@pytest.mark.parametrize(("dim", "hop"), [(64, 15_360), (128, 7_680)])
def test_one_of_another_signature_is_refused(take, tmp_path: Path, dim: int, hop: int, names_in) -> None:
    source = _saved(tmp_path / "other", dim, hop)

    with pytest.raises(ModelUnfit) as caught:
        take(source)

    assert caught.value.where == str(source)
    assert "\n" not in str(caught.value)
    assert names_in(tmp_path / "models") == set()


@pytest.mark.parametrize("name", ["saved_model.pb", "variables/variables.data-00000-of-00001"])
def test_one_cut_short_is_refused(take, like_vggish: Path, tmp_path: Path, name: str, names_in) -> None:
    cut = tmp_path / "cut"
    shutil.copytree(like_vggish, cut)
    content = (cut / name).read_bytes()
    (cut / name).write_bytes(content[: len(content) // 2])

    with pytest.raises((ModelDamaged, ModelUnfit)) as caught:
        take(cut)

    assert "\n" not in str(caught.value)
    assert names_in(tmp_path / "models") == set()
