"""Shares of the recordings heard by machines that share a cache, and the one version that comes of them."""

from __future__ import annotations

import importlib.util
import json
import shutil
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from benchmarks.rebuild.choir import sing
from benchmarks.rebuild.stubs import ToneEmbedder, tone_ears
from swara.data.errors import AudioError, CorpusError, OutputError, RemoteError
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import append_recordings, read_corpus
from swara.data.storage import remote
from swara.data.storage.disk import sha256_of
from swara.service.embedders.choose import Choice
from swara.service.rebuild.rebuild import RebuildResult, rebuild
from swara.service.rebuild.shards import Shard, ShardResult, embed_share
from swara.service.samples.known import move_samples
from swara.service.store import Layout, verify_version

fsspec = pytest.importorskip("fsspec", reason="a cache at a URL needs the extra cloud")


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("swara.service.samples.known.pack_recordings", lambda: ())
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "user" / name)
    return sung(tmp_path)


def sung(folder: Path) -> list[Recording]:
    sounds = folder / "sounds"
    sounds.mkdir()
    return [sing(sounds, singer, take) for singer in range(3) for take in range(3)]


def share(folder: Path, recordings, shard: str, url: str | None = None, **given: object) -> ShardResult:
    append_recordings(Layout(folder).corpus, recordings)
    embedder, tracker = tone_ears()()
    ears = {"embedder": embedder, "tracker": tracker} | given
    return embed_share(Layout(folder, url), Shard.parse(shard), extractors=tone_ears(), **ears)


def rebuilt(folder: Path, recordings, url: str | None = None, **given: object) -> RebuildResult:
    append_recordings(Layout(folder).corpus, recordings)
    embedder, tracker = tone_ears()()
    return rebuild(folder, embedder=embedder, tracker=tracker, cache_url=url, **given)


