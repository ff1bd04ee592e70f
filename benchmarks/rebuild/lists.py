"""What long lists cost: thousands of recordings listed, their cache counted, and nothing embedded anew.

The recordings are single notes of a few bytes each, which nobody decodes: what is known of them is in the
caches already. What grows with the number of recordings is to be seen, not what grows with their length.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import numpy as np

import swara.service.samples.known
from benchmarks.meter import Cost, command, weigh
from benchmarks.page import Check
from swara.classifier.pitch.head import PitchCache, tracker_fingerprint
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import append_recordings
from swara.embedder import Embeddings
from swara.embedder.registry import embedder_named
from swara.embedder.spec import EmbeddingCache
from swara.service.rebuild.rebuild import rebuild
from swara.service.rebuild.shards import Shard, embed_share
from swara.service.rebuild.workers import usual_extractors
from swara.service.store import Layout

from .choir import SWARAS, just_cents, sing
from .stubs import ToneEmbedder, ToneTracker

SINGERS, NOTE_S, SA_HZ = 40, 0.6, 180.0
MOST_LIST_S, MOST_IDLE_S, MOST_MORE, MOST_GROWTH = 2.0, 3.0, 3.0, 1.2
HEARD = 200
"""Recordings of a tone that are embedded and tracked as users' are, to see what each takes."""

ALL, MORE, NOTHING_NEW = "a rebuild", "a rebuild, one hundredth more", "a rebuild, nothing new"
COUNTS, QUICK_COUNTS = (2_000, 20_000), (500, 2_000)


def measure_lists(folder: Path, counts: Sequence[int]) -> Iterator[str | Check]:
    """Measure on stores of rising numbers of recordings in `folder`; yield a line or a check for each."""
    costs: dict[str, list[Cost]] = {}
    for count in counts:
        store = folder / f"{count}"
        with patch("swara.data.storage.disk.sync"):  # nobody weeps for it
            make_store(store, count)
        for name, cost in _each(store, count):
            costs.setdefault(name, []).append(cost)
            stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in (cost.result or {}).items())
            yield (
                f"{count} recordings, {name}: {cost.cpu_s:.2f} s of the processor, {cost.wall_s:.2f} s,"
                f" {cost.peak_mb:.0f} MB" + (f" ({stages})" if stages else "")
            )
    share = counts[-1] / counts[0]
    for name, found in costs.items():
        if name not in (ALL, MORE):
            most_s = MOST_IDLE_S if name == NOTHING_NEW else MOST_LIST_S
            yield Check(f"{name} of {counts[-1]}", found[-1].cpu_s, most_s, "s", at_most=True, digits=2)
        growth = found[-1].cpu_s / found[0].cpu_s / share
        yield Check(f"{name}: CPU time for each, most to fewest", growth, MOST_GROWTH, "", True, digits=2)
    yield from _one_hundredth_more(folder / "heard", counts[-1], costs[ALL][-1].cpu_s, costs[MORE][-1].cpu_s)


