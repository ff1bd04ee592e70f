"""What a scheduler sees of a rebuild: exit codes, and a line of JSON for each stage."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.rebuild.choir import relabel, shuffled
from swara.data.errors import OutputError
from swara.service.embedders.choose import Choice
from swara.service.errors import StoreError
from swara.service.store import current_version
from swara.service.store.manifest import code_version


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
    assert len({line["run"] for line in told}) == 1
    assert [line["total_seconds"] for line in told] == sorted(line["total_seconds"] for line in told)
    assert all(datetime.fromisoformat(line["at"]).tzinfo for line in told)
    assert {line["swara"] for line in told} == {code_version()}
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
    assert (lines(failed.out)[-1]["outcome"], lines(failed.out)[-1]["exit_code"]) == ("failed", 1)
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


def figures(file: Path) -> dict[str, float]:
    """What Prometheus reads, by name and labels."""
    return {
        " ".join((sample.name.removeprefix("swara_"), *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(file.read_text("utf-8"))
        for sample in family.samples
    }


def test_figures_for_prometheus_whatever_came_of_the_run(studio, nightly, tmp_path: Path) -> None:
    file = tmp_path / "collector" / "swara.prom"
    nowhere = nightly("--json", "--metrics", file)
    assert (nowhere.code, lines(nowhere.out)[-1]["outcome"]) == (1, "failed")
    assert current_version(studio.store) is None, "seen before the work, not after a night of it"
    file.parent.mkdir()
    assert nightly("--metrics", file).code == 0
    first = figures(file)
    assert first["rebuild_exit_code"] == 0
    assert [first[f"rebuild_outcome {each}"] for each in ("promoted", "rejected", "failed")] == [1, 0, 0]
    assert (first["live_samples"], first["live_notes"], first["samples_known"]) == (4, 24, 4)
    assert first["gate_score labels in place new"] == first["live_score labels in place"] == 1.0
    assert 0 < first["rebuild_stage_seconds listen"] < first["rebuild_duration_seconds"]
    assert nightly("--if-changed", "--metrics", file).code == 3
    later = figures(file)
    assert later["rebuild_exit_code"] == 3
    assert later["live_version_age_seconds"] > first["live_version_age_seconds"] > 0
    assert later["live_version_timestamp_seconds"] == first["live_version_timestamp_seconds"]
    assert any(
        current_version(studio.store) in name for name in later if name.startswith("live_version_info")
    )
    relabel(studio.store.corpus, shuffled(0.9, seed=1))
    assert nightly("--metrics", file).code == 4
    assert (figures(file)["gate_passed"], figures(file)["gate_reasons"] > 0) == (0, True)
    studio.store.corpus.write_bytes(b"noise\n")
    assert nightly("--metrics", file).code == 1
    failed = figures(file)
    assert (failed["rebuild_outcome failed"], failed["live_samples"]) == (1, 4)
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_figures_that_cannot_be_written_at_last_are_a_warning(studio, nightly, tmp_path, monkeypatch) -> None:
    def full(*_, **__):
        raise OutputError("no space left on device")

    monkeypatch.setattr("swara.service.rebuild.run_log.write_bytes", full)
    told = nightly("--json", "--metrics", tmp_path / "swara.prom")
    end = lines(told.out)[-1]
    assert (told.code, end["outcome"]) == (0, "promoted")
    assert any("no space left" in warning for warning in end["warnings"])


def test_a_run_bears_the_id_that_the_scheduler_gave_it(nightly, monkeypatch) -> None:
    monkeypatch.setenv("SWARA_RUN_ID", "night-17")
    assert {line["run"] for line in lines(nightly("--json").out)} == {"night-17"}


def test_a_store_that_cannot_be_looked_at_is_one_line(swara, tmp_path: Path) -> None:
    file = tmp_path / "swara.prom"
    done = swara("rebuild", "--store", tmp_path / ("a" * 300), "--metrics", file)
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "cannot be read: file name too long" in done.err
    assert figures(file)["rebuild_outcome failed"] == 1


@pytest.mark.parametrize("place", ["a slip", "an empty folder", "a folder of something else"])
def test_a_store_is_made_only_where_that_is_asked_for(
    studio, nightly, swara, tmp_path: Path, place: str
) -> None:
    folder = tmp_path / "volume"
    if place != "a slip":
        folder.mkdir()
    if place == "a folder of something else":
        (folder / "letters.txt").write_text("dear")
    before = sorted(folder.glob("*"))
    missed = swara("rebuild", "--store", folder, "--json")
    (end,) = lines(missed.out)
    assert (missed.code, end["outcome"]) == (1, "failed")
    assert missed.err.count("\n") == 1
    assert all(words in missed.err for words in ("there is no store", str(folder), "--init"))
    assert sorted(folder.glob("*")) == before
    (folder if before else tmp_path).joinpath("x").write_text("")
    folder.mkdir(exist_ok=True)
    (folder / "corpus.jsonl").write_bytes(studio.store.corpus.read_bytes())
    assert nightly().code == 0
    made = swara("rebuild", "--store", tmp_path / "new", "--init", "--jobs", "1")
    assert (made.code, made.err.count("\n")) == (1, 1), "nothing is bundled here: too little to learn from"
    assert "too few labelled notes" in made.err
