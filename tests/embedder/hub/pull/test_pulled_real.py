"""The real YAMNet TFLite file goes all the way: pulled, run as documented, verified, removed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from swara.classifier.pitch.network import MODEL_FILE
from swara.embedder.errors import ModelUnfit
from swara.embedder.hub.pull import CATALOGUE, check_documented, inventory, pull, pullable, remove, verify
from swara.embedder.hub.pull.catalogue import Pullable


@pytest.fixture
def real() -> Pullable:
    """The catalogue's entry for it."""
    return pullable("yamnet-tflite")


def test_from_the_file_and_back(real: Pullable, real_file: Path, tmp_path: Path) -> None:
    pulled = pull(real, tmp_path, check_documented, source=real_file)

    assert pulled.new
    assert (pulled.folder / "model.tflite").read_bytes() == real_file.read_bytes()
    assert pulled.manifest.archive_sha256 == real.file_sha256
    verified = verify(real, tmp_path, {}, check_documented)
    assert (verified.files, verified.contract) == (1, True)
    remove(real, tmp_path, {})
    assert [each.state for each in inventory(tmp_path, {})] == ["absent"] * len(CATALOGUE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: content[:2_000_000] + b"\0\0" + content[2_000_002:], "its SHA-256 begins"),
        (lambda content: content[:3_000_000], "it has 3000000 bytes of 4126810, and its SHA-256 begins"),
    ],
)
def test_a_changed_one_is_refused(real: Pullable, real_file: Path, tmp_path: Path, change, said) -> None:
    changed = tmp_path / "changed.tflite"
    changed.write_bytes(change(real_file.read_bytes()))

    with pytest.raises(ModelUnfit, match=said):
        pull(real, tmp_path / "models", check_documented, source=changed)


def test_the_shipped_pitch_network_is_no_yamnet(real: Pullable, tmp_path: Path) -> None:
    with pytest.raises(ModelUnfit):
        pull(replace(real, file_sha256=None), tmp_path / "models", check_documented, source=MODEL_FILE)
    assert {path.suffix for path in (tmp_path / "models").iterdir()} == {".lock"}


def test_put_into_the_folder_of_yamnet_it_is_verified_as_what_it_is(real_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "yamnet" / "model.tflite"
    file.parent.mkdir()
    file.write_bytes(real_file.read_bytes())

    verified = verify(pullable("yamnet"), tmp_path, {}, check_documented)

    assert (verified.local.state, verified.local.where) == ("manual", file)
    assert (verified.files, verified.contract) == (0, True)
