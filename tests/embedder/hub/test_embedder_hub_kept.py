"""A converted model is kept: found again, made again when damaged, once by many processes, whole or not."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from swara.data.errors import MissingPackage, OutputError
from swara.embedder.errors import ModelDamaged, ModelError, ModelUnfit
from swara.embedder.hub.contract import YAMNET, saved_model_digest
from swara.embedder.hub.convert import converted_file
from swara.embedder.registry import embedder_named

ROOT = Path(__file__).parents[3]
CONTENT = b"a LiteRT file"

# In a process of its own, with a conversion that takes a while and leaves a mark.
_CONVERTS = """
import sys, time
from pathlib import Path
import swara.embedder.hub.convert
from swara.embedder.hub.contract import YAMNET
from swara.embedder.hub.convert import converted_file
from swara.embedder.hub.contract import saved_model_digest
saved_model = Path(sys.argv[1])
def exported(folder, contract):
    with (saved_model.parent / "conversions").open("a") as marks:
        marks.write("x")
    time.sleep(1.0)
    return b"a LiteRT file"
swara.embedder.hub.convert.exported = exported
print(converted_file(saved_model, saved_model_digest(saved_model), YAMNET))
"""


@pytest.fixture
def saved_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "saved_model"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables" / "variables.index").write_bytes(b"weights")
    return folder


@pytest.fixture
def conversions(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was converted; nothing is, really."""
    done: list[Path] = []

    def exported(folder, contract):
        done.append(folder)
        return CONTENT

    monkeypatch.setattr("swara.embedder.hub.convert.exported", exported)
    return done


def _converted(saved_model: Path) -> Path:
    return converted_file(saved_model, saved_model_digest(saved_model), YAMNET)


def test_the_digest_changes_with_any_file_and_any_name(saved_model: Path) -> None:
    digests = [saved_model_digest(saved_model)]
    (saved_model / "variables" / "variables.index").write_bytes(b"others ")
    digests.append(saved_model_digest(saved_model))
    (saved_model / "assets").mkdir()
    (saved_model / "assets" / "map.csv").write_bytes(b"")
    digests.append(saved_model_digest(saved_model))
    (saved_model / "assets" / "map.csv").rename(saved_model / "assets" / "classes.csv")
    digests.append(saved_model_digest(saved_model))
    (saved_model / "manifest.json").write_bytes(b"{}")  # no part of the model
    assert len(set(digests)) == 4
    assert saved_model_digest(saved_model) == digests[-1]
    (saved_model / "saved_model.pb").unlink()
    with pytest.raises(ModelDamaged, match="no such file"):
        saved_model_digest(saved_model)


def test_it_is_converted_once_and_kept_beside(saved_model: Path, conversions: list[Path]) -> None:
    file = _converted(saved_model)
    assert file.read_bytes() == CONTENT
    assert file.parent == saved_model.with_name("saved_model.litert")
    assert file.name.startswith(f"yamnet-1-{saved_model_digest(saved_model)[:16]}-")
    assert _converted(saved_model) == file
    assert conversions == [saved_model]
    (saved_model / "saved_model.pb").write_bytes(b"other")
    assert _converted(saved_model) != file
    assert file.exists()
    assert len(conversions) == 2


@pytest.mark.parametrize("damage", [b"", CONTENT[:-1], b"A" + CONTENT[1:]])
def test_a_damaged_file_is_made_again_and_said(damage, saved_model: Path, conversions: list[Path]) -> None:
    file = _converted(saved_model)
    file.write_bytes(damage)
    said: list[str] = []
    again = converted_file(saved_model, saved_model_digest(saved_model), YAMNET, said.append)
    assert again.read_bytes() == CONTENT
    assert said == ["Converting yamnet again: its LiteRT file is damaged"]


def test_a_folder_that_cannot_be_written_is_passed_over(saved_model: Path, conversions, tmp_path) -> None:
    saved_model.with_name("saved_model.litert").write_bytes(b"in the way, for any user")
    file = _converted(saved_model)
    assert file.is_relative_to(tmp_path / "cache")
    assert _converted(saved_model) == file
    assert len(conversions) == 1
    file.unlink()
    file.parent.rename(tmp_path / "elsewhere")
    file.parent.write_bytes(b"in the way too")
    with pytest.raises(ModelError, match="can be kept nowhere"):
        _converted(saved_model)
    assert len(conversions) == 1


@pytest.mark.parametrize(
    ("number", "fix"),
    [
        (errno.EACCES, "Give yourself permission to write"),
        (errno.EROFS, "Make the disk writable|Give yourself permission to write"),
        (errno.ENOSPC, "Free some space"),
    ],
)
def test_nowhere_to_write_is_said_before_anything_is_converted(
    saved_model: Path, conversions, monkeypatch, number: int, fix: str
) -> None:
    def refused(self: Path, **_: object) -> None:
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(ModelError, match=fix) as refusal:
        _converted(saved_model)
    beside, reason = saved_model.with_name("saved_model.litert"), os.strerror(number).lower()
    end = ")" if number == errno.ENOSPC else "; "  # where a disk is full, no other place is looked for
    assert f"kept nowhere ({beside}: cannot write here: {reason}{end}" in str(refusal.value)
    assert "Errno" not in str(refusal.value)
    assert conversions == []


def test_a_full_disk_leaves_nothing_half_written(saved_model: Path, conversions, monkeypatch) -> None:
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> None:
        write(path, content[:5])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(OutputError) as refusal:
            _converted(saved_model)
    assert "no space left on device. Free some space" in str(refusal.value)
    assert {path.name for path in saved_model.with_name("saved_model.litert").iterdir()} <= {".lock"}
    assert _converted(saved_model).read_bytes() == CONTENT


def test_of_two_processes_one_converts_and_both_succeed(saved_model: Path) -> None:
    command = [sys.executable, "-c", _CONVERTS, str(saved_model)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    ends = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    (file,) = {Path(out.strip()) for out in ends}
    assert file.read_bytes() == CONTENT
    assert (saved_model.parent / "conversions").read_text() == "x"


def test_without_tensorflow_the_extra_is_named(saved_model: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(MissingPackage) as refusal:
        embedder_named("yamnet", saved_model)
    assert re.search(r"pip install .*'tensorflow>=[\d.]+'", str(refusal.value))


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        ((ROOT / "classifier" / "pitch" / "pitch.tflite").read_bytes(), ModelUnfit, "not a model that swara"),
        (CONTENT, ModelDamaged, "LiteRT cannot read this model"),
    ],
    ids=["another network", "no network"],
)
def test_a_file_of_something_else_is_refused(saved_model: Path, monkeypatch, content, kind, said) -> None:
    monkeypatch.setattr("swara.embedder.hub.convert.exported", lambda folder, contract: content)
    embedder = embedder_named("yamnet", saved_model)
    with pytest.raises(kind, match=said):
        embedder.outputs(np.zeros(16_000, dtype=np.float32))
