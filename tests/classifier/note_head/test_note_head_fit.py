"""Training: what scikit-learn would answer, never a singer on both sides, and the same head every time."""

from __future__ import annotations

import json

import numpy as np
import pytest
import threadpoolctl
from sklearn.linear_model import LogisticRegression

from swara.classifier import HeadError
from swara.classifier.note_head.evidence import pitch_evidence
from swara.classifier.note_head.examples import NoteExample
from swara.classifier.note_head.fit import fit_note_head
from swara.classifier.note_head.held_out import grouped_folds
from swara.classifier.note_head.regression import Recipe, regress, softmax
from swara.raga.swaras import parse_swara
from swara.raga.tuning import JUST

BHUPALI = ["S", "R", "G", "P", "D", "S'"]
DIM = 12


def note(swara, singer, recording, rng, *, off_cents=20.0, **more):
    place, octave = parse_swara(swara)
    cents = JUST.cents_of(place.index, octave) + rng.uniform(-off_cents, off_cents) + rng.normal(0, 5, 25)
    embedding = rng.normal(0.0, 1.0, DIM).astype(np.float32)
    return NoteExample(embedding, pitch_evidence(cents), swara, singer, recording, **more)


def corpus(swaras=BHUPALI, singers=("Asha", "Bela", "Chand"), per_singer=6, **more):
    rng = np.random.default_rng(4)
    return [
        note(swara, singer, f"{singer} {take}", rng, **more)
        for swara in swaras
        for singer in singers
        for take in range(per_singer)
    ]


def arrays_of(fitted):
    head = fitted.head
    return (
        *(getattr(head.linear, name).tobytes() for name in ("mean", "scale", "weights", "bias")),
        head.temperature,
        head.threshold,
    )


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_the_probabilities_are_scikit_learns(classes):
    rng = np.random.default_rng(classes)
    features, labels = rng.normal(size=(240, DIM + 38)), rng.integers(classes, size=240)
    linear = regress(features, labels, DIM, Recipe(0.3, 10.0))
    standard = (features - linear.mean) * linear.scale
    oracle = LogisticRegression(C=10.0, class_weight="balanced", max_iter=2000).fit(standard, labels)
    unseen = rng.normal(size=(50, DIM + 38))
    found, wanted = linear.scores(unseen), oracle.predict_proba((unseen - linear.mean) * linear.scale)
    np.testing.assert_allclose(softmax(found), wanted, rtol=0, atol=1e-6)


def test_neither_block_drowns_the_other():
    """Whatever the units of the embedding, its share of the variance is its gain's."""
    rng = np.random.default_rng(2)
    features = np.hstack([1000 * rng.normal(size=(200, DIM)), 0.1 * rng.normal(size=(200, 38))])
    linear = regress(features, rng.integers(3, size=200), DIM, Recipe(0.3, 10.0))
    spread = (features * linear.scale).var(axis=0)
    assert spread[:DIM].sum() == pytest.approx(0.09)
    assert spread[DIM:].sum() == pytest.approx(1.0)


def test_pitch_tells_the_swara_and_noise_does_not():
    examples = corpus()
    with_pitch = fit_note_head(examples, seed=1).metrics
    without = fit_note_head(examples, seed=1, use_evidence=False).metrics
    assert (with_pitch.split, with_pitch.folds) == ("singer", 3)
    assert (with_pitch.scores.accuracy, with_pitch.scores.coverage) == (1.0, 1.0)
    assert with_pitch.scores.notes == len(examples) == with_pitch.examples
    assert without.scores.accuracy < 0.4
    assert without.scores.coverage < 0.1
    assert set(with_pitch.scores.by_group) == {"Asha", "Bela", "Chand"}
    read = json.loads(json.dumps(with_pitch.to_json(), allow_nan=False))
    assert read["scores"]["by_group"]["Asha"]["accuracy"] == 1.0
    assert read["temperature"] == with_pitch.temperature


def test_a_singer_is_never_on_both_sides():
    """Each singer's voice gives the swara away; singers held out show that it is worth nothing."""
    rng = np.random.default_rng(9)
    examples = []
    for singer in ("Asha", "Bela", "Chand"):
        voices = rng.normal(0.0, 1.0, (len(BHUPALI), DIM))
        for place, swara in enumerate(BHUPALI):
            for take in range(8):
                embedding = (voices[place] + 0.05 * rng.normal(size=DIM)).astype(np.float32)
                nothing = pitch_evidence(np.array([]))
                examples.append(NoteExample(embedding, nothing, swara, singer, f"{singer} {take}"))
    by_singer = fit_note_head(examples, seed=0, use_evidence=False).metrics
    alone = [example for example in examples if example.singer == "Asha"]
    by_recording = fit_note_head(alone, seed=0, use_evidence=False).metrics
    assert by_singer.scores.accuracy < 0.5
    assert by_singer.warnings == ()
    assert by_recording.scores.accuracy > 0.95
    assert by_recording.split == "recording"
    assert "there is one singer" in by_recording.warnings[0]


@pytest.mark.parametrize("groups", [2, 4, 5, 7, 30])
def test_folds_hold_whole_groups_and_every_note_once(groups):
    names = [f"singer {i % groups}" for i in range(120)]
    folds = grouped_folds(names, np.random.default_rng(0))
    assert sorted(np.concatenate(folds).tolist()) == list(range(120))
    assert len(folds) == min(groups, 5)
    held = [{names[i] for i in fold} for fold in folds]
    assert sum(len(part) for part in held) == groups
    assert max(len(fold) for fold in folds) <= 2 * min(len(fold) for fold in folds)


