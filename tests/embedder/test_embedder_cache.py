"""The embedding cache: what is put in comes out, and what is damaged never does."""

from __future__ import annotations

import hashlib
import os
import sys
import zipfile
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from swara.data.errors import OutputError
from swara.embedder import EmbedderSpec, Embeddings
from swara.embedder.cache import CacheInfo, EmbeddingCache

SPEC = EmbedderSpec("test", 2, 16_000, 0.272, 0.1, {"weights": "abc"})
AUDIO, OTHER_AUDIO = (hashlib.sha256(name).hexdigest() for name in (b"one", b"two"))


def _embeddings(frames: int = 3, spec: EmbedderSpec = SPEC) -> Embeddings:
    vectors = np.random.default_rng(frames).normal(size=(frames, spec.dim)).astype(np.float32)
    return Embeddings(vectors, 0.136 + 0.1 * np.arange(frames), spec)


def _entry(folder: Path, spec: EmbedderSpec = SPEC, sha256: str = AUDIO) -> Path:
    return folder / spec.fingerprint / f"{sha256}.npz"


def _filled(folder: Path) -> EmbeddingCache:
    cache = EmbeddingCache(folder)
    cache.put(AUDIO, _embeddings())
    return cache


def _same(one: Embeddings, other: Embeddings) -> bool:
    return (
        one.vectors.tobytes() == other.vectors.tobytes()
        and one.times_s.tobytes() == other.times_s.tobytes()
        and one.spec == other.spec
    )


def test_what_is_put_in_comes_out(tmp_path: Path) -> None:
    cache = _filled(tmp_path / "not" / "there" / "yet")
    found = cache.get(SPEC, AUDIO)
    assert found is not None
    assert _same(found, _embeddings())
    assert (found.vectors.dtype, found.times_s.dtype) == (np.float32, np.float64)


def test_misses(tmp_path: Path) -> None:
    cache = _filled(tmp_path)
    assert cache.get(SPEC, OTHER_AUDIO) is None
    assert cache.get(replace(SPEC, parameters={"weights": "abd"}), AUDIO) is None
    assert EmbeddingCache(tmp_path / "empty").get(SPEC, AUDIO) is None
    assert cache.damaged == 0


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_no_changed_byte_goes_through(tmp_path: Path, mask: int) -> None:
    """Some bytes of a zip file mean nothing; with those changed the entry may still be read, unchanged."""
    cache, path = _filled(tmp_path), _entry(tmp_path)
    whole = path.read_bytes()
    misses = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :])
        found = cache.get(SPEC, AUDIO)
        assert found is None or _same(found, _embeddings())
        misses += found is None
        assert path.exists() == (found is not None)
    assert cache.damaged == misses > len(whole) // 3


def test_no_cut_goes_through(tmp_path: Path) -> None:
    cache, path = _filled(tmp_path), _entry(tmp_path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert cache.get(SPEC, AUDIO) is None
    assert cache.damaged == len(whole)


def test_a_damaged_entry_is_replaced(tmp_path: Path) -> None:
    cache, path = _filled(tmp_path), _entry(tmp_path)
    path.write_bytes(b"PK nonsense")
    assert cache.get(SPEC, AUDIO) is None
    cache.put(AUDIO, _embeddings())
    assert cache.get(SPEC, AUDIO) is not None
    assert cache.damaged == 1


@pytest.mark.parametrize("moved", [(SPEC, OTHER_AUDIO), (replace(SPEC, name="other"), AUDIO)])
def test_an_entry_under_a_wrong_name_is_damaged(tmp_path: Path, moved: tuple[EmbedderSpec, str]) -> None:
    cache = _filled(tmp_path)
    wrong = _entry(tmp_path, *moved)
    wrong.parent.mkdir(exist_ok=True)
    wrong.write_bytes(_entry(tmp_path).read_bytes())
    assert cache.get(*moved) is None
    assert cache.damaged == 1


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    cache, path = _filled(tmp_path), _entry(tmp_path)
    np.savez(
        path, vectors=np.array([print], dtype=object), times_s=np.zeros(1), digest=np.zeros(32, np.uint8)
    )
    assert cache.get(SPEC, AUDIO) is None
    assert cache.damaged == 1


def test_the_same_embeddings_are_the_same_bytes(tmp_path: Path) -> None:
    _filled(tmp_path / "a")
    _filled(tmp_path / "b")
    assert _entry(tmp_path / "a").read_bytes() == _entry(tmp_path / "b").read_bytes()


def test_a_failed_write_leaves_the_old_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, path = _filled(tmp_path), _entry(tmp_path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="space"):
        cache.put(AUDIO, _embeddings(5))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_digests_name_entries(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        EmbeddingCache(tmp_path).get(SPEC, name)


def test_info_and_prune(tmp_path: Path) -> None:
    cache, old = _filled(tmp_path), replace(SPEC, name="old")
    cache.put(OTHER_AUDIO, _embeddings())
    cache.put(AUDIO, _embeddings(9, old))
    (tmp_path / "notes of the user").mkdir()
    old_size = _entry(tmp_path, old).stat().st_size
    whole = cache.info()
    assert whole == CacheInfo(3, old_size + 2 * _entry(tmp_path).stat().st_size)
    assert cache.prune({SPEC.fingerprint}) == CacheInfo(1, old_size)
    assert cache.info() == CacheInfo(2, whole.size - old_size)
    assert cache.get(old, AUDIO) is None
    assert cache.get(SPEC, AUDIO) is not None
    assert (tmp_path / "notes of the user").is_dir()
    assert EmbeddingCache(tmp_path / "none").info() == CacheInfo(0, 0)


def _write_often(folder: str) -> None:
    cache = EmbeddingCache(Path(folder))
    for _ in range(15):
        cache.put(AUDIO, _embeddings(200))


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_readers_see_whole_entries_while_several_write(tmp_path: Path) -> None:
    writers = [get_context("fork").Process(target=_write_often, args=(str(tmp_path),)) for _ in range(3)]
    for writer in writers:
        writer.start()
    cache, found = EmbeddingCache(tmp_path), 0
    while any(writer.is_alive() for writer in writers):
        entry = cache.get(SPEC, AUDIO)
        found += entry is not None and _same(entry, _embeddings(200))
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert found > 0
    assert cache.damaged == 0
    assert [path.name for path in _entry(tmp_path).parent.iterdir()] == [f"{AUDIO}.npz"]
    assert zipfile.ZipFile(_entry(tmp_path)).testzip() is None
