"""``swara models``, as it is typed."""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
from pathlib import Path

import pytest

from swara.embedder.hub.pull import pullable


@pytest.fixture
def run(swara, models: Path, monkeypatch: pytest.MonkeyPatch):
    """Run ``swara models``; return exit code, stdout (its spaces single) and stderr."""
    monkeypatch.setenv("COLUMNS", "300")

    def run(*words: object) -> tuple[int, str, str]:
        done = swara("models", *words)
        return done.code, " ".join(done.out.split()), done.err

    return run


@pytest.fixture
def known(lite, kaggle, monkeypatch: pytest.MonkeyPatch):
    """A TFLite file that is the right one by its digest; its contract is taken for granted."""
    model, content = lite
    kaggle.files, kaggle.troubled = {"1.tflite": content}, "1.tflite"
    monkeypatch.setattr(
        "swara.embedder.hub.pull.pullable", lambda name: model if name == model.name else pullable(name)
    )
    # By its module: the package has a function of that name.
    monkeypatch.setattr(
        sys.modules["swara.embedder.hub.pull.inventory"], "CATALOGUE", (pullable("yamnet"), model)
    )
    monkeypatch.setattr("swara.embedder.hub.pull.check_documented", lambda *_: None)
    return model


def test_pull_list_verify_remove(run, known, models: Path) -> None:
    digest = known.file_sha256[:12]

    code, out, err = run("pull", known.name)
    assert (code, err) == (0, "")
    assert "yamnet-tflite is here now." in out
    assert digest in out
    assert str(models / "yamnet-tflite") in out

    assert "was here already, and is unchanged" in run("pull", known.name)[1]

    code, out, _ = run("list")
    assert code == 0
    assert f"yamnet-tflite pulled 0.0 MB {digest}" in out
    assert f"here in {models / 'yamnet-tflite' / 'model.tflite'}".replace(" ", "") in out.replace(" ", "")
    assert "yamnet not here" in out

    assert run("verify") == (0, "yamnet-tflite: 1 file is as pulled; it does what is documented.", "")
    assert run("verify", known.name)[0] == 0

    told = {verb: json.loads(run(verb, known.name, "--json")[1]) for verb in ("pull", "verify", "remove")}
    assert (told["pull"]["new"], told["pull"]["digest"][:12]) == (False, digest)
    assert told["verify"]["models"] == [{"name": known.name, "trouble": None}]
    assert (told["remove"]["path"], told["remove"]["live"]) == (str(models / "yamnet-tflite"), None)
    run("pull", known.name)

    code, out, _ = run("remove", known.name)
    assert (code, out) == (0, f"yamnet-tflite is removed: {models / 'yamnet-tflite'}")
    assert run("verify")[1] == "No model is here. To get one: swara models pull yamnet"


@pytest.fixture
def taken_for_granted(contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract of a SavedModel, and TensorFlow, which runs it."""
    monkeypatch.setattr("swara.embedder.hub.pull.check_needs", lambda _: None)
    monkeypatch.setattr("swara.embedder.hub.pull.check_documented", contract)


def test_it_is_said_how_much_was_checked(run, archive: Path, taken_for_granted) -> None:
    for words in (("pull", "vggish", "--from", archive), ("verify", "vggish")):
        code, out, _ = run(*words)
        assert code == 0
        assert "its shapes are those documented, and no more than shapes can be checked." in out
        assert "does what is documented" not in out
    _, out, _ = run("pull", "yamnet", "--from", archive)
    assert "not the one that TF Hub served" in out
    assert hashlib.sha256(archive.read_bytes()).hexdigest() in out
    assert "does what is documented" in out


def test_verify_names_the_damaged_file_and_fails(run, known, models: Path) -> None:
    run("pull", known.name)
    path = models / "yamnet-tflite" / "model.tflite"
    path.write_bytes(path.read_bytes()[:-3])

    for words in (("verify",), ("verify", known.name)):
        code, out, err = run(*words)
        assert code == 1
        assert err.count("\n") == 1
        assert str(path) in err
    code, out, err = run("verify", "--json")
    assert (code, err.count("\n"), json.loads(out)["ok"]) == (1, 1, False)
    assert str(path) in json.loads(out)["models"][0]["trouble"]

    code, out, _ = run("pull", known.name)
    assert code == 0
    assert f"Replaced what was there: {path}: the file holds".replace(" ", "") in out.replace(" ", "")
    assert "swara models pull" not in out
    assert run("verify")[0] == 0


def test_what_goes_wrong_is_one_line(run, kaggle, tmp_path: Path, names_in, models: Path) -> None:
    kaggle.plan("404", listing=True)
    page = tmp_path / "page.html"
    page.write_bytes(b"<html>")
    for words, said in (
        (("pull", "yamnet-tflite"), "answers 404"),
        (("pull", "yamnet-tflite", "--from", page), "web page"),
        (("pull", "yamnet-tflite", "--from", tmp_path / "absent"), "neither a file nor a folder"),
        (("pull", "crepe"), "Choose one of: yamnet, vggish, yamnet-tflite"),
        (("verify", "crepe"), "Choose one of"),
        (("verify", "vggish"), "swara models pull vggish"),
        (("remove", "vggish"), "not on this machine"),
    ):
        code, out, err = run(*words)
        assert (code, out, err.count("\n")) == (1, "", 1), err
        assert said in err
    assert names_in(models) == set()


def test_without_tensorflow_nothing_is_downloaded_in_vain(
    run, kaggle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swara.embedder.hub.pull.catalogue.importlib.util.find_spec", lambda _: None)

    code, _, err = run("pull", "yamnet")

    assert code == 1
    assert re.search(r"pip install .*'tensorflow>=[\d.]+'", err)
    assert kaggle.asked == []


def test_a_terminal_sees_how_far_it_has_come(run, known, kaggle, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    kaggle.plan("503")

    assert run("pull", known.name)[0] == 0

    for words in ("Downloading", "of 4.1 MB", "Trying again, since the server answers 503", "Unpacking"):
        assert words in terminal.getvalue()
