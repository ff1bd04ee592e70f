"""Several processes embed and track; what comes out is the same, and what one meets stops all alike."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from benchmarks.rebuild.choir import sing
from benchmarks.rebuild.stubs import tone_ears
from swara.data.errors import AudioError, OutputError
from swara.data.sample_corpus.corpus import append_recordings
from swara.data.storage.disk import sha256_of
from swara.embedder.spec import EmbeddingCache
from swara.service.rebuild.labelled_notes import PrefetchStats
from swara.service.rebuild.rebuild import RebuildResult, rebuild
from swara.service.rebuild.workers import prefetch
from swara.service.store import Layout
from swara.service.store.lock import writer_lock

ROOT = Path(__file__).parents[3]


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("swara.service.samples.known.pack_recordings", lambda: ())
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    return [sing(sounds, singer, take) for singer in range(3) for take in range(3)]


def rebuilt(folder: Path, recordings, **options: object) -> RebuildResult:
    append_recordings(Layout(folder).corpus, recordings)
    embedder, tracker = tone_ears()()
    return rebuild(folder, embedder=embedder, tracker=tracker, extractors=tone_ears(), **options)


def contents(folder: Path, pattern: str = "*") -> dict[str, bytes]:
    """The files in a folder and below, manifests aside, and their bytes."""
    found = [path for path in sorted(folder.rglob(pattern)) if path.is_file()]
    named = {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
    return {name: content for name, content in named.items() if name != "manifest.json"}


def files(folder: Path, version: str) -> dict[str, bytes]:
    return contents(Layout(folder).version(version).folder)


def cached(folder: Path) -> dict[str, bytes]:
    """What was heard; beside it lies what was cut of that, which tells when."""
    store = Layout(folder)
    return {
        f"{at.name}/{name}": content
        for at in (store.embeddings, store.pitch)
        for name, content in contents(at, "[0-9a-f]*.npz").items()
    }


def test_the_same_bytes_whatever_the_number_of_jobs(corpus, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    alone, together = rebuilt(one, corpus, jobs=1), rebuilt(two, corpus, jobs=2)
    assert files(one, alone.version) == files(two, together.version)
    assert cached(one) == cached(two)
    assert len(cached(one)) == 2 * len(corpus)
    assert (together.embedded, together.from_cache) == (alone.embedded, alone.from_cache) == (9, 0)
    assert together.gate == alone.gate


def test_what_cannot_be_decoded_is_named_as_with_one_job(corpus, tmp_path: Path) -> None:
    bad = Path(corpus[3].path)
    bad.write_bytes(b"no sound")
    corpus[3] = replace(corpus[3], sha256=sha256_of(bad))
    said = []
    for jobs in (1, 2):
        with pytest.raises(AudioError) as caught:
            rebuilt(tmp_path / f"store {jobs}", corpus, jobs=jobs)
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_what_was_done_before_a_kill_is_not_done_again(corpus, tmp_path: Path) -> None:
    store = tmp_path / "store"
    append_recordings(Layout(store).corpus, corpus)
    code = (
        "import sys; from pathlib import Path; import swara.service.samples.known as k; "
        "k.pack_recordings = lambda: (); "
        "from benchmarks.rebuild.stubs import tone_ears; from swara.service.rebuild.rebuild import rebuild; "
        "extractors = tone_ears(1.0); e, t = extractors(); "
        "rebuild(Path(sys.argv[1]), embedder=e, tracker=t, jobs=2, extractors=extractors)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(store)], cwd=ROOT)
    deadline = time.monotonic() + 120
    while len(cached(store)) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    done = len(list(Layout(store).embeddings.rglob("[0-9a-f]*.npz")))
    assert done > 0
    assert not Layout(store).current.exists()
    with writer_lock(Layout(store)):
        pass
    result = rebuilt(store, [])
    assert result.promoted
    assert result.from_cache >= done
    assert result.embedded + result.from_cache == len(corpus)
    fresh = tmp_path / "fresh"
    assert files(store, result.version) == files(fresh, rebuilt(fresh, corpus).version)


# What listens in another process, where the cache of embeddings is on a disk that may only be read.
_FORGETFUL = """
import errno, os
from functools import partial
from pathlib import Path
from uuid import uuid4
from benchmarks.rebuild.stubs import ToneEmbedder, ToneTracker
from swara.data.storage.disk import writing
from swara.embedder.spec import EmbeddingCache

