"""Files and cache entries at URLs, on a disk and in memory, and what becomes of places that fail."""

from __future__ import annotations

import errno
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from swara.classifier.pitch.head import PitchCache
from swara.data.errors import CorpusError, MissingPackage, RemoteError
from swara.data.pitch_track import PitchTrack
from swara.data.sample_corpus import remote_audio
from swara.data.sample_corpus.remote_audio import RemoteListing, fetched, moved_to
from swara.data.storage import remote
from swara.data.storage.disk import sha256_of
from swara.data.storage.remote import RemoteEntries, RemoteFolder

fsspec = pytest.importorskip("fsspec", reason="a cache at a URL needs the extra cloud")
memory_files = pytest.importorskip("fsspec.implementations.memory")  # fsspec itself opens it when it is asked

MAKER, OTHER_MAKER, AUDIO, OTHER_AUDIO = "0123456789abcdef", "f" * 16, "a" * 64, "b" * 64


@pytest.fixture(params=["file", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> RemoteFolder:
    return RemoteFolder(f"file://{tmp_path}/there" if request.param == "file" else f"memory://{uuid4()}")


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let each call of the memory's writing or reading raise the next of some errors, then work."""
    monkeypatch.setattr(remote, "_WAITS_S", (0.0, 0.0, 0.0))
    memory = memory_files.MemoryFileSystem

    def install(method: str, *errors: Exception) -> list[str]:
        calls, left, real = [], list(errors), getattr(memory, method)

        def call(self, path, *words, **options):
            calls.append(path)
            if left:
                raise left.pop(0)
            return real(self, path, *words, **options)

        monkeypatch.setattr(memory, method, call)
        return calls

    return install


def test_files_are_whole_or_not_there(folder: RemoteFolder) -> None:
    assert folder.read("a/b.npz") is None
    assert folder.names() == folder.names("a") == frozenset()
    for content in (b"first", b"second"):
        folder.write("a/b.npz", content)
        assert folder.read("a/b.npz") == content
    assert (folder.names(), folder.names("a")) == ({"a"}, {"b.npz"})
    assert folder.sha256_of("a/c.npz") is None


def test_what_may_pass_is_tried_again(failing) -> None:
    busy = (TimeoutError("slow"), ConnectionResetError("gone"), OSError(errno.EIO, "later"))
    calls, folder = failing("pipe_file", *busy), RemoteFolder("memory://tried")
    folder.write("a.npz", b"whole")
    assert len(calls) == 4
    assert folder.read("a.npz") == b"whole"
    assert folder.names() == {"a.npz"}
    failing("cat_file", *4 * [TimeoutError("slow")])
    with pytest.raises(RemoteError, match=r"tried 4 times: slow\. See that the place") as caught:
        RemoteFolder("memory://user:secret@tried").read("a.npz")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            PermissionError("Access Denied"),
            "it may not be written: access denied. Give this machine the rights",
        ),
        (type("NoCredentialsError", (Exception,), {})("no keys"), "it may not be written: no keys. Give"),
        (
            FileNotFoundError("NoSuchBucket"),
            "it may not be written: there is no such bucket or folder. Make it",
        ),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
            "it cannot be written: no space left on device. See",
        ),
    ],
)
def test_what_will_not_pass_is_one_line_at_once(failing, error: Exception, said: str) -> None:
    calls = failing("pipe_file", *5 * [error])
    with pytest.raises(RemoteError) as caught:
        RemoteFolder("memory://refused").write("a.npz", b"")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(calls) == 1


def test_places_that_cannot_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    others = ("nowhere://bucket", "sftp://host/folder", "hdfs://host/folder", "https://host/folder")
    for place in ("s3://", "s3:/bucket", "folder", *others):
        with pytest.raises(RemoteError, match="Name a folder or bucket with file://, s3://") as of:
            RemoteFolder(place).names()
        assert ("mounted here" in str(of.value)) is (place in others)

    def none(url: str, **_: object) -> None:
        raise OSError("no credentials\n are here")

    monkeypatch.setattr(fsspec.core, "url_to_fs", none)
    with pytest.raises(RemoteError, match="no such place can be opened: no credentials are here"):
        RemoteFolder("gs://bucket").names()
    monkeypatch.undo()
    if importlib.util.find_spec("gcsfs") is None:
        with pytest.raises(MissingPackage, match=r"starts with gs:// needs .* Install it with: .*gcsfs"):
            RemoteFolder("gs://bucket").names()
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingPackage, match=r"starts with s3:// needs .* Install it with: .*s3fs"):
        RemoteFolder("s3://bucket").names()


