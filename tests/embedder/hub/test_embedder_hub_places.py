"""Where a model is looked for, in which order, and what is said where it is not."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from swara.embedder.errors import ModelAbsent, ModelUnfit
from swara.embedder.hub.contract import VGGISH, YAMNET, YAMNET_TFLITE, Contract
from swara.embedder.hub.locate import cached_model, find_model, models_folder
from swara.embedder.registry import embedder_named


def _saved_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    return folder


def _tflite(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"file")
    return file


def test_the_path_comes_first_then_what_was_pulled_then_tf_hub(tmp_path: Path) -> None:
    environment = {"SWARA_MODELS": str(tmp_path / "models"), "TFHUB_CACHE_DIR": str(tmp_path / "hub")}
    assert models_folder(environment) == tmp_path / "models"
    assert models_folder({}).name == "models"
    tflite = _tflite(tmp_path / "models" / "yamnet-tflite" / "model.tflite")
    assert find_model(YAMNET, environment) == tflite
    # TF Hub's own name for google/yamnet/1.
    cached = _saved_model(tmp_path / "hub" / "9616fd04ec2360621642ef9455b84f4b668e219e")
    assert find_model(YAMNET, environment) == cached
    pulled = _saved_model(tmp_path / "models" / "yamnet" / "saved_model")
    assert find_model(YAMNET, environment) == pulled
    named = _saved_model(tmp_path / "mine")
    assert find_model(YAMNET, environment, named) == named
    assert find_model(YAMNET, environment, tflite) == tflite
    assert find_model(YAMNET, environment, tmp_path / "models" / "yamnet") == pulled


class TestTheCachesOfOthers:
    def test_of_kagglehub_comes_after_that_of_tf_hub(self, tmp_path: Path) -> None:
        environment = {"SWARA_MODELS": str(tmp_path / "models"), "KAGGLEHUB_CACHE": str(tmp_path / "kaggle")}
        tflite = _kagglehub(tmp_path / "kaggle", YAMNET_TFLITE)
        assert find_model(YAMNET, environment) == find_model(YAMNET_TFLITE, environment, exact=True) == tflite
        other = _kagglehub(tmp_path / "kaggle", YAMNET)
        assert find_model(YAMNET, environment) == find_model(YAMNET, environment, exact=True) == other
        first = _saved_model(tmp_path / "hub" / hashlib.sha1(YAMNET.handle.encode()).hexdigest())
        assert find_model(YAMNET, environment | {"TFHUB_CACHE_DIR": str(tmp_path / "hub")}) == first
        pulled = _tflite(tmp_path / "models" / "yamnet-tflite" / "model.tflite")
        assert find_model(YAMNET_TFLITE, environment, exact=True) == pulled

    @pytest.mark.parametrize("contract", [YAMNET, VGGISH, YAMNET_TFLITE])
    def test_kagglehub_finds_the_same(self, contract: Contract, tmp_path: Path) -> None:
        """And asks nobody for it: this machine's proxy does not exist. What is not whole is passed over."""
        cache = tmp_path / "home" / ".cache" / "kagglehub"
        environment = {"KAGGLEHUB_CACHE": str(cache)}
        found = _kagglehub(cache, contract)
        code = f"import kagglehub; print(kagglehub.model_download({contract.kaggle_handle!r}))"

        assert cached_model(contract, environment) == ("kagglehub-cache", found)
        assert cached_model(contract, {}) == ("kagglehub-cache", found)  # where it is by itself
        nobody = os.environ | environment | {"https_proxy": "http://proxy.invalid:1"}
        printed = subprocess.check_output([sys.executable, "-c", code], env=nobody, text=True)
        folder = Path(printed.strip())
        assert folder == (found if found.is_dir() else found.parent)
        folder.with_name("1.complete").unlink()
        assert cached_model(contract, environment) is None

    @pytest.mark.parametrize(
        ("contract", "handle"),
        [
            (YAMNET, "https://tfhub.dev/google/yamnet/1"),
            (YAMNET, "https://www.kaggle.com/models/google/yamnet/TensorFlow2/yamnet/1"),
            (YAMNET, "https://www.kaggle.com/models/google/yamnet/tensorFlow2/yamnet/1"),
            (VGGISH, "https://tfhub.dev/google/vggish/1"),
            (VGGISH, "https://tfhub.dev/google/vggish/1/"),
        ],
    )
    def test_of_tf_hub_is_known_by_each_handle_as_tf_hub_itself_does(
        self, contract: Contract, handle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = _saved_model(tmp_path / hashlib.sha1(handle.encode()).hexdigest())
        assert cached_model(contract, {"TFHUB_CACHE_DIR": str(tmp_path)}) == ("tfhub-cache", folder)
        monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
        assert pytest.importorskip("tensorflow_hub").resolve(handle) == str(folder)


def _kagglehub(cache: Path, contract: Contract) -> Path:
    """Put a model where ``kagglehub`` does."""
    folder = cache / "models" / contract.kaggle_handle
    found = _tflite(folder / "1.tflite") if contract is YAMNET_TFLITE else _saved_model(folder)
    folder.with_name("1.complete").touch()
    return found


@pytest.mark.parametrize("name", ["yamnet", "vggish"])
def test_what_is_not_there_is_said_in_one_line(name, tmp_path: Path) -> None:
    with pytest.raises(ModelAbsent) as refusal:
        embedder_named(name, environment={"SWARA_MODELS": str(tmp_path)})
    line = str(refusal.value)
    assert "saved_model.pb" in line
    assert f"https://www.kaggle.com/models/google/{name}/tensorFlow2/{name}/1" in line
    assert str(tmp_path / name / "saved_model") in line
    assert f"swara models pull {name}" in line


def test_a_path_without_the_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelAbsent, match="neither a TFLite file nor a folder with a SavedModel"):
        embedder_named("yamnet", tmp_path)
    with pytest.raises(ModelUnfit, match="SavedModel folder, not from a file"):
        embedder_named("vggish", _tflite(tmp_path / "vggish.tflite"))


