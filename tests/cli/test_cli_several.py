"""Several takes in one call: each is judged, a table sums them up, and a bad one stops no other."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import pytest

WORDS = ("--tonic", "C#3", "--no-samples")


@pytest.fixture
def folder(demo, tmp_path) -> Path:
    """Two takes of one name, what is no recording, what is no audio, and a pipe."""
    takes = tmp_path / "takes"
    for day in ("monday", "tuesday"):
        (takes / day).mkdir(parents=True)
        shutil.copy(demo, takes / day / "take.flac")
    (takes / "bad.wav").write_text("nothing")
    (takes / "notes.txt").write_text("nothing")
    os.mkfifo(takes / "pipe.wav")
    return takes


def test_a_folder_is_judged_take_by_take(swara, demo, folder, tmp_path):
    table, out = tmp_path / "summary.csv", tmp_path / "out"
    done = swara("analyze", folder, demo, *WORDS, "--summary", table, "--json", out, "--csv", out)
    assert done.code == 1
    assert [line.split(":")[1].strip() for line in done.err.splitlines()] == [
        str(folder / "pipe.wav"),
        str(folder / "bad.wav"),
    ]
    assert "3 takes analyzed, 2 could not be, 1 file without sound passed over." in done.out

    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    sung = [row for row in rows if not row["error"]]
    assert [row["take"] for row in sung] == ["monday/take.flac", "tuesday/take.flac", str(demo)]
    alone = json.loads(swara("analyze", demo, *WORDS, "--json", "-").out)
    for row in sung:
        assert (float(row["low"]), int(row["notes"])) == (alone["verdict_shares"]["low"], len(alone["notes"]))
    names = ("monday-take", "tuesday-take", "take")
    assert sorted(path.name for path in out.iterdir()) == sorted(
        f"{name}.{kind}" for name in names for kind in ("json", "csv")
    )
    for name in names:
        assert json.loads((out / f"{name}.json").read_text("utf-8"))["notes"] == alone["notes"]


def test_a_take_that_is_named_twice_is_judged_once_and_quiet_is_quiet(swara, demo, tmp_path):
    shutil.copy(demo, tmp_path / "take.flac")
    again = tmp_path / "take.flac"
    assert swara("analyze", again, tmp_path, *WORDS, "-q") == (0, "", "")
    assert "1 take analyzed." in swara("analyze", again, tmp_path, *WORDS).out


def test_names_alike_get_a_number_and_no_name_is_computed_by_a_spreadsheet(swara, demo, tmp_path):
    for name in ("Take.flac", "one/take.flac", "one/=1+1.flac"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(demo, tmp_path / name)
    takes, table = [tmp_path / "Take.flac", tmp_path / "one"], tmp_path / "summary.csv"
    assert swara("analyze", *takes, *WORDS, "-q", "--json", tmp_path / "out", "--summary", table).code == 0
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["=1+1.json", "Take.json", "take-2.json"]
    assert "\n'=1+1.flac," in table.read_text("utf-8")


@pytest.mark.parametrize("option", ["--target", "--summary"])
def test_no_take_is_written_over(swara, demo, tmp_path, option):
    for name in ("a.flac", "a.wav"):
        shutil.copy(demo, tmp_path / name)
    place = tmp_path if option == "--target" else tmp_path / "a.wav"
    done = swara("analyze", tmp_path, *WORDS, option, place)
    assert (done.code, done.out) == (1, "")
    assert "a.wav: this is one of the takes" in done.err
    assert (tmp_path / "a.wav").read_bytes() == demo.read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--json", "-"), 2, "give --json a folder"),
        (("--plot", "FILE"), 1, "this is a file; several takes are written into a folder"),
        (("--summary", "FILE/no"), 1, "FILE"),
        (("EMPTY",), 1, "no audio in this folder"),
    ],
)
def test_what_cannot_be_is_said_before_the_first_take(swara, demo, tmp_path, monkeypatch, words, code, says):
    monkeypatch.setattr("swara.service.export.take_files.pitch_tracker", lambda name: pytest.fail("analyzed"))
    (tmp_path / "FILE").touch()
    (tmp_path / "EMPTY").mkdir()
    known = {word: str(tmp_path / word) for word in ("FILE", "FILE/no", "EMPTY")}
    done = swara("analyze", demo, demo, *(known.get(word, word) for word in words), "--no-samples")
    assert done.code == code
    assert says in " ".join(done.err.replace("\u2502", " ").split())
