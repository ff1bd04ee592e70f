"""The history keeps each singing once, survives what disks do, and says no more than it knows."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from swara.classifier.notes import PRESETS
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack
from swara.data.take import Tonic
from swara.raga.errors import SwaraError
from swara.service.errors import StoreBusy, StoreDamaged, StoreError, StoreNewer
from swara.service.history import keeping as database
from swara.service.history.choices import Choices, load_choices, save_choices
from swara.service.history.export import history_csv, history_dict
from swara.service.history.keeping import FIRST_NOTICE, keep_take, sound_of
from swara.service.history.takes import TakeHistory, begin_history
from swara.service.history.trends import swara_trends, weakest_swara, weakest_words, weeks
from swara.service.store import Layout
from swara.service.take.report import SwaraStats, TakeReport

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHARES = {"perfect": 0.5, "in tune": 0.25, "low": 0.25, "high": 0.0, "unsure": 0.0}


def stats(swara: str, share: float, notes: int = 10, bias: float = 0.0) -> SwaraStats:
    return SwaraStats(swara, "madhya", notes, float(notes), bias, 4.0, share)


def take(seed: int = 0, *, raga: str = "Bhupali", source: str = "take.wav", swaras=(), preset="student"):
    """A report of a take that was sung as no other seed is."""
    hz = np.random.default_rng(seed).uniform(100, 300, 50)
    track = PitchTrack(0.01 * np.arange(50), hz, np.full(50, 0.9), np.ones(50, bool))
    return TakeReport(
        source=source,
        duration_s=60.0,
        tonic=Tonic(138.59, "C#3", 1.0, "given", None),
        raga=raga,
        raga_source="given",
        tuning="just",
        thresholds=PRESETS[preset],
        segments=(),
        per_swara=tuple(swaras),
        worst=(),
        drift=None,
        verdict_shares=dict(SHARES),
        foreign_share=0.0,
        warnings=(),
        verdict="Mostly in tune.",
        track=track,
    )


@pytest.fixture
def store(tmp_path) -> Layout:
    return Layout(tmp_path / "store")


@pytest.fixture
def history(store) -> TakeHistory:
    return TakeHistory(store)


def test_what_is_kept_is_what_the_report_says(history):
    swaras = (stats("Sa", 1.0), stats("Ga", 0.5, bias=-12.5))

    number, first = history.add(take(swaras=swaras), "live", at=MONDAY)

    (kept,) = history.takes()
    assert (number, first) == (kept.id, True)
    assert (kept.at, kept.kind, kept.source, kept.raga) == (MONDAY, "live", "take.wav", "Bhupali")
    assert (kept.sa_hz, kept.sa_name, kept.preset, kept.in_tune_cents) == (138.59, "C#3", "student", 25.0)
    assert kept.verdict_shares == SHARES
    assert kept.in_tune_share == pytest.approx(0.75)
    assert kept.per_swara == swaras
    half = replace(kept, verdict_shares={"perfect": 0.3, "in tune": 0.1, "low": 0.1, "unsure": 0.5})
    assert half.in_tune_share == pytest.approx(0.8), "of what was judged, as the report has it"


def test_the_same_singing_is_kept_once_for_each_setting_and_counts_once(history):
    history.add(take(swaras=[stats("Ga", 0.2)]), "analyze", at=MONDAY)
    history.add(take(swaras=[stats("Ga", 0.4)], source="copy.mp3"), "upload", at=MONDAY + timedelta(days=9))
    (kept,) = history.takes()
    assert (kept.at, kept.source, kept.per_swara[0].in_tune_share) == (MONDAY, "copy.mp3", 0.4)

    history.add(take(swaras=[stats("Ga", 0.8)], preset="learner"), "analyze", at=MONDAY)
    history.add(take(1, swaras=[stats("Ga", 1.0)]), "analyze", at=MONDAY)
    assert len(history.takes()) == 3
    (ga,) = swara_trends(history.takes())
    assert (ga.takes, ga.notes, ga.in_tune_share) == (2, 20, pytest.approx(0.9))


def test_takes_are_chosen_by_raga_and_time_and_deleted_with_their_sound(history, store):
    sound = Clip(np.zeros(160, np.float32), 16_000)
    first, _ = history.add(take(0), "live", at=MONDAY, sound=sound)
    second, _ = history.add(take(1, raga="Yaman"), "live", at=MONDAY + timedelta(days=1), sound=sound)

    assert [each.id for each in history.takes(raga="Yaman")] == [second]
    assert [each.id for each in history.takes(since=MONDAY + timedelta(hours=1))] == [second]
    assert sound_of(store, first).exists()
    assert history.delete(first) == 1
    assert not sound_of(store, first).exists()
    with pytest.raises(StoreError, match="no take 1 is kept"):
        history.delete(first)
    assert history.delete() == 1
    assert history.takes() == ()
    assert history.add(take(2), "live")[0] > second  # a number is never another take's
    assert b"Mostly in tune" in store.history.read_bytes()
    assert history.delete() == 1
    assert b"Mostly in tune" not in store.history.read_bytes()


def test_takes_are_chosen_by_singer_who_stays_where_nobody_says(history, store):
    for seed, singer in enumerate(("Anna", " anna", "Bea", "")):
        history.add(take(seed), "analyze", singer=singer)
    history.add(take(2), "live")
    assert [each.singer for each in history.takes()] == ["Anna", "anna", "Bea", ""]
    history.add(take(3), "analyze", singer="Bea")
    assert [len(history.takes(singer=each)) for each in ("ANNA", "bea")] == [2, 2]
    with pytest.raises(StoreError, match=r'(?i)no take of "Ana" is kept\. The nearest name is Anna\.'):
        history.takes(singer="Ana")
    rows = csv.DictReader(io.StringIO(history_csv(history.takes(singer="bea"))))
    assert [row["singer"] for row in rows] == ["Bea", "Bea"]
    for seed, odd in enumerate(("-", "\udce9va", "मीरा"), 4):
        history.add(take(seed), "analyze")  # nobody's: of "-" alone no letter is left
        history.add(take(10 + seed), "analyze", singer=odd)
        assert [each.digest for each in history.takes(singer=odd)] == [history.takes()[-1].digest]
    with sqlite3.connect(store.history) as opened:  # as the release before left it
        opened.execute("ALTER TABLE takes DROP COLUMN singer")
        opened.execute("PRAGMA user_version = 1")
    opened.close()
    assert {each.singer for each in history.takes()} == {""}


def test_the_first_take_says_that_takes_are_kept_and_no_other_does(store):
    assert keep_take(store, take(0), "analyze", {"SWARA_HISTORY": "off"}) is None
    assert not store.history.exists()
    assert keep_take(store, take(0), "analyze", {}) == FIRST_NOTICE
    assert keep_take(store, take(1), "analyze", {}) is None
    TakeHistory(store).delete()
    assert keep_take(store, take(2), "analyze", {}) is None
    save_choices(store, {"history": False})
    assert keep_take(store, take(3), "analyze", {}) is None
    assert len(TakeHistory(store).takes()) == 1


def test_who_stops_is_told_before_the_take_is_judged_and_sound_is_kept_if_asked_for(store):
    sound = Clip(np.zeros(160, np.float32), 16_000)
    for kept in (False, True):
        save_choices(store, {"keep_sound": kept})
        assert keep_take(store, take(kept), "live", {}, sound=lambda: sound) == (
            None if kept else FIRST_NOTICE
        )
        assert [each.exists() for each in (sound_of(store, 1), sound_of(store, 2))] == [False, kept]
    fresh = Layout(store.folder / "fresh")
    assert begin_history(fresh, {"SWARA_HISTORY": "off"}) is None
    assert not fresh.folder.exists()
    save_choices(fresh, {"keep_sound": True})
    assert "take and its sound are kept" in begin_history(fresh, {})
    assert begin_history(fresh, {}) is None
    assert keep_take(fresh, take(0), "live", {}) is None
    fresh.history.write_bytes(b"no database" * 1000)
    assert "not kept" in begin_history(fresh, {})


def break_it(store: Layout, how: str, monkeypatch) -> None:
    TakeHistory(store).add(take(0), "live")
    file = store.history
    match how:
        case "garbage":
            file.write_bytes(b"no database" * 1000)
        case "cut":
            file.write_bytes(file.read_bytes()[:5000])
        case "foreign":
            file.unlink()
            with sqlite3.connect(file) as other:
                other.execute("CREATE TABLE other (x)")
                other.execute(f"PRAGMA user_version = {len(database.MIGRATIONS)}")
            other.close()
        case "newer":
            with sqlite3.connect(file) as other:
                other.execute("PRAGMA user_version = 99")
            other.close()
        case "folder":
            file.unlink()
            file.mkdir()


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("garbage", StoreDamaged),
        ("cut", StoreDamaged),
        ("foreign", StoreDamaged),
        ("newer", StoreNewer),
        ("folder", StoreError),
    ],
)
def test_a_history_that_cannot_be_used_is_one_line_and_no_end(store, how, error, monkeypatch):
    break_it(store, how, monkeypatch)
    before = store.history.read_bytes() if store.history.is_file() else None

    words = keep_take(store, take(1), "analyze", {})

    assert words is not None
    assert words.startswith("This take is not kept in the history: ")
    assert str(store.history) in words
    assert "\n" not in words
    assert before is None or store.history.read_bytes() == before
    with pytest.raises(error):
        TakeHistory(store).add(take(2), "analyze")


def test_a_full_disk_keeps_nothing_and_loses_nothing(store, monkeypatch):
    history = TakeHistory(store)
    history.add(take(0), "live")
    connect = database._connect

    def full(uri):
        opened = connect(uri)
        opened.execute(f"PRAGMA max_page_count = {opened.execute('PRAGMA page_count').fetchone()[0]}")
        return opened

    monkeypatch.setattr(database, "_connect", full)
    words = keep_take(store, replace(take(1), verdict="long " * 5000), "live", {})
    monkeypatch.undo()

    assert words is not None
    assert "full" in words
    assert [each.verdict for each in history.takes()] == ["Mostly in tune."]


def test_a_store_that_may_only_be_read_is_read_and_says_that_nothing_is_kept(store, monkeypatch):
    history = TakeHistory(store)
    history.add(take(0), "live")
    connect = database._connect
    monkeypatch.setattr(database, "_connect", lambda uri: connect(uri.replace("mode=rwc", "mode=ro")))

    words = keep_take(store, take(1), "live", {})

    assert words is not None
    assert "readonly" in words
    assert len(history.takes()) == 1


def test_a_place_that_is_no_folder_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    words = keep_take(Layout(tmp_path / "file" / "store"), take(), "analyze", {})
    assert words is not None
    assert "not kept" in words


def test_who_writes_for_long_is_waited_for_and_then_named(store, monkeypatch):
    TakeHistory(store).add(take(0), "live")
    monkeypatch.setattr(database, "_WAIT_S", 0.05)
    other = sqlite3.connect(store.history, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        TakeHistory(store).add(take(1), "live")
    other.execute("ROLLBACK")
    other.close()
    TakeHistory(store).add(take(1), "live")


def test_several_processes_begin_and_write_one_history_at_once(store):
    code = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[1]); import test_history as t;"
        "from swara.service.store import Layout;"
        "h = t.TakeHistory(Layout(pathlib.Path(sys.argv[2]))); n = int(sys.argv[3]);"
        "print(sum(h.add(t.take(100 * n + i), 'live')[1] for i in range(8)))"
    )
    words = [sys.executable, "-c", code, os.path.dirname(__file__), str(store.folder)]  # noqa: PTH120
    running = [subprocess.Popen([*words, str(n)], stdout=subprocess.PIPE, text=True) for n in range(3)]
    firsts = [int(each.communicate(timeout=60)[0]) for each in running]

    assert sum(firsts) == 1
    assert len(TakeHistory(store).takes()) == 24


def test_an_older_history_is_brought_up_to_date_when_it_is_read(store, monkeypatch):
    TakeHistory(store).add(take(0), "live")
    monkeypatch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, ("CREATE TABLE later (x)",)))

    assert len(TakeHistory(store).takes()) == 1

    with sqlite3.connect(store.history) as opened:
        assert opened.execute("PRAGMA user_version").fetchone()[0] == len(database.MIGRATIONS)
        assert opened.execute("SELECT count(*) FROM later").fetchone() == (0,)
    opened.close()


def test_a_write_that_was_broken_off_is_taken_back_when_takes_are_read(history, store):
    history.add(take(0), "live", singer="Anna")
    with closing(sqlite3.connect(store.history, isolation_level=None)) as broken:
        broken.execute("PRAGMA cache_size = 1")
        broken.execute("BEGIN IMMEDIATE")
        broken.execute("UPDATE takes SET singer = ?", ("Bea" * 10_000,))
        left = {path: path.read_bytes() for path in store.folder.glob("history.sqlite*")}
        assert len(left) == 2
        broken.execute("ROLLBACK")
    for path, content in left.items():  # as a power cut leaves them
        path.write_bytes(content)
    assert [each.singer for each in history.takes()] == ["Anna"]
    assert keep_take(store, take(1), "analyze", {}) is None


def test_weeks_begin_on_monday_and_those_without_a_take_are_there(history):
    for place, (days, share) in enumerate([(0, 0.2), (6, 0.6), (15, 1.0)]):
        history.add(
            take(place, swaras=[stats("Ga", share, bias=-share)]), "live", at=MONDAY + timedelta(days)
        )

    found = weeks(history.takes(), UTC)

    assert [week.monday for week in found] == [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)]
    assert [week.takes for week in found] == [2, 0, 1]
    assert found[0].swaras[0].bias_cents == pytest.approx(-0.4)
    assert found[1].swaras == ()
    assert weeks(history.takes(), UTC) == weeks(history.takes()[::-1], UTC)


@pytest.mark.parametrize(
    ("takes", "weakest", "words"),
    [
        ([[("Ga", 0.2, 10), ("Re", 0.9, 10)]] * 3, "Ga", "Work on Ga first: 20% in tune"),
        ([[("Ga", 0.2, 10), ("Re", 0.9, 10)]], None, "Too little"),  # one take
        ([[("Ga", 0.2, 3), ("Re", 0.9, 10)]] * 2, None, "Too little"),  # 6 notes
        ([[("Ga", 0.2, 10)]] * 3, None, "Too little"),  # weaker than what?
        ([[("Ga", 0.85, 10), ("Re", 0.9, 10)]] * 3, None, "No swara is clearly weaker"),
        ([], None, "Too little"),
    ],
)
def test_the_weakest_swara_is_named_where_enough_was_sung_of_it(history, takes, weakest, words):
    for place, swaras in enumerate(takes):
        history.add(take(place, swaras=[stats(*each) for each in swaras]), "live", at=MONDAY)

    found = weakest_swara(history.takes())

    assert (found.swara if found else None) == weakest
    assert weakest_words(history.takes()).startswith(words)


def test_json_is_plain_and_csv_has_a_line_for_each_swara(history):
    history.add(take(0, source="=1+1", swaras=[stats("Sa", 1.0), stats("Ga", 0.5)]), "live", at=MONDAY)
    history.add(replace(take(1), verdict_shares={}), "live", at=MONDAY)

    fields = json.loads(json.dumps(history_dict(history.takes()), allow_nan=False))
    rows = list(csv.DictReader(io.StringIO(history_csv(history.takes()))))

    assert [each["in_tune_share"] for each in fields["takes"]] == [0.75, None]
    assert [each["name"] for each in fields["swaras"]] == ["Sa", "Ga"]
    assert fields["weakest"] is None
    assert [row["swara"] for row in rows] == ["Sa", "Ga", ""]
    assert rows[0]["source"] == "'=1+1"
    assert (rows[0]["perfect"], rows[0]["in_tune"], rows[1]["in_tune_share"]) == ("0.5", "0.25", "0.5")


def test_choices_are_remembered_beside_one_another(store):
    assert load_choices(store) == Choices()
    assert not store.history.exists()
    save_choices(store, {"tonic": "C#3", "raga": "yaman", "volume": 0.2, "of a newer page": 1})
    assert save_choices(store, {"devanagari": True}).tonic == "C#3"
    assert load_choices(store) == Choices(tonic="C#3", raga="yaman", volume=0.2, devanagari=True)
    with database.writing_history(store) as opened:
        opened.execute("UPDATE remembered SET value = '\"of tomorrow\"' WHERE name = 'raga'")
    assert load_choices(store) == Choices(tonic="C#3", volume=0.2, devanagari=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tonic": 138.6},
        {"tonic": "H9"},
        {"raga": "Kirvani"},
        {"raga": 5},
        {"raga": "x" * 201},
        {"tuning": "odd"},
        {"preset": ""},
        {"tanpura": "SSSS"},
        {"volume": 1.5},
        {"volume": float("nan")},
        {"volume": True},
        {"devanagari": 1},
    ],
)
def test_a_choice_that_means_nothing_is_refused_and_none_beside_it_remembered(store, wrong):
    with pytest.raises(SwaraError):
        save_choices(store, {"keep_sound": True} | wrong)
    assert load_choices(store) == Choices()
