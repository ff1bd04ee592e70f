"""The caches of embeddings and pitch: what is put in comes out, and what is damaged never does."""

from __future__ import annotations

import hashlib
import os
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swara.classifier.pitch.head import PitchCache
from swara.data.errors import OutputError
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.storage.array_cache import ArrayCache, CacheInfo
from swara.data.storage.npz import arrays_in, read_arrays, write_arrays
from swara.embedder import EmbedderSpec, Embeddings
from swara.embedder.spec import EmbeddingCache

SPEC = EmbedderSpec("test", 2, 16_000, 0.272, 0.1, {"weights": "abc"})
AUDIO, OTHER_AUDIO = (hashlib.sha256(name).hexdigest() for name in (b"one", b"two"))
MAKER, OTHER_MAKER = SPEC.fingerprint, replace(SPEC, parameters={"weights": "abd"}).fingerprint


def _put_embeddings(folder: Path, frames: int = 3, sha256: str = AUDIO, spec: EmbedderSpec = SPEC) -> None:
    vectors = np.arange(2 * frames, dtype=np.float32).reshape(frames, 2)
    EmbeddingCache(folder).put(sha256, Embeddings(vectors, 0.136 + 0.1 * np.arange(frames), spec))


def _put_track(folder: Path, frames: int = 3, sha256: str = AUDIO) -> None:
    hz = np.array([np.nan, *(200.25 + np.arange(frames))])
    track = PitchTrack(HOP_S * np.arange(hz.size), hz, np.full(hz.size, 0.9), np.isfinite(hz))
    PitchCache(folder).put(MAKER, sha256, track)


def _track_arrays(track: PitchTrack) -> tuple[Any, ...]:
    return track.times_s, track.hz, track.confidence, track.voiced


@dataclass(frozen=True)
class Kind:
    """One of the caches: how an entry gets in, and what its file holds."""

    cache: Callable[[Path], ArrayCache[Any]]
    put: Callable[..., None]
    arrays: Callable[[Any], tuple[Any, ...]]
    names: dict[str, str]


KINDS = {
    "embeddings": Kind(
        EmbeddingCache, _put_embeddings, tuple, {"vectors": "<f4", "times_s": "<f8", "digest": "|u1"}
    ),
    "pitch": Kind(
        PitchCache,
        _put_track,
        _track_arrays,
        {"times_s": "<f8", "hz": "<f8", "confidence": "<f8", "voiced": "|b1", "digest": "|u1"},
    ),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def _entry(folder: Path, maker: str = MAKER, sha256: str = AUDIO) -> Path:
    return folder / maker / f"{sha256}.npz"


def _found(kind: Kind, cache: ArrayCache[Any]) -> list[bytes] | None:
    found = cache.load(MAKER, AUDIO)
    return (
        None if found is None else [f"{a.dtype} {a.shape}".encode() + a.tobytes() for a in kind.arrays(found)]
    )


def test_what_is_put_in_comes_out(kind: Kind, tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    kind.put(folder)
    with np.load(_entry(folder)) as arrays:
        assert {name: arrays[name].dtype.str for name in arrays.files} == kind.names
        put_in = [array for name, array in arrays.items() if name != "digest"]
    found = kind.arrays(kind.cache(folder).load(MAKER, AUDIO))
    for array, expected in zip(found, put_in, strict=True):
        np.testing.assert_array_equal(array, expected)
        assert array.dtype == expected.dtype
    assert [path.name for path in (folder / MAKER).iterdir()] == [f"{AUDIO}.npz"]
    cache = kind.cache(folder)
    assert cache.load(MAKER, OTHER_AUDIO) is cache.load(OTHER_MAKER, AUDIO) is None
    assert kind.cache(tmp_path / "empty").load(MAKER, AUDIO) is None
    assert cache.damaged == 0
    kind.put(tmp_path / "again")
    assert _entry(tmp_path / "again").read_bytes() == _entry(folder).read_bytes()


def test_embeddings_come_back_with_their_spec(tmp_path: Path) -> None:
    _put_embeddings(tmp_path)
    found = EmbeddingCache(tmp_path).get(SPEC, AUDIO)
    assert found is not None
    assert (found.spec, found.vectors.tolist()) == (SPEC, [[0, 1], [2, 3], [4, 5]])
    # What version 0.1.0 wrote for them.
    digest = np.load(_entry(tmp_path))["digest"].tobytes().hex()
    assert digest == "91b8ba3dba78555769e1a3555d369a4186e4e64dbef7063173977f8b9f4580cc"


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_no_changed_byte_goes_through(kind: Kind, tmp_path: Path, mask: int) -> None:
    """Some bytes of a zip file mean nothing; with those changed the entry may still be read, unchanged."""
    kind.put(tmp_path)
    cache, path = kind.cache(tmp_path), _entry(tmp_path)
    whole, expected, misses = path.read_bytes(), _found(kind, cache), 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :])
        harmed = cache.corrupt_entries(MAKER)
        found = _found(kind, cache)
        assert found in (None, expected)
        assert (harmed == (path,)) == (found is None) == (not path.exists())
        misses += found is None
    assert cache.damaged == misses > len(whole) // 3


