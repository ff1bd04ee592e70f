"""Fitting the regression: scikit-learn's, on features whose blocks are weighed against each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from swara.data.arrays import FloatArray, IntArray

__all__ = ["Linear", "Recipe", "one_thread", "recipes", "regress", "softmax"]


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """Standardised features to one score for each class.

    Parameters
    ----------
    mean, scale : float64 arrays, shape [dim]
        A feature enters as ``(feature - mean) * scale``.
    weights : float64 array, shape [classes, dim]
        Of each feature in each class's score.
    bias : float64 array, shape [classes]
        Added to each class's score.

    Raises
    ------
    ValueError
        If shapes do not fit together, or a number is not finite.
    """

    mean: FloatArray
    scale: FloatArray
    weights: FloatArray
    bias: FloatArray

    def __post_init__(self) -> None:
        shapes = (self.mean.shape, self.scale.shape, self.weights.shape, self.bias.shape)
        if self.mean.ndim != 1 or self.bias.ndim != 1:
            raise ValueError(f"mean and bias are vectors, got shapes {shapes}")
        if self.scale.shape != self.mean.shape or self.weights.shape != (self.bias.size, self.mean.size):
            raise ValueError(f"mean, scale, weights and bias do not fit together: {shapes}")
        if not all(np.isfinite(array).all() for array in (self.mean, self.scale, self.weights, self.bias)):
            raise ValueError("a weight is not a finite number")

    def scores(self, features: FloatArray) -> FloatArray:
        """Return one score for each class, shape [notes, classes], of `features`, shape [notes, dim]."""
        scores: FloatArray = (features - self.mean) * self.scale @ self.weights.T + self.bias
        return scores


def softmax(scores: FloatArray) -> FloatArray:
    """Return scores as probabilities, over the last axis; a score of minus infinity becomes 0."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probabilities: FloatArray = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities


EMBEDDING_GAINS = (0.1, 0.3, 1.0)
INVERSE_PENALTIES = (10.0, 100.0)

_LEAST_DEVIATION = 0.01
"""Part of the largest deviation of an embedding's values; what varies less is not blown up further."""

_STEPS = 2000


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is tried out: the weight of the embedding against the evidence, and scikit-learn's ``C``."""

    embedding_gain: float
    inverse_penalty: float


def recipes(*, use_embedding: bool, use_evidence: bool) -> tuple[Recipe, ...]:
    """Return what to try; without a second block there is nothing to weigh the first against."""
    gains = EMBEDDING_GAINS if use_evidence else (1.0,)
    return tuple(
        Recipe(gain, penalty)
        for gain in (gains if use_embedding else (0.0,))
        for penalty in INVERSE_PENALTIES
    )


@contextmanager
def one_thread() -> Iterator[None]:
    """Fit on one thread: sums taken in another order round otherwise."""
    # Before the limit is set: it holds for the libraries that are loaded by then.
    import sklearn.linear_model  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


def regress(
    features: FloatArray,
    labels: IntArray,
    embedding_dim: int,
    recipe: Recipe,
    moments: tuple[FloatArray, FloatArray] | None = None,
) -> Linear:
    """Fit a multinomial logistic regression, classes of equal weight.

    Parameters
    ----------
    features : float64 array, shape [notes, dim]
        The embedding's values first.
    labels : int array, shape [notes]
        At least two different ones.
    embedding_dim : int
        How many of the features are the embedding.
    recipe : Recipe
        Strength of the penalty, and which features count.
    moments : tuple of float64 arrays, shape [dim], optional
        Mean and standard deviation of these features, where they were measured before.

    Returns
    -------
    Linear
        With one score for each label that occurs, in their order.
    """
    from sklearn.linear_model import LogisticRegression

    mean, deviation = moments or (features.mean(axis=0), features.std(axis=0))
    scale = _scale(deviation, embedding_dim, recipe.embedding_gain)
    model = LogisticRegression(C=recipe.inverse_penalty, class_weight="balanced", max_iter=_STEPS)
    model.fit((features - mean) * scale, labels)
    if model.coef_.shape[0] == 1:  # two classes: scikit-learn keeps the score of the second alone
        return Linear(
            mean, scale, np.vstack([0 * model.coef_, model.coef_]), np.append(0.0, model.intercept_)
        )
    return Linear(mean, scale, model.coef_, model.intercept_)


def _scale(deviation: FloatArray, embedding_dim: int, gain: float) -> FloatArray:
    """Return factors that give the evidence a total variance of 1, and the embedding one of its gain squared.

    The embedding's values count alike, whatever their units. The evidence keeps its proportions: a position
    that hardly any note touches is no reason to magnify it.
    """
    embedding, evidence = deviation[:embedding_dim], deviation[embedding_dim:]
    least = max(_LEAST_DEVIATION * embedding.max(initial=0.0), np.finfo(np.float64).tiny)
    total = np.sqrt((evidence**2).sum()) or 1.0
    return np.concatenate(
        [
            gain / (np.maximum(embedding, least) * np.sqrt(max(embedding_dim, 1))),
            np.full(evidence.size, 1.0 / total),
        ]
    )
