from __future__ import annotations

import json
from pathlib import Path

import pytest

from swara.raga.ragas import OWN_RAGAS, RAGAS, raga_named
from swara.service.commands.options import raga_text


def test_the_table_has_a_line_for_each_raga_and_fits_the_terminal(swara, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = swara("ragas")

    lines = done.out.splitlines()
    assert done.code == 0
    assert all(any(line.strip().startswith(raga.display) for line in lines) for raga in RAGAS.values())
    assert max(map(len, lines)) <= 80


def test_the_page_of_a_raga_says_what_tells_it_apart_and_who_says_so(swara) -> None:
    out = " ".join(swara("ragas", "gavati").out.split())

    assert "Descent S' D P m P G m R .n S" in out
    assert "Weak n in the descent" in out
    assert "Bhim By some the same raga" in out
    assert "Darbar (darbar.org, player.darbar.org): Vishwa Mohan Bhatt, Gawati (" in out
    assert "Thaat Khamaj (one source)" in out


def test_a_raga_goes_out_as_ragajson_and_comes_in_as_ones_own(swara, demo, tmp_path: Path) -> None:
    written = json.loads(swara("ragas", "yaman-kalyan", "--json").out)
    assert (written["name"], written["structure"]["vadi"]) == ("Yaman Kalyan", "GA")
    assert len(json.loads(swara("ragas", "--json").out)) == len(RAGAS)

    own = tmp_path / "mine.json"
    own.write_text(json.dumps({**written, "name": "Mine"}), encoding="utf-8")
    named = raga_text(str(own), None)
    assert named is not None
    over = swara("notate", demo, "--raga", own, "--jams", own)
    assert (over.code, over.out) == (1, "")
    assert "the file that the raga is read from" in over.err
    assert json.loads(own.read_text("utf-8"))["name"] == "Mine"
    raga = raga_named(named)
    assert (raga.display, raga.vadi) == ("Mine", "G")
    assert raga.aroha == RAGAS["yaman kalyan"].aroha
    OWN_RAGAS.clear()
    assert raga_named(named).swaras == raga.swaras


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the file is missing"),
        ("{}", '"system" is not Hindustani'),
        ('{"name": "X", "system": "Hindustani", "jaati": 5}', 'another version: it has "jaati"'),
        ("[" + "1, " * 400_000 + "1]", "less than a megabyte"),
    ],
)
def test_a_file_that_is_no_raga_is_named_in_one_line(swara, tmp_path: Path, content, said) -> None:
    path = tmp_path / "odd.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")

    for words in (("ragas", path), ("analyze", "take.wav", "--raga", path)):
        done = swara(*words)
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
        assert f"{path}: " in done.err
        assert said in done.err


def test_an_unknown_raga_is_answered_with_no_other(swara) -> None:
    done = swara("ragas", "Kirvani")
    assert (done.code, done.out) == (1, "")
    assert 'the raga "Kirvani" is not known yet' in done.err
