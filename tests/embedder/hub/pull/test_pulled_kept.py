"""What is here is listed, verified to the byte, and removed whole."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from swara.data.errors import MissingPackage, OutputError
from swara.embedder.errors import DownloadError, ModelAbsent, ModelDamaged, ModelInUse, ModelUnfit
from swara.embedder.hub.contract import YAMNET, saved_model_digest
from swara.embedder.hub.locate import find_model
from swara.embedder.hub.pull import (
    CATALOGUE,
    RetryPolicy,
    inventory,
    pull,
    pullable,
    remove,
    verify,
)
from swara.embedder.hub.pull.install import ModelLayout, model_lock


@pytest.fixture
def pulled(archive: Path, contract, models: Path):
    """YAMNet, pulled."""
    return pull(pullable("yamnet"), models, contract, source=archive)


@pytest.fixture
def broken_off(kaggle, contract, models: Path, quick) -> None:
    """Leave a download of YAMNet that broke off after a MiB."""
    kaggle.plan(f"cut_after {3 << 19}", "404")
    with pytest.raises(DownloadError):
        pull(pullable("yamnet"), models, contract, policy=quick)


@pytest.fixture
def hub(tmp_path: Path, files, write) -> dict[str, str]:
    """The environment of one who has YAMNet from TF Hub itself, as its library keeps it."""
    write(tmp_path / "hub" / hashlib.sha1(b"https://tfhub.dev/google/yamnet/1").hexdigest(), files)
    return {"TFHUB_CACHE_DIR": str(tmp_path / "hub"), "KAGGLEHUB_CACHE": str(tmp_path / "none")}


@pytest.fixture
def other_cache(tmp_path: Path, files, write) -> dict[str, str]:
    """The environment of one who has YAMNet in kagglehub's cache, as that library keeps it."""
    folder = write(tmp_path / "kagglehub" / "models" / YAMNET.kaggle_handle, files)
    folder.with_name("1.complete").touch()
    return {"KAGGLEHUB_CACHE": str(tmp_path / "kagglehub")}


def _states(models: Path, environment: dict[str, str] | None = None) -> dict[str, str]:
    return {each.model.name: each.state for each in inventory(models, environment or {})}


class TestList:
    def test_a_pulled_one_has_size_and_digest(self, pulled, models: Path, files) -> None:
        (yamnet,) = (each for each in inventory(models, {}) if each.model.name == "yamnet")

        assert (yamnet.state, yamnet.where) == ("pulled", models / "yamnet" / "saved_model")
        assert yamnet.size_bytes == sum(map(len, files.values()))
        assert yamnet.digest == saved_model_digest(models / "yamnet" / "saved_model")

    @pytest.mark.parametrize(("cache", "state"), [("hub", "tfhub-cache"), ("other_cache", "kagglehub-cache")])
    def test_one_of_another_program_is_shown_as_such(
        self, models: Path, files, request, cache, state
    ) -> None:
        environment = request.getfixturevalue(cache)
        yamnet = inventory(models, environment)[0]

        assert (yamnet.state, yamnet.size_bytes) == (state, sum(map(len, files.values())))
        assert yamnet.where == find_model(YAMNET, {"SWARA_MODELS": str(models)} | environment)
        assert yamnet.usable
        assert _states(models, environment)["vggish"] == "absent"

    @pytest.mark.parametrize("place", ["model.tflite", "saved_model.pb", "saved_model/saved_model.pb"])
    def test_what_an_embedder_would_use_is_listed_wherever_it_lies(
        self, models: Path, write, place: str, hub
    ) -> None:
        write(models / "yamnet", {place: b""})

        (kept, *_) = inventory(models, {})

        assert (kept.state, kept.where) == ("manual", find_model(YAMNET, {"SWARA_MODELS": str(models)}))
        both = inventory(models, hub)[0]
        assert both.where == find_model(YAMNET, {"SWARA_MODELS": str(models)} | hub)

    def test_states(self, models: Path, pulled, hub: dict[str, str]) -> None:
        assert _states(models, hub) == {"yamnet": "pulled", "vggish": "absent", "yamnet-tflite": "absent"}
        (models / "yamnet" / "manifest.json").write_bytes(b"{}")
        (models / ".vggish.part").write_bytes(b"an archive cut short, of an earlier version")
        assert _states(models) == {"yamnet": "damaged", "vggish": "partial", "yamnet-tflite": "absent"}

    @pytest.mark.usefixtures("broken_off")
    def test_a_download_that_broke_off(self, models: Path, files) -> None:
        (yamnet,) = (each for each in inventory(models, {}) if each.model.name == "yamnet")

        others = sum(len(content) for content in files.values() if len(content) < 1 << 20)
        assert (yamnet.state, yamnet.size_bytes) == ("partial", others + (1 << 20))
        assert not yamnet.usable

    def test_each_has_an_address_and_several_names(self) -> None:
        for model in CATALOGUE:
            kaggle = model.contract.kaggle_handle
            assert model.url == f"https://www.kaggle.com/api/v1/models/{kaggle}/download"
            assert (model.file_sha256 is not None) == (model.form == "tflite")
            for name in (
                model.name,
                model.handle,
                f"https://tfhub.dev/{model.handle}",
                f"{model.handle}/",
                kaggle,
                f"https://www.kaggle.com/models/{kaggle.replace('tensorFlow2', 'TensorFlow2')}",
            ):
                assert pullable(name) is model

    @pytest.mark.parametrize("name", ["", "crepe", "google/yamnet", "google/yamnet/2", "YAMNET", "../yamnet"])
    def test_no_other_is_known(self, name: str) -> None:
        with pytest.raises(ModelAbsent, match="yamnet, vggish, yamnet-tflite"):
            pullable(name)


