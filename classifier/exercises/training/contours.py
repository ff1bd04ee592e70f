"""The contour baseline: a logistic regression on what lines of notes look like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from swara.classifier.exercises.features import FEATURES, features, products
from swara.classifier.exercises.line import NoteLine, note_line
from swara.classifier.exercises.songs import LEAST_NOTES
from swara.data.arrays import FloatArray, IntArray
from swara.data.storage.npz import Arrays
from swara.data.synth.exercises import KINDS, Exercise, Kind, draw_exercise, draw_singer, joined, talk
from swara.data.synth.voice import Voice

from .examples import pitch_line

__all__ = ["contour_examples", "fit_contours", "line_features"]

_SPOILT = 0.08
"""Of the scales and arpeggios, so many are shown as "other", with talk or a tune beside them: an exercise
is to begin and end where it does."""

_STRENGTH = 0.03  # inverse of the regularisation


def contour_examples(
    count: int, among: Sequence[str], rng: np.random.Generator
) -> tuple[FloatArray, IntArray]:
    """Draw exercises and describe their pitch, no sound being made.

    Returns
    -------
    rows : float64 array, shape [count, features]
    kinds : int array, shape [count]
        Places in `KINDS`.
    """
    rows: list[FloatArray] = []
    kinds: list[int] = []
    while len(rows) < count:
        wanted = KINDS[len(rows) % len(KINDS)]
        exercise = _drawn(wanted, draw_singer(rng, among), rng)
        line = note_line(*pitch_line(exercise, rng))
        if len(line) >= LEAST_NOTES:
            rows.append(features(line))
            kinds.append(KINDS.index(exercise.kind))
    return np.stack(rows), np.array(kinds)


def _drawn(kind: Kind, voice: Voice, rng: np.random.Generator) -> Exercise:
    exercise = draw_exercise(kind, voice, rng)
    if kind == "other" or rng.random() > _SPOILT:
        return exercise
    beside = (
        draw_exercise("other", voice, rng)
        if rng.random() < 0.4
        else talk(voice, float(rng.uniform(1.5, 5.0)), rng)
    )
    pair = (exercise, beside) if rng.random() < 0.5 else (beside, exercise)
    return joined(*pair, float(rng.uniform(0.15, 0.8)))


def line_features(lines: Iterable[tuple[NoteLine, Kind]]) -> tuple[FloatArray, IntArray]:
    """Describe lines that were tracked; those with fewer than `LEAST_NOTES` notes are left out."""
    told = [(features(line), KINDS.index(kind)) for line, kind in lines if len(line) >= LEAST_NOTES]
    rows = np.array([row for row, _ in told]).reshape(-1, len(FEATURES))
    return rows, np.array([kind for _, kind in told], dtype=np.intp)


def fit_contours(rows: FloatArray, kinds: IntArray) -> Arrays:
    """Fit the regression on features and their products.

    Parameters
    ----------
    rows : float64 array, shape [n, features]
        From `contour_examples` and `line_features`.
    kinds : int array, shape [n]
        Places in `KINDS`; every kind is there.

    Returns
    -------
    mapping of str to float64 array
        ``mean`` and ``scale``, [features], and ``pair_scale``, [pairs]: what makes the features, and their
        products, of one size; ``weights``, [features + pairs, KINDS]; ``bias``, [KINDS].
    """
    from sklearn.linear_model import LogisticRegression

    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
    pairs = products((rows - mean) / scale)
    pair_scale = np.maximum(pairs.std(axis=0), 1e-3)
    model = LogisticRegression(C=_STRENGTH, max_iter=5000).fit(pairs / pair_scale, kinds)
    return {
        "mean": mean,
        "scale": scale,
        "pair_scale": pair_scale,
        "weights": model.coef_.T.copy(),
        "bias": model.intercept_.copy(),
    }
