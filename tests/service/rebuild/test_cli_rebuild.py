"""What a scheduler sees of a rebuild: exit codes, and a line of JSON for each stage."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from benchmarks.rebuild.choir import relabel, shuffled
from swara.service.embedders.choose import Choice
from swara.service.errors import StoreError
from swara.service.store import current_version


@pytest.fixture
def nightly(studio, swara, monkeypatch: pytest.MonkeyPatch):
    """Run ``swara rebuild`` with stubs in the place of embedder and tracker."""
    monkeypatch.setattr("swara.service.rebuild.rebuild.choose_embedder", lambda *_: Choice(studio.embedder))
    monkeypatch.setattr("swara.service.rebuild.rebuild.pitch_tracker", lambda _: studio.tracker)
    return lambda *words: swara("rebuild", "--store", studio.store.folder, "--jobs", "1", *words)


def test_exit_codes(studio, nightly) -> None:
    first = nightly()
    assert (first.code, first.err) == (0, "")
    assert current_version(studio.store) in first.out
    assert "labels in place: 1.000 of 24 notes" in first.out
    assert nightly().code == 0, "whoever asks for a rebuild has one"
    assert nightly("--if-changed").code == 3
    forced = nightly("--if-changed", "--force")
    assert forced.code == 0
    live = current_version(studio.store)
    relabel(studio.store.corpus, lambda r: replace(r, tonic_hz=1.5 * r.tonic_hz))
    for words in ((), ("--if-changed",), ("--force",)):
        rejected = nightly(*words)
        assert rejected.code == 4
        assert "labels in place fell from 1.000 to 0.000" in " ".join(rejected.out.split())
        assert "swara versions promote" in rejected.out
    assert current_version(studio.store) == live
    studio.store.corpus.write_bytes(b"noise\n")
    failed = nightly("--if-changed")
    assert failed.code == 1
    assert failed.err.startswith("swara: ")
    assert failed.err.count("\n") == 1
    assert nightly("--jobs", "0").code == 2


def test_a_conversion_is_told_beside_what_is_printed(studio, nightly, monkeypatch) -> None:
    def converting(_store, _name, notice):
        notice("Converting stub once, to LiteRT")
        return Choice(studio.embedder)

    monkeypatch.setattr("swara.service.rebuild.rebuild.choose_embedder", converting)
    told = nightly("--json")
    assert told.err == "Converting stub once, to LiteRT\n"
    assert len(lines(told.out)) == 6


def lines(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_line_of_json_for_each_stage(studio, nightly) -> None:
    told = lines(nightly("--json").out)
    assert [line["stage"] for line in told] == ["check", "listen", "learn", "evaluate", "write", "end"]
    assert all(line["seconds"] >= 0 for line in told[:-1])
    assert told[0]["recordings"] == 4
    assert (told[1]["embedded"], told[1]["from_cache"]) == (4, 0)
    assert told[3]["scores"]["labels in place"]["share"] == 1.0
    assert (told[3]["passed"], "promoted" in told[3]) == (True, False)
    assert told[-1]["live"] == told[4]["version"] == current_version(studio.store)
    assert (told[-1]["outcome"], told[-1]["exit_code"]) == ("promoted", 0)
    again = nightly("--json", "--if-changed")
    assert [line["stage"] for line in lines(again.out)] == ["check", "end"]
    assert (lines(again.out)[-1]["outcome"], again.code) == ("nothing new", 3)
    relabel(studio.store.corpus, shuffled(0.9, seed=1))
    *_, evaluated, _, end = lines(nightly("--json").out)
    assert (evaluated["stage"], evaluated["passed"]) == ("evaluate", False)
    assert (end["outcome"], end["exit_code"], bool(end["reasons"])) == ("rejected", 4, True)
    assert end["candidate"] != end["live"]
    studio.store.corpus.write_bytes(b"noise\n")
    failed = nightly("--json")
    assert failed.code == 1
    assert lines(failed.out)[-1]["outcome"] == "failed"
    assert "line 1" in str(lines(failed.out)[-1]["error"])


def test_nothing_is_said_to_be_live_that_could_not_be_written(studio, nightly, monkeypatch) -> None:
    def full(*_, **__):
        raise StoreError("the disk is full")

    monkeypatch.setattr("swara.service.rebuild.rebuild.publish", full)
    failed = nightly("--json")
    assert failed.code == 1
    assert [line["stage"] for line in lines(failed.out)][-2:] == ["evaluate", "end"]
    assert lines(failed.out)[-2]["passed"]
    assert "promoted" not in failed.out


def test_the_learned_tuning_is_used(studio, nightly, swara, demo, stub_tracker) -> None:
    where = ("--store", studio.store.folder)
    none = swara("analyze", demo, "--tuning", "learned", *where)
    assert none.code == 1
    assert "nothing was learned yet" in none.err
    nightly()
    words = ("--no-samples", "--json", "-", "--tonic", "C#3")
    report = swara("analyze", demo, "--tuning", "Learned", *words, *where)
    assert report.code == 0, report.err
    assert json.loads(report.out)["tuning"] == "learned"
    assert "just" in swara("analyze", demo, "--tuning", "learnt", *where).err
