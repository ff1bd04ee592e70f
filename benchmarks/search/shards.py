"""What it costs to embed on several machines, and what a node that dies takes along.

One corpus is embedded by one process and by two, by two shares that meet in a cache at a URL, and by two
nodes of Ray on this machine, one of which may be killed. ``python -m benchmarks.search.shards`` runs one way.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import swara.service.samples.known
from benchmarks.page import Check, Section, Table
from benchmarks.rebuild.choir import sing
from benchmarks.rebuild.stubs import tone_ears
from swara.classifier.pitch.head import pitch_tracker
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import append_recordings
from swara.data.storage.disk import sha256_of
from swara.embedder.registry import embedder_named
from swara.service.rebuild.rebuild import RebuildResult, rebuild
from swara.service.rebuild.shards import Shard, embed_share
from swara.service.rebuild.workers import ExtractorFactory, usual_extractors
from swara.service.store import Layout

__all__ = ["measure"]

SINGERS, ROUNDS, NOTE_S = 6, 10, 0.6
RECORDINGS = 16
"""Of 36 s each, ten minutes in all."""

WAYS = ("one job", "two jobs", "two shares", "two nodes of Ray", "two nodes of Ray, one killed")
OBJECT_STORE_BYTES = 100_000_000
KILLED_AFTER = 1 / 3
"""Share of the recordings that are embedded when the node is killed."""

_MODULE = "benchmarks.search.shards"

Figures = Mapping[str, Any]


class _Meter:
    """The processor's time that this process and all it started take, dead ones as they were last seen.

    Unlike the clock's, it hardly hangs on what else the machine does.
    """

    def __init__(self) -> None:
        self._ticks: dict[int, int] = {}
        threading.Thread(target=self._watch, daemon=True).start()

    def seconds(self) -> float:
        """Return what has been taken so far."""
        self._look()
        return sum(self._ticks.values()) / os.sysconf("SC_CLK_TCK")

    def _watch(self) -> None:
        while True:
            self._look()
            time.sleep(0.3)

    def _look(self) -> None:
        parents, ticks = {}, {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                pid = int(stat.parent.name)
                parents[pid], ticks[pid] = int(fields[1]), int(fields[11]) + int(fields[12])
        ours = {os.getpid(), *self._ticks}
        while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
            ours |= more
        self._ticks |= {pid: ticks[pid] for pid in ours if pid in ticks}


def measure(root: Path | None = None) -> Iterator[Section | str]:  # noqa: ARG001 -- as the other sections
    """Run each way in a process of its own, and yield the section."""
    ways = [way for way in WAYS if "Ray" not in way or find_spec("ray") is not None]
    if len(ways) < len(WAYS):
        yield "rebuilding with Ray, which is not installed"
    found = {way: _alone(way) for way in ways}
    rows = [
        (way, each["cpu_s"], each["cpu_s"] / found["two jobs"]["cpu_s"], each["listen_s"], each["started_s"])
        for way, each in found.items()
    ]
    yield Section(
        "Rebuilding on several machines",
        f"{RECORDINGS} recordings of 36 s, synthesized, embedded by `builtin` and tracked by the pitch head,"
        " on this machine: one core for a job, a share or a node. The two shares run at once and write to a"
        " cache at a `file://` URL; the seconds count until both are done and the rebuild has read it. Of the"
        f" nodes of Ray one is killed, with all its processes, once {KILLED_AFTER:.0%} of the recordings are"
        " embedded. *Listen* is embedding and tracking by the clock, with what starts processes; *started* is"
        " what comes before: the nodes of Ray.",
        checks=[
            *(
                Check(f"recordings lost: {way}", each["lost"], 0, "", at_most=True, digits=0)
                for way, each in found.items()
            ),
            *(
                Check(f"files that differ from those of one job: {way}", differ, 0, "", True, 0)
                for way, differ in _beside_one_job(found)
            ),
        ],
        tables=[
            Table(
                "",
                ("way", "processor time", "over two jobs", "listen", "started"),
                rows,
                ("{:.1f} s", "{:.2f}", "{:.1f} s", "{:.1f} s"),
            )
        ],
    )


def _beside_one_job(found: Mapping[str, Figures]) -> Iterator[tuple[str, int]]:
    own = found["one job"]["digests"]
    for way, each in list(found.items())[1:]:
        names = own.keys() | each["digests"].keys()
        yield way, sum(own.get(name) != each["digests"].get(name) for name in names)


def _alone(way: str) -> Figures:
    words = [sys.executable, "-m", _MODULE, "--way", way]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{way}: {done.stderr[-2000:]}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def run(folder: Path, way: str, count: int, cost: float | None) -> Figures:
    """Rebuild once in `folder`; return how long it took, and what came of it.

    Parameters
    ----------
    way : str
        One of `WAYS`.
    count : int
        Recordings.
    cost : float or None
        None for the embedder that ships; else a stub that burns so many seconds for each second of sound.
    """
    swara.service.samples.known.pack_recordings = lambda: ()
    ears = usual_extractors(embedder_named("builtin")) if cost is None else tone_ears(cost)
    sounds = folder / "sounds"
    sounds.mkdir(parents=True)
    length = {"rounds": ROUNDS, "note_s": NOTE_S, "partials": 20} if cost is None else {}
    recordings = [sing(sounds, n % SINGERS, n // SINGERS, **length) for n in range(count)]
    store = Layout(folder / "store")
    append_recordings(store.corpus, recordings)
    began, meter = time.perf_counter(), _Meter()
    with _nodes(store, count, way) as killed:
        started_s, before_s, used_s = time.perf_counter() - began, 0.0, meter.seconds()
        if way == "two shares":
            before_s = _two_shares(folder, recordings, cost)
        result = _rebuilt(store, ears, way, f"file://{folder}/shared" if way == "two shares" else None)
        total_s, used_s = time.perf_counter() - began - started_s, meter.seconds() - used_s
    version = store.version(result.version).folder
    embedded = {path.stem for path in store.embeddings.rglob("*.npz")}
    return {
        "way": way,
        "started_s": started_s,
        "listen_s": result.seconds["listen"] + before_s,
        "total_s": total_s,
        "cpu_s": used_s,
        "lost": len({each.sha256 for each in recordings} - embedded),
        "embedded": result.embedded,
        "killed_after": killed.get("after"),
        "digests": _digests(version),
    }


def _digests(version: Path) -> dict[str, str]:
    files = (path for path in version.rglob("*") if path.is_file() and path.name != "manifest.json")
    return {path.relative_to(version).as_posix(): sha256_of(path) for path in files}


def _rebuilt(store: Layout, ears: ExtractorFactory, way: str, cache_url: str | None) -> RebuildResult:
    embedder, tracker = ears()
    engine = "ray" if "Ray" in way else "processes"
    jobs = {"one job": 1, "two jobs": 2, "two shares": 1}.get(way, 0)
    return rebuild(
        store.folder,
        embedder=embedder,
        tracker=tracker,
        extractors=ears,
        jobs=jobs,
        engine=engine,
        cache_url=cache_url,
    )


def _two_shares(folder: Path, recordings: list[Recording], cost: float | None) -> float:
    """Let two processes, each with a store of its own, embed a share; return how long both took."""
    began = time.perf_counter()
    children = []
    for number in (1, 2):
        store = folder / f"machine {number}"
        append_recordings(Layout(store).corpus, recordings)
        words = [sys.executable, "-m", _MODULE, "--folder", str(folder), "--share", str(number)]
        children.append(subprocess.Popen(words + ([] if cost is None else ["--cost", str(cost)])))
    if any(child.wait() for child in children):
        raise RuntimeError("a share failed")
    return time.perf_counter() - began


def _share(folder: Path, number: int, cost: float | None) -> None:
    swara.service.samples.known.pack_recordings = lambda: ()
    store = Layout(folder / f"machine {number}", f"file://{folder}/shared")
    embedder, tracker = (
        (embedder_named("builtin"), pitch_tracker("head")) if cost is None else tone_ears(cost)()
    )
    embed_share(store, Shard(number, 2), embedder=embedder, tracker=tracker)


@contextmanager
def _nodes(store: Layout, count: int, way: str) -> Iterator[dict[str, int]]:
    """Start two nodes of Ray, if they are wanted, and kill one midway; yield when that was."""
    killed: dict[str, int] = {}
    if "Ray" not in way:
        yield killed
        return
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": OBJECT_STORE_BYTES, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    second = cluster.add_node(num_cpus=1, object_store_memory=OBJECT_STORE_BYTES)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.05):
            done = sum(1 for _ in store.embeddings.rglob("[0-9a-f]*.npz"))
            if done >= KILLED_AFTER * count:
                cluster.remove_node(second, allow_graceful=False)
                killed["after"] = done
                return

    if "killed" in way:
        threading.Thread(target=kill, daemon=True).start()
    try:
        yield killed
    finally:
        over.set()
        ray.shutdown()
        cluster.shutdown()


def main() -> None:
    """Run one way and print its figures as JSON, or one share and print nothing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--way", choices=WAYS, default=WAYS[0])
    parser.add_argument("--recordings", type=int, default=RECORDINGS)
    parser.add_argument(
        "--cost", type=float, help="stubs, with so many seconds of work for a second of sound"
    )
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--share", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.share is not None:
        _share(asked.folder, asked.share, asked.cost)
        return
    with tempfile.TemporaryDirectory(prefix="swara-shards-") as folder:
        print(json.dumps(run(Path(folder), asked.way, asked.recordings, asked.cost)))


if __name__ == "__main__":
    main()
