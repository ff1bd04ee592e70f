"""The doctor finds what is wrong with an installation, and says how to mend it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import re
import shutil
import sys
from pathlib import Path

import pytest

from swara.classifier.pitch.network import MODEL_FILE, PitchNetwork
from swara.data.audio.decoders import DecoderStatus, decoders
from swara.data.installation import repair_advice
from swara.data.storage.disk import FileRecord
from swara.embedder.builtin.embedder import MODEL_FILE as EMBEDDER_FILE
from swara.embedder.builtin.embedder import EmbedderNetwork
from swara.embedder.hub.pull.manifest import ModelManifest, write_manifest
from swara.service.doctor import doctor
from swara.service.doctor.doctor import Check, examine, healthy


def _found(checks: tuple[Check, ...], name: str) -> Check:
    (check,) = [c for c in checks if c.name == name]
    return check


def _hide(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Make package `name` look uninstalled."""
    version, find_spec = importlib.metadata.version, importlib.util.find_spec

    def no_version(asked: str) -> str:
        if asked == name:
            raise importlib.metadata.PackageNotFoundError(asked)
        return version(asked)

    monkeypatch.setattr(importlib.metadata, "version", no_version)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda asked: None if asked == name else find_spec(asked)
    )
    monkeypatch.setitem(sys.modules, name, None)


def test_this_installation_is_healthy(tmp_path: Path) -> None:
    checks = examine(tmp_path)
    assert healthy(checks), [c for c in checks if c.state == "broken"]
    assert len({c.name for c in checks}) == len(checks)
    assert all(c.fix for c in checks if c.state != "ok")
    assert _found(checks, "numpy").detail == importlib.metadata.version("numpy")
    assert "flac" in _found(checks, "decoding with soundfile").detail


@pytest.mark.parametrize(
    ("name", "file", "called"),
    [("pitch tracker", MODEL_FILE, "pitch head"), ("embedder", EMBEDDER_FILE, "builtin")],
)
def test_a_network_is_named_by_its_digest(tmp_path: Path, name: str, file: Path, called: str) -> None:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert _found(examine(tmp_path), name) == Check(name, "ok", f"{called} {digest[:8]} on LiteRT")


@pytest.mark.parametrize(
    ("package", "check", "state", "fix"),
    [
        ("av", "av", "broken", r"Run: pip install 'av>=\d+'"),
        ("ai_edge_litert", "pitch tracker", "broken", r"Run: pip install 'ai-edge-litert>=2\.1'"),
        ("tensorflow", "tensorflow", "missing", r".*pip install .*'tensorflow>=[\d.]+'.*"),
    ],
)
def test_a_missing_package_is_named_with_its_command_and_an_extra_harms_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: str, check: str, state: str, fix: str
) -> None:
    _hide(monkeypatch, package)
    checks = examine(tmp_path)
    assert _found(checks, check).state == state
    assert re.fullmatch(fix, str(_found(checks, check).fix))
    assert healthy(checks) == (state == "missing")
    assert package != "av" or _found(checks, "decoding with av").state == "broken"


@pytest.mark.parametrize(
    ("name", "network", "content"),
    [
        *(("pitch tracker", PitchNetwork, content) for content in (None, b"", b"cut short")),
        ("embedder", EmbedderNetwork, None),
    ],
)
def test_without_its_network_there_is_no_tracker_and_no_embedder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, network: type, content: bytes | None
) -> None:
    file = tmp_path / "network.tflite"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setattr(network.__init__, "__defaults__", (file,))
    check = _found(examine(tmp_path), name)
    assert (check.state, check.fix) == ("broken", repair_advice())


