"""A model is put in place whole and as documented, or nothing is."""

from __future__ import annotations

import errno
import hashlib
import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from swara.data.errors import OutputError
from swara.embedder.errors import (
    DownloadError,
    ModelDamaged,
    ModelError,
    ModelInUse,
    ModelUnfit,
)
from swara.embedder.hub.pull import pull
from swara.embedder.hub.pull.install import ModelLayout, model_lock

ROOT = Path(__file__).parents[4]

# Pulls in a process of its own; the contract waits, so that the other one comes meanwhile.
_CHILD = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from swara.embedder.hub.pull import pull, pullable
done = pull(pullable("yamnet"), Path(sys.argv[2]), lambda *_: time.sleep(1.0), url=sys.argv[3])
print(done.new, done.manifest.digest)
"""


@pytest.fixture
def get(site, yamnet, contract, quick, tmp_path: Path):
    """Pull the site's model into ``tmp_path / "models"``, without waits."""

    def get(model=yamnet, check=contract, **more):
        given = {"url": site.url, "patience": quick, "sleep": lambda _: None} | more
        return pull(model, tmp_path / "models", check, **given)

    return get


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Where the models are pulled into."""
    return tmp_path / "models"


def _tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


class TestWhatIsPulled:
    def test_lies_in_its_folder(self, get, models: Path, files, names_in, site, contract) -> None:
        pulled = get()

        assert pulled.new
        assert pulled.mended is None
        assert pulled.folder == models / "yamnet"
        assert _tree(models / "yamnet" / "saved_model") == files
        assert names_in(models) == {"yamnet"}
        assert names_in(models / "yamnet") == {"saved_model", "manifest.json"}
        assert contract.seen == [files]

    def test_has_its_digests_on_record(self, get, models: Path, files, site) -> None:
        get()

        written = json.loads((models / "yamnet" / "manifest.json").read_bytes())
        digests = {f"saved_model/{name}": hashlib.sha256(c).hexdigest() for name, c in files.items()}
        assert {name: record["sha256"] for name, record in written["files"].items()} == digests
        assert written["archive_sha256"] == hashlib.sha256(site.content).hexdigest()
        assert (written["name"], written["handle"]) == ("yamnet", "google/yamnet/1")
        assert written["source"] == site.url
        assert written["schema"] == 1

    def test_is_checked_before_it_has_its_name(self, get, models: Path) -> None:
        def check(model, path: Path) -> None:
            assert path.is_dir()
            assert not (models / "yamnet").exists()

        get(check=check)

    def test_is_not_pulled_twice(self, get, site, contract) -> None:
        first, again = get(), get()

        assert (first.new, again.new) == (True, False)
        assert again.manifest == first.manifest
        assert len(site.asked) == len(contract.seen) == 1

    def test_does_not_tell_a_password(self, get, site, models: Path) -> None:
        host = f"127.0.0.1:{site.server_port}"
        with pytest.raises(DownloadError) as caught:
            get(url=f"https://me:secret@{host}/model")
        assert "secret" not in str(caught.value)

    def test_may_come_in_a_folder_of_its_own(self, get, site, pack, files, models: Path) -> None:
        site.content = pack(files, "yamnet-1")

        get()

        assert _tree(models / "yamnet" / "saved_model") == files

    def test_may_be_a_tflite_file(self, get, site, lite, models: Path, contract) -> None:
        model, site.content = lite

        get(model)

        assert (models / "yamnet-tflite" / "model.tflite").read_bytes() == site.content
        assert contract.seen == [{".": site.content}]

    def test_or_an_archive_of_one(self, get, site, lite, models: Path, pack) -> None:
        model, content = lite
        site.content = pack({"1.tflite": content})

        get(model)

        assert (models / "yamnet-tflite" / "model.tflite").read_bytes() == content


class TestFromAFile:
    def test_an_archive(self, get, site, models: Path, files, tmp_path: Path) -> None:
        archive = tmp_path / "downloaded.tar.gz"
        archive.write_bytes(site.content)

        pulled = get(source=archive)

        assert _tree(models / "yamnet" / "saved_model") == files
        assert pulled.manifest.source == str(archive)
        assert archive.read_bytes() == site.content
        assert site.asked == []

    def test_a_folder_of_which_only_the_model_is_taken(
        self, get, models: Path, files, tmp_path: Path
    ) -> None:
        for name, content in (files | {"notes/holiday.jpg": b"", ".DS_Store": b""}).items():
            path = tmp_path / "given" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

        pulled = get(source=tmp_path / "given")

        assert _tree(models / "yamnet" / "saved_model") == files
        assert pulled.manifest.archive_sha256 is None

    def test_one_linked_file_by_file(self, get, models: Path, files, tmp_path: Path) -> None:
        for name, content in files.items():
            blob, link = tmp_path / "blobs" / name, tmp_path / "given" / name
            for path in (blob, link):
                path.parent.mkdir(parents=True, exist_ok=True)
            blob.write_bytes(content)
            link.symlink_to(blob)

        get(source=tmp_path / "given")

        assert _tree(models / "yamnet" / "saved_model") == files
        assert not any(path.is_symlink() for path in models.rglob("*"))

    def test_one_that_lies_where_it_belongs(self, get, models: Path, files, site) -> None:
        for name, content in files.items():
            path = models / "yamnet" / "saved_model" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        with pytest.raises(ModelError, match="not pulled") as caught:
            get()
        assert f"--from {models / 'yamnet' / 'saved_model'}" in str(caught.value.fix)
        assert site.asked == []

        assert get(source=models / "yamnet" / "saved_model").new
        assert _tree(models / "yamnet" / "saved_model") == files

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
        ],
    )
    def test_something_else_is_refused(
        self, get, models: Path, names_in, tmp_path: Path, content: bytes, word: str
    ) -> None:
        given = tmp_path / "given"
        given.write_bytes(content)

        with pytest.raises(ModelUnfit, match=word) as caught:
            get(source=given)

        assert caught.value.where == str(given)
        assert names_in(models) == set()

    def test_so_is_an_archive_of_something_else(self, get, pack, tmp_path: Path) -> None:
        given = tmp_path / "given"
        given.write_bytes(pack({"holiday.jpg": b""}))

        with pytest.raises(ModelUnfit, match="0 models in it"):
            get(source=given)

    def test_and_two_models_at_once(self, get, pack, tmp_path: Path) -> None:
        given = tmp_path / "given"
        given.write_bytes(pack({"a/saved_model.pb": b"", "b/saved_model.pb": b""}))

        with pytest.raises(ModelUnfit, match="2 models in it"):
            get(source=given)

    def test_and_nothing_at_all(self, get, tmp_path: Path) -> None:
        with pytest.raises(ModelUnfit, match="neither a file nor a folder"):
            get(source=tmp_path / "absent")


class TestRefused:
    def test_a_web_page_from_the_server(self, get, site, models: Path, names_in) -> None:
        site.plan(*["web_page"] * 9)

        with pytest.raises(DownloadError, match="web page"):
            get()

        assert names_in(models) == set()

    def test_a_web_page_that_does_not_say_so(self, get, site, models: Path, names_in) -> None:
        site.content = b"<html>Log in first"

        with pytest.raises(ModelUnfit, match="web page") as caught:
            get()

        assert caught.value.where == site.url
        assert names_in(models) == set()

    def test_another_digest(self, get, site, lite, models: Path, names_in) -> None:
        model, content = lite
        site.content = content + b"!"

        with pytest.raises(ModelUnfit, match="SHA-256"):
            get(model)

        assert names_in(models) == set()

    def test_another_model(self, get, site, models: Path, names_in) -> None:
        def check(model, path: Path) -> None:
            raise ModelUnfit("this is not the documented yamnet", where=str(path))

        with pytest.raises(ModelUnfit) as caught:
            get(check=check)

        assert "\n" not in str(caught.value)
        assert caught.value.where == site.url
        assert names_in(models) == set()

    def test_and_a_good_one_is_taken_afterwards(self, get, site, files) -> None:
        site.content, good = b"<html>", site.content
        with pytest.raises(ModelUnfit):
            get()
        site.content = good

        assert get().new

    def test_an_archive_that_leads_out(self, get, site, pack, models: Path, names_in, tmp_path: Path) -> None:
        site.content = pack({"saved_model.pb": b"", "../../escaped": b""})

        with pytest.raises(ModelUnfit, match="leads out"):
            get()

        assert names_in(models) == set()
        assert names_in(tmp_path) == {"models"}


class TestWithoutANetwork:
    def test_says_which_file_from_where_into_which_folder(
        self, get, models: Path, yamnet, monkeypatch: pytest.MonkeyPatch, names_in
    ) -> None:
        def offline(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        monkeypatch.setattr(socket, "getaddrinfo", offline)

        with pytest.raises(DownloadError) as caught:
            get(url=None)

        line = str(caught.value)
        assert "\n" not in line
        for words in (
            yamnet.url,
            "no network",
            "swara models pull yamnet --from FILE",
            str(models / "yamnet"),
        ):
            assert words in line
        assert names_in(models) == set()

    def test_what_came_before_it_went_is_kept(self, get, site, models: Path) -> None:
        site.plan("cut_after 400", *["stall"] * 9)
        with pytest.raises(DownloadError, match="in time"):
            get()
        site.plan()

        get()

        assert site.asked[-1]["range"] == "bytes=400-"

    def test_a_model_that_is_here_is_found(self, get, monkeypatch: pytest.MonkeyPatch) -> None:
        get()
        monkeypatch.setattr(socket, "getaddrinfo", None)

        assert not get().new


class TestADamagedModel:
    @pytest.mark.parametrize("damage", ["missing", "shorter", "changed", "no files", "no JSON"])
    def test_is_replaced(self, get, models: Path, files, damage: str, names_in) -> None:
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
        assert _tree(folder / "saved_model") == files
        assert names_in(models) == {"yamnet"}

    def test_stays_where_the_new_one_is_no_good(self, get, site, models: Path) -> None:
        get()
        (models / "yamnet" / "saved_model" / "saved_model.pb").write_bytes(b"A graph")
        before, site.content = _tree(models / "yamnet"), b"<html>"

        with pytest.raises(ModelUnfit):
            get()

        assert _tree(models / "yamnet") == before


class TestTheDisk:
    def test_a_folder_that_may_not_be_written(self, site, tmp_path: Path, yamnet, contract, quick) -> None:
        """In a process that is nobody's: permission bits do not bind the administrator."""
        models = tmp_path / "models"
        models.mkdir(mode=0o555)
        open_to_all = [tmp_path, *tmp_path.parents]
        modes = {folder: folder.stat().st_mode for folder in open_to_all}

        def child(answers) -> None:
            if os.geteuid() == 0:
                os.seteuid(65534)
            try:
                pull(yamnet, models, contract, url=site.url, patience=quick)
            except OutputError as error:
                answers.put(str(error))
            answers.put("nothing was wrong")

        try:
            for folder in modes if os.geteuid() == 0 else ():
                folder.chmod(modes[folder] | 0o055)
            fork = multiprocessing.get_context("fork")
            answers = fork.Queue()
            process = fork.Process(target=child, args=(answers,))
            process.start()
            said = answers.get(timeout=20)
            process.join()
        finally:
            for folder, mode in modes.items() if os.geteuid() == 0 else ():
                folder.chmod(mode)
        assert "permission denied" in said
        assert "SWARA_MODELS" in said

    def test_a_file_where_the_folder_should_be(self, get, models: Path) -> None:
        models.write_bytes(b"")

        with pytest.raises(OutputError, match="cannot be kept here"):
            get()

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
    @pytest.mark.parametrize("step", ["mkdir", "write_text", "rename", "fsync"])
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

        assert caught.value.fix
        assert names_in(models) <= {".yamnet.part", ".yamnet.part.json"}
        assert get().new
        assert names_in(models) == {"yamnet"}

    def test_what_a_killed_one_left_is_cleared(self, get, models: Path, names_in) -> None:
        left = models / ".new-yamnet-0123abcd" / "saved_model"
        left.mkdir(parents=True)
        (models / ".new-yamnet-tflite-0123abcd").mkdir()

        get()

        assert names_in(models) == {"yamnet", ".new-yamnet-tflite-0123abcd"}


