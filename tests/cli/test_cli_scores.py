"""Scores on the command line: every format of one take, and what is refused before the work."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest
from mido import MidiFile

FORMATS = {
    "--midi": "♪.mid",
    "--musicxml": "♪.musicxml",
    "--staff": "♪.svg",
    "--textgrid": "♪.TextGrid",
    "--jams": "♪.jams",
}


def test_a_take_without_letters_in_its_name_in_every_format(swara, demo: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("verovio") is None:
        pytest.skip("a staff is drawn by verovio")
    take = Path(shutil.copy(demo, tmp_path / "♪.flac"))
    files = {option: tmp_path / name for option, name in FORMATS.items()}
    words = [str(word) for pair in files.items() for word in pair]
    done = swara("notate", take, "--tonic", "C#3", "--script", "devanagari", "--quiet", *words)
    assert (done.code, done.out, done.err) == (0, "", "")
    jams = json.loads(files["--jams"].read_text("utf-8"))
    swaras = [each["value"] for each in jams["annotations"][2]["data"]]
    assert jams["file_metadata"]["title"] == "♪.flac"
    assert len(swaras) >= 7
    played = MidiFile(files["--midi"], charset="utf-8").tracks[0]
    assert [message.text for message in played if message.type == "lyrics"] == swaras
    for option in ("--musicxml", "--staff", "--textgrid"):
        assert "सा" in files[option].read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--midi", "-"), 2, "stdout"),
        (("--midi", "a.wav"), 1, "a.mid"),
        (("--musicxml", "a.xml", "--sa-as", "H"), 1, '--sa-as: "H"'),
        (("--musicxml", "a.xml", "--sa-as", "E9"), 1, '--sa-as: "E9"'),
        (("--jams", "a.jams", "--textgrid", "a.jams"), 1, "jams"),
    ],
)
def test_what_cannot_be_written_is_said_in_one_line(
    swara, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple, code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = swara("notate", demo, *words)
    assert done.code == code
    assert said in done.err
    assert list(tmp_path.iterdir()) == []


def test_notation_that_nobody_sang_is_a_score_too(swara, tmp_path: Path) -> None:
    played, score = tmp_path / "line.mid", tmp_path / "line.musicxml"
    done = swara("notate", "--sing", "S R ^RG~P - D S', S", "--midi", played, "--musicxml", score)
    assert done.code == 0
    said = [message for message in MidiFile(played, charset="utf-8").tracks[0] if message.type == "lyrics"]
    assert [message.text for message in said] == ["S", "R", "R", "G", "P", "D", "S'", "S"]
    assert "<slide " in score.read_text("utf-8")
