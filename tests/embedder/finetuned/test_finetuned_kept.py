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
from swara.embedder.builtin.embedder import MODEL_FILE
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


def _letters(text: object) -> str:
    """The text without any white space: a long path is cut where the line ends."""
    return "".join(str(text).split())


def _refused(done, *said: object) -> None:
    assert (done.code, done.err.count("\n")) == (1, 1)
    for words in said:
        assert str(words) in done.err


def test_it_is_listed_with_digest_fingerprint_size_place_and_base(swara, kept: Path) -> None:
    done = swara("models", "list")
    words = " ".join(done.out.split())
    assert done.code == 0
    digest, fingerprint = sha256_of(MODEL_FILE)[:12], embedder_named(NAME).spec.fingerprint
    size = sum(file.stat().st_size for file in kept.iterdir())
    assert f"{NAME} here {size / 1e6:.1f} MB {digest} {fingerprint}" in words
    assert f"{NAME}: made from builtin 0123456789abcdef" in words
    assert "0.625 before, 0.750 after" in words
    assert str(kept) in _letters(done.out)
    # A fine-tuning that was stopped is listed too.
    begun = kept.with_name(".finetuning-0123abcd")
    begun.mkdir()
    (begun / "checkpoint.npz").write_bytes(bytes(1_200_000))
    words = " ".join(swara("models", "list").out.split())
    assert "kept nothing so far" in words
    assert "1.2 MB" in words
    assert begun.name in _letters(words)


def test_a_damaged_one_is_listed_as_such_and_fails_to_verify(swara, kept: Path) -> None:
    (kept / "model.tflite").write_bytes(MODEL_FILE.read_bytes()[:-1])
    assert f"{NAME} damaged" in " ".join(swara("models", "list").out.split())
    for words in (("verify",), ("verify", NAME)):
        done = swara("models", *words)
        _refused(done, kept / "model.tflite", f"swara models remove {NAME}")
    (kept / "model.tflite").unlink()
    assert f"{NAME} damaged" in " ".join(swara("models", "list").out.split())
    (kept / "model.tflite").write_bytes(MODEL_FILE.read_bytes())
    (kept / "manifest.json").write_text("{")
    _refused(swara("models", "verify"), "the manifest is damaged")
    done = swara("models", "remove", NAME)
    assert (done.code, _letters(done.out)) == (0, _letters(f"{NAME} is removed: {kept}"))
    assert list(kept.parent.iterdir()) == []
    assert NAME not in swara("models", "list").out


def test_a_sound_one_is_verified_by_running_it(swara, kept: Path) -> None:
    assert (
        " ".join(swara("models", "verify").out.split()) == f"{NAME}: its network is as it was kept, and runs."
    )
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


@pytest.fixture
def live(swara, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store whose live version was made with it."""
    monkeypatch.setenv("SWARA_STORE", str(tmp_path / "own"))
    assert swara("rebuild", "--init", "--embedder", NAME).code == 0
    return tmp_path / "own"


def test_the_live_version_keeps_it_until_another_embedder_is_live(swara, kept: Path, live: Path) -> None:
    done = swara("models", "remove", NAME)
    _refused(done, f"was made with {NAME}", "swara rebuild --embedder builtin")
    assert kept.exists()
    weights = {file: file.read_bytes() for file in kept.iterdir()}
    done = swara("models", "remove", NAME, "--anyway")
    assert (done.code, kept.exists()) == (0, False)
    assert "Run: swara rebuild --embedder builtin" in " ".join(done.out.split())
    kept.mkdir()
    for file, content in weights.items():
        file.write_bytes(content)
    # In another store nothing needs it.
    (made,) = all_versions(Layout(live))
    assert swara("rebuild", "--embedder", "builtin").code == 0
    done = swara("models", "remove", NAME)
    assert done.code == 0
    assert "1 earlier version was made with it" in " ".join(done.out.split())
    assert made in done.out
    assert not kept.exists()


def test_one_that_may_not_be_removed_stays_whole(swara, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("pathlib.Path.rename", refuse)
    _refused(swara("models", "remove", NAME), "cannot be removed: permission denied")
    assert {file.name for file in kept.iterdir()} == {"model.tflite", "manifest.json"}


class TestAFolderOfModels:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """A model that is there."""
        folder = tmp_path / "finetuned-0123abcd"
        folder.mkdir()
        (folder / "model.tflite").write_bytes(b"old")
        return folder

    @pytest.fixture
    def new(self, folder: Path) -> Path:
        """The one that is to take its place."""
        new = staging_path(folder)
        new.mkdir()
        (new / "model.tflite").write_bytes(b"new")
        return new

    def test_keeps_the_old_one_where_the_new_one_cannot_be_put(
        self, folder: Path, new: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rename = Path.rename

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

    def test_has_the_old_one_back_after_a_kill_between_two_renames(self, folder: Path, new: Path) -> None:
        folder.rename(folder.with_name(f".old-{folder.name}-0123abcd"))
        clean_stale(folder)
        assert (folder / "model.tflite").read_bytes() == b"old"
        assert list(folder.parent.iterdir()) == [folder]
        # What was being removed is not brought back.
        folder.rename(folder.with_name(f".gone-{folder.name}-0123abcd"))
        clean_stale(folder)
        assert list(folder.parent.iterdir()) == []
        remove_dir(folder)