def test_the_embedder_of_the_live_version_is_looked_for(
    pack_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _found(examine(pack_store), "embedder").detail.startswith("builtin ")
    monkeypatch.setattr("swara.service.doctor.embedders.live_name", lambda _: "yamnet-tflite")
    gone = _found(examine(pack_store), "embedder")
    file = tmp_path / "models" / "yamnet-tflite" / "model.tflite"
    file.parent.mkdir(parents=True)
    file.touch()
    found = _found(examine(pack_store), "embedder")
    assert (gone.state, "yamnet-tflite" in gone.detail) == ("broken", True)
    assert "swara rebuild --embedder builtin" in str(gone.fix)
    assert (found.state, found.detail.split(",")[0]) == ("ok", "yamnet-tflite")


def test_a_pulled_model_that_was_changed_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swara.service.doctor.embedders.live_name", lambda _: "yamnet")
    folder = tmp_path / "models" / "yamnet-tflite"
    folder.mkdir(parents=True)
    (folder / "model.tflite").write_bytes(b"as it was pulled")
    record = FileRecord(hashlib.sha256(b"as it was pulled").hexdigest(), 16)
    files = {"model.tflite": record}
    write_manifest(
        folder / "manifest.json",
        ModelManifest(1, "yamnet-tflite", "its handle", "here", record.sha256, "now", None, files),
    )
    assert _found(examine(tmp_path), "embedder").state == "ok"
    (folder / "model.tflite").write_bytes(b"as it was Pulled")
    check = _found(examine(tmp_path), "embedder")
    assert (check.state, "changed since it was kept" in check.detail) == ("broken", True)
    assert "swara models pull yamnet-tflite" in str(check.fix)


def test_versions_are_read_to_the_last_byte_and_say_who_made_them(pack_store: Path, tmp_path: Path) -> None:
    assert "none yet" in _found(examine(tmp_path / "new"), "versions").detail
    store = Path(shutil.copytree(pack_store, tmp_path / "own store"))
    assert _found(examine(store), "versions").state == "ok"
    (head,) = store.glob("versions/*/note_head.npz")
    content = head.read_bytes()
    head.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    check = _found(examine(store), "versions")
    assert (check.state, "note_head.npz" in check.detail, bool(check.fix)) == ("broken", True, True)
    head.with_name("manifest.json").write_bytes(b"{}")
    check = _found(examine(store), "embedder")
    assert (check.state, "manifest.json" in check.detail, bool(check.fix)) == ("broken", True, True)
    (store / "CURRENT").unlink()
    check = _found(examine(store), "versions")
    assert (check.state, "no version is live" in check.detail) == ("broken", True)


def test_models_are_listed(tmp_path: Path) -> None:
    models = tmp_path / "models"
    none = _found(examine(tmp_path), "models")
    assert (none.state, str(models) in none.detail) == ("missing", True)
    assert "swara models pull" in str(none.fix)
    (models / "finetuned-0123abcd").mkdir(parents=True)
    (models / "yamnet").mkdir()
    (models / "yamnet" / "model.tflite").touch()
    listed = f"yamnet (manual), finetuned-0123abcd; in {models}"
    assert _found(examine(tmp_path), "models") == Check("models", "ok", listed)
    (models / "yamnet" / "manifest.json").touch()
    assert _found(examine(tmp_path), "models").fix == "Run: swara models pull yamnet"


@pytest.mark.parametrize(
    ("version", "state"),
    [((3, 10), "broken"), ((3, 11), "ok"), ((3, 13), "ok"), ((3, 14), "broken")],
)
def test_python_versions(version: tuple[int, int], state: str) -> None:
    assert doctor._python(version).state == state


FOUND = {
    "a format lost": (DecoderStatus("soundfile", "0.13", "", ("wav", "flac")), "broken", "not ogg"),
    "GPL in the wheel": (
        DecoderStatus("av", "18", "", ("mp3", "m4a", "webm"), "LGPL", ("libx264.so",)),
        "ok",
        r"LGPL.*libx264\.so \(GPL",
    ),
}


@pytest.mark.parametrize(("status", "state", "said"), FOUND.values(), ids=FOUND)
def test_decoders_are_described(status: DecoderStatus, state: str, said: str) -> None:
    check = doctor._decoder(status)
    assert (check.state, bool(re.search(said, check.detail))) == (state, True), check


def test_decoders_lists_what_the_wheels_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    av = pytest.importorskip("av")
    package = tmp_path / "av"
    package.mkdir()
    libraries = tmp_path / "av.libs"
    libraries.mkdir()
    for name in ("libx264-1.so", "libx265-2.so", "libopus.so"):
        (libraries / name).touch()
    monkeypatch.setattr(av, "__file__", str(package / "__init__.py"))
    soundfile, pyav = decoders()
    assert {"wav", "flac", "ogg", "mp3"} <= set(soundfile.formats)
    assert {"m4a", "webm", "mp3"} <= set(pyav.formats)
    assert pyav.gpl_libraries == ("libx264-1.so", "libx265-2.so")


def test_the_store_is_looked_at_and_not_made(tmp_path: Path) -> None:
    store = tmp_path / "deep" / "store"
    check = _found(examine(store), "store")
    assert (check.state, "made when first needed" in check.detail) == ("ok", True)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "deep").touch()
    assert _found(examine(tmp_path / "deep"), "store").state == "broken"


def test_a_full_disk_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = doctor.shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    assert "Free some space" in str(_found(examine(tmp_path), "store").fix)


def test_evaluation_data_is_optional(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SWARA_EVAL_DATA", raising=False)
    assert _found(examine(tmp_path), "evaluation data").state == "missing"
    monkeypatch.setenv("SWARA_EVAL_DATA", str(tmp_path / "absent"))
    assert "not a folder" in _found(examine(tmp_path), "evaluation data").detail
    monkeypatch.setenv("SWARA_EVAL_DATA", str(tmp_path))
    assert _found(examine(tmp_path), "evaluation data").state == "ok"


def test_a_narrow_terminal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert doctor._terminal(40, is_terminal=True).fix
    assert doctor._terminal(100, is_terminal=True) == Check("terminal", "ok", "100 columns, colour")
    monkeypatch.setenv("NO_COLOR", "1")
    assert doctor._terminal(100, is_terminal=True).detail == "100 columns, no colour"
