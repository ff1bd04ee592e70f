from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import soundfile


def test_a_take_beside_itself_on_any_output(swara, demo, tmp_path):
    page, rows = tmp_path / "page.html", tmp_path / "rows.csv"
    done = swara("compare", demo, demo, "--tonic", "C#3", "--report", page, "--csv", rows)
    assert done.code == 0
    assert "You follow the guru's line: all 7 notes, in tune and in time." in done.out
    assert list(csv.reader(rows.open()))[1:] == []
    html = page.read_text("utf-8")
    assert html.count("data:audio/") == 2
    assert "http" not in html.replace("http-equiv", "").replace("http://www.w3.org", "")
    told = json.loads(swara("compare", demo, demo, "--json", "-").out)
    assert (told["schema"], told["findings"], len(told["phrases"])) == ("swara.compare/1", [], 1)


def test_what_cannot_be_compared_is_said_in_a_line(swara, demo, tmp_path, assert_one_line):
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(16000), 16000)
    page, told = tmp_path / "page.html", tmp_path / "told.json"
    done = swara("compare", demo, silent, "--report", page, "--json", told)
    assert "No steady note was found in the guru's take" in done.out
    assert "0.00-0.00" not in done.out
    assert (done.code, done.err) == (1, f"swara: nothing could be compared; {page} is not written.\n")
    assert f"  Written: {told}\n" in done.out
    assert not page.exists()
    assert json.loads(told.read_text("utf-8"))["notes"] == []
    phrase = swara("search", silent, "--phrase", "0-1")  # nobody's Sa is what it lacks
    assert_one_line(phrase, "nothing is sung from 0 to 1 s")
    for words in (
        (demo, tmp_path / "gone.wav"),
        (demo, demo, "--guru-tonic", "H"),
        (demo, demo, "--json", demo),
        (demo, demo, "--csv", tmp_path / "one", "--report", tmp_path / "one"),
    ):
        assert_one_line(swara("compare", *words))
    for words in (("-", "-"), (demo, demo, "--csv", "-")):
        assert swara("compare", *words).code == 2


@pytest.mark.parametrize("columns", ["40", "100"])
def test_it_fits_the_terminal(swara, demo, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    assert max(map(len, swara("compare", demo, demo).out.splitlines())) <= int(columns)
