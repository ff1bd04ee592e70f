"""A cache and recordings in a bucket, and a cluster that loses a node; needs the extras cloud and ray."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from benchmarks.rebuild.choir import sing
from benchmarks.rebuild.stubs import tone_ears
from swara.data.errors import RemoteError
from swara.data.sample_corpus.corpus import append_recordings
from swara.data.storage import remote
from swara.data.storage.remote import RemoteFolder
from swara.service.rebuild.rebuild import RebuildResult, rebuild
from swara.service.rebuild.shards import Shard, embed_share
from swara.service.samples.known import move_samples
from swara.service.store import Layout

ROOT = Path(__file__).parents[3]


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("swara.service.samples.known.pack_recordings", lambda: ())
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "user" / name)
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    return [sing(sounds, singer, take) for singer in range(3) for take in range(3)]


def rebuilt(folder: Path, recordings, url: str | None = None) -> RebuildResult:
    append_recordings(Layout(folder).corpus, recordings)
    embedder, tracker = tone_ears()()
    return rebuild(folder, embedder=embedder, tracker=tracker, cache_url=url)


def content(folder: Path, version: str) -> dict[str, bytes]:
    files = Layout(folder).version(version).folder.rglob("*")
    return {path.name: path.read_bytes() for path in files if path.is_file() and path.name != "manifest.json"}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch):
    """A bucket of a server on this machine."""
    fsspec = pytest.importorskip("s3fs", reason="s3:// needs the extra cloud") and pytest.importorskip(
        "fsspec"
    )
    server_of = pytest.importorskip("moto.server", reason="moto is not installed").ThreadedMotoServer
    server = server_of(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in (keys | {"AWS_ENDPOINT_URL": f"http://{host}:{port}"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(remote, "_WAITS_S", (0.05,))
    name = f"voices-{uuid4()}"  # moto remembers the buckets of an earlier server
    fsspec.get_filesystem_class("s3").clear_instance_cache()  # of an earlier server's address
    fsspec.filesystem("s3").mkdir(name)
    yield f"s3://{name}"
    server.stop()


def test_shares_in_a_bucket_make_the_same_version(corpus, bucket: str, tmp_path: Path) -> None:
    plain = rebuilt(tmp_path / "plain", corpus)
    fs = pytest.importorskip("fsspec").filesystem("s3")
    fs.put(str(tmp_path / "sounds"), f"{bucket}/sounds", recursive=True)
    embedder, tracker = tone_ears()()
    for number in (1, 2):
        store = Layout(tmp_path / f"node {number}", f"{bucket}/cache")
        append_recordings(store.corpus, corpus)
        assert len(move_samples(store.corpus, tmp_path / "sounds", f"{bucket}/sounds").moved) == len(corpus)
        embed_share(store, Shard(number, 2), embedder=embedder, tracker=tracker)
    shutil.rmtree(tmp_path / "sounds")
    shutil.copytree(tmp_path / "node 1", tmp_path / "main", ignore=shutil.ignore_patterns("cache"))
    result = rebuilt(tmp_path / "main", [], f"{bucket}/cache")
    assert (result.embedded, result.warnings) == (0, ())
    assert content(tmp_path / "main", result.version) == content(tmp_path / "plain", plain.version)


def test_a_bucket_that_is_not_there_or_refuses_or_is_slow(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RemoteError, match="there is no such bucket or folder"):
        RemoteFolder("s3://nowhere/cache").write("a.npz", b"")
    assert RemoteFolder(f"{bucket}/cache").read("a.npz") is None
    with closing(socket.create_server(("127.0.0.1", 0))) as deaf:  # it takes connections, and never answers
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        monkeypatch.setattr(remote, "_PATIENCE_S", 1)
        pytest.importorskip("s3fs").S3FileSystem.clear_instance_cache()
        with pytest.raises(RemoteError, match="tried 2 times: no answer in time"):
            RemoteFolder(f"{bucket}/slow").write("a.npz", b"")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # where nobody listens
    pytest.importorskip("s3fs").S3FileSystem.clear_instance_cache()
    with pytest.raises(RemoteError, match=r"tried 2 times: .*connect"):
        RemoteFolder(f"{bucket}/gone").read("a.npz")


def test_a_cluster_that_loses_a_node_loses_nothing() -> None:
    for name in ("ray", "pyarrow", "pandas"):
        pytest.importorskip(name, reason="a cluster needs the extra ray")

    def figures(way: str) -> dict[str, Any]:
        words = ["-m", "benchmarks.search.shards", "--recordings", "12", "--cost", "1", "--way", way]
        done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])

    plain = figures("one job")
    for way in ("two nodes of Ray", "two nodes of Ray, one killed"):
        found = figures(way)
        assert found["lost"] == 0
        assert found["digests"] == plain["digests"]
        assert (found["killed_after"] is not None) == way.endswith("killed")
