"""A fine pitch estimate around a coarse one, from the waveform, and how periodic the voice is there.

For each frame the normalised cross-correlation of two stretches, a whole number of periods apart, is
searched around the coarse period and its peak interpolated with a parabola. Several periods together
divide the error of the interpolation by their number. The height of the peak tells how well the
waveform repeats: near 1 for a clean voice, under 0.4 for noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.data.arrays import FloatArray, IntArray
from swara.data.clip import Clip, Samples

__all__ = ["Refined", "refine"]

WINDOW_S = 0.020
SPAN_S = 0.008
"""The largest multiple of the period within this span is the lag that is measured."""

SEARCH_CENTS = 15.0
_SEARCH_RATIO = 2 ** (SEARCH_CENTS / 1200) - 1
_SLACK_SAMPLES = 2
_BLOCK = 512


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """Refined frames: `hz` and `periodicity` (-1 to 1), float64 arrays of shape [frames]."""

    hz: FloatArray
    periodicity: FloatArray


def refine(clip: Clip, times_s: FloatArray, hz: FloatArray) -> Refined:
    """Refine a pitch track.

    Parameters
    ----------
    clip : Clip
        The recording.
    times_s, hz : float64 arrays, shape [frames]
        Frame centres in seconds and coarse estimates in Hz, right to within `SEARCH_CENTS`.

    Returns
    -------
    Refined
        A frame whose correlation has no peak within the search range keeps its coarse estimate.
    """
    window = round(WINDOW_S * clip.rate_hz)
    lags = np.maximum(1.0, np.floor(SPAN_S * hz)) * clip.rate_hz / hz
    margin = window + int(np.ceil(lags.max() * (1 + _SEARCH_RATIO))) + _SLACK_SAMPLES
    centres = np.rint(times_s * clip.rate_hz).astype(np.intp)
    refined_lags = lags.copy()
    periodicity = np.zeros_like(hz)
    for begin in range(0, hz.size, _BLOCK):
        block = slice(begin, begin + _BLOCK)
        first = int(centres[block][0]) - margin
        samples = _stretch(clip.samples, first, int(centres[block][-1]) + margin)
        refined_lags[block], periodicity[block] = _search(
            samples, centres[block] - first, lags[block], window
        )
    return Refined(hz * lags / refined_lags, periodicity)


def _stretch(samples: Samples, first: int, last: int) -> Samples:
    """Return samples `first` up to `last`, with zeros where the recording has none."""
    inside = samples[max(0, first) : max(0, last)]
    before = max(0, -first)
    return np.pad(inside, (before, last - first - before - inside.size))


def _search(
    samples: Samples, centres: IntArray, lags: FloatArray, window: int
) -> tuple[FloatArray, FloatArray]:
    """Find the lag of the correlation's peak near `lags`, in fractions of a sample, and the peak's height."""
    reach = np.ceil(lags * _SEARCH_RATIO).astype(np.intp) + _SLACK_SAMPLES
    nearest = np.rint(lags).astype(np.intp)
    steps = np.arange(-reach.max(), reach.max() + 1)
    correlation = np.stack([_correlation(samples, centres, nearest + step, window) for step in steps], axis=1)
    # The longest lag of the block sets the width of the table; each frame searches its own part of it.
    correlation[np.abs(steps) > reach[:, None]] = -np.inf
    peak = correlation.argmax(axis=1)
    frames = np.arange(peak.size)
    height = correlation[frames, peak]
    inner = np.clip(peak, 1, steps.size - 2)
    before, at, after = (correlation[frames, inner + k] for k in (-1, 0, 1))
    is_peak = (inner == peak) & (before > -np.inf) & (after > -np.inf) & (before + after < 2 * at)
    shift = np.zeros_like(lags)
    np.divide(0.5 * (before - after), before - 2 * at + after, out=shift, where=is_peak)
    return np.where(is_peak, nearest + steps[inner] + shift, lags), height


def _correlation(samples: Samples, centres: IntArray, lags: IntArray, window: int) -> FloatArray:
    """Normalised cross-correlation of two windows `lags` apart, together centred on `centres`."""
    starts = centres - (window + lags) // 2
    offsets = np.arange(window)
    first = samples[starts[:, None] + offsets].astype(np.float64)
    second = samples[(starts + lags)[:, None] + offsets].astype(np.float64)
    energy: FloatArray = np.einsum("ij,ij->i", first, first) * np.einsum("ij,ij->i", second, second)
    product: FloatArray = np.einsum("ij,ij->i", first, second)
    return product / np.sqrt(energy + 1e-20)
