"""A pulled model that is not what it was is never listened with; the file is named, and what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from swara.embedder.errors import ModelDamaged, ModelError
from swara.embedder.hub.pull import pull, pullable
from swara.embedder.registry import embedder_named

ROOT = Path(__file__).parents[4]
PARTS = ("saved_model/saved_model.pb", "saved_model/variables/variables.data-00000-of-00001")


@pytest.fixture
def in_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail as soon as a SavedModel is given to TensorFlow."""
    monkeypatch.setattr(
        "swara.embedder.hub.convert.exported", lambda *_: pytest.fail("it went into TensorFlow")
    )


def _refusal(name: str) -> ModelDamaged:
    with pytest.raises(ModelDamaged) as caught:
        embedder_named(name)
    return caught.value


@pytest.mark.parametrize(
    ("name", "how", "part"),
    [
        *((name, "missing", part) for name in ("vggish", "yamnet") for part in PARTS),
        *(("yamnet", "changed", part) for part in (*PARTS, "manifest.json")),
    ],
)
def test_a_saved_model(name, part, how, archive, contract, models: Path, in_tensorflow) -> None:
    pull(pullable(name), models, contract, source=archive)
    file = models / name / part
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-1] + b"?")

    refusal = _refusal(name)

    gone = (how, part) == ("missing", PARTS[0])
    assert refusal.where == str(models / name if gone else file)
    assert refusal.fix.endswith(f": swara models pull {name}")


def test_a_file_that_was_not_pulled_with_a_saved_model(
    archive: Path, contract, models: Path, in_tensorflow
) -> None:
    pull(pullable("yamnet"), models, contract, source=archive)
    stranger = models / "yamnet" / "saved_model" / "assets" / "other.csv"
    stranger.write_bytes(b"")

    assert _refusal("yamnet").where == str(stranger)
    assert pull(pullable("yamnet"), models, contract, source=archive).new
    assert not stranger.exists()


@pytest.mark.parametrize("change", [lambda content: content[:-9], lambda content: content[:-1] + b"?"])
def test_a_tflite_file(change, lite, contract, tmp_path: Path, models: Path) -> None:
    source = tmp_path / "given.tflite"
    source.write_bytes(lite[1])
    pull(lite[0], models, contract, source=source)
    file = models / "yamnet-tflite" / "model.tflite"
    file.write_bytes(change(file.read_bytes()))

    refusal = _refusal("yamnet")

    assert refusal.where == str(file)
    assert refusal.what.startswith("the file ")
    assert refusal.fix == "Run: swara models pull yamnet-tflite"


def test_a_whole_one_is_used_and_the_machinery_of_pulling_left_alone(
    archive: Path, contract, models: Path
) -> None:
    pull(pullable("yamnet"), models, contract, source=archive)
    code = (
        "import sys, swara.embedder.hub.convert; from swara.embedder.registry import embedder_named; "
        "swara.embedder.hub.convert.exported = lambda *_: b'a LiteRT file'; "
        "print(embedder_named('yamnet').spec.name, 'swara.embedder.hub.pull' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("yamnet False\n", "")


def test_a_hand_placed_tflite_file_is_not_lost_to_a_pull(kaggle, contract, models: Path) -> None:
    file = models / "yamnet" / "model.tflite"
    file.parent.mkdir(parents=True)
    file.touch()

    with pytest.raises(ModelError, match="move it away first") as caught:
        pull(pullable("yamnet"), models, contract)

    assert caught.value.where == str(file)
    assert file.exists()
    assert kaggle.asked == []
