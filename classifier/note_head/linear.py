"""Multinomial logistic regression, as it runs: arrays, and no library that trained them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.pitch_track import FloatArray

__all__ = ["Linear", "softmax"]


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """Standardised features to one score for each class.

    Parameters
    ----------
    mean, scale : float64 arrays, shape [dim]
        A feature enters as ``(feature - mean) * scale``.
    weights : float64 array, shape [classes, dim]
    bias : float64 array, shape [classes]

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
