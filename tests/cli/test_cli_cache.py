"""The cache and the choice of an embedder on the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from swara.data.storage.disk import sha256_of
from swara.embedder import registry
from swara.raga.errors import SwaraError


def test_info_shows_what_the_live_version_needs(swara, store: Path) -> None:
    done = swara("cache", "info", "--store", store)
    assert (done.code, done.err) == (0, "")
    row = next(line for line in done.out.splitlines() if "builtin" in line)
    assert row.split()[0] == "embeddings"
    assert row.split()[-1] == "live"
    entries = len(list((store / "cache" / "embeddings").rglob("*.npz")))
    assert f" {entries} " in row
    assert "prune" not in done.out


def test_damage_is_shown_and_can_be_pruned(swara, store: Path) -> None:
    next((store / "cache" / "embeddings").rglob("*.npz")).write_bytes(b"noise")
    done = swara("cache", "info", "--store", store)
    assert "swara cache prune" in done.out
    assert "computed again when it is needed" in done.out
    pruned = swara("cache", "prune", "--store", store)
    assert (pruned.code, pruned.err) == (0, "")
    assert "Removed: 1 entry, 0.0 kB, damaged." in pruned.out
    assert "damaged" in done.out
    assert "Removed: nothing." in swara("cache", "prune", "--store", store).out
    entries = len(list((store / "cache").rglob("*.npz")))
    everything = swara("cache", "prune", "--all", "--store", store)
    assert f"Removed: {entries} entries" in everything.out
    assert list((store / "cache").rglob("*.npz")) == []


REMARK = "What the cache held of this recording was damaged, and was computed again"


@pytest.fixture
def damaged_entry(swara, stub_tracker, store: Path, demo: Path) -> Path:
    """The take's entry in the cache, cut short."""
    assert swara("analyze", demo, "--tonic", "C#3", "--quiet", "--store", store).code == 0
    (entry,) = (store / "cache" / "embeddings").rglob(f"{sha256_of(demo)}.npz")
    os.truncate(entry, 300)
    return entry


def test_an_analysis_says_that_it_mended_a_damaged_entry(
    swara, damaged_entry: Path, store: Path, demo: Path, tmp_path: Path
) -> None:
    words, report = ("analyze", demo, "--tonic", "C#3", "--store", store), tmp_path / "report.json"
    done = swara(*words, "--json", report)
    assert (done.code, done.err) == (0, "")
    assert REMARK in " ".join(done.out.split())
    assert REMARK in json.loads(report.read_text())["warnings"]
    assert damaged_entry.stat().st_size > 300
    again = swara(*words)
    assert (again.code, REMARK in " ".join(again.out.split())) == (0, False)


def test_a_search_says_so_too(swara, damaged_entry: Path, store: Path, demo: Path) -> None:
    words = ("search", demo, "--at", 0.6, "--tonic", "C#3", "--store", store)
    done = swara(*words)
    assert (done.code, done.err) == (0, "")
    assert f"! {REMARK}." in " ".join(done.out.split())
    assert "damaged" not in swara(*words).out


def test_nothing_is_made_by_looking(swara, tmp_path: Path) -> None:
    for words in (("info",), ("prune",), ("prune", "--all")):
        assert swara("cache", *words, "--store", tmp_path / "none").code == 0
    assert not (tmp_path / "none").exists()


def test_a_damaged_store_can_still_be_looked_at(swara, assert_one_line, store: Path) -> None:
    (store / "CURRENT").write_text("what\n")
    assert "not in use" in swara("cache", "info", "--store", store).out
    assert_one_line(swara("cache", "prune", "--store", store), "CURRENT", "swara rebuild --force")


def test_a_rebuild_says_who_heard_or_whom_it_might_have_meant(swara, assert_one_line, store: Path) -> None:
    done = swara("rebuild", "--embedder", "builtin", "--store", store)
    assert (done.code, done.err) == (0, "")
    assert "Nothing new" in done.out
    assert "heard by builtin" in " ".join(done.out.split())
    unknown = swara("rebuild", "--embedder", "yamnte", "--store", store)
    assert_one_line(unknown, "'yamnte'", "There is builtin")


@pytest.fixture
def builtin_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedder of the live version is not on this machine."""

    def gone(name: str, **_: object) -> None:
        raise SwaraError("its model is not here", fix="Run: swara models pull it")

    monkeypatch.setattr(registry, "embedder_named", gone)


def test_a_take_is_judged_without_the_embedder_of_the_samples(
    swara, stub_tracker, builtin_gone, demo: Path
) -> None:
    done = swara("analyze", demo, "--tonic", "C#3")
    assert (done.code, done.err) == (0, "")
    words = " ".join(done.out.split())
    assert "Not compared with professional samples" in words
    assert "made with the embedder builtin, which cannot be had here: its model is not here" in words
    assert "Every note" in words


def test_a_search_needs_it(swara, assert_one_line, builtin_gone, demo: Path) -> None:
    assert_one_line(swara("search", demo, "--at", 0.3), "swara models pull it", "swara rebuild --embedder")
