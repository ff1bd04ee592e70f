"""What long lists cost: thousands of recordings listed, their cache counted, and nothing embedded anew.

The recordings are single notes of a few bytes each, which nobody decodes: what is known of them is in the
caches already. What grows with the number of recordings is to be seen, not what grows with their length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np

import swara.service.samples.known
from benchmarks.meter import Cost, weigh
from benchmarks.page import Check
from swara.classifier.pitch.head import PitchCache, tracker_fingerprint
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import write_corpus
from swara.embedder import Embeddings
from swara.embedder.spec import EmbeddingCache
from swara.service.rebuild.rebuild import rebuild
from swara.service.store import Layout

from .choir import SWARAS, just_cents
from .stubs import ToneEmbedder, ToneTracker

SINGERS, NOTE_S, SA_HZ = 40, 0.6, 180.0
MOST_LIST_S, MOST_GROWTH = 2.0, 1.2
COUNTS, QUICK_COUNTS = (2_000, 20_000), (500, 2_000)


def measure_lists(folder: Path, counts: Sequence[int]) -> Iterator[str | Check]:
    """Measure on stores of rising numbers of recordings in `folder`; yield a line or a check for each."""
    costs: dict[str, list[Cost]] = {}
    for count in counts:
        store = folder / f"{count}"
        with patch("swara.data.storage.disk.sync"):  # nobody weeps for it
            make_store(store, count)
        at = ("--store", str(store))
        costs.setdefault("samples list", []).append(_listed("samples", "list", *at))
        costs.setdefault("cache info", []).append(_listed("cache", "info", *at))
        rebuilt = weigh("benchmarks.rebuild.lists:rebuilding", str(store))
        costs.setdefault("a rebuild", []).append(rebuilt)
        stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in rebuilt.result.items())
        for name, found in costs.items():
            more = f" ({stages})" if name == "a rebuild" else ""
            yield f"{count} recordings, {name}: {found[-1].wall_s:.2f} s, {found[-1].peak_mb:.0f} MB{more}"
    share = counts[-1] / counts[0]
    for name, found in costs.items():
        if name != "a rebuild":
            yield Check(f"{name} of {counts[-1]}", found[-1].cpu_s, MOST_LIST_S, "s", at_most=True, digits=2)
        growth = found[-1].cpu_s / found[0].cpu_s / share
        yield Check(f"{name}: CPU time for each, most to fewest", growth, MOST_GROWTH, "", True, digits=2)


def make_store(folder: Path, count: int) -> None:
    """Make a store with so many recordings, all of them heard before, and no version yet."""
    store, embedder, tracker = Layout(folder), ToneEmbedder(), ToneTracker()
    embeddings, tracks = EmbeddingCache(store.embeddings), PitchCache(store.pitch)
    fingerprint, rng = tracker_fingerprint(tracker), np.random.default_rng(count)
    recordings = []
    for number in range(count):
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
    write_corpus(store.corpus, recordings)


def rebuilding(store: str) -> Callable[[], dict[str, float]]:
    """Return what rebuilds without the bundled samples, and says how long each stage took."""
    swara.service.samples.known.pack_recordings = lambda: ()

    def run() -> dict[str, float]:
        done = rebuild(Path(store), embedder=ToneEmbedder(), tracker=ToneTracker(), force=True)
        if done.embedded:
            raise RuntimeError(f"{done.embedded} were embedded, and all should be known")
        return dict(done.seconds)

    return run


def _heard(embedder: ToneEmbedder, swara: int, singer: int, rng: np.random.Generator) -> Embeddings:
    frames = round(NOTE_S / embedder.spec.hop_s)
    middle = np.array([0.1 + 0.01 * singer, 0.2 + 0.05 * swara, 1.0])
    vectors = (middle + 0.01 * rng.normal(size=(frames, middle.size))).astype(np.float32)
    return Embeddings(vectors, embedder.spec.hop_s * (np.arange(frames) + 0.5), embedder.spec)


def _listed(*words: str) -> Cost:
    return weigh("benchmarks.meter:command", *words)
