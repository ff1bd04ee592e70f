"""A model is put in place whole and as documented, or nothing is."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from swara.data.errors import OutputError
from swara.embedder.errors import DownloadError, ModelDamaged, ModelError, ModelInUse, ModelUnfit
from swara.embedder.hub.pull import pull
from swara.embedder.hub.pull.install import ModelLayout, model_lock
from swara.embedder.hub.pull.manifest import read_manifest, write_manifest

ROOT = Path(__file__).parents[4]
URL = "https://www.kaggle.com/api/v1/models/google/yamnet/tensorFlow2/yamnet/1/download"

# Pulls in a process of its own; the contract waits, so that the other one comes meanwhile.
_CHILD = """
import sys, time
from pathlib import Path
from swara.embedder.hub.pull import pull, pullable
done = pull(pullable("yamnet"), Path(sys.argv[1]), lambda *_: time.sleep(1.0))
print(done.new, done.manifest.digest)
"""

# What a version of swara wrote that had a client of its own for TF Hub.
_EARLIER = """{
  "schema": 1,
  "name": "yamnet",
  "handle": "google/yamnet/1",
  "source": "https://tfhub.dev/google/yamnet/1?tf-hub-format=compressed",
  "digest": "ddd6d8ab1c21eddd5aad7d7d0a9bbcb8e8e8d0e5a4c2d7b1f0c3f7a1b9e5d6c4",
  "pulled_at": "2025-01-31T12:00:00+00:00",
  "archive_sha256": null,
  "files": {
    "saved_model/saved_model.pb": {
      "sha256": "170df6144b15bdf1dced878e45ebdb2dac95d0b1a3bc68459434bbbd88681157",
      "size_bytes": 7
    }
  }
}
"""


@pytest.fixture
def get(archive: Path, yamnet, contract, quick, models: Path):
    """Pull the archive's model, or what else is given, into ``models``."""

    def get(model=yamnet, check=contract, **more):
        return pull(model, models, check, **({"source": archive, "policy": quick} | more))

    return get


@pytest.fixture
def fetch(kaggle, get):
    """Pull what Kaggle has into ``models``."""
    return lambda *words, **more: get(*words, source=None, **more)


class TestWhatIsPulled:
    def test_lies_in_its_folder_and_is_not_pulled_twice(
        self, tree, fetch, kaggle, models: Path, files, names_in, contract
    ) -> None:
        pulled, again = fetch(), fetch()

        assert (pulled.new, pulled.mended, again.new) == (True, None, False)
        assert pulled.folder == models / "yamnet"
        assert again.manifest == pulled.manifest
        assert tree(models / "yamnet" / "saved_model") == files
        assert names_in(models) == {"yamnet"}
        assert names_in(models / "yamnet") == {"saved_model", "manifest.json"}
        assert contract.seen == [files]
        assert kaggle.pulls == 1
        written = json.loads((models / "yamnet" / "manifest.json").read_bytes())
        digests = {f"saved_model/{name}": hashlib.sha256(c).hexdigest() for name, c in files.items()}
        assert {name: record["sha256"] for name, record in written["files"].items()} == digests
        assert {
            "source": URL,
            "archive_sha256": None,
            "name": "yamnet",
            "schema": 1,
        }.items() <= written.items()
        assert written["handle"] == "google/yamnet/1"

    @pytest.mark.parametrize("packed", [False, True])
    def test_may_be_a_tflite_file(self, get, kaggle, lite, models, contract, pack, archive, packed) -> None:
        model, content = lite
        kaggle.files = {"1.tflite": content}
        archive.write_bytes(pack(kaggle.files))

        get(model, source=archive if packed else None)

        assert (models / "yamnet-tflite" / "model.tflite").read_bytes() == content
        assert contract.seen == [{".": content}]
        assert {asked["instanceSlug"] for asked in kaggle.asked} <= {"classification-tflite"}
        assert bool(kaggle.asked) is not packed


