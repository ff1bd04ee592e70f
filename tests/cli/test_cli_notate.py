from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import soundfile


def test_the_demo_is_written_down_on_any_output(swara, demo, tmp_path):
    page, rows = tmp_path / "page.html", tmp_path / "rows.csv"
    done = swara("notate", demo, "--tonic", "C#3", "--raga", "bhupali", "--html", page, "--csv", rows)
    assert "S R G P~D P G," in done.out
    assert "raga Bhupali: 7 swaras held" in " ".join(done.out.split())
    layers = [(row["layer"], row["letter"]) for row in csv.DictReader(rows.open())]
    assert [letter for layer, letter in layers if layer == "held"] == [*"SRGPDPG"]
    assert layers.count(("glide", "")) == 1
    assert page.read_text("utf-8").count('<span class="sign ') == 7
    assert "सा रे ग प~ध प ग," in swara("notate", demo, "--tonic", "C#3", "--script", "devanagari").out
    assert swara("notate", demo, "--quiet").out == ""


def test_a_tala_goes_with_its_tempo_and_its_sam(swara, demo, assert_one_line):
    beats = ("--tala", "teental", "--tempo", "93", "--sam", "0:00.2")
    assert "Teental" in swara("notate", demo, "--tonic", "C#3", *beats).out
    assert swara("notate", demo, "--tala", "teental").code == 2
    for wrong in (("--sam", "noon"), ("--sam", "nan"), ("--sam", "inf"), ("--tempo", "nan")):
        assert swara("notate", demo, *beats, *wrong).code == 2
    assert_one_line(swara("notate", demo, *beats, "--sam", "1000"), "--sam", "4.8 s")
    slow = " ".join(swara("notate", demo, "--tonic", "C#3", *beats, "--tempo", "4").out.split())
    assert "4 of 7 held swaras begin on the same part of a matra" in slow
    assert_one_line(swara("notate", demo, "--tala", "tintaal16", *beats[2:]), "no tala is called", "Teental")


@pytest.mark.parametrize(
    ("options", "said"),
    [((), "nothing is held"), (("--tonic", "D3"), "nothing is held")],
    ids=["Sa not known", "Sa given"],
)
def test_silence_under_any_name_is_no_notation(swara, tmp_path, options, said):
    for name in ("1.wav", "♪.wav", "-_-.wav"):
        silent = tmp_path / name
        soundfile.write(silent, np.zeros(16000), 16000)
        done = swara("notate", silent, *options, "--html", tmp_path / "page.html")
        assert done.code == 0
        assert said in done.out
        assert name in (tmp_path / "page.html").read_text("utf-8")


def test_a_guessed_sa_is_said_wherever_the_notation_goes(swara, demo, tmp_path):
    names = ("page.html", "a.jams", "a.mid", "a.musicxml")
    files = {name.partition(".")[2]: tmp_path / name for name in names}
    options = [word for name, path in files.items() for word in (f"--{name}".replace("mid", "midi"), path)]
    for tonic, said in (((), True), (("--tonic", "C#3"), False)):
        done = swara("notate", demo, *tonic, *options)
        assert ("--tonic 207.9" in " ".join(done.out.split())) is said
        assert ("Sa C#3 is a guess" in files["html"].read_text("utf-8")) is said
        assert (b"(a guess)" in files["mid"].read_bytes()) is said
        assert ("Sa = C#3 (a guess)" in files["musicxml"].read_text("utf-8")) is said
        assert json.loads(files["jams"].read_text("utf-8"))["sandbox"]["sa_guessed"] is said


def test_a_raga_that_is_not_in_the_take_is_said(swara, demo):
    said = " ".join(swara("notate", demo, "--tonic", "C#3", "--swaras", "S r g m d n").out.split())
    assert "Most of what is held lies outside" in said


def test_what_cannot_be_written_is_said_in_a_line(swara, demo, tmp_path, assert_one_line):
    for words in (
        (tmp_path / "gone.wav",),
        (demo, "--raga", "nothing"),
        (demo, "--html", demo),
        (demo, "--csv", tmp_path / "one", "--html", tmp_path / "one"),
    ):
        assert_one_line(swara("notate", *words))
    assert swara("notate", demo, "--csv", "-").code == 2
