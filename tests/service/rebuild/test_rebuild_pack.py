"""On a fresh machine the bundled samples are enough, and soon learned."""

from __future__ import annotations

import time
import timeit
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from swara.classifier.pitch.head import pitch_tracker
from swara.data.sample_corpus.corpus import pack_recordings
from swara.embedder import Embedder
from swara.embedder.registry import embedder_named
from swara.raga.notation import swara_letter
from swara.raga.swaras import SVARASTHANAS
from swara.service.rebuild.rebuild import ensure_live, rebuild
from swara.service.store import Layout, LiveVersion, open_live

EMBEDDER: Embedder = embedder_named("builtin")


class NoTracker:
    """Stands for the pitch head, and must not be asked: the bundled samples come with their pitch."""

    name = "head"
    release = pitch_tracker("head").release

    def track(self, clip, progress=None):
        raise AssertionError("a bundled sample was tracked")


class Fresh(NamedTuple):
    """A store made from the bundled samples, what came of it, and how long that took."""

    folder: Path
    live: LiveVersion
    seconds: float


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    folder = tmp_path_factory.mktemp("fresh") / "store"
    began = time.perf_counter()
    live = ensure_live(folder, embedder=EMBEDDER, tracker=NoTracker())
    return Fresh(folder, live, time.perf_counter() - began)


def test_everything_works_from_the_bundled_samples(fresh: Fresh) -> None:
    assert fresh.seconds < 20
    items = fresh.live.index.items
    assert {item.recording for item in items} == {recording.id for recording in pack_recordings()}
    three_saptaks = {swara_letter(each, octave) for each in SVARASTHANAS for octave in (-1, 0, 1)}
    assert {item.swara for item in items} == three_saptaks
    assert all(item.synthesized for item in items)
    scores = fresh.live.manifest.metrics["note_head"]["scores"]
    assert fresh.live.manifest.metrics["note_head"]["split"] == "singer"
    # The head is tried out on at most 30 notes of each swara.
    assert scores["notes"] == sum(min(30, sung) for sung in Counter(item.swara for item in items).values())
    assert scores["accuracy"] >= 0.95


def test_nothing_new_is_found_at_once_and_opening_is_quick(fresh: Fresh) -> None:
    began = time.perf_counter()
    result = rebuild(fresh.folder, embedder=EMBEDDER, tracker=NoTracker())
    assert time.perf_counter() - began < 1.0
    assert (result.nothing_new, result.version) == (True, fresh.live.id)
    times_s = timeit.repeat(lambda: open_live(Layout(fresh.folder), EMBEDDER.spec), number=1, repeat=3)
    assert min(times_s) < 0.15


def test_a_forced_rebuild_embeds_nothing_and_makes_the_same_files(fresh: Fresh) -> None:
    result = rebuild(fresh.folder, embedder=EMBEDDER, tracker=NoTracker(), force=True)
    assert (result.embedded, result.from_cache) == (0, len(pack_recordings()))
    live = open_live(Layout(fresh.folder), EMBEDDER.spec)
    assert live is not None
    assert live.id != fresh.live.id
    assert live.manifest.files == fresh.live.manifest.files