def test_no_cut_goes_through_and_nothing_is_unpickled(kind: Kind, tmp_path: Path) -> None:
    kind.put(tmp_path)
    cache, path = kind.cache(tmp_path), _entry(tmp_path)
    whole = path.read_bytes()
    np.savez(path, **dict.fromkeys(kind.names, np.array([print], dtype=object)))
    pickled = path.read_bytes()
    for content in (pickled, *(whole[:length] for length in range(len(whole)))):
        path.write_bytes(content)
        # Only loading tells that whole members hold what must not be unpickled.
        assert cache.look_over(MAKER) == (CacheInfo(1, len(content)), content is not pickled)
        assert cache.load(MAKER, AUDIO) is None
        assert not path.exists()
    assert cache.damaged == 1 + len(whole)
    kind.put(tmp_path)
    assert cache.look_over(MAKER) == (CacheInfo(1, len(whole)), 0) == (cache.info(MAKER), 0)
    assert cache.load(MAKER, AUDIO) is not None


@pytest.mark.parametrize("moved", [(MAKER, OTHER_AUDIO), (OTHER_MAKER, AUDIO)])
def test_embeddings_under_a_wrong_name_are_damaged(tmp_path: Path, moved: tuple[str, str]) -> None:
    _put_embeddings(tmp_path)
    wrong, cache = _entry(tmp_path, *moved), EmbeddingCache(tmp_path)
    wrong.parent.mkdir(exist_ok=True)
    wrong.write_bytes(_entry(tmp_path).read_bytes())
    assert cache.load(*moved) is None
    assert cache.damaged == 1


@pytest.mark.parametrize("step", ["numpy.savez", "pathlib.Path.mkdir", "os.fsync"])
def test_a_failed_write_leaves_the_old_entry(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    kind.put(tmp_path)
    path = _entry(tmp_path)
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(step, full)
    with pytest.raises(OutputError, match="space"):
        kind.put(tmp_path, 5)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_digests_name_entries(kind: Kind, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        kind.cache(tmp_path).load(MAKER, name)
    with pytest.raises(ValueError, match="SHA-256"):
        kind.put(tmp_path, sha256=name)


def test_info_and_prune(tmp_path: Path) -> None:
    cache, old = EmbeddingCache(tmp_path), replace(SPEC, name="old")
    _put_embeddings(tmp_path)
    _put_embeddings(tmp_path, sha256=OTHER_AUDIO)
    _put_embeddings(tmp_path, 9, spec=old)
    (tmp_path / "notes of the user").mkdir()
    size, old_size = (_entry(tmp_path, by).stat().st_size for by in (MAKER, old.fingerprint))
    assert cache.info() == CacheInfo(3, old_size + 2 * size)
    assert cache.info(MAKER) == CacheInfo(2, 2 * size)
    assert cache.prune({MAKER}) == CacheInfo(1, old_size)
    assert cache.info() == CacheInfo(2, 2 * size)
    assert cache.get(old, AUDIO) is None
    assert cache.get(SPEC, AUDIO) is not None
    assert (tmp_path / "notes of the user").is_dir()
    assert EmbeddingCache(tmp_path / "none").info() == CacheInfo(0, 0)


def _write_often(put: Callable[..., None], folder: Path) -> None:
    for _ in range(15):
        put(folder, 200)


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_readers_see_whole_entries_while_several_write(kind: Kind, tmp_path: Path) -> None:
    kind.put(tmp_path / "alone", 200)
    expected = _found(kind, kind.cache(tmp_path / "alone"))
    folder = tmp_path / "shared"
    writers = [get_context("fork").Process(target=_write_often, args=(kind.put, folder)) for _ in range(3)]
    for writer in writers:
        writer.start()
    cache, found = kind.cache(folder), 0
    while any(writer.is_alive() for writer in writers):
        entry = _found(kind, cache)
        assert entry in (None, expected)
        found += entry is not None
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert found > 0
    assert cache.damaged == 0
    assert [path.name for path in (folder / MAKER).iterdir()] == [f"{AUDIO}.npz"]
    assert zipfile.ZipFile(_entry(folder)).testzip() is None


def test_what_was_changed_or_cut_is_read_as_it_was_or_not_at_all(tmp_path: Path) -> None:
    """Every byte changed, the file cut at every length; packed files are read too."""
    arrays = {
        "rows": np.arange(12.0).reshape(3, 4),
        "columns": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "words": np.array(["a", "bcd"]),
        "none": np.zeros((0, 5), np.float32),
        "true": np.ones(7, np.bool_),
    }
    write_arrays(tmp_path / "some.npz", arrays)
    whole = (tmp_path / "some.npz").read_bytes()

    def same(found: Any) -> bool:
        return found.keys() == arrays.keys() and all(
            np.array_equal(found[name], each)
            and found[name].dtype == each.dtype
            and found[name].flags.writeable
            for name, each in arrays.items()
        )

    assert same(arrays_in(whole))
    changed = [whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :] for at in range(len(whole))]
    for content in changed:
        with suppress(ValueError):
            assert same(arrays_in(content))
    for length in range(len(whole)):
        with pytest.raises(ValueError):
            arrays_in(whole[:length])
    np.savez_compressed(tmp_path / "packed.npz", **arrays)
    assert same(read_arrays(tmp_path / "packed.npz"))