def put(self, sha256, embeddings):
    with writing(self.folder):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

class Embedder(ToneEmbedder):
    def __init__(self, marks):
        super().__init__()
        self.marks = Path(marks)

    def embed(self, clip):
        (self.marks / str(uuid4())).touch()
        return super().embed(clip)

def extractors(marks):
    EmbeddingCache.put = put
    return Embedder(marks), ToneTracker()
"""


@pytest.fixture
def forgetful(corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Rebuild with two jobs; return what came of it, and how often something was embedded."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "forgetful.py").write_text(_FORGETFUL)
    monkeypatch.syspath_prepend(tmp_path / "modules")
    monkeypatch.setattr(EmbeddingCache, "put", EmbeddingCache.put)
    marks = tmp_path / "marks"
    marks.mkdir()

    def run() -> tuple[RebuildResult, int]:
        import forgetful

        append_recordings(Layout(tmp_path / "store").corpus, corpus)
        embedder, tracker = forgetful.extractors(marks)
        extractors = partial(forgetful.extractors, marks)
        result = rebuild(
            tmp_path / "store", embedder=embedder, tracker=tracker, extractors=extractors, jobs=2
        )
        return result, len(list(marks.iterdir()))

    yield run
    sys.modules.pop("forgetful", None)


def test_a_cache_that_keeps_nothing_is_given_up_at_once(corpus, forgetful) -> None:
    result, embedded = forgetful()
    assert (result.embedded, result.from_cache) == (len(corpus), 0)
    assert f"to be computed again next time: {len(corpus)}" in result.warnings[0]
    assert embedded <= len(corpus) + 2  # each job finds out by itself


def test_a_cache_that_may_only_be_read_is_found_out_beforehand(
    corpus, forgetful, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> None:
        raise OutputError("cannot write here", where=str(path))

    monkeypatch.setattr("swara.service.rebuild.workers.check_writable", refused)
    result, embedded = forgetful()
    assert (result.embedded, result.from_cache, embedded) == (len(corpus), 0, len(corpus))


def test_damage_that_another_process_mended_is_reported(corpus, tmp_path: Path) -> None:
    store = tmp_path / "store"
    rebuilt(store, corpus)
    shutil.rmtree(Layout(store).pitch)
    next(Layout(store).embeddings.rglob("*.npz")).write_bytes(b"noise")
    result = rebuilt(store, [], jobs=2, force=True)
    assert (result.embedded, result.from_cache) == (1, len(corpus) - 1)
    assert "damaged entries of the cache, found and computed again: 1" in result.warnings


def test_the_progress_of_all_is_told(corpus, tmp_path: Path) -> None:
    told: list[float] = []
    ahead = prefetch(Layout(tmp_path / "store"), corpus, tone_ears(), 2, told.append)
    assert (ahead.embedded, ahead.damaged) == (len(corpus), 0)
    assert told == [pytest.approx(n / len(corpus)) for n in range(1, len(corpus) + 1)]


def test_the_longest_are_begun_first(corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    class Pool(ThreadPoolExecutor):
        def __init__(self, workers: int, **_: object) -> None:
            super().__init__(workers)

        def submit(self, _act, recording):
            begun.append(recording.singer)
            return super().submit(PrefetchStats)

    monkeypatch.setattr("swara.service.rebuild.workers.ProcessPoolExecutor", Pool)
    long = sing(tmp_path / "sounds", 9, 0, rounds=3)
    gone = replace(corpus[0], path=str(tmp_path / "gone.wav"), singer="gone")
    prefetch(Layout(tmp_path / "store"), [gone, *corpus, long], tone_ears(), 2, lambda _: None)
    assert begun[0] == long.singer
    assert begun[-1] == "gone"
