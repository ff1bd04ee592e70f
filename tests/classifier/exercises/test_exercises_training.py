"""Training of the head for exercises: a tiny network for two passes, its file, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swara.classifier import HeadError
from swara.classifier.exercises.features import FEATURES
from swara.classifier.exercises.head import SHIPPED, ExerciseHead, shipped_exercises
from swara.classifier.exercises.line import note_line
from swara.classifier.exercises.training import network, shipped
from swara.classifier.exercises.training.contours import contour_examples, fit_contours
from swara.classifier.exercises.training.examples import TRAINED_ON, kinds_in_turn, pitch_line
from swara.classifier.exercises.training.fit import Heard, fit, make_head, write_weighed
from swara.classifier.head_files import FitOptions
from swara.classifier.window_network import WindowNetwork, exported
from swara.data.corpora.entry import Entry
from swara.data.synth.exercises import KINDS, draw_exercise, draw_singer

pytest.importorskip("tensorflow", reason="training needs tensorflow")
pytestmark = pytest.mark.xdist_group("tensorflow")


def heard(count: int, seed: int) -> list[Heard]:
    """Lines of synthesized contours, beside pictures in which a band tells the kind."""
    rng = np.random.default_rng(seed)
    found = []
    for kind in kinds_in_turn(count):
        drawn = draw_exercise(kind, draw_singer(rng, TRAINED_ON), rng)
        picture = rng.normal(-15.0, 1.0, (32, 16)).astype(np.float16)
        picture[:, 5 * KINDS.index(kind)] += 10.0
        found.append(Heard(note_line(*pitch_line(drawn, rng)), picture, kind))
    return found


def test_a_head_is_trained_exported_and_answers_as_keras_does(tmp_path: Path) -> None:
    passes: list[dict[str, float]] = []
    fitted = make_head(
        heard(24, 1),
        heard(9, 2),
        contour_examples(60, TRAINED_ON, np.random.default_rng(3)),
        tmp_path,
        FitOptions(seed=1, epochs=2, patience=2, learning_rate=1e-2),
        lambda _, figures: passes.append(figures),
        {"seed": 1},
        lambda: network.network(None, 32, 16),
    )
    assert len(passes) == fitted.epochs == 2
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(passes[0])
    assert (9 * fitted.metrics["accuracy"]) % 1 == pytest.approx(0.0, abs=1e-9)  # of all that was watched
    head = ExerciseHead.read(tmp_path)
    assert head.network is not None
    assert head.network.shape == (32, 16)
    rows = np.random.default_rng(4).normal(size=(5, len(FEATURES)))
    assert np.exp(head.judge(rows)).sum(axis=1) == pytest.approx(np.ones(5))
    assert head.content is not None
    contour = fit_contours(*contour_examples(60, TRAINED_ON, np.random.default_rng(5)))
    again = write_weighed(contour, head.content, heard(9, 2), tmp_path / "again", {})
    assert ExerciseHead.read(tmp_path / "again").content == head.content
    assert again.metrics["network_loss"] == fitted.metrics["network_loss"]


def test_a_network_is_kept_with_what_was_said_of_it() -> None:
    content, said = shipped._kept(SHIPPED)
    assert content == shipped_exercises().content
    assert isinstance(said, dict)
    assert said["synthesized"] == shipped.SUNG


def test_the_file_gives_what_keras_gives() -> None:
    """The full network, untrained: what fails when it is converted fails here."""
    model = network.network(None)
    windows = np.random.default_rng(7).normal(size=(2, *model.input_shape[1:3])).astype(np.float32)
    content, difference = exported(network.one_at_a_time(model), windows)
    found = WindowNetwork(content).run(windows)
    assert np.isfinite(found).all()
    assert max(difference, np.abs(found - model.predict(windows[..., None], verbose=0)).max()) < 1e-4


def test_a_file_that_answers_otherwise_is_refused(monkeypatch) -> None:
    model = network.network(1, 32, 16)
    monkeypatch.setattr(model, "predict", lambda windows, **_: np.full((len(windows), 3), 0.5))
    with pytest.raises(HeadError, match="LiteRT and Keras differ by 0"):
        exported(model, np.zeros((2, 32, 16), np.float32))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("scale", "a"), ("scale", "b")], "no two kinds"),
        ([("scale", "a"), ("other", "a")], "one singer alone"),
        ([("", "a")], "no two kinds"),
    ],
)
def test_a_corpus_that_cannot_be_learned_from(rows, says: str, tmp_path: Path) -> None:
    entries = [Entry(Path("x.wav"), "s", player, "CC0", exercise=kind) for kind, player in rows]
    with pytest.raises(HeadError, match=says):
        fit(entries, tmp_path, FitOptions(), lambda *_: None)
