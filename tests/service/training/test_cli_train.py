"""``swara train``, and the versions of trained heads on the command line."""

from __future__ import annotations

import importlib.util
import json

import pytest

from swara.service.store import current_version


@pytest.fixture
def train(school, swara, trainer, monkeypatch):
    """Run ``swara train instrument`` on the school's corpus."""
    monkeypatch.setenv("SWARA_STORE", str(school.store.folder))
    monkeypatch.setattr("swara.service.training.trainers.shipped_head", lambda kind: None)
    words = ("train", "instrument", "--corpus", school.index, "--epochs", 2, "--no-mlflow")

    def run(*more: object, wrong: float = 0.0):
        monkeypatch.setattr("swara.service.training.trainers.trainer_of", lambda kind: trainer(wrong=wrong))
        return swara(*words, *more)

    return run


def test_a_head_is_trained_listed_shown_promoted_and_rolled_back(school, swara, train, tmp_path) -> None:
    done = train("--card", tmp_path / "card.md")
    first = current_version(school.heads)
    assert (done.code, done.err) == (0, "")
    assert f"Live: instrument {first}" in done.out
    assert "macro F1" in done.out
    assert "1.000 (1.000-1.000)" in done.out
    assert (tmp_path / "card.md").read_text("utf-8").startswith("# A head for: instrument")
    again = json.loads(train("--json").out)
    assert (again["version"], again["made_before"], again["promoted"]) == (first, True, True)
    worse = train("--seed", 2, wrong=1.0)
    assert worse.code == 4
    second = next(path.name for path in school.heads.versions.iterdir() if path.name != first)
    assert f"swara versions promote --head instrument {second}" in " ".join(worse.out.split())
    listed = swara("versions", "list", "--head", "instrument").out
    assert [line.split()[:2] for line in listed.splitlines() if line.split()[:1] in ([first], [second])] == [
        [second, "rejected"],
        [first, "live"],
    ]
    assert "Macro F1" in listed
    assert swara("versions", "promote", second, "--head", "instrument").out == f"Live: {second}\n"
    assert "rejected: macro F1 fell" in swara("versions", "show", "--head", "instrument").out
    assert "Recordings added: 0" in swara("versions", "diff", first, second, "--head", "instrument").out
    assert swara("versions", "rollback", "--head", "instrument").out == f"Live: {first}\n"
    told = swara("versions", "rollback", "shipped", "--head", "instrument", "--json").out
    assert (json.loads(told)["id"], json.loads(told)["live"]) == ("shipped", True)
    assert (
        swara("versions", "rollback", "shipped", "--head", "instrument").out == "Live: the head that ships\n"
    )
    assert swara("versions", "list").out.count("swara rebuild") == 1
    assert "swara train pitch --corpus" in " ".join(swara("versions", "list", "--head", "pitch").out.split())


def test_a_dry_run_shows_the_sides_and_writes_nothing(school, train) -> None:
    done = train("--dry-run")
    assert done.code == 0
    assert "Held out: 6 recordings of 1 singer or player." in done.out
    assert "Learned from: 24 recordings of 4 singers or players." in done.out
    told = json.loads(train("--dry-run", "--json").out)
    assert (told["learned"]["recordings"], told["held_out"]["groups"]) == (24, 1)
    assert not school.store.folder.exists()


def test_bad_input_is_one_line(school, train) -> None:
    school.rows[0].path.unlink()
    done = train()
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "swara: " in done.err


def test_a_card_does_not_take_the_place_of_the_index(school, swara) -> None:
    before = school.index.read_bytes()
    done = swara("train", "instrument", "--corpus", school.index, "--card", school.index)
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "this is the index that is read" in done.err
    assert school.index.read_bytes() == before


def test_without_tensorflow_one_line_says_what_to_install(school, swara, monkeypatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name in ("tensorflow", "keras") else found(name)
    )
    done = swara("train", "instrument", "--corpus", school.index)
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "training a head needs TensorFlow" in done.err
    assert "tensorflow>=" in done.err