def _track(seed: int) -> PitchTrack:
    hz = np.random.default_rng(seed).uniform(100, 200, 9)
    return PitchTrack(0.01 * np.arange(9), hz, np.ones(9), np.ones(9, dtype=np.bool_))


def test_entries_are_shared_and_held_against_their_digests(folder: RemoteFolder, tmp_path: Path) -> None:
    def cache(name: str) -> PitchCache:
        return PitchCache(tmp_path / name, RemoteEntries(folder))

    cache("one").put(MAKER, AUDIO, _track(1))
    written = folder.read(f"{MAKER}/{AUDIO}.npz")
    assert written == (tmp_path / "one" / MAKER / f"{AUDIO}.npz").read_bytes()
    assert cache("two").lacking(MAKER, [AUDIO, OTHER_AUDIO]) == {OTHER_AUDIO}
    found = cache("two").load(MAKER, AUDIO)
    np.testing.assert_array_equal(found.hz, _track(1).hz)
    assert (tmp_path / "two" / MAKER / f"{AUDIO}.npz").read_bytes() == written
    assert RemoteEntries(folder).others(OTHER_MAKER, {AUDIO}) == {MAKER}
    assert RemoteEntries(folder).others(OTHER_MAKER, {OTHER_AUDIO}) == frozenset()
    wrong = {
        f"{MAKER}/{OTHER_AUDIO}.npz": written,  # of another recording
        f"{OTHER_MAKER}/{AUDIO}.npz": written,  # by another tracker
        f"{MAKER}/{'c' * 64}.npz": written[:-9],
        f"{MAKER}/{'d' * 64}.npz": b"",
    }
    for name, content in wrong.items():
        folder.write(name, content)
        three = cache("three")
        assert three.load(name[:16], name[17:-4]) is None
        assert three.damaged == 1
    mended = cache("three")
    mended.put(MAKER, OTHER_AUDIO, _track(2))
    assert cache("four").load(MAKER, OTHER_AUDIO).hz[0] == _track(2).hz[0]


def test_a_folder_that_may_not_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = RemoteFolder(f"memory://{uuid4()}")
    cache = PitchCache(tmp_path / "file" / "no folder", RemoteEntries(folder))
    cache.put(MAKER, AUDIO, _track(1))
    assert cache.load(MAKER, AUDIO) is not None


def test_what_comes_back_from_a_url_is_noted_by_its_whole_path(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "1.wav").write_bytes(b"a")
    digest = sha256_of(tmp_path / "back" / "1.wav")
    monkeypatch.chdir(tmp_path)
    moved = moved_to({digest: "s3://bucket/singers/1.wav"}, "s3://bucket/singers/", "back").moved
    assert moved[digest].path == str(tmp_path.resolve() / "back" / "1.wav")


def test_recordings_are_fetched_once_and_held_against_their_digests(
    folder: RemoteFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr(remote_audio, "MOST_BYTES", 250)
    takes = [tmp_path / f"{n}.wav" for n in range(3)]
    for n, take in enumerate(takes):
        take.write_bytes(bytes([n]) * 100)
        folder.write(take.name, take.read_bytes())
    urls = {f"{folder.url}/{take.name}": sha256_of(take) for take in takes}
    copies = [fetched(url, digest) for url, digest in urls.items()]
    assert [copy.exists() for copy in copies] == [False, True, True]
    assert copies[2].read_bytes() == takes[2].read_bytes()
    listing = RemoteListing()
    assert [listing.holds(f"{folder.url}/{n}.wav") for n in range(4)] == [True, True, True, False]
    folder.write("2.wav", b"another")
    assert fetched(f"{folder.url}/2.wav", urls[f"{folder.url}/2.wav"]) == copies[2]
    with pytest.raises(CorpusError, match="changed since it was added"):
        fetched(f"{folder.url}/2.wav", AUDIO)
    with pytest.raises(CorpusError, match="the file is gone"):
        fetched(f"{folder.url}/3.wav", AUDIO)
    assert sorted(copies[1:]) == sorted((tmp_path / "cache" / "swara" / "recordings").iterdir())
