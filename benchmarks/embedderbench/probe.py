"""A linear probe: how much of what plays a straight line can read from the vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.pitchbench.bootstrap import Interval, interval, paired
from swara.data.arrays import FloatArray, IntArray

__all__ = ["GRID", "Probed", "best_penalty", "key_folds", "probe"]

GRID = tuple(float(c) for c in 10.0 ** np.arange(-4.0, 2.5, 0.5))
"""Inverse penalties that are tried, for every embedder the same."""

FOLDS = 5
_ROUNDS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Probed:
    """What a probe made of one collection.

    Parameters
    ----------
    counts : float64 array, shape [notes, 2]
        Whether the note was named rightly, and 1.
    confusion : int array, shape [labels, labels]
        Notes by what they are and by what they were taken for.
    """

    counts: FloatArray
    confusion: IntArray

    @property
    def accuracy(self) -> Interval:
        """Share named rightly, with its interval over notes."""
        return interval(self.counts, _share)

    def ahead_of(self, other: Probed) -> Interval:
        """How far this lies above another, on the same notes drawn for both."""
        return paired(self.counts, other.counts, _share)


def probe(
    taught: FloatArray, labels: IntArray, keys: IntArray, asked: Mapping[str, tuple[FloatArray, IntArray]]
) -> tuple[float, dict[str, Probed]]:
    """Fit a logistic regression on standardised vectors, and ask it about other collections.

    The penalty is chosen on what it is taught with alone, and so are mean and scale.

    Parameters
    ----------
    taught : float array, shape [notes, dim]
    labels, keys : int arrays, shape [notes]
    asked : mapping of str to (vectors, labels)

    Returns
    -------
    float
        The inverse penalty chosen.
    dict of str to Probed
    """
    chosen = best_penalty(taught, labels, keys)
    fitted = _regression(chosen).fit(taught, labels)
    classes = int(labels.max()) + 1
    return chosen, {
        name: _judged(np.asarray(fitted.predict(vectors)), truth, classes)
        for name, (vectors, truth) in asked.items()
    }


def best_penalty(taught: FloatArray, labels: IntArray, keys: IntArray) -> float:
    """Return the member of `GRID` with the least log loss on stretches of keys held out.

    Not the most right answers: on one font nearly every penalty gives all of them.
    """
    from sklearn.metrics import log_loss

    losses = []
    for inverse_penalty in GRID:
        spent = [
            log_loss(
                labels[out],
                _regression(inverse_penalty).fit(taught[~out], labels[~out]).predict_proba(taught[out]),
                labels=np.unique(labels),
            )
            for out in key_folds(keys)
        ]
        losses.append(float(np.mean(spent)))
    return GRID[int(np.argmin(losses))]


def key_folds(keys: IntArray) -> list[Any]:
    """Return what is held out in each fold, bool arrays of shape [notes]: a stretch of neighbouring keys.

    A font plays several keys from one sample, so keys drawn at random would have their like on both sides.
    """
    edges = np.quantile(keys, np.linspace(0.0, 1.0, FOLDS + 1))
    edges[-1] += 1
    folds = [(keys >= low) & (keys < high) for low, high in pairwise(edges)]
    return [fold for fold in folds if fold.any()]


def _regression(inverse_penalty: float) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=inverse_penalty, max_iter=_ROUNDS))


def _judged(said: IntArray, truth: IntArray, classes: int) -> Probed:
    confusion = np.zeros((classes, classes), dtype=np.intp)
    np.add.at(confusion, (truth, said), 1)
    right = (said == truth).astype(np.float64)
    return Probed(np.column_stack([right, np.ones_like(right)]), confusion)


def _share(counts: FloatArray) -> float:
    return float(counts[0] / counts[1]) if counts[1] else float("nan")