class TestTwoAtOnce:
    def test_both_succeed_with_one_download(self, site, models: Path, files) -> None:
        words = [sys.executable, "-c", _CHILD, str(ROOT), str(models), site.url]
        children = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        said = [child.communicate(timeout=60)[0].split() for child in children]

        assert [child.returncode for child in children] == [0, 0]
        assert sorted(new for new, _ in said) == ["False", "True"]
        assert len({digest for _, digest in said}) == 1
        assert len(site.asked) == 1
        assert _tree(models / "yamnet" / "saved_model") == files

    def test_the_second_says_that_it_waits(self, get, models: Path, yamnet) -> None:
        stages: list[str] = []
        with model_lock(ModelLayout(models, yamnet), 1.0):
            thread = threading.Thread(target=get, kwargs={"progress": lambda stage, *_: stages.append(stage)})
            thread.start()
            thread.join(0.5)
            assert [stage for stage in stages if "waiting" in stage] == stages != []
        thread.join(20)
        assert (models / "yamnet" / "manifest.json").is_file()

    def test_and_does_not_wait_for_ever(self, get, models: Path, yamnet, quick) -> None:
        with model_lock(ModelLayout(models, yamnet), 1.0), pytest.raises(ModelInUse, match="in hand"):
            get(patience=replace(quick, lock_s=0.1))

    def test_another_model_need_not_wait(self, get, models: Path, yamnet, lite, site) -> None:
        model, site.content = lite
        with model_lock(ModelLayout(models, yamnet), 1.0):
            assert get(model).new


def test_a_manifest_of_a_later_kind_is_refused(get, models: Path) -> None:
    from swara.embedder.hub.pull.manifest import read_manifest

    get()
    path = models / "yamnet" / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"schema": 1', '"schema": 2'), "utf-8")

    with pytest.raises(ModelDamaged):
        read_manifest(path)


def test_the_folder_may_be_a_link(get, models: Path, tmp_path: Path) -> None:
    (tmp_path / "big-disk").mkdir()
    models.symlink_to(tmp_path / "big-disk")

    assert get().new
    assert (tmp_path / "big-disk" / "yamnet" / "manifest.json").is_file()
    shutil.rmtree(tmp_path / "big-disk")