class TestOneFormAlone:
    """Where both networks of YAMNet are on the machine, and where only one of them is."""

    @pytest.fixture
    def environment(self, tmp_path: Path) -> dict[str, str]:
        return {"SWARA_MODELS": str(tmp_path), "TFHUB_CACHE_DIR": str(tmp_path / "hub")}

    @pytest.fixture
    def made(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An embedder says what it would be made of."""
        monkeypatch.setattr(
            "swara.embedder.hub.embedder.hub_embedder",
            lambda found, contract, _, *, manifest: (contract.name, found),
        )

    def test_each_name_stands_for_its_model(self, environment, made, tmp_path: Path) -> None:
        lite = _tflite(tmp_path / "yamnet-tflite" / "model.tflite")
        assert embedder_named("yamnet", environment=environment) == ("yamnet", lite)
        assert embedder_named("yamnet-tflite", environment=environment) == ("yamnet-tflite", lite)
        whole = _saved_model(tmp_path / "yamnet" / "saved_model")
        for name in ("yamnet", "google/yamnet/1", "https://tfhub.dev/google/yamnet/1/"):
            assert embedder_named(name, environment=environment) == ("yamnet", whole)
        for name in ("yamnet-tflite", "google/lite-model/yamnet/classification/tflite/1"):
            assert embedder_named(name, environment=environment) == ("yamnet-tflite", lite)
        other = _saved_model(tmp_path / "hub" / hashlib.sha1(VGGISH.handle.encode()).hexdigest())
        assert embedder_named("google/vggish/1", environment=environment) == ("vggish", other)

    @pytest.mark.parametrize(
        ("name", "there", "lacking"),
        [
            ("google/yamnet/1", "yamnet-tflite/model.tflite", "yamnet/saved_model"),
            ("google/yamnet/1", "yamnet/model.tflite", "yamnet/saved_model"),
            ("yamnet-tflite", "yamnet/model.tflite", "yamnet-tflite/model.tflite"),
            ("yamnet-tflite", "yamnet/saved_model/saved_model.pb", "yamnet-tflite/model.tflite"),
            ("google/vggish/1", "vggish/model.tflite", "vggish/saved_model"),
        ],
    )
    def test_another_form_does_not_stand_in(self, environment, made, tmp_path, name, there, lacking) -> None:
        _tflite(tmp_path / there)
        with pytest.raises(ModelAbsent) as refusal:
            embedder_named(name, environment=environment)
        assert refusal.value.where == str(tmp_path / lacking)
        assert f"swara models pull {Path(lacking).parts[0]};" in str(refusal.value)