def content(folder: Path, result: RebuildResult) -> dict[str, bytes]:
    """The bytes of a version, without its manifest, which says when it was made."""
    verify_version(Layout(folder), result.version)
    files = Layout(folder).version(result.version).folder.rglob("*")
    return {path.name: path.read_bytes() for path in files if path.is_file() and path.name != "manifest.json"}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The version that one machine makes of the same recordings, wherever they lie."""
    folder = tmp_path_factory.mktemp("plain")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("swara.service.samples.known.pack_recordings", lambda: ())
        return content(folder, rebuilt(folder, sung(folder)))


def test_each_recording_is_in_one_share_whatever_else_is_known() -> None:
    digests = [f"{n * 7919:064x}" for n in range(500)]
    for count in (1, 2, 16, 600):
        shards = [Shard(number, count) for number in range(1, count + 1)]
        assert all(sum(shard.holds(each) for shard in shards) == 1 for each in digests)
    assert str(Shard.parse(" 3/16 ")) == "3/16"
    for text in ("0/16", "17/16", "3", "3/", "a/b", "-1/4", "1/0", "1.5/2"):
        with pytest.raises(ValueError, match="of 16 they are 1/16"):
            Shard.parse(text)


@pytest.mark.parametrize("jobs", [1, 2])
def test_shares_of_three_machines_make_the_same_version(corpus, plain, tmp_path: Path, jobs: int) -> None:
    url = f"file://{tmp_path}/shared" if jobs == 2 else f"memory://{uuid4()}"
    done = [
        share(tmp_path / f"node {n}", corpus, f"{n}/3", url, jobs=jobs if n == 1 else 1) for n in (1, 2, 3)
    ]
    assert sum(each.embedded for each in done) == sum(each.recordings for each in done) == len(corpus)
    assert not any(
        (tmp_path / f"node {n}" / name).exists() for n in (1, 2, 3) for name in ("versions", ".lock")
    )
    result = rebuilt(tmp_path / "main", corpus, url)
    assert (result.embedded, result.from_cache, result.warnings) == (0, len(corpus), ())
    assert content(tmp_path / "main", result) == plain
    twice = share(tmp_path / "node 1", corpus, "1/3", url)
    assert (twice.embedded, twice.recordings) == (0, done[0].recordings)


def test_a_share_that_is_missing_is_made_up_for_in_one_store(corpus, plain, tmp_path: Path) -> None:
    store = tmp_path / "store"
    done = [share(store, corpus, shard) for shard in ("1/3", "3/3", "3/3")]
    result = rebuilt(store, corpus)
    assert result.embedded == len(corpus) - done[0].embedded - done[1].embedded > 0
    assert done[2].embedded == 0
    assert content(store, result) == plain


def test_a_share_by_another_embedder_is_told_and_not_used(corpus, plain, tmp_path: Path) -> None:
    url, other = f"memory://{uuid4()}", ToneEmbedder()
    other.spec = replace(other.spec, parameters={"seed": 2})
    done = share(tmp_path / "node", corpus, "1/1", url, embedder=other)
    result = rebuilt(tmp_path / "main", corpus, url)
    assert result.embedded == len(corpus)
    (warning,) = result.warnings
    assert done.fingerprint in warning
    assert "another --embedder" in warning
    assert content(tmp_path / "main", result) == plain


def test_a_cache_that_is_gone_in_the_middle_keeps_what_it_has(
    corpus, plain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, url = fsspec.implementations.memory.MemoryFileSystem, f"memory://{uuid4()}"
    real, written = memory.pipe_file, []

    def pipe_file(self, path, value, **options):
        if len(written) >= 7:
            real(self, path, value[:100], **options)  # in the middle of a write
            raise ConnectionResetError("the connection was lost")
        written.append(path)
        return real(self, path, value, **options)

    monkeypatch.setattr(remote, "_WAITS_S", (0.0,))
    monkeypatch.setattr(memory, "pipe_file", pipe_file)
    for act in (
        lambda: share(tmp_path / "node", corpus, "1/1", url),
        lambda: rebuilt(tmp_path / "new", corpus, url),
    ):
        with pytest.raises(RemoteError, match="tried 2 times: the connection was lost"):
            act()
    monkeypatch.setattr(memory, "pipe_file", real)
    again = share(tmp_path / "other", corpus, "1/1", url)
    assert (
        again.embedded == len(corpus) - 3
    )  # an embedding and a track of each of three, and the note about it
    result = rebuilt(tmp_path / "new", corpus, url)
    assert content(tmp_path / "new", result) == plain


def test_what_a_share_cannot_do_is_named(corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> None:
        raise OutputError("cannot write here: read-only", where=str(path))

    monkeypatch.setattr("swara.service.rebuild.workers.check_writable", refused)
    with pytest.raises(OutputError, match="read-only"):
        share(tmp_path / "store", corpus, "1/1")
    monkeypatch.undo()
    monkeypatch.setattr("swara.service.samples.known.pack_recordings", lambda: ())
    bad = Path(corpus[3].path)
    bad.write_bytes(b"no sound")
    with pytest.raises(CorpusError, match="not what was added"):
        share(tmp_path / "store", corpus, "1/1")
    corpus[3] = replace(corpus[3], sha256=sha256_of(bad))
    with pytest.raises(AudioError, match=r"singer 1 take 0\.wav"):
        share(tmp_path / "another", corpus, "1/1")


def test_recordings_at_a_url_make_the_same_version(corpus, plain, tmp_path: Path, swara) -> None:
    store, url = tmp_path / "store", f"file://{tmp_path}/bucket"
    append_recordings(Layout(store).corpus, corpus)
    shutil.copytree(tmp_path / "sounds", tmp_path / "bucket")
    done = swara("samples", "move", tmp_path / "sounds", url, "--store", store)
    assert (done.code, "9 recordings noted in the new place" in done.out) == (0, True)
    shutil.rmtree(tmp_path / "sounds")
    assert all(each.path.startswith(url) for each in read_corpus(Layout(store).corpus))
    result = rebuilt(store, [])
    assert content(store, result) == plain
    assert rebuilt(store, []).nothing_new
    memory = f"memory://{uuid4()}"
    fsspec.filesystem("memory").put(str(tmp_path / "bucket"), memory, recursive=True)
    (tmp_path / "bucket" / "singer 0 take 0.wav").unlink()
    with pytest.raises(CorpusError, match=rf"1 recording is not what was added: {url}/.* \(deleted\)"):
        rebuilt(store, [])
    assert len(move_samples(Layout(store).corpus, url, memory).moved) == len(corpus)
    assert rebuilt(store, []).nothing_new


@pytest.fixture
def command(corpus, tmp_path: Path, swara, monkeypatch: pytest.MonkeyPatch):
    """Run ``swara rebuild`` with stubs in the place of embedder and tracker."""
    append_recordings(Layout(tmp_path / "store").corpus, corpus)
    embedder, tracker = tone_ears()()
    for module in ("rebuild", "shards"):
        monkeypatch.setattr(f"swara.service.rebuild.{module}.choose_embedder", lambda *_: Choice(embedder))
        monkeypatch.setattr(f"swara.service.rebuild.{module}.pitch_tracker", lambda _: tracker)
    return lambda *words: swara("rebuild", "--store", tmp_path / "store", "--jobs", "1", *words)


def test_the_command(command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWARA_CACHE_URL", f"memory://{uuid4()}")
    first = command("--shard", "1/2")
    assert first.code == 0
    assert first.out.startswith("Share 1/2: ")
    check, listen, end = map(json.loads, command("--shard", "2/2", "--json").out.splitlines())
    assert (check["shard"], listen["embedded"], end["outcome"]) == ("2/2", check["recordings"], "embedded")
    *_, end = map(json.loads, command("--json").out.splitlines())
    assert end["outcome"] == "promoted"
    goes_without = (["--force"], ["--engine", "ray"], ["--metrics", str(tmp_path / "swara.prom")])
    for words in (["3/2"], *(["1/2", *more] for more in goes_without)):
        wrong = command("--shard", *words, "--json")
        assert (wrong.code, wrong.out) == (2, "")
    monkeypatch.setenv("SWARA_CACHE_URL", "nowhere://bucket")
    shutil.rmtree(tmp_path / "store" / "cache")
    failed = command("--shard", "1/2", "--json")
    assert (failed.code, json.loads(failed.out.splitlines()[-1])["outcome"]) == (1, "failed")
    assert failed.err.count("\n") == 1


def test_without_ray_it_is_said_how_to_get_it(command, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *more: None if name == "ray" else real(name, *more)
    )
    done = command("--engine", "ray")
    assert done.code == 1
    assert "needs Ray, and ray" in done.err
    assert "Install it with: " in done.err
    assert done.err.count("\n") == 1
