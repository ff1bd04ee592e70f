"""`swara corpus`: an index is made, shown and checked; what is wrong is one line and exit code 1."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from swara import cli
from swara.raga.errors import SwaraError


@pytest.fixture
def folder(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo take as two of a cello and two of an oboe, told apart by the bytes behind it."""
    monkeypatch.chdir(tmp_path)
    for number, place in enumerate(("cello/Anna", "oboe/Berta", "cello/Anna/2", "oboe/Berta/2")):
        (tmp_path / "in" / place).mkdir(parents=True, exist_ok=True)
        shutil.copy(demo, tmp_path / "in" / place / "take.flac")
        with (tmp_path / "in" / place / "take.flac").open("ab") as file:
            file.write(bytes(number))
    return tmp_path / "in"


def _run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["corpus", *words])
    assert done.exception is None or isinstance(done.exception, SystemExit | SwaraError), done.exception
    return done.exit_code, done.output + (
        str(done.exception) if isinstance(done.exception, SwaraError) else ""
    )


def test_an_index_is_made_shown_and_checked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = _run("add", "folders", "in", "--licence", "CC0")
    assert (code, "4 recordings added, 0 refused" in said) == (0, True)
    code, said = _run("show", "corpus.csv")
    assert code == 0
    assert "One player alone has: cello, oboe" in " ".join(said.split())
    assert _run("check", "corpus.csv")[0] == 0
    (folder / "cello" / "Anna" / "take.flac").unlink()
    code, said = _run("check", "corpus.csv")
    assert (code, "it is missing" in said) == (1, True)
    (folder / "loose.wav").touch()
    code, said = _run("add", "folders", "in", "--licence", "CC0")
    assert (code, "loose.wav: it lies in no folder" in said) == (1, True)


def test_what_cannot_be_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FREESOUND_API_KEY", raising=False)
    assert "no recording lies here" in _run("add", "vocalset", "in")[1]
    assert "FREESOUND_API_KEY is not set" in _run("add", "freesound", "--query", "cello")[1]
    assert "the file is missing" in _run("show", "corpus.csv")[1]
