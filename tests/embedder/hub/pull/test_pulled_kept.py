"""What is here is listed, verified to the byte, and removed whole."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from swara.data.errors import MissingPackage, OutputError
from swara.embedder.errors import (
    DownloadError,
    ModelAbsent,
    ModelDamaged,
    ModelInUse,
    ModelUnfit,
)
from swara.embedder.hub.contract import YAMNET
from swara.embedder.hub.locate import find_model, saved_model_digest
from swara.embedder.hub.pull import CATALOGUE, check_documented, inventory, pull, pullable, remove, verify
from swara.embedder.hub.pull.download import Patience
from swara.embedder.hub.pull.install import ModelLayout, model_lock


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Where the models are pulled into."""
    return tmp_path / "models"


@pytest.fixture
def pulled(site, contract, models: Path, quick):
    """YAMNet, pulled."""
    return pull(pullable("yamnet"), models, contract, url=site.url, patience=quick, sleep=lambda _: None)


@pytest.fixture
def hub(tmp_path: Path, files) -> dict[str, str]:
    """The environment of one who has YAMNet from TF Hub itself, as its library keeps it."""
    digest = hashlib.sha1(b"https://tfhub.dev/google/yamnet/1").hexdigest()
    for name, content in files.items():
        path = tmp_path / "hub" / digest / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return {"TFHUB_CACHE_DIR": str(tmp_path / "hub")}


def _states(models: Path, environment: dict[str, str] | None = None) -> dict[str, str]:
    return {each.model.name: each.state for each in inventory(models, environment or {})}


class TestList:
    def test_nothing_is_here_at_first(self, models: Path) -> None:
        assert _states(models) == {"yamnet": "not here", "vggish": "not here", "yamnet-tflite": "not here"}
        assert not models.exists()

    def test_a_pulled_one_has_size_and_digest(self, pulled, models: Path, files) -> None:
        (yamnet,) = (each for each in inventory(models, {}) if each.model.name == "yamnet")

        assert (yamnet.state, yamnet.where) == ("pulled", models / "yamnet" / "saved_model")
        assert yamnet.size_bytes == sum(map(len, files.values()))
        assert yamnet.digest == saved_model_digest(models / "yamnet" / "saved_model")

    def test_one_of_tf_hub_is_shown_as_such(self, models: Path, hub: dict[str, str], files) -> None:
        yamnet = inventory(models, hub)[0]

        assert yamnet.state == "TF Hub's"
        assert yamnet.where is not None
        assert yamnet.where.parent == Path(hub["TFHUB_CACHE_DIR"])
        assert yamnet.size_bytes == sum(map(len, files.values()))
        assert _states(models, hub)["vggish"] == "not here"

    def test_the_pulled_one_comes_first(self, pulled, models: Path, hub: dict[str, str]) -> None:
        assert _states(models, hub)["yamnet"] == "pulled"

    def test_one_put_there_by_hand(self, models: Path) -> None:
        (models / "vggish" / "saved_model").mkdir(parents=True)
        (models / "vggish" / "saved_model" / "saved_model.pb").write_bytes(b"a graph")

        assert _states(models)["vggish"] == "by hand"

    @pytest.mark.parametrize("place", ["yamnet/model.tflite", "yamnet/saved_model.pb"])
    def test_what_an_embedder_would_use_is_listed_wherever_it_lies(
        self, models: Path, place: str, hub
    ) -> None:
        (models / "yamnet").mkdir(parents=True)
        (models / place).touch()

        (kept, *_) = inventory(models, {})

        assert (kept.state, kept.where) == ("by hand", find_model(YAMNET, {"SWARA_MODELS": str(models)}))
        both = inventory(models, hub)[0]
        assert both.where == find_model(YAMNET, {"SWARA_MODELS": str(models)} | hub)

    def test_a_damaged_one(self, pulled, models: Path) -> None:
        (models / "yamnet" / "manifest.json").write_bytes(b"{}")

        assert _states(models)["yamnet"] == "damaged"

    def test_a_download_that_broke_off(self, site, models: Path, contract, quick) -> None:
        site.plan("cut_after 400", *["404"] * 9)
        with pytest.raises(DownloadError):
            pull(pullable("yamnet"), models, contract, url=site.url, patience=quick, sleep=lambda _: None)

        (yamnet,) = (each for each in inventory(models, {}) if each.model.name == "yamnet")
        assert (yamnet.state, yamnet.size_bytes) == ("begun", 400)

    def test_each_says_where_it_comes_from(self) -> None:
        for model in CATALOGUE:
            assert model.url.startswith(f"https://tfhub.dev/{model.handle}?")
            assert pullable(model.name) is model
            assert (model.file_sha256 is not None) == (model.form == "tflite")

    def test_a_handle_is_a_name_too(self) -> None:
        for model in CATALOGUE:
            for name in (model.handle, f"https://tfhub.dev/{model.handle}", f"{model.handle}/"):
                assert pullable(name) is model

    @pytest.mark.parametrize("name", ["", "crepe", "google/yamnet", "google/yamnet/2", "YAMNET", "../yamnet"])
    def test_no_other_is_known(self, name: str) -> None:
        with pytest.raises(ModelAbsent, match="yamnet, vggish, yamnet-tflite"):
            pullable(name)


