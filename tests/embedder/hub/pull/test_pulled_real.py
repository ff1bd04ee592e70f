"""The real YAMNet TFLite file goes all the way: pulled, run as documented, verified, removed."""

from __future__ import annotations

from pathlib import Path

import pytest

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


def test_one_cut_short_is_refused(real: Pullable, real_file: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.tflite"
    short.write_bytes(real_file.read_bytes()[:3_000_000])

    with pytest.raises(ModelUnfit, match="it has 3000000 bytes of 4126810, and its SHA-256 begins"):
        pull(real, tmp_path / "models", check_documented, source=short)


def test_put_into_the_folder_of_yamnet_it_is_verified_as_what_it_is(real_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "yamnet" / "model.tflite"
    file.parent.mkdir()
    file.write_bytes(real_file.read_bytes())

    verified = verify(pullable("yamnet"), tmp_path, {}, check_documented)

    assert (verified.local.state, verified.local.where) == ("manual", file)
    assert (verified.files, verified.contract) == (0, True)
