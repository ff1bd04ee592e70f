"""A head is trained, examined beside the live one, kept as a version, and never half there."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from swara.classifier.head_files import read_head, write_head
from swara.classifier.head_scores import score_answers
from swara.data.errors import CorpusError
from swara.service.errors import NoSuchVersion, StoreBusy, StoreDamaged, StoreError
from swara.service.store import current_version
from swara.service.store.heads import live_head
from swara.service.store.lock import writer_lock
from swara.service.training.examine import labels_told
from swara.service.training.train import TrainRequest, plan_training
from swara.service.versions.info import find_version, kept_versions, store_troubles
from swara.service.versions.promote import make_live, roll_back, roll_back_to_shipped


def live(school):
    return live_head(school.store, "instrument", school.folder / "none ships")


def test_a_head_goes_live_and_says_what_it_is(school) -> None:
    made = school.train()
    assert (made.promoted, made.reasons, current_version(school.heads)) == (True, (), made.version)
    assert read_head(live(school), "instrument").labels == ("cello", "flute", "oboe")
    info = find_version(school.heads, "live")
    assert (info.state, info.manifest.metrics) == ("live", made.metrics)
    held_out = made.metrics["held_out"]
    assert held_out["macro_f1"] == 1.0
    assert (held_out["groups"], held_out["recordings"], made.metrics["learned_from"]["recordings"]) == (
        1,
        6,
        24,
    )
    card = made.card.read_text("utf-8")
    for words in (
        "cello, flute, oboe",
        "macro f1 | 1.000 (1.000-1.000)",
        "Credit: by player 0.",
        "CC BY 4.0 (30)",
    ):
        assert words in card


def test_who_was_held_out_is_held_out_again_and_who_taught_never_is(school) -> None:
    before = school.train().metrics["held_out"]["singers"]
    for player in range(5, 11):
        school.play(f"player {player}")
    now = plan_training(school.store, TrainRequest("instrument", school.index))
    held = set(now.held_out.groups)
    assert held > set(before)
    assert held - set(before) <= {f"folders: player {player}" for player in range(5, 11)}
    assert not held & set(now.learned.groups)


def test_what_does_worse_is_kept_and_does_not_go_live(school, trainer) -> None:
    first = school.train()
    school.play("player 5")
    worse = school.train(trainer(wrong=1.0))
    assert (worse.promoted, current_version(school.heads)) == (False, first.version)
    assert any(why.startswith("macro F1 fell from 1.000 to 0.") for why in worse.reasons)
    assert find_version(school.heads, worse.version).state == "rejected"
    make_live(school.heads, worse.version)
    assert live(school) == school.heads.version(worse.version).folder
    assert roll_back(school.heads).id == first.version
    assert live(school) == school.heads.version(first.version).folder


def test_a_first_head_that_is_no_better_than_a_guess_does_not_go_live(school, trainer) -> None:
    deaf = trainer()
    deaf.answers = lambda rows, folder: ["oboe"] * len(rows)
    made = school.train(deaf)
    assert any(why.endswith("to answer always the same would have 0.167") for why in made.reasons)
    assert current_version(school.heads) is None


def test_a_head_that_can_tell_less_does_not_go_live(school) -> None:
    school.train()
    school.rows = [row for row in school.rows if row.instrument != "oboe"]
    school.write()
    made = school.train()
    assert made.reasons == ("it cannot tell oboe, which the live head can",)


def test_finer_outputs_of_a_pitch_head_are_notes_all_the_same(tmp_path) -> None:
    for name, labels in (("fine", [f"{20 + n / 3:.2f}" for n in range(268)]), ("few", ["21", "22"])):
        write_head(tmp_path / name, "pitch", labels, {"a.npz": {}}, trained_on={}, metrics={})
    fine, few = (labels_told(read_head(tmp_path / name)) for name in ("fine", "few"))
    assert (fine, few) == ([str(midi) for midi in range(21, 109)], ["21", "22"])


def test_the_head_that_ships_is_compared_with_and_answers_until_one_is_live(school, trainer) -> None:
    shipped = school.folder / "shipped"
    trainer().fit([*school.rows], shipped, TrainRequest("instrument", school.index).options, lambda *_: None)
    assert live_head(school.store, "instrument", shipped) == shipped
    worse = school.train(trainer(wrong=1.0), shipped=shipped)
    assert not worse.promoted
    assert live_head(school.store, "instrument", shipped) == shipped
    assert store_troubles(school.heads) == ()
    made = school.train(shipped=shipped, force=True)
    assert made.promoted
    with pytest.raises(NoSuchVersion, match="swara versions rollback --head instrument shipped"):
        roll_back(school.heads)
    roll_back_to_shipped(school.heads)
    assert live_head(school.store, "instrument", shipped) == shipped


def test_the_same_is_not_trained_twice_unless_it_is_forced(school, trainer) -> None:
    first, again = school.train(), trainer()
    repeated = school.train(again)
    assert (repeated.version, repeated.made_before, repeated.promoted, again.fitted) == (
        first.version,
        True,
        True,
        0,
    )
    assert school.train(again, force=True).version != first.version
    assert again.fitted == 1


def test_each_head_is_asked_once(school, trainer) -> None:
    school.train()
    again, asked = trainer(), []
    answers = again.answers
    again.answers = lambda rows, folder: asked.append(folder) or answers(rows, folder)
    school.train(again, force=True)
    assert len(asked) == len(set(asked)) == 2


@pytest.mark.parametrize("file", ["head.json", "arrays.npz", "card.md", "manifest.json"])
def test_a_changed_file_is_found_and_rollback_is_named(school, file: str) -> None:
    first = school.train()
    second = school.train(force=True)
    school.lab.harm(school.heads.version(second.version).folder / file)
    with pytest.raises(StoreDamaged, match=rf"{file}.*swara versions rollback --head instrument"):
        live(school)
    assert roll_back(school.heads).id == first.version
    live(school)


def test_old_versions_go(school) -> None:
    for _ in range(8):
        school.train(force=True)
    assert len(kept_versions(school.heads)) <= 6


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
@pytest.mark.parametrize("accident", ["killed", "disk full"])
def test_an_accident_at_any_step_leaves_the_live_head(school, accident, trainer, monkeypatch) -> None:
    monkeypatch.setattr("swara.classifier.head_scores._DRAWS", 10)
    first, known = school.train(), trainer()
    school.play("player 5")
    school.train(known)
    roll_back(school.heads)
    monkeypatch.setattr(known, "fit", known.fit_again)
    seen = []
    for outcome in school.lab.every_step(accident, lambda: school.train(known, force=True)):
        assert outcome.code in (0, 3, -signal.SIGKILL), outcome.said
        assert read_head(live(school), "instrument").labels == ("cello", "flute", "oboe")
        seen.append(current_version(school.heads) != first.version)
    assert len(seen) > 10
    assert seen == sorted(seen)
    school.train(force=True)
    assert [path.name for path in school.heads.versions.iterdir() if path.name.startswith(".")] == []


def test_one_trains_at_a_time_and_a_rebuild_is_not_kept_waiting(school) -> None:
    with writer_lock(school.heads), pytest.raises(StoreBusy):
        school.train()
    with writer_lock(school.store):
        school.train()


def empty(school):
    school.rows[0].path.write_bytes(b"")


def text(school):
    for place in (0, 7):
        school.rows[place].path.write_text(f"no sound {place}")
        from swara.data.storage.disk import sha256_of

        school.change(place, sha256=sha256_of(school.rows[place].path))


BAD = {
    "missing": (lambda s: s.rows[0].path.unlink(), r"1 of 30 recordings missing or changed.*it is missing"),
    "changed": (empty, r"player 0 flute 0\.wav: it was changed since"),
    "undecoded": (text, r"cannot be used: .*player 0 flute 0\.wav.*player 1 flute 1\.wav"),
    "twice": (lambda s: (s.rows.append(s.rows[0]), s.write()), r"line \d+: it is listed twice"),
    "unknown label": (lambda s: s.change(0, instrument="kazoo"), r"cannot learn: kazoo \(1\)"),
    "no label": (lambda s: [s.change(n, instrument="") for n in range(30)], r"no recording has a label"),
    "one class": (lambda s: [s.change(n, instrument="oboe") for n in range(30)], r"nothing to tell apart"),
    "one singer": (
        lambda s: [s.change(n, player="A") for n in range(30)],
        r"all recordings are of one singer",
    ),
    "no index": (lambda s: s.index.unlink(), r"corpus\.csv: the file is missing.*swara corpus add"),
    "no csv": (lambda s: s.index.write_bytes(b"\xff\0"), r"corpus\.csv"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_named_in_one_line_and_leaves_nothing(school, what: str) -> None:
    harm, says = BAD[what]
    harm(school)
    with pytest.raises(CorpusError, match=says) as caught:
        school.train(known_labels=("flute", "cello", "oboe"))
    assert "\n" not in str(caught.value)
    left = [path for path in school.store.folder.rglob("*") if path.is_file() and path.name != ".lock"]
    assert left == []


def test_what_has_no_label_is_left_out_and_said(school) -> None:
    school.change(3, instrument="")
    assert "1 recording left out: nothing in the column instrument" in school.train().warnings


def test_a_store_that_may_not_be_written_is_one_line(school) -> None:
    school.store.folder.parent.mkdir(exist_ok=True)
    school.store.folder.write_text("a file")
    with pytest.raises(StoreError):
        school.train()


def test_figures_are_those_of_scikit_learn_and_intervals_hold_them() -> None:
    from sklearn.metrics import accuracy_score, f1_score

    rng = np.random.default_rng(1)
    truth = rng.choice(["9", "10", "11"], 300)
    said = np.where(rng.random(300) < 0.7, truth, rng.choice(["9", "10", "12", ""], 300))
    scores = score_answers(truth.tolist(), said.tolist(), [f"{n // 10}" for n in range(300)])
    assert scores.labels == ("9", "10", "11", "12")
    assert scores.accuracy == pytest.approx(accuracy_score(truth, said))
    assert scores.macro_f1 == pytest.approx(f1_score(truth, said, labels=["9", "10", "11"], average="macro"))
    low, high = scores.macro_f1_interval
    assert low < scores.macro_f1 < high < low + 0.25
    assert sum(map(sum, scores.confusion)) == 300
    assert scores.answered == pytest.approx((said != "").mean())
    alone = score_answers(truth.tolist(), said.tolist(), ["one"] * 300)
    assert alone.accuracy_interval[0] < alone.accuracy < alone.accuracy_interval[1]