class TestFromAFile:
    @pytest.mark.parametrize("inside", [".", "yamnet-1"])
    def test_an_archive(self, tree, get, kaggle, pack, models: Path, files, archive: Path, inside) -> None:
        archive.write_bytes(pack(files, inside))
        content = archive.read_bytes()

        pulled = get()

        assert tree(models / "yamnet" / "saved_model") == files
        assert pulled.manifest.source == str(archive)
        assert pulled.manifest.archive_sha256 == hashlib.sha256(content).hexdigest()
        assert archive.read_bytes() == content
        assert kaggle.asked == []
        assert not get(source=None).new

    def test_a_folder_linked_file_by_file_of_which_only_the_model_is_taken(
        self, tree, write, get, models: Path, files, tmp_path: Path
    ) -> None:
        blobs, given = write(tmp_path / "blobs", files), write(tmp_path / "given", files)
        write(given, {"notes/holiday.jpg": b"", ".DS_Store": b""})
        for name in files:
            (given / name).unlink()
            (given / name).symlink_to(blobs / name)

        assert get(source=given).manifest.archive_sha256 is None

        assert tree(models / "yamnet" / "saved_model") == files
        assert not any(path.is_symlink() for path in models.rglob("*"))

    def test_one_that_lies_where_it_belongs(
        self, tree, write, fetch, get, models: Path, files, kaggle
    ) -> None:
        given = write(models / "yamnet" / "saved_model", files)
        with pytest.raises(ModelError, match="not pulled") as caught:
            fetch()
        assert f"--from {given}" in str(caught.value.fix)
        assert kaggle.asked == []

        assert get(source=given).new
        assert tree(models / "yamnet" / "saved_model") == files

    @pytest.mark.parametrize(
        ("content", "word"),
        [
            (b"", "empty"),
            (b"<!DOCTYPE html><html>", "web page"),
            (b'{"error": "no such model"}', "web page or a message"),
            (b"PK\x03\x04 and more", "zip"),
            (b"\x1c\0\0\0TFL3weights", "a TFLite file, not a SavedModel"),
            (b"RIFF....WAVEfmt ", "neither an archive nor a model"),
            (b"\x1f\x8b no gzip", "damaged or cut short"),
            ({"holiday.jpg": b""}, "0 models in it"),
            ({"a/saved_model.pb": b"", "b/saved_model.pb": b""}, "2 models in it"),
            ({"saved_model.pb": b"", "../../escaped": b""}, "leads out"),
        ],
    )
    def test_something_else_is_refused(
        self, get, pack, models: Path, names_in, tmp_path: Path, content: bytes | dict[str, bytes], word: str
    ) -> None:
        given = tmp_path / "given"
        given.write_bytes(content if isinstance(content, bytes) else pack(content))

        with pytest.raises(ModelUnfit, match=word) as caught:
            get(source=given)

        assert caught.value.where == str(given)
        assert names_in(models) == set()
        assert names_in(tmp_path) == {"models", given.name, "downloaded.tar.gz"}


class TestRefused:
    @pytest.mark.parametrize(
        ("content", "kind", "said"),
        [
            (b"<html>Log in first", ModelUnfit, "0 models in it"),
            (b"\x1c\0\0\0TFL3 and others", ModelUnfit, "SHA-256"),
            (bytes(1_100_000), DownloadError, "larger than 1 MB"),
        ],
    )
    def test_another_file(self, fetch, kaggle, lite, models, names_in, content: bytes, kind, said) -> None:
        kaggle.files = {"1.tflite": content}

        with pytest.raises(kind, match=said):
            fetch(replace(lite[0], largest_bytes=1_000_000))

        assert names_in(models) == set()

    def test_another_model_and_a_good_one_is_taken_afterwards(self, fetch, models: Path, names_in) -> None:
        def check(model, path: Path) -> None:
            assert path.is_dir()
            assert not (models / "yamnet").exists()
            raise ModelUnfit("this is not the documented yamnet", where=str(path))

        with pytest.raises(ModelUnfit) as caught:
            fetch(check=check)

        assert caught.value.where == URL
        assert names_in(models) == set()
        assert fetch().new

    def test_what_was_changed_before_it_was_installed(self, fetch, kaggle, lite, models: Path) -> None:
        """``kagglehub`` takes a file that it once had whole for what it was."""
        model, content = lite
        kaggle.files = {"1.tflite": content}

        def changing(stage: str, *_: object) -> None:
            if stage == "unpacking":
                (file,) = (models / ".yamnet-tflite.part").rglob("1.tflite")
                file.write_bytes(content[:-1] + b"!")

        with pytest.raises(ModelUnfit, match="SHA-256"):
            fetch(model, progress=changing)
        assert fetch(model).new


@pytest.mark.usefixtures("offline")
def test_without_a_network_it_says_which_file_from_where_into_which_folder(get, models, names_in) -> None:
    with pytest.raises(DownloadError) as caught:
        get(source=None)

    line = str(caught.value)
    for words in (URL, "no network", "swara models pull yamnet --from FILE", str(models / "yamnet")):
        assert words in line
    assert names_in(models) == set()


class TestADamagedModel:
    @pytest.mark.parametrize("damage", ["missing", "shorter", "changed", "no files", "no JSON"])
    def test_is_replaced(self, tree, get, models: Path, files, damage: str, names_in) -> None:
        get()
        folder = models / "yamnet"
        graph, manifest = folder / "saved_model" / "saved_model.pb", folder / "manifest.json"
        match damage:
            case "missing":
                graph.unlink()
            case "shorter":
                graph.write_bytes(b"a gra")
            case "changed":
                graph.write_bytes(b"A graph")
            case "no files":
                manifest.write_text(json.dumps(json.loads(manifest.read_bytes()) | {"files": {}}), "utf-8")
            case "no JSON":
                manifest.write_bytes(b"\xff")

        pulled = get()

        assert pulled.new
        assert ("manifest.json" if damage in {"no files", "no JSON"} else "saved_model.pb") in pulled.mended
        assert tree(folder / "saved_model") == files
        assert names_in(models) == {"yamnet"}

    def test_stays_where_the_new_one_is_no_good(self, tree, get, archive: Path, models: Path) -> None:
        get()
        (models / "yamnet" / "saved_model" / "saved_model.pb").write_bytes(b"A graph")
        before = tree(models / "yamnet")
        archive.write_bytes(b"<html>")

        with pytest.raises(ModelUnfit):
            get()

        assert tree(models / "yamnet") == before


