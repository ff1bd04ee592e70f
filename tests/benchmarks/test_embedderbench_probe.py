"""The linear probe: what it is taught, what it is asked, and what it may not see."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.embedderbench.probe import GRID, best_penalty, key_folds, probe


def collection(rng, notes=120, noise=0.5, moved=0.0):
    """Three labels on three axes of five, with keys that run through each label alike."""
    labels = np.repeat(np.arange(3), notes // 3)
    keys = np.tile(np.arange(notes // 3), 3)
    vectors = noise * rng.normal(size=(notes, 5))
    vectors[np.arange(notes), labels] += 1.0
    return vectors + moved, labels, keys


def test_what_a_line_can_tell_apart_is_named_rightly():
    rng = np.random.default_rng(0)
    vectors, labels, keys = collection(rng, noise=0.1)
    asked, truth, _ = collection(rng, noise=0.1)
    _, probed = probe(vectors, labels, keys, {"other": (asked, truth)})
    assert probed["other"].accuracy.value == 1.0
    assert probed["other"].confusion.tolist() == np.diag([40, 40, 40]).tolist()


def test_what_carries_nothing_is_guessed():
    rng = np.random.default_rng(1)
    _, labels, keys = collection(rng)
    vectors, asked = rng.normal(size=(2, 120, 5))
    _, probed = probe(vectors, labels, keys, {"other": (asked, labels)})
    assert 0.15 < probed["other"].accuracy.value < 0.55
    assert probed["other"].accuracy.low < 1 / 3 < probed["other"].accuracy.high


def test_counts_confusion_and_accuracy_agree():
    rng = np.random.default_rng(2)
    vectors, labels, keys = collection(rng)
    asked, truth, _ = collection(rng, noise=1.5)
    _, probed = probe(vectors, labels, keys, {"other": (asked, truth)})
    told = probed["other"]
    assert told.confusion.sum() == truth.size
    assert np.trace(told.confusion) == told.counts[:, 0].sum()
    assert told.accuracy.value == pytest.approx(np.trace(told.confusion) / truth.size)
    assert told.ahead_of(told).value == 0.0


def test_the_penalty_is_chosen_without_what_is_asked():
    rng = np.random.default_rng(3)
    vectors, labels, keys = collection(rng)
    alone, _ = probe(vectors, labels, keys, {})
    asked, truth, _ = collection(rng, moved=100.0)
    beside, _ = probe(vectors, labels, keys, {"far": (asked, truth)})
    assert alone == beside == best_penalty(vectors, labels, keys)
    assert alone in GRID


def test_noise_is_held_in_check_more_than_clear_vectors():
    rng = np.random.default_rng(4)
    clear, noisy = (best_penalty(*collection(rng, noise=noise)) for noise in (0.05, 2.0))
    assert noisy < clear


def test_folds_are_stretches_of_keys_that_hold_every_note_once():
    keys = np.random.default_rng(5).integers(50, 97, 300)
    folds = key_folds(keys)
    assert np.sum(folds, axis=0).tolist() == [1] * 300
    for fold in folds:
        inside = keys[fold]
        assert not ((keys[~fold] >= inside.min()) & (keys[~fold] <= inside.max())).any()
