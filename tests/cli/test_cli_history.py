"""``analyze`` keeps each take and says so once; ``history`` shows, writes and deletes them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from swara.service.history.choices import load_choices
from swara.service.history.takes import KeptTake
from swara.service.report.terminal.history_table import render_history
from swara.service.store import Layout
from swara.service.take.report import SwaraStats

KEPT_FROM_NOW_ON = "are kept from now on"


@pytest.fixture
def store(tmp_path, monkeypatch, stub_tracker):
    monkeypatch.delenv("SWARA_HISTORY")
    monkeypatch.setenv("SWARA_STORE", str(tmp_path / "own"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path / "own"


def test_the_first_take_says_that_it_is_kept_and_the_report_stands_as_before(swara, store, demo, monkeypatch):
    words = ("analyze", demo, "--no-samples", "--json", "-", "--store", store)
    none = swara(*words, "--no-history")
    assert not (store / "history.sqlite").exists()
    assert none.err == ""

    first, again = swara(*words), swara(*words)

    assert (first.code, again.code) == (0, 0)
    assert first.out == again.out == none.out
    assert KEPT_FROM_NOW_ON in first.err
    assert again.err == ""
    shown = json.loads(swara("history", "--json", "-", "--store", store).out)
    assert shown["kept"] is True
    assert [take["source"] for take in shown["takes"]] == ["take.flac"]
    monkeypatch.setenv("SWARA_HISTORY", "off")
    assert json.loads(swara("history", "--json", "-", "--store", store).out)["kept"] is False


def test_of_a_folder_each_take_is_kept_and_trouble_is_told_once(swara, store, demo, tmp_path):
    takes = tmp_path / "takes"
    takes.mkdir()
    for name in ("a.flac", "b.flac"):
        (takes / name).write_bytes(demo.read_bytes())
    store.mkdir()
    (store / "history.sqlite").write_bytes(b"no database" * 1000)

    done = swara("analyze", takes, "--no-samples", "--store", store)

    assert done.code == 0
    assert "2 takes analyzed" in done.out
    assert done.err.count("not kept in the history") == 1
    assert swara("analyze", takes, "--no-samples", "--store", store).err == ""  # said once a day
    (mark,) = tmp_path.glob("swara-said-*")
    os.utime(mark, (0, 0))
    assert "not kept in the history" in swara("analyze", takes, "--no-samples", "--store", store).err
    assert swara("history", "--store", store).code == 1


def test_takes_are_shown_written_deleted_and_switched_off(swara, store, demo, tmp_path):
    assert "No take is kept yet" in swara("history").out
    for tonic in ("C#3", "D3"):
        swara("analyze", demo, "--no-samples", "-q", "--tonic", tonic)

    shown = swara("history")
    assert "1 take since" in shown.out  # one singing, judged twice
    assert shown.out.count("take.flac") == 2
    assert "No take is kept yet" in swara("history", "--raga", "yaman").out
    assert swara("history", "--csv", tmp_path / "h.csv") == (0, f"Written: {tmp_path / 'h.csv'}\n", "")
    assert (tmp_path / "h.csv").read_text().startswith("id,at,kind,source,")
    swara("analyze", demo, "--no-samples", "-q", "--tonic", "D3", "--singer", "Anna")
    assert "All singers together" in swara("history").out
    swara("analyze", demo, "--no-samples", "-q", "--tonic", "E3", "--singer", "ANNA")
    assert "1 take of ANNA since" in swara("history", "--singer", "anna").out
    assert "no take of" in swara("history", "--singer", "Bea").err
    assert swara("history", "--csv", "-", "--json", "-").code == 2

    assert swara("history", "delete").code == 2
    assert swara("history", "delete", "99").code == 1
    assert swara("history", "--store", store, "delete", "1").out == "Deleted: 1 take.\n"
    assert swara("history", "delete", "--all").out == "Deleted: 2 takes.\n"
    swara("history", "off")
    swara("analyze", demo, "--no-samples", "-q")
    said = " ".join(swara("history").out.split())
    assert said == "Nothing is kept: the history was switched off. No take is kept."
    assert "switched off" in json.loads(swara("history", "--json", "-").out)["why_not_kept"]
    swara("history", "on")
    swara("analyze", demo, "--no-samples", "-q")
    assert "take.flac" in swara("history").out


def test_sound_is_kept_only_where_that_was_asked_for(swara, store):
    assert load_choices(Layout(store)).keep_sound is False
    for word, kept in (("on", True), ("off", False)):
        assert "kept" in swara("history", "sound", word).out
        assert load_choices(Layout(store)).keep_sound is kept
    assert swara("history", "sound", "perhaps").code == 2


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_weeks_are_shown_within_the_terminal(width, encoding, tmp_path):
    def kept(number):
        at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=4 * number)
        share = 0.4 + 0.05 * number
        per_swara = tuple(
            SwaraStats(name, "madhya", 6, 8.0, bias, 5.0, in_tune)
            for name, bias, in_tune in (("Sa", 0.2, 0.95), ("Ga", number - 30.0, 0.3), ("Dha", 9.0, 0.9))
        )
        shares = {"perfect": share, "in tune": 0.1, "low": 0.5 - share / 2, "high": 0.0, "unsure": 0.0}
        names = ("live", "a long name of a take that was sung.wav", str(number), 60.0, 30.0, 138.6, "C#3")
        judged = ("given", 1.0, "Bhupali", "given", "just", "student", 15.0, 25.0, shares, 0.0, None, None)
        singer = "A name as long as it may be " * 4 if number % 2 else "Bea"
        return KeptTake(number, at, *names, *judged, "Mostly.", "1", per_swara, singer)

    with (tmp_path / "out").open("w", encoding=encoding) as file:
        console = Console(file=file, width=width)
        render_history([kept(number) for number in range(1, 13)], console)
    text = (tmp_path / "out").read_text(encoding=encoding)

    assert max(map(len, text.splitlines())) <= width
    assert "Work on Ga first" in text
    assert "2 more" in text
    assert "cents low" in text