class TestTheDisk:
    def test_a_file_where_the_folder_should_be(self, get, models: Path) -> None:
        models.write_bytes(b"")

        with pytest.raises(OutputError, match="cannot be kept here"):
            get()

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
    @pytest.mark.parametrize("step", ["mkdir", "write_bytes", "rename", "fsync"])
    def test_that_fails_leaves_nothing_half_done(
        self, get, models: Path, monkeypatch: pytest.MonkeyPatch, names_in, code: int, step: str
    ) -> None:
        models.mkdir()

        def fail(*_: object, **__: object) -> None:
            raise OSError(code, os.strerror(code))

        with monkeypatch.context() as patch:
            patch.setattr(*((os, "fsync") if step == "fsync" else (Path, step)), fail)
            with pytest.raises(OutputError) as caught:
                get()

        line = str(caught.value)
        assert f"the model cannot be kept here: {os.strerror(code).lower()}" in line
        assert "SWARA_MODELS" in line
        assert names_in(models) == set()
        assert get().new
        assert names_in(models) == {"yamnet"}

    def test_what_a_killed_one_or_an_earlier_version_left_is_cleared(self, fetch, models, names_in) -> None:
        (models / ".new-yamnet-0123abcd" / "saved_model").mkdir(parents=True)
        (models / ".new-yamnet-tflite-0123abcd").mkdir()
        (models / ".yamnet.part").write_bytes(b"an archive cut short")
        (models / ".yamnet.part.json").write_bytes(b"{}")

        assert fetch().new
        assert names_in(models) == {"yamnet", ".new-yamnet-tflite-0123abcd"}


class TestTwoAtOnce:
    def test_both_succeed_with_one_download(self, tree, kaggle, models: Path, files) -> None:
        words = [sys.executable, "-c", _CHILD, str(models)]
        children = [subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        said = [child.communicate(timeout=60)[0].split() for child in children]

        assert [child.returncode for child in children] == [0, 0]
        assert sorted(new for new, _ in said) == ["False", "True"]
        assert len({digest for _, digest in said}) == 1
        assert kaggle.pulls == 1
        assert tree(models / "yamnet" / "saved_model") == files

    def test_the_second_says_that_it_waits(self, get, models: Path, yamnet) -> None:
        stages: list[str] = []
        with model_lock(ModelLayout(models, yamnet), 1.0):
            thread = threading.Thread(target=get, kwargs={"progress": lambda stage, *_: stages.append(stage)})
            thread.start()
            thread.join(0.5)
            assert [stage for stage in stages if "waiting" in stage] == stages != []
        thread.join(20)
        assert (models / "yamnet" / "manifest.json").is_file()

    def test_and_does_not_wait_for_ever_nor_for_another_model(
        self, get, models: Path, yamnet, quick, lite, archive: Path
    ) -> None:
        with model_lock(ModelLayout(models, yamnet), 1.0):
            with pytest.raises(ModelInUse, match="in hand"):
                get(policy=replace(quick, lock_s=0.1))
            archive.write_bytes(lite[1])
            assert get(lite[0]).new


class TestTheManifest:
    def test_of_an_earlier_version_is_read_and_written_as_it_was(self, tmp_path: Path, get, models) -> None:
        path = models / "yamnet" / "manifest.json"
        (path.parent / "saved_model").mkdir(parents=True)
        (path.parent / "saved_model" / "saved_model.pb").write_bytes(b"a graph")
        path.write_bytes(_EARLIER.encode())

        manifest = read_manifest(path)
        assert manifest is not None
        write_manifest(tmp_path / "again.json", manifest)

        assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
        assert (manifest.name, manifest.size_bytes) == ("yamnet", 7)
        assert not get().new

    def test_names_the_field_that_is_wrong(self, tmp_path: Path) -> None:
        path = tmp_path / "manifest.json"
        for earlier, changed, said in (
            ('"schema": 1', '"schema": 2', "$.schema"),
            ('"digest": "d', '"digest": 3, "other": "d', "$.digest"),
            ('"name": "yamnet",', "", "`name`"),
            ('"size_bytes": 7', '"size_bytes": "7"', "$.files[...].size_bytes"),
            ('"archive_sha256": null', '"archive_sha256": 1', "$.archive_sha256"),
        ):
            assert earlier in _EARLIER
            path.write_bytes(_EARLIER.replace(earlier, changed).encode())
            with pytest.raises(ModelDamaged, match=re.escape(said)) as caught:
                read_manifest(path)
            assert caught.value.where == str(path)


def test_the_folder_may_be_a_link(get, models: Path, tmp_path: Path) -> None:
    (tmp_path / "big-disk").mkdir()
    models.symlink_to(tmp_path / "big-disk")

    assert get().new
    assert (tmp_path / "big-disk" / "yamnet" / "manifest.json").is_file()
    shutil.rmtree(tmp_path / "big-disk")
