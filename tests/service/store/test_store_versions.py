"""Versions: made whole, named by what they hold, never changed."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from swara.service.errors import StoreDamaged, StoreError, StoreNewer
from swara.service.store import current_version, promote, publish, verify_version
from swara.service.store.layout import is_version_id, store_folder
from swara.service.store.lock import writer_lock
from swara.service.store.manifest import SCHEMA, Manifest

NOW = datetime(2025, 3, 1, 18, 30, 0, 250, tzinfo=timezone(timedelta(hours=5, minutes=30)))


def test_a_version_says_what_it_is(lab) -> None:
    version = lab.create(7, parent="before", made_at=NOW.isoformat())
    manifest = verify_version(lab.store, version)
    assert version.startswith("20250301T130000.000250Z-")
    assert is_version_id(version)
    assert manifest.made_at == NOW.isoformat()
    assert manifest.parent == "before"
    assert manifest.embedder == lab.SPEC
    assert manifest.made_with == dict.fromkeys(("note_head", "index"), lab.SPEC.fingerprint)
    assert manifest.parameters == {"seed": 7}
    assert manifest.corpus_digest == "corpus 7"
    assert manifest.metrics == {"accuracy": 1.0}
    assert set(manifest.files) == {"note_head.npz", "index/madhya-Sa.faiss", "report.json"}
    assert manifest.files["note_head.npz"].size_bytes == 600
    assert json.loads(lab.store.version(version).manifest.read_bytes())["fingerprint"] == lab.SPEC.fingerprint


def test_a_version_is_live_only_once_it_is_promoted_and_current_is_never_written_over(lab) -> None:
    first, old = lab.publish(1), lab.store.folder / "old"
    os.link(lab.store.current, old)
    second = lab.create(2)
    assert current_version(lab.store) == first
    with writer_lock(lab.store):
        promote(lab.store, second)
        assert current_version(lab.store) == second
        assert (old.read_text(), lab.store.current.read_text()) == (f"{first}\n", f"{second}\n")
        promote(lab.store, first)
    assert lab.live_value() == 1


def test_the_bytes_are_on_the_disk_before_the_names(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[tuple[str, str]] = []
    fsync, rename, replace = os.fsync, Path.rename, Path.replace

    def name(handle: int) -> str:
        return Path(f"/proc/self/fd/{handle}").readlink().name

    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append(("sync", name(handle))), fsync(handle)))
    monkeypatch.setattr(Path, "rename", lambda a, b: (steps.append(("name", b.name)), rename(a, b)))
    monkeypatch.setattr(Path, "replace", lambda a, b: (steps.append(("name", b.name)), replace(a, b)))
    version = lab.publish(1)
    named = steps.index(("name", version))
    synced = {what for kind, what in steps[:named] if kind == "sync"}
    assert synced >= {"manifest.json", "note_head.npz", "madhya-Sa.faiss", "index", "report.json"}
    assert steps[named + 1] == ("sync", "versions")
    assert steps.index(("name", "CURRENT")) > named


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyboardInterrupt()])
def test_a_builder_that_fails_leaves_nothing(lab, error: BaseException) -> None:
    lab.publish(1)
    before = lab.tree()

    def build(version):
        version.note_head.write_bytes(b"half")
        raise error

    with pytest.raises(type(error)), writer_lock(lab.store):
        publish(lab.store, lab.draft(2), build)
    assert lab.tree() == before
    assert lab.half_made() == []


def test_a_version_that_cannot_be_made_live_is_not_kept(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.publish(1)
    before = lab.tree()

    def refuse(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StoreError, match=r"no space left on device\. Free some space"):
        lab.publish(2)
    assert lab.tree() == before


@pytest.mark.parametrize("what", ["flipped", "cut", "longer", "missing"])
@pytest.mark.parametrize("file", ["manifest.json", "note_head.npz", "index/madhya-Sa.faiss", "report.json"])
def test_a_damaged_file_is_named_with_what_mends_it(lab, file: str, what: str) -> None:
    version = lab.publish(1)
    path = lab.store.version(version).folder / file
    content = bytearray(path.read_bytes())
    for place in range(0, len(content), max(1, len(content) // 40)) if what == "flipped" else [0]:
        path.write_bytes(content)
        lab.harm(path, what, place)
        with pytest.raises(StoreDamaged) as caught:
            verify_version(lab.store, version)
        assert caught.value.where == str(path)
        assert caught.value.fix == "Run: swara versions rollback, or swara rebuild --force"


@pytest.mark.parametrize("content", [b"", b"\n", b"20250301T130000", b"../../etc\n", b"\xff\xfe\n"])
def test_a_damaged_current_is_named(lab, content: bytes) -> None:
    version = lab.publish(1)
    for damage in (content, version.encode(), f"{version}\n\n".encode()):
        lab.store.current.write_bytes(damage)
        with pytest.raises(StoreDamaged, match=r"CURRENT: does not name a version.*swara versions rollback"):
            current_version(lab.store)


def test_a_newer_schema_asks_for_a_newer_swara(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = json.dumps({"schema": SCHEMA + 1, "unheard": "of"}).encode()
    monkeypatch.setattr(Manifest, "to_json", lambda _: newer)
    version = lab.publish(1)
    with pytest.raises(StoreNewer, match=r"by a newer swara. Use the newer swara; this one is "):
        verify_version(lab.store, version)


def test_a_manifest_reads_as_it_was_written_and_its_fingerprint_must_be_that_of_the_spec(lab) -> None:
    content = lab.store.version(lab.publish(1)).manifest.read_bytes()
    assert Manifest.from_json(content).to_json() == content
    changed = content.replace(b'"window_s": 0.1', b'"window_s": 0.2')
    assert changed != content
    with pytest.raises(ValueError, match="fingerprint"):
        Manifest.from_json(changed)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"schema": 1, "fingerprint": "x"}', b"\xff"])
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        Manifest.from_json(content)


def test_the_environment_names_the_store(tmp_path: Path) -> None:
    assert store_folder({"SWARA_STORE": str(tmp_path)}) == tmp_path
    assert store_folder({"SWARA_STORE": "~/swaras"}) == Path.home() / "swaras"
    assert store_folder({"SWARA_STORE": ""}) == store_folder({})
    assert store_folder({}).name == "swara"