def test_swaras_with_too_little_are_left_out_and_named():
    rng = np.random.default_rng(0)
    few = [note("m", singer, f"{singer} m", rng) for singer in ("Asha", "Bela")]
    one_recording = [note("N", "Asha", "Asha N", rng) for _ in range(9)]
    only_made = [note("d", "Asha", f"Asha {i}", rng, augmented=True) for i in range(9)]
    fitted = fit_note_head([*corpus(), *few, *one_recording, *only_made], seed=0)
    assert fitted.head.classes == tuple(BHUPALI)
    assert fitted.metrics.left_out == {
        "m": "2 of at least 5 notes",
        "d": "0 of at least 5 notes",
        "N": "all 9 notes are from one recording",
    }


def test_a_swara_of_one_singer_is_learned_and_called_untested():
    rng = np.random.default_rng(0)
    examples = [*corpus(), *(note("m", "Asha", f"Asha {i}", rng) for i in range(6))]
    fitted = fit_note_head(examples, seed=0)
    assert fitted.head.classes == ("S", "R", "G", "m", "P", "D", "S'")
    assert fitted.metrics.scores.recall["m"] is None
    assert fitted.metrics.warnings == ("could not be tested, as only one singer holds them: m",)
    assert fitted.metrics.scores.accuracy == 1.0


@pytest.mark.parametrize("examples", [[], corpus(["S"]), corpus(per_singer=1)])
def test_too_little_to_learn_from_says_what_to_add(examples):
    with pytest.raises(HeadError, match="Add samples until two swaras have 5 notes each"):
        fit_note_head(examples, seed=0)


def test_two_singers_without_a_swara_in_common_are_tested_by_recording():
    fitted = fit_note_head([*corpus(["S", "R"], ["Asha"]), *corpus(["P", "D"], ["Bela"])], seed=0)
    assert fitted.metrics.split == "recording"
    assert "no swara is sung by two singers" in fitted.metrics.warnings[0]
    assert fitted.metrics.scores.accuracy == 1.0


def test_made_notes_are_trained_on_and_never_counted():
    rng = np.random.default_rng(3)
    wrong = [note("G", "Asha", "Asha 0", rng, augmented=True) for _ in range(50)]
    metrics = fit_note_head([*corpus(), *wrong], seed=0).metrics
    assert (metrics.scores.notes, metrics.examples) == (108, 158)
    assert metrics.scores.confusion["G"]["G"] == 18


def test_a_pitch_that_it_was_not_trained_on_is_no_answer():
    head = fit_note_head(corpus(), seed=0).head
    embedding = np.zeros(DIM, np.float32)
    for swara, known in [("G", True), ("m", False), (".D", False), ("R'", False)]:
        place, octave = parse_swara(swara)
        prediction = head.predict(embedding, pitch_evidence(np.full(20, JUST.cents_of(place.index, octave))))
        assert prediction.abstained is not known, swara
        assert prediction.unfamiliar is not known, swara
    assert head.predict(embedding, pitch_evidence(np.array([]))).unfamiliar


def test_komal_ga_is_not_ga_though_some_sang_ga_half_way_there():
    head = fit_note_head([*corpus(), *corpus(["G"], per_singer=1, off_cents=45.0)], seed=0).head

    for off_cents in (-20, 0, 20):
        evidence = pitch_evidence(np.full(20, JUST.cents_of(3, 0) + off_cents))
        assert head.predict(np.zeros(DIM, np.float32), evidence).abstained


def test_a_prediction_is_a_row_of_the_batch():
    head, some = fit_note_head(corpus(), seed=0).head, corpus()[::7]
    features = head.features(
        *(np.stack([getattr(e, what) for e in some]) for what in ("embedding", "evidence"))
    )
    for example, row in zip(some, head.probabilities(features), strict=True):
        found = head.predict(example.embedding, example.evidence)
        best, second = np.argsort(-row)[:2]
        assert found.swara == head.classes[best] == example.swara
        assert found.runner_up == head.classes[second]
        told = (found.probability, found.runner_up_probability)
        assert told == pytest.approx((row[best], row[second]), abs=1e-12)
        assert row.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("embedding", "what"),
    [(np.zeros(DIM + 1), "features for a head"), (np.full(DIM, np.nan), "not a finite")],
)
def test_a_wrong_embedding_is_refused(embedding, what):
    head = fit_note_head(corpus(), seed=0).head
    with pytest.raises(ValueError, match=what):
        head.predict(embedding.astype(np.float32), pitch_evidence(np.array([0.0])))


def test_the_same_seed_gives_the_same_head_on_any_number_of_threads(monkeypatch):
    threads = []

    def watched(*arguments):
        threads.append(max(pool["num_threads"] for pool in threadpoolctl.threadpool_info()))
        return regress(*arguments)

    for module in ("fit", "held_out"):
        monkeypatch.setattr(f"swara.classifier.note_head.{module}.regress", watched)
    with threadpoolctl.threadpool_limits(limits=2):
        first = fit_note_head(corpus(singers="abcdefg"), seed=3)
    again = fit_note_head(corpus(singers="abcdefg"), seed=3)
    assert arrays_of(first) == arrays_of(again)
    assert set(threads) == {1}
