"""Temperature, threshold and calibration error, each against a slow or independent reference."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from swara.classifier.note_head.calibration import (
    abstention_threshold,
    expected_calibration_error,
    log_loss,
    temperature_for,
)
from swara.classifier.note_head.metrics import Answers, score
from swara.classifier.note_head.regression import softmax


@pytest.fixture
def rng():
    return np.random.default_rng(8)


@pytest.fixture
def guesses(rng):
    """400 notes of 4 swaras; the scores are honest at temperature 1."""
    scores = rng.normal(0.0, 2.0, (400, 4))
    return scores, np.array([rng.choice(4, p=row) for row in softmax(scores)])


def test_the_log_loss_is_scikit_learns(guesses):
    scores, truth = guesses
    oracle = metrics.log_loss(truth, softmax(scores))
    assert log_loss(softmax(scores), truth) == pytest.approx(oracle, abs=1e-12)


@pytest.mark.parametrize("boasting", [1.0, 2.0, 4.0])
def test_scores_that_boast_are_cooled_by_as_much_and_never_sharpened(guesses, boasting):
    scores, truth = guesses
    assert temperature_for(scores * boasting, truth) == pytest.approx(boasting, rel=0.15)
    sure_and_right = np.eye(3)[[0, 1, 2] * 10] * 5.0
    assert temperature_for(sure_and_right, np.array([0, 1, 2] * 10)) == 1.0


def test_a_class_never_taught_has_no_chance_and_breaks_nothing():
    scores = np.array([[1.0, -np.inf, 0.0], [0.0, -np.inf, 2.0]])
    assert np.isfinite(temperature_for(scores, np.array([0, 2])))
    assert softmax(scores)[:, 1].tolist() == [0.0, 0.0]


def test_the_threshold_is_the_lowest_that_keeps_99_percent_right_or_the_highest_there_is():
    confidence = np.concatenate([np.full(100, 0.9), np.full(10, 0.705)])
    right = np.concatenate([np.ones(100, bool), np.zeros(10, bool)])
    assert abstention_threshold(confidence, right) == pytest.approx(0.71)
    assert abstention_threshold(confidence, np.ones(110, bool)) == 0.5
    assert abstention_threshold(np.linspace(0.3, 1.0, 50), np.arange(50) % 2 == 0) == pytest.approx(0.95)


def test_the_calibration_error_by_a_slow_reference(rng, guesses):
    confidence = np.append(rng.uniform(0.0, 1.0, 300), [1.0, 0.0])
    right = rng.random(302) < confidence**2
    total, tenths = 0.0, np.minimum((confidence * 10).astype(int), 9)
    for tenth in range(10):
        inside = tenths == tenth
        total += inside.sum() / 302 * abs(confidence[inside].mean() - right[inside].mean())
    assert expected_calibration_error(confidence, right) == pytest.approx(total)
    assert total > 0.1
    scores, truth = guesses
    for boast, low, high in ((1, 0.0, 0.08), (5, 0.15, 1.0)):
        said = softmax(boast * scores)
        assert low < expected_calibration_error(said.max(axis=1), said.argmax(axis=1) == truth) < high


def test_the_figures_are_scikit_learns(guesses):
    scores, truth = guesses
    probabilities = softmax(scores)
    named, answered = probabilities.argmax(axis=1), probabilities.max(axis=1) > 0.6
    singers = ["Asha" if i % 3 else "Bela" for i in range(truth.size)]
    classes = ("S", "R", "G", "P")
    found = score(classes, Answers(truth, probabilities, answered, singers))
    assert found.notes == 400
    assert found.accuracy == pytest.approx(metrics.accuracy_score(truth, named))
    assert found.coverage == pytest.approx(answered.mean())
    assert found.precision == pytest.approx(metrics.accuracy_score(truth[answered], named[answered]))
    assert list(found.recall.values()) == pytest.approx(
        list(metrics.recall_score(truth, named, average=None))
    )
    matrix = [[found.confusion[true][said] for said in classes] for true in classes]
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(truth, named))
    of_bela = np.array(singers) == "Bela"
    assert found.by_group["Bela"].notes == of_bela.sum()
    assert found.by_group["Bela"].accuracy == pytest.approx(
        metrics.accuracy_score(truth[of_bela], named[of_bela])
    )


def test_without_notes_there_are_no_figures():
    nothing = Answers(np.zeros(0, np.intp), np.zeros((0, 2)), np.zeros(0, bool), [])
    found = score(("S", "P"), nothing)
    assert (found.notes, found.accuracy, found.precision, found.calibration_error) == (0, None, None, None)
    assert found.recall == {"S": None, "P": None}
