"""How well the notes of a take, and the drone under them, fit a raga, for every Sa."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from swara.classifier.notes import HeldNote
from swara.data.arrays import FloatArray, IntArray
from swara.data.clip import Clip
from swara.raga.ragas import Raga
from swara.raga.swaras import svarasthana_named
from swara.raga.tuning import JUST

__all__ = [
    "CLASSES",
    "REFERENCE_HZ",
    "STEP_CENTS",
    "DronePartials",
    "circular_cents",
    "drone_partials",
    "drone_salience",
    "fold",
    "log_likelihood",
    "log_likelihoods",
    "swara_weights",
]


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
    """Amplitude of each bin in the quietest quarter of the take, as far up as partials are sought."""
    window = min(round(WINDOW_S * clip.rate_hz), clip.samples.size)
    last = clip.samples.size - window
    starts = np.unique(np.linspace(0, last, min(MOST_FRAMES, 1 + last // (window // 8))).astype(np.intp))
    taper = np.hanning(window)
    size = round(WINDOW_S * clip.rate_hz)
    bins = min(size // 2 + 1, round((HIGHEST_HZ + NEIGHBOURHOOD_HZ) * WINDOW_S) + 4)
    amplitudes = np.empty((starts.size, bins), dtype=np.float32)
    for row, start in enumerate(starts):
        frame = clip.samples[start : start + window] * taper
        amplitudes[row] = np.abs(np.fft.rfft(frame, size)[:bins])
    return np.quantile(amplitudes, QUANTILE, axis=0).astype(np.float64)


def _surroundings(spectrum: FloatArray, peaks: IntArray) -> FloatArray:
    reach = round(NEIGHBOURHOOD_HZ * WINDOW_S)
    return np.array([np.median(spectrum[max(0, peak - reach) : peak + reach + 1]) for peak in peaks])


REFERENCE_HZ = 440.0 * 2.0 ** (-57 / 12)
"""C0: pitch class 0."""

STEP_CENTS = 5.0
CLASSES: FloatArray = np.arange(0.0, 1200.0, STEP_CENTS)
"""The candidates for Sa, in cents above C of any octave, shape [240]."""


def fold(hz: FloatArray) -> FloatArray:
    """Return the pitch class of frequencies in Hz: cents above C, 0 up to 1200."""
    return np.asarray(1200.0 * np.log2(hz / REFERENCE_HZ) % 1200.0)


def circular_cents(cents: FloatArray) -> FloatArray:
    """Return differences of pitch classes as signed cents, -600 up to 600."""
    return (cents + 600.0) % 1200.0 - 600.0


SWARA, SA, STEADFAST, VADI, SAMVADI = 1.0, 1.0, 0.5, 0.8, 0.4
"""What a swara of the raga weighs, and what is added for Sa, its companion, the vadi and the samvadi."""

SPREAD_CENTS = 22.0
STRAY = 0.05
"""Share of notes that lie anywhere: ornaments and mistakes."""

_MA, _PA = 5, 7


def swara_weights(raga: Raga) -> FloatArray:
    """Return the share of the sung time that each of the 12 svarasthanas is expected to have, shape [12].

    Sa and its companion (Pa, or Ma in a raga without Pa) are dwelt on in every raga, then vadi and samvadi.
    """
    weights = np.zeros(12)
    weights[sorted(raga.swaras)] = SWARA
    weights[0] += SA
    companion = _PA if raga.allows(_PA) else _MA
    if raga.allows(companion):
        weights[companion] += STEADFAST
    for letter, weight in ((raga.vadi, VADI), (raga.samvadi, SAMVADI)):
        if letter:
            weights[svarasthana_named(letter).index] += weight
    return weights / float(weights.sum())


def log_likelihood(notes: Sequence[HeldNote], raga: Raga) -> FloatArray:
    """Return the log likelihood of the notes for every Sa of `CLASSES`, shape [240].

    Each note is drawn from a mixture of Gaussians at the raga's swaras in just intonation, and counts
    with the square root of its steady seconds: a long note says more than a short one, not in proportion.
    """
    return log_likelihoods(notes, [raga])[0]


_AT_ONCE = 2**21
"""Densities that are held at a time: 16 MB, however long the take."""


def log_likelihoods(notes: Sequence[HeldNote], ragas: Collection[Raga]) -> list[FloatArray]:
    """Return what `log_likelihood` does under each of some ragas, to the last bit.

    How near a note is to a swara is the same under all of them, and takes the time: twelve ragas take a third
    of it together.
    """
    weights = [swara_weights(raga) for raga in ragas]
    together = max(1, _AT_ONCE // max(1, len(notes) * CLASSES.size))
    fits: list[FloatArray] = []
    for first in range(0, len(weights), together):
        fits += _fits(notes, weights[first : first + together])
    return fits


def _fits(notes: Sequence[HeldNote], weights: Sequence[FloatArray]) -> Iterator[FloatArray]:
    pitch = fold(np.array([note.hz for note in notes]))
    seconds = np.sqrt(np.array([note.steady_s for note in notes]))
    above_sa = pitch[:, None] - CLASSES
    densities = [np.zeros_like(above_sa) for _ in weights]
    for index in range(len(JUST.targets)):
        off = circular_cents(above_sa - JUST.cents_of(index, 0))
        near = np.exp(-0.5 * (off / SPREAD_CENTS) ** 2)
        for density, shares in zip(densities, weights, strict=True):
            if shares[index]:
                density += shares[index] * near
    stray = STRAY / 1200.0
    for density in densities:
        density /= SPREAD_CENTS * np.sqrt(2.0 * np.pi)
        fit: FloatArray = np.log((1.0 - STRAY) * density + stray)
        yield np.asarray(seconds @ fit)
