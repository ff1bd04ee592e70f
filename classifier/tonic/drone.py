"""The drone as evidence for Sa.

A tanpura sounds all the time, a voice never holds one pitch for long: what is left of the spectrum in
its quietest quarter is the drone. Most of a tanpura's strings are Sa, so Sa is where the partials of one
note (octaves, twelfth, seventeenth) meet.
"""

from __future__ import annotations

import numpy as np

from swara.data.arrays import FloatArray, IntArray
from swara.data.clip import Clip

from .template import CLASSES, circular_cents, fold

__all__ = ["DronePartials", "drone_partials", "drone_salience"]

WINDOW_S = 0.512
QUANTILE = 0.25
MOST_FRAMES = 600
LOWEST_HZ, HIGHEST_HZ = 60.0, 2000.0
NEIGHBOURHOOD_HZ = 80.0
PROMINENCE = 3.0
"""A partial stands this many times above the median of its neighbourhood."""

LEAST_PARTIALS = 8
"""A tanpura leaves nine to thirty of them, a voice alone up to five."""

SHARPNESS_CENTS = 12.0
PARTIAL_WEIGHTS = {1: 1.0, 3: 0.6, 5: 0.4}
"""Odd partials; the even ones are these again in another octave."""

DronePartials = tuple[FloatArray, FloatArray]
"""Frequencies in Hz and amplitudes relative to the strongest, both of shape [partials]."""


def drone_partials(clip: Clip) -> DronePartials:
    """Find the partials that sound nearly all the time."""
    spectrum = _quiet_spectrum(clip)
    hz_per_bin = 1.0 / WINDOW_S
    bins = np.arange(round(LOWEST_HZ / hz_per_bin), min(round(HIGHEST_HZ / hz_per_bin), spectrum.size - 3))
    peaks = bins[spectrum[bins] == np.max([spectrum[bins + shift] for shift in range(-2, 3)], axis=0)]
    peaks = peaks[spectrum[peaks] > PROMINENCE * _surroundings(spectrum, peaks)]
    if peaks.size == 0:
        return np.empty(0), np.empty(0)
    before, at, after = np.log(spectrum[peaks + np.array([[-1], [0], [1]])] + 1e-12)
    shift = 0.5 * (before - after) / np.minimum(before - 2 * at + after, -1e-9)
    hz: FloatArray = (peaks + shift) * hz_per_bin
    return hz, spectrum[peaks] / spectrum[peaks].max()


def drone_salience(partials: DronePartials) -> FloatArray:
    """Return how much of the drone is a partial of each Sa of `CLASSES`, 0 to 1, shape [240].

    All zeros where there are too few partials for a drone.
    """
    hz, amplitude = partials
    salience = np.zeros_like(CLASSES)
    if hz.size < LEAST_PARTIALS:
        return salience
    weight = np.sqrt(amplitude)
    for order, share in PARTIAL_WEIGHTS.items():
        off = circular_cents(fold(hz / order)[:, None] - CLASSES)
        salience += share * (weight @ np.exp(-0.5 * (off / SHARPNESS_CENTS) ** 2))
    return salience / float(weight.sum())


def _quiet_spectrum(clip: Clip) -> FloatArray:
    """Amplitude of each bin in the quietest quarter of the take, shape [bins]."""
    window = min(round(WINDOW_S * clip.rate_hz), clip.samples.size)
    last = clip.samples.size - window
    starts = np.unique(np.linspace(0, last, min(MOST_FRAMES, 1 + last // (window // 8))).astype(np.intp))
    taper = np.hanning(window)
    amplitudes = np.empty((starts.size, round(WINDOW_S * clip.rate_hz) // 2 + 1), dtype=np.float32)
    for row, start in enumerate(starts):
        frame = clip.samples[start : start + window] * taper
        amplitudes[row] = np.abs(np.fft.rfft(frame, round(WINDOW_S * clip.rate_hz)))
    return np.quantile(amplitudes, QUANTILE, axis=0).astype(np.float64)


def _surroundings(spectrum: FloatArray, peaks: IntArray) -> FloatArray:
    reach = round(NEIGHBOURHOOD_HZ * WINDOW_S)
    return np.array([np.median(spectrum[max(0, peak - reach) : peak + reach + 1]) for peak in peaks])
