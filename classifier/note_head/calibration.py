"""Probabilities that mean what they say, and when to say nothing; all fitted on notes held out."""

from __future__ import annotations

import numpy as np

from swara.data.arrays import BoolArray, FloatArray, IntArray

from .regression import softmax

__all__ = ["abstention_threshold", "expected_calibration_error", "log_loss", "temperature_for"]

TEMPERATURES = np.geomspace(1.0, 8.0, 85)
"""Those tried: scores are softened, never sharpened. Samples are cleaner than takes, and held-out notes that
all come out right would ask for no temperature at all."""

THRESHOLDS = np.linspace(0.5, 0.95, 46)
PRECISION = 0.99
LEAST_PROBABILITY = 1e-12
BINS = 10


def log_loss(probabilities: FloatArray, truth: IntArray) -> float:
    """Return the mean negative log likelihood of the true classes; 0 where there are no notes.

    Parameters
    ----------
    probabilities : float64 array, shape [notes, classes]
        Of each class; each row adds up to 1.
    truth : int array, shape [notes]
        Place of each note's class.
    """
    if truth.size == 0:
        return 0.0
    likelihoods = probabilities[np.arange(truth.size), truth]
    return float(-np.log(np.maximum(likelihoods, LEAST_PROBABILITY)).mean())


def temperature_for(scores: FloatArray, truth: IntArray) -> float:
    """Return the temperature at which the true classes are likeliest, of `TEMPERATURES`; 1 without notes.

    One number over all classes, so that the order of the answers stays (Guo et al. 2017).

    Parameters
    ----------
    scores : float64 array, shape [notes, classes]
        What the head gives before the softmax.
    truth : int array, shape [notes]
        Index of the right class.
    """
    if truth.size == 0:
        return 1.0
    losses = [log_loss(softmax(scores / temperature), truth) for temperature in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def abstention_threshold(confidence: FloatArray, right: BoolArray) -> float:
    """Return the lowest of `THRESHOLDS` at which 99% of the answers are right; the highest if none is.

    Parameters
    ----------
    confidence : float64 array, shape [notes]
        Probability of the answer to each note.
    right : bool array, shape [notes]
        Whether that answer is the true one.
    """
    for threshold in THRESHOLDS:
        answered = confidence >= threshold
        if answered.any() and right[answered].mean() >= PRECISION:
            return float(threshold)
    return float(THRESHOLDS[-1])


def expected_calibration_error(confidence: FloatArray, right: BoolArray) -> float:
    """Return how far confidence and the share of right answers lie apart, on average; 0 without notes.

    Ten bins of equal width, weighted by their notes (Naeini et al. 2015).

    Parameters
    ----------
    confidence : float64 array, shape [notes]
        Probability of the class that was named, 0 to 1.
    right : bool array, shape [notes]
        Whether that class was the right one.
    """
    if confidence.size == 0:
        return 0.0
    bins = np.minimum((confidence * BINS).astype(np.intp), BINS - 1)
    gaps = np.bincount(bins, weights=confidence - right, minlength=BINS)
    return float(np.abs(gaps).sum() / confidence.size)
