"""The index of a version: engine and recall are known, it is read through once, removals count at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from swara.data.errors import OutputError
from swara.data.sample_corpus.corpus import append_recordings, append_removal, read_corpus, removed_now
from swara.index import hnsw, samples
from swara.service.adviser.adviser import _removed
from swara.service.errors import StoreDamaged
from swara.service.rebuild.gate import FLOORS, decide
from swara.service.store import live as opening
from swara.service.store import open_version, verify_version
from swara.service.store.manifest import INDEX_RECALL, Score


def test_a_graph_is_examined_and_named_in_the_manifest(choir, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = choir.rebuild()
    assert INDEX_RECALL not in exact.gate["scores"], "nothing is missed where all are compared"
    monkeypatch.setattr(samples, "APPROXIMATE_ABOVE", 2)
    result = choir.rebuild()
    assert result.promoted
    assert result.gate["scores"][INDEX_RECALL]["share"] >= FLOORS[INDEX_RECALL]
    live = open_version(choir.store, result.version, choir.embedder.spec)
    assert "exact up to 2 of a swara, else faiss HNSW int8 (m 24" in live.manifest.parameters["index"]
    assert {type(engine) for engine in live.index.engines.values()} == {hnsw.HnswIndex}
    again = choir.rebuild(force=True)
    files, others = (
        {str(path): record.sha256 for path, record in verify_version(choir.store, version).files.items()}
        for version in (result.version, again.version)
    )
    assert files == others, "the same version to the byte"


def test_a_graph_that_misses_too_much_does_not_go_live(choir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "APPROXIMATE_ABOVE", 2)
    monkeypatch.setattr("swara.service.rebuild.evaluate.recall", lambda *_: 0.973)
    result = choir.rebuild()
    assert (result.promoted, result.version) == (False, "")
    assert "index recall@10" in result.reasons[0]
    assert "is 0.973, below the 0.990 that it must reach" in result.reasons[0]


@pytest.mark.parametrize("same_embedder", [True, False])
def test_the_floor_holds_whatever_the_live_version_has(same_embedder: bool) -> None:
    low, high = ({INDEX_RECALL: Score(share, 100, "S")} for share in (0.98, 0.99))
    assert not decide(low, low, "", same_embedder=same_embedder).promoted
    assert decide(high, {INDEX_RECALL: Score(1.0, 100, "S")}, "", same_embedder=same_embedder).promoted


def test_a_large_file_is_read_through_once_and_again_when_it_was_touched(
    studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_LARGE", 1)
    version, read = studio.rebuild().version, list[str]()
    compare = opening.FileRecord.difference
    monkeypatch.setattr(
        opening.FileRecord,
        "difference",
        lambda record, file: (read.append(file.name), compare(record, file))[1],
    )
    studio.open()
    assert not list(studio.store.folder.glob("cache/whole/*")), "written a moment ago: its times may not tell"
    monkeypatch.setattr(opening, "_SETTLED_NS", -(10**12))
    studio.open()
    read.clear()
    studio.open()
    assert read == []
    path = studio.store.version(version).index / "madhya-Pa.npy"
    os.utime(path)
    studio.open()
    assert read == ["madhya-Pa.npy"]
    studio.harm(path)
    with pytest.raises(StoreDamaged, match=r"madhya-Pa\.npy"):
        studio.open()


def test_without_a_cache_to_write_to_all_is_read(studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OutputError("no space left")

    studio.rebuild()
    monkeypatch.setattr(opening, "_LARGE", 1)
    monkeypatch.setattr(opening, "_SETTLED_NS", -(10**12))
    monkeypatch.setattr(opening, "write_bytes", full)
    studio.open()


def test_what_was_removed_is_never_answered_with(studio, tmp_path: Path) -> None:
    """The index holds it until the next rebuild."""
    corpus = studio.store.corpus
    first, second = read_corpus(corpus)[:2]
    assert removed_now(corpus) == _removed(corpus) == _removed(tmp_path / "none") == frozenset()
    append_removal(corpus, first.id)
    append_removal(corpus, second.id)
    append_recordings(corpus, [second])
    assert removed_now(corpus) == _removed(corpus) == {first.id}
    assert removed_now(tmp_path / "none") == frozenset()
