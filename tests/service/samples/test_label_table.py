"""Many samples mended by one table: what is noted then, and which rows are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from swara.data.errors import CorpusError
from swara.data.sample_corpus.corpus import append_recordings, append_removal, pack_recordings, read_corpus
from swara.service.samples.edit import mended
from swara.service.samples.edit_table import label_by_table
from swara.service.store import Layout

A2_HZ = 110.0


@pytest.fixture
def many(tmp_path: Path, sung, noted, tracker):
    """A store of three single notes, and a way to mend them by the rows of a table."""
    store = Layout(tmp_path / "store")
    for place, cents in enumerate((0.0, 386.3, 702.0)):
        path = sung(tmp_path / "notes" / f"note {place}.wav", [(cents, 0.8)], A2_HZ)
        append_recordings(store.corpus, [noted(path, tonic_hz=A2_HZ)])

    def label(*rows: str):
        table = tmp_path / "labels.csv"
        table.write_text("\n".join(rows) + "\n", "utf-8")
        return label_by_table(store, table, tracker=tracker)

    label.store, label.tracker, label.folder = store, tracker, tmp_path
    return label


def test_a_table_mends_many_in_one_go(many) -> None:
    first, second, third = read_corpus(many.store.corpus)
    before = many.store.corpus.read_bytes()
    done = many(
        "Id;Path;Singer;Licence",
        f"{first.id};;Lata Rao;",
        f";notes/{Path(second.path).name};Lata Rao;mine",
        f"{third.id[:8]};;{third.singer};",
    )
    assert (done.ok, len(done.mended), done.as_before) == (True, 2, (third.id,))
    after = read_corpus(many.store.corpus)
    assert [each.singer for each in after] == ["Lata Rao", "Lata Rao", third.singer]
    assert (after[1].licence, after[0].licence) == ("mine", first.licence)
    assert many.store.corpus.read_bytes().startswith(before)
    assert many.tracker.heard == 0, "words need no look at the sound"
    again = many("id,singer", f"{first.id},Lata Rao", f"{second.id},Lata Rao")
    assert (again.mended, len(again.as_before)) == ((), 2)
    assert len(many.store.corpus.read_bytes().splitlines()) == 5


def test_a_recording_at_a_url_is_named_by_it_and_not_fetched(many) -> None:
    first = read_corpus(many.store.corpus)[0]
    url = "nowhere://bucket/note.wav"
    append_recordings(many.store.corpus, [replace(first, path=url)])
    done = many("path,singer", f"{url},Lata Rao", "notes/note 1.wav,Lata Rao")
    assert (done.ok, len(done.mended)) == (True, 2)


def test_what_was_removed_meanwhile_stays_removed(many, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, _ = read_corpus(many.store.corpus)

    def slow(*given):
        if first in read_corpus(many.store.corpus):
            append_removal(many.store.corpus, first.id)
        return mended(*given)

    monkeypatch.setattr("swara.service.samples.edit_table.mended", slow)
    done = many("id,singer", f"{first.id},Lata Rao", f"{second.id},Lata Rao")
    assert [each.after.id for each in done.mended] == [second.id]
    assert first.id in str(done.refused[0].error)
    assert first.id not in {each.id for each in read_corpus(many.store.corpus)}


def test_rows_that_cannot_be_used_are_named_and_cost_no_other(many) -> None:
    first, second, _ = read_corpus(many.store.corpus)
    bundled = pack_recordings()[0].id
    done = many(
        "id,path,tonic,swara,raga,singer,start_s",
        f"{first.id},,,Ga,,,",
        "feedfacefeed,,,,,Somebody,",
        ",elsewhere.wav,,,,Somebody,",
        f"{second.id},,X9,,,,",
        f"{second.id},,,,nobody's,,",
        f"{second.id},,,,,,",
        f"{second.id},,,Ga,,,noon",
        f"{bundled},,,,,Somebody,",
        ",,,,,Somebody,",
    )
    lines = [str(each.error) for each in done.refused]
    assert not done.ok
    assert len(lines) == 8
    assert all("labels.csv, line" in line and "\n" not in line for line in lines)
    for words in (
        "no id or path",
        "feedfacefeed",
        "elsewhere.wav",
        "X9",
        "nobody",
        "nothing to mend",
        "noon",
        "bundled",
    ):
        assert any(words in line for line in lines), (words, lines)
    (mended,) = done.mended
    assert [label.swara for label in read_corpus(many.store.corpus)[0].labels] == ["G"]
    assert mended.remarks, "the pitch denies it, which is said"


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (("singer,tonic", "a,b"), "no column id or path"),
        (("id,singre", "a,b"), "singre"),
        (("id,singer",), "no rows"),
        (("",), "no column id or path"),
    ],
)
def test_a_table_of_another_kind_is_refused_in_one_line(many, rows, what: str) -> None:
    with pytest.raises(CorpusError, match=what) as caught:
        many(*rows)
    assert "\n" not in str(caught.value)


def test_from_the_command_line(many, swara) -> None:
    first, *_ = read_corpus(many.store.corpus)
    table = many.folder / "labels.csv"
    table.write_text(f"id,singer\n{first.id},Asha Rao\nzzz,Asha Rao\n", "utf-8")
    where = ("--store", many.store.folder)
    told = swara("samples", "label", "--table", table, *where, "--json")
    content = json.loads(told.out)
    assert (told.code, content["schema"], content["ok"]) == (1, "swara.samples-label/1", False)
    assert [each["id"] for each in content["mended"]] == [first.id]
    assert content["refused"][0]["where"].endswith("labels.csv, line 3")
    table.write_text(f"id,singer\n{first.id},Asha Rao\n", "utf-8")
    again = swara("samples", "label", "--table", table, *where)
    assert (again.code, "0 samples mended, 1 noted so before" in again.out) == (0, True)
    gone = swara("samples", "label", "--table", many.folder / "none.csv", *where)
    assert (gone.code, gone.err.count("\n")) == (1, 1)
    for words in ((), ("abc", "--table", table), ("--table", table, "--singer", "x")):
        assert swara("samples", "label", *words, *where).code == 2