def _each(store: Path, count: int) -> Iterator[tuple[str, Cost]]:
    at = ("--store", str(store))
    yield "samples list", _listed("samples", "list", *at)
    yield "cache info", _listed("cache", "info", *at)
    yield ALL, weigh("benchmarks.rebuild.lists:rebuilding", str(store))
    with patch("swara.data.storage.disk.sync"):
        make_store(store, count // 100, first=count)
    yield MORE, weigh("benchmarks.rebuild.lists:rebuilding", str(store))
    yield NOTHING_NEW, weigh("benchmarks.rebuild.lists:rebuilding", str(store))
    yield "versions list", _listed("versions", "list", *at)
    yield "doctor", weigh("benchmarks.rebuild.lists:examining", *at)


def _one_hundredth_more(folder: Path, count: int, known_s: float, next_s: float) -> Iterator[str | Check]:
    """Calculate what a few more take, over all of them, from what each does that is embedded and tracked.

    Beside `known_s`, which a rebuild takes that finds all of it in the cache, and `next_s`, which the next
    one takes that finds a hundredth more there.
    """
    folder.mkdir(parents=True)
    takes = [sing(folder, 0, take, note_s=NOTE_S / len(SWARAS), partials=8) for take in range(HEARD)]
    append_recordings(Layout(folder).corpus, takes)
    each_s = weigh("benchmarks.rebuild.lists:hearing", str(folder)).result / HEARD
    more_s, all_s = next_s + count // 100 * each_s, known_s + count * each_s
    yield (
        f"each of {NOTE_S} s embedded and tracked: {1e3 * each_s:.1f} ms of the processor; calculated from"
        f" that and the rebuilds: {all_s:.0f} s for all of {count}, {more_s:.1f} s for {count // 100} more"
    )
    yield Check("one hundredth more, over all of it", 100 * more_s / all_s, MOST_MORE, at_most=True)


def make_store(folder: Path, count: int, first: int = 0) -> None:
    """Add so many recordings to a store, from the number `first` on, all of them heard before."""
    store, embedder, tracker = Layout(folder), ToneEmbedder(), ToneTracker()
    embeddings, tracks = EmbeddingCache(store.embeddings), PitchCache(store.pitch)
    fingerprint, rng = tracker_fingerprint(tracker), np.random.default_rng([count, first])
    recordings = []
    for number in range(first, first + count):
        path = folder / "sounds" / f"{number // 100}" / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = f"no sound, but recording {number}".encode()
        path.write_bytes(content)
        swara, sha256 = SWARAS[number % len(SWARAS)], hashlib.sha256(content).hexdigest()
        singer = number // len(SWARAS) % SINGERS
        embeddings.put(sha256, _heard(embedder, number % len(SWARAS), singer, rng))
        hz = SA_HZ * 2 ** ((just_cents(swara) + rng.uniform(-12, 12)) / 1200)
        times_s = HOP_S * np.arange(round(NOTE_S / HOP_S))
        sung = np.ones(times_s.size, dtype=np.bool_)
        tracks.put(fingerprint, sha256, PitchTrack(times_s, hz * sung, 1.0 * sung, sung))
        labels = (SwaraLabel(0.05, NOTE_S - 0.05, swara),)
        recordings.append(
            Recording(str(path), sha256, f"singer {singer}", SA_HZ, None, labels, "of no value", True)
        )
    append_recordings(store.corpus, recordings)


def rebuilding(store: str) -> Callable[[], dict[str, float]]:
    """Return what rebuilds without the bundled samples, and says how long each stage took."""
    swara.service.samples.known.pack_recordings = lambda: ()

    def run() -> dict[str, float]:
        done = rebuild(Path(store), embedder=ToneEmbedder(), tracker=ToneTracker())
        if done.embedded:
            raise RuntimeError(f"{done.embedded} were embedded, and all should be known")
        return dict(done.seconds)

    return run


def examining(*at: str) -> Callable[[], None]:
    """Return what runs ``swara doctor``, which rightly misses the embedder that the store was made with."""
    run = command("doctor", *at)

    def examine() -> None:
        with suppress(SystemExit):
            run()

    return examine


def hearing(store: str) -> Callable[[], float]:
    """Return what embeds and tracks all that is known, and says what that took of the processor."""
    swara.service.samples.known.pack_recordings = lambda: ()
    embedder, tracker = usual_extractors(embedder_named("builtin"))()

    def run() -> float:
        began_s = time.process_time()
        done = embed_share(Layout(Path(store)), Shard(1, 1), embedder=embedder, tracker=tracker)
        if done.embedded != HEARD:
            raise RuntimeError(f"{done.embedded} were embedded of {HEARD}")
        return time.process_time() - began_s

    return run


def _heard(embedder: ToneEmbedder, swara: int, singer: int, rng: np.random.Generator) -> Embeddings:
    frames = round(NOTE_S / embedder.spec.hop_s)
    middle = np.array([0.1 + 0.01 * singer, 0.2 + 0.05 * swara, 1.0])
    vectors = (middle + 0.01 * rng.normal(size=(frames, middle.size))).astype(np.float32)
    return Embeddings(vectors, embedder.spec.hop_s * (np.arange(frames) + 0.5), embedder.spec)


def _listed(*words: str) -> Cost:
    return weigh("benchmarks.meter:command", *words)
