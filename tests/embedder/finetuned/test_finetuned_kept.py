"""Fine-tuned embedders are listed, verified to the byte, and removed only where nothing needs them."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from swara.data.installation import repair_advice
from swara.data.storage.disk import sha256_of
from swara.data.storage.model_folder import clean_stale, remove_dir, staging_path, swap_in
from swara.embedder.builtin.network import MODEL_FILE
from swara.embedder.finetuned.embedder import finetuned_name
from swara.embedder.registry import embedder_named
from swara.service.store import Layout, all_versions

NAME = finetuned_name(sha256_of(MODEL_FILE))


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the models; lines are not wrapped."""
    monkeypatch.setenv("SWARA_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("COLUMNS", "300")
    return tmp_path / "models"


@pytest.fixture
def kept(models: Path) -> Path:
    """What `swara finetune` keeps, with the weights that ship."""
    folder = models / NAME
    folder.mkdir(parents=True)
    (folder / "model.tflite").write_bytes(MODEL_FILE.read_bytes())
    base = {"name": "builtin", "fingerprint": "0123456789abcdef"}
    judged = {"before": {"reciprocal_rank": 0.625}, "after": {"reciprocal_rank": 0.75}}
    manifest = {"schema": 1, "name": NAME, "sha256": sha256_of(MODEL_FILE), "base": base, "judged": judged}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _words(text: str) -> str:
    return " ".join(text.split())


def _letters(text: object) -> str:
    """The text without any white space: a long path is cut where the line ends."""
    return "".join(str(text).split())


def _refused(done, *said: object) -> None:
    assert (done.code, done.err.count("\n")) == (1, 1)
    for words in said:
        assert str(words) in done.err


def test_it_is_listed_with_digest_fingerprint_size_place_and_base(swara, kept: Path) -> None:
    done = swara("models", "list")
    words = _words(done.out)
    assert done.code == 0
    digest, fingerprint = sha256_of(MODEL_FILE)[:12], embedder_named(NAME).spec.fingerprint
    size = sum(file.stat().st_size for file in kept.iterdir())
    assert f"{NAME} here {size / 1e6:.1f} MB {digest} {fingerprint}" in words
    assert f"{NAME}: made from builtin 0123456789abcdef" in words
    assert "0.625 before, 0.750 after" in words
    assert str(kept) in _letters(done.out)


def test_a_damaged_one_is_listed_as_such_and_fails_to_verify(swara, kept: Path) -> None:
    (kept / "model.tflite").write_bytes(MODEL_FILE.read_bytes()[:-1])
    assert f"{NAME} damaged" in _words(swara("models", "list").out)
    for words in (("verify",), ("verify", NAME)):
        done = swara("models", *words)
        _refused(done, kept / "model.tflite", f"swara models remove {NAME}")
    (kept / "model.tflite").unlink()
    assert f"{NAME} damaged" in _words(swara("models", "list").out)
    (kept / "model.tflite").write_bytes(MODEL_FILE.read_bytes())
    (kept / "manifest.json").write_text("{")
    _refused(swara("models", "verify"), "the manifest is damaged")
    assert swara("models", "remove", NAME).code == 0
    assert not kept.exists()


def test_a_sound_one_is_verified_by_running_it(swara, kept: Path) -> None:
    assert _words(swara("models", "verify").out) == f"{NAME}: its network is as it was kept, and runs."
    (kept / "model.tflite").write_bytes(b"\x1c\0\0\0TFL3 no network")
    digest = sha256_of(kept / "model.tflite")
    manifest = json.loads((kept / "manifest.json").read_text()) | {"sha256": digest}
    (kept / "manifest.json").write_text(json.dumps(manifest))
    name = kept.rename(kept.with_name(finetuned_name(digest))).name
    done = swara("models", "verify", name)
    _refused(done, f"{name} cannot be run")
    assert repair_advice() not in done.err


def test_one_that_is_not_there_is_told_with_those_there_are(swara, kept: Path) -> None:
    for verb in ("verify", "remove"):
        for name in ("finetuned-89abcdef", "finetuned-x", "finetuned-../.."):
            _refused(swara("models", verb, name), f"not on this machine. There is {NAME}.")
    assert kept.exists()


def test_one_that_no_version_needs_is_removed_whole(swara, kept: Path, models: Path) -> None:
    done = swara("models", "remove", NAME)
    assert (done.code, _letters(done.out)) == (0, _letters(f"{NAME} is removed: {kept}"))
    assert list(models.iterdir()) == []
    assert NAME not in swara("models", "list").out


@pytest.fixture
def live(swara, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store whose live version was made with it."""
    monkeypatch.setenv("SWARA_STORE", str(tmp_path / "own"))
    assert swara("rebuild", "--embedder", NAME).code == 0
    return tmp_path / "own"


def test_the_live_version_keeps_it_until_another_embedder_is_live(swara, kept: Path, live: Path) -> None:
    done = swara("models", "remove", NAME)
    _refused(done, f"was made with {NAME}", "swara rebuild --embedder builtin")
    assert kept.exists()
    # In another store nothing needs it.
    (made,) = all_versions(Layout(live))
    assert swara("rebuild", "--embedder", "builtin").code == 0
    done = swara("models", "remove", NAME)
    assert done.code == 0
    assert "1 earlier version was made with it" in _words(done.out)
    assert made in done.out
    assert not kept.exists()


@pytest.mark.usefixtures("live")
def test_anyway_it_goes_and_what_is_then_to_be_done_is_said(swara, kept: Path) -> None:
    done = swara("models", "remove", NAME, "--anyway")
    assert done.code == 0
    assert "Run: swara rebuild --embedder builtin" in _words(done.out)
    assert not kept.exists()


def test_one_that_may_not_be_removed_stays_whole(swara, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("pathlib.Path.rename", refuse)
    _refused(swara("models", "remove", NAME), "cannot be removed: permission denied")
    assert {file.name for file in kept.iterdir()} == {"model.tflite", "manifest.json"}


def test_a_fine_tuning_that_was_stopped_is_listed(swara, models: Path) -> None:
    begun = models / ".finetuning-0123abcd"
    begun.mkdir(parents=True)
    (begun / "checkpoint.npz").write_bytes(bytes(1_200_000))
    said = swara("models", "list").out
    assert "kept nothing so far" in _words(said)
    assert "1.2 MB" in _words(said)
    assert ".finetuning-0123abcd" in _letters(said)


class TestAFolderOfModels:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """A model that is there."""
        folder = tmp_path / "finetuned-0123abcd"
        folder.mkdir()
        (folder / "model.tflite").write_bytes(b"old")
        return folder

    def _new(self, folder: Path) -> Path:
        new = staging_path(folder)
        new.mkdir()
        (new / "model.tflite").write_bytes(b"new")
        return new

    def test_keeps_the_old_one_where_the_new_one_cannot_be_put(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        new, rename = self._new(folder), Path.rename

        def full(self: Path, target: Path) -> Path:
            if self == new:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return rename(self, target)

        monkeypatch.setattr("pathlib.Path.rename", full)
        with pytest.raises(OSError, match="No space left"):
            swap_in(new, folder)
        assert (folder / "model.tflite").read_bytes() == b"old"
        assert {path.name for path in folder.parent.iterdir()} == {folder.name, new.name}
        monkeypatch.undo()
        swap_in(new, folder)
        assert (folder / "model.tflite").read_bytes() == b"new"
        assert list(folder.parent.iterdir()) == [folder]

    def test_has_the_old_one_back_after_a_kill_between_two_renames(self, folder: Path) -> None:
        new = self._new(folder)
        folder.rename(folder.with_name(f".old-{folder.name}-0123abcd"))
        clean_stale(folder)
        assert (folder / "model.tflite").read_bytes() == b"old"
        assert not new.exists()
        assert list(folder.parent.iterdir()) == [folder]

    def test_does_not_bring_back_what_was_being_removed(self, folder: Path) -> None:
        folder.rename(folder.with_name(f".gone-{folder.name}-0123abcd"))
        clean_stale(folder)
        assert list(folder.parent.iterdir()) == []

    def test_gives_one_up(self, folder: Path) -> None:
        remove_dir(folder)
        remove_dir(folder)
        assert list(folder.parent.iterdir()) == []