class TestVerify:
    def test_a_sound_one(self, pulled, models: Path, contract, files) -> None:
        def lacks(model, path: Path) -> None:
            raise MissingPackage("TensorFlow is not installed")

        def breaks(model, path: Path) -> None:
            raise ModelUnfit("not the documented yamnet", where=str(path))

        for check, kept in ((contract, True), (lacks, False)):
            verified = verify(pullable("yamnet"), models, {}, check)
            assert (verified.files, verified.contract) == (4, kept)
        assert contract.seen == [files, files]
        with pytest.raises(ModelUnfit, match="swara models remove yamnet, then: swara models pull yamnet"):
            verify(pullable("yamnet"), models, {}, breaks)
        with pytest.raises(ModelAbsent, match="swara models pull vggish"):
            verify(pullable("vggish"), models, {}, contract)

    @pytest.mark.parametrize("name", ["saved_model.pb", "assets/yamnet_class_map.csv"])
    @pytest.mark.parametrize(
        "damage",
        [
            lambda path, content: None,
            lambda path, content: path.write_bytes(content[:-1]),
            lambda path, content: path.write_bytes(bytes([content[0] ^ 1]) + content[1:]),
            lambda path, content: path.mkdir(),
        ],
        ids=["missing", "shorter", "flipped", "a folder"],
    )
    def test_a_damaged_file_is_named(self, pulled, models: Path, name: str, damage, contract) -> None:
        path = models / "yamnet" / "saved_model" / name
        content = path.read_bytes()
        path.unlink()
        damage(path, content)

        with pytest.raises(ModelDamaged) as caught:
            verify(pullable("yamnet"), models, {}, contract)

        assert caught.value.where == str(path)
        assert "swara models pull yamnet" in str(caught.value.fix)
        assert len(contract.seen) == 1  # that of the pull: what is damaged is not loaded

    def test_one_of_tf_hub_has_no_digests(self, models: Path, hub: dict[str, str], contract, files) -> None:
        verified = verify(pullable("yamnet"), models, hub, contract)

        assert (verified.files, verified.contract) == (0, True)
        assert contract.seen == [files]


class TestRemove:
    @pytest.mark.parametrize("state", ["pulled", "broken_off"])
    def test_takes_all_of_it_and_leaves_the_others(self, models: Path, names_in, request, state) -> None:
        request.getfixturevalue(state)
        (models / "yamnet").mkdir(exist_ok=True)
        (models / "yamnet" / "made-from-it.tflite").write_bytes(b"")
        (models / "vggish").mkdir()

        assert remove(pullable("yamnet"), models, {}) == models / "yamnet"

        assert names_in(models) == {"vggish"}

    def test_of_nothing_says_so_and_makes_nothing(self, models: Path) -> None:
        assert set(_states(models).values()) == {"absent"}
        with pytest.raises(ModelAbsent, match="not on this machine"):
            remove(pullable("yamnet"), models, {})
        assert not models.exists()

    @pytest.mark.parametrize(("cache", "name"), [("hub", "TF Hub"), ("other_cache", "kagglehub")])
    def test_leaves_other_programs_their_own(self, models: Path, cache: str, name: str, request) -> None:
        environment = request.getfixturevalue(cache)
        before = inventory(models, environment)

        with pytest.raises(ModelAbsent, match=f"cache of {name}"):
            remove(pullable("yamnet"), models, environment)

        assert inventory(models, environment) == before

    @pytest.mark.parametrize("step", ["filelock.FileLock.acquire", "pathlib.Path.rename"])
    @pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
    def test_where_nothing_may_be_written(self, pulled, models: Path, monkeypatch, step, code) -> None:
        def refused(*_: object, **__: object) -> None:
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
            remove(model, models, {}, RetryPolicy(lock_s=0.1))

        assert _states(models)["yamnet"] == "pulled"