class TestVerify:
    def test_a_sound_one(self, pulled, models: Path, contract, files) -> None:
        verified = verify(pullable("yamnet"), models, {}, contract)

        assert (verified.files, verified.contract) == (4, True)
        assert contract.seen == [files, files]

    @pytest.mark.parametrize(
        "name",
        ["saved_model.pb", "variables/variables.data-00000-of-00001", "assets/yamnet_class_map.csv"],
    )
    @pytest.mark.parametrize("damage", ["missing", "shorter", "flipped", "a folder"])
    def test_a_damaged_file_is_named(self, pulled, models: Path, name: str, damage: str, contract) -> None:
        path = models / "yamnet" / "saved_model" / name
        content = path.read_bytes()
        path.unlink()
        match damage:
            case "shorter":
                path.write_bytes(content[:-1])
            case "flipped":
                path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
            case "a folder":
                path.mkdir()

        with pytest.raises(ModelDamaged) as caught:
            verify(pullable("yamnet"), models, {}, contract)

        assert caught.value.where == str(path)
        assert "swara models pull yamnet" in str(caught.value.fix)
        assert len(contract.seen) == 1  # that of the pull: what is damaged is not loaded

    def test_one_that_does_something_else(self, pulled, models: Path) -> None:
        def check(model, path: Path) -> None:
            raise ModelUnfit("not the documented yamnet", where=str(path))

        with pytest.raises(ModelUnfit, match="swara models remove yamnet, then: swara models pull yamnet"):
            verify(pullable("yamnet"), models, {}, check)

    def test_without_what_runs_it(self, pulled, models: Path) -> None:
        verified = verify(pullable("yamnet"), models, {}, None)

        assert (verified.files, verified.contract) == (4, False)

    def test_a_package_that_is_missing(self, pulled, models: Path) -> None:
        def check(model, path: Path) -> None:
            raise MissingPackage("TensorFlow is not installed")

        verified = verify(pullable("yamnet"), models, {}, check)

        assert (verified.files, verified.contract) == (4, False)

    def test_a_file_is_no_vggish(self, models: Path) -> None:
        (models / "vggish").mkdir(parents=True)
        (models / "vggish" / "model.tflite").touch()

        with pytest.raises(ModelUnfit, match="SavedModel folder, not from a file"):
            verify(pullable("vggish"), models, {}, check_documented)

    def test_one_of_tf_hub_has_no_digests(self, models: Path, hub: dict[str, str], contract, files) -> None:
        verified = verify(pullable("yamnet"), models, hub, contract)

        assert (verified.files, verified.contract) == (0, True)
        assert contract.seen == [files]

    def test_one_that_is_not_here(self, models: Path, contract) -> None:
        with pytest.raises(ModelAbsent, match="swara models pull vggish"):
            verify(pullable("vggish"), models, {}, contract)


class TestRemove:
    def test_takes_all_of_it(self, pulled, models: Path, names_in) -> None:
        (models / "yamnet" / "made-from-it.tflite").write_bytes(b"")

        assert remove(pullable("yamnet"), models, {}) == models / "yamnet"

        assert names_in(models) == set()

    def test_and_what_was_downloaded(self, site, models: Path, contract, quick, names_in) -> None:
        site.plan("cut_after 400", *["404"] * 9)
        with pytest.raises(DownloadError):
            pull(pullable("yamnet"), models, contract, url=site.url, patience=quick, sleep=lambda _: None)

        remove(pullable("yamnet"), models, {})

        assert names_in(models) == set()

    def test_leaves_the_others(self, pulled, models: Path, names_in) -> None:
        (models / "vggish").mkdir()

        remove(pullable("yamnet"), models, {})

        assert names_in(models) == {"vggish"}

    def test_of_nothing_says_so(self, models: Path) -> None:
        with pytest.raises(ModelAbsent, match="not on this machine"):
            remove(pullable("yamnet"), models, {})
        assert not models.exists()

    def test_leaves_tf_hub_its_own(self, models: Path, hub: dict[str, str]) -> None:
        with pytest.raises(ModelAbsent, match="TF Hub's"):
            remove(pullable("yamnet"), models, hub)

        assert _states(models, hub)["yamnet"] == "TF Hub's"

    @pytest.mark.parametrize("step", ["swara.embedder.hub.pull.install._acquired", "pathlib.Path.rename"])
    @pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
    def test_where_nothing_may_be_written(self, pulled, models: Path, monkeypatch, step, code) -> None:
        def refused(*_: object) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(step, refused)
        with pytest.raises(OutputError) as caught:
            remove(pullable("yamnet"), models, {})

        line = str(caught.value)
        assert f"{models}: the model cannot be removed: {os.strerror(code).lower()}." in line
        assert "kept" not in line
        assert "SWARA_MODELS" not in line

    def test_waits_for_one_who_pulls(self, pulled, models: Path) -> None:
        model = pullable("yamnet")
        with model_lock(ModelLayout(models, model), 1.0), pytest.raises(ModelInUse):
            remove(model, models, {}, Patience(lock_s=0.1))

        assert _states(models)["yamnet"] == "pulled"
