"""Smooth curves that everything sung and plucked is built from."""

from __future__ import annotations

import numpy as np

from swara.data.arrays import FloatArray

__all__ = ["even_times", "raised_cosine", "wander"]


def even_times(count: int, step_s: float) -> FloatArray:
    """Return `count` times from 0, `step_s` apart: float64 of shape [count]."""
    return np.arange(count, dtype=np.float64) * step_s


def raised_cosine(times_s: FloatArray, knot_times_s: FloatArray, knot_values: FloatArray) -> FloatArray:
    """Interpolate through knots with half cosines: flat at every knot, no corner anywhere.

    Parameters
    ----------
    times_s : float64 array, shape [n]
        Where to evaluate.
    knot_times_s : float64 array, shape [knots]
        Not decreasing; of knots at one time the last counts from there on.
    knot_values : float64 array, shape [knots] or [knots, channels]
        Held before the first knot and after the last.

    Returns
    -------
    float64 array, shape [n] or [n, channels]
    """
    left = np.clip(np.searchsorted(knot_times_s, times_s, side="right") - 1, 0, knot_times_s.size - 1)
    right = np.minimum(left + 1, knot_times_s.size - 1)
    span_s = np.maximum(knot_times_s[right] - knot_times_s[left], 1e-9)
    share = np.clip((times_s - knot_times_s[left]) / span_s, 0.0, 1.0)
    weight = 0.5 - 0.5 * np.cos(np.pi * share)
    if knot_values.ndim > 1:
        weight = weight[:, None]
    return np.asarray(knot_values[left] + (knot_values[right] - knot_values[left]) * weight)


def wander(count: int, smoothing: float, rng: np.random.Generator) -> FloatArray:
    """Draw noise that varies slowly: unit variance, Gaussian autocorrelation.

    Parameters
    ----------
    count : int
        Number of points.
    smoothing : float
        Standard deviation of the smoothing kernel, in points.
    rng : numpy.random.Generator
        Everything random is drawn from it.

    Returns
    -------
    float64 array, shape [count]
    """
    reach = int(np.ceil(4.0 * smoothing))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(smoothing, 1e-9)) ** 2)
    kernel /= np.sqrt(np.sum(kernel**2))
    return np.convolve(rng.standard_normal(count + 2 * reach), kernel, mode="valid")
