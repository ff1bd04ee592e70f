"""What the pitch head looks at: short-time spectra of each frame, two of them on a logarithmic axis.

A window of 128 ms tells close partials apart, those of 64 and 32 ms follow quick turns. All come from one
Fourier transform each, without a window: the Hann window and its derivative are sums of neighbouring bins, so
that the frequency of every partial (Auger & Flandrin 1995) costs no further transform.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray, IntArray
from swara.data.clip import Samples

__all__ = [
    "BINS",
    "BINS_PER_OCTAVE",
    "HOP",
    "LOWEST_HZ",
    "MARGIN",
    "RATE_HZ",
    "WINDOWS",
    "ComplexSpectrum",
    "Levels",
    "Spectra",
    "partials",
    "spectra",
]

Levels: TypeAlias = npt.NDArray[np.float32]
ComplexSpectrum: TypeAlias = npt.NDArray[np.complex64]

RATE_HZ = 16_000
HOP = 160
"""Samples between frames: 10 ms."""

WINDOWS = (512, 1024, 2048)
"""Samples in each window; the levels come from the last two."""

FFT_SIZES = (512, 2048, 2048)
"""Samples in each transform: windows that levels are read from are padded to the same bins."""

MARGIN = WINDOWS[-1] // 2
"""Samples that a frame needs on either side of its centre."""

BINS_PER_OCTAVE = 72
LOWEST_HZ = 30.0
BINS = 580
"""The logarithmic axis: from 30 Hz to 7.9 kHz in steps of 16.7 cents."""

_MIRRORED = 2  # bins beyond either end that a Hann window may need
_LEVEL_FFT = FFT_SIZES[-1]
_FLOOR = 1e-11  # power relative to a full-scale sine


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """Frames seen through every window.

    Parameters
    ----------
    levels : float32 array, shape [frames, 2, BINS]
        Natural logarithm of power on the logarithmic axis, a full-scale sine being 0; in the window of 64 ms,
        then in that of 128 ms.
    transforms : tuple of complex64 arrays, shape [frames, bins]
        For each of `WINDOWS` the Fourier transform without a window, framed by two bins of its mirror image.
    """

    levels: Levels
    transforms: tuple[ComplexSpectrum, ...]


def spectra(samples: Samples, together: int | None = None) -> Spectra:
    """Look at every frame that fits.

    Parameters
    ----------
    samples : float32 array, shape [n]
        At 16 kHz. Frame i is centred on sample ``MARGIN + i * HOP``, so there are
        ``1 + (n - 2 * MARGIN) // HOP`` of them.
    together : int, optional
        Frames in one matrix product, a divisor of how many there are; all of them by default. The last bits
        of a product hang on it.

    Raises
    ------
    ValueError
        If not even one frame fits.
    """
    if samples.size < 2 * MARGIN:
        raise ValueError(f"a frame takes {2 * MARGIN} samples, got {samples.size}")
    frames = np.lib.stride_tricks.sliding_window_view(samples, 2 * MARGIN)[::HOP]
    transforms = tuple(_transform(frames, *sizes) for sizes in zip(WINDOWS, FFT_SIZES, strict=True))
    levels = np.empty((frames.shape[0], 2, BINS), np.float32)
    for which, (window, transform) in enumerate(zip(WINDOWS[1:], transforms[1:], strict=True)):
        windowed = _hann(transform, _LEVEL_FFT // window)
        power = windowed.real**2 + windowed.imag**2
        power = power.reshape(-1, together or power.shape[0], power.shape[1])
        for bins, columns, weights in _filters(window):
            found = power[..., bins] @ weights
            levels[:, which, columns] = found.reshape(-1, found.shape[-1])
    levels += np.float32(_FLOOR)
    np.log(levels, out=levels)
    return Spectra(levels, transforms)


def partials(spectra: Spectra, which: int, frames: IntArray, hz: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Measure what sounds near some frequencies.

    Parameters
    ----------
    spectra : Spectra
        Spectra to read the partials off.
    which : int
        Of `WINDOWS`.
    frames : int array, shape broadcastable to that of `hz`
        Which frame each pitch is of.
    hz : float64 array
        Where to look; the nearest bin is measured.

    Returns
    -------
    hz : float64 array
        Instantaneous frequency there: of the loudest partial nearby, to a fraction of a bin.
    level : float64 array
        Natural logarithm of its power, a full-scale sine being about 0.
    """
    window, size, transform = WINDOWS[which], FFT_SIZES[which], spectra.transforms[which]
    step, bin_hz = size // window, RATE_HZ / size
    nearest = np.clip(np.rint(hz / bin_hz).astype(np.intp), 0, size // 2)
    at = nearest + _MIRRORED
    below, middle, above = transform[frames, at - step], transform[frames, at], transform[frames, at + step]
    windowed = 0.5 * middle - 0.25 * (below + above)
    derivative = (below - above) * np.complex64(np.pi / window / 2j)
    power = windowed.real**2 + windowed.imag**2
    # The derivative of the window turns the phase of a sine delta above the bin by -i delta.
    delta = -(derivative * windowed.conj()).imag / np.maximum(power, np.float32(1e-20))
    level = np.log(power / np.float32((0.25 * window) ** 2) + np.float32(_FLOOR))
    return nearest * bin_hz + delta * (RATE_HZ / (2.0 * np.pi)), level


def _transform(frames: npt.NDArray[np.float32], window: int, size: int) -> ComplexSpectrum:
    """Transform the middle of every frame, and continue its spectrum below 0 Hz and above half the rate."""
    inner = MARGIN - window // 2
    spectrum = np.fft.rfft(frames[:, inner : inner + window], size, axis=1)
    below, above = spectrum[:, _MIRRORED:0:-1].conj(), spectrum[:, -2 : -2 - _MIRRORED : -1].conj()
    return np.concatenate([below, spectrum, above], axis=1).astype(np.complex64, copy=False)


def _hann(transform: ComplexSpectrum, step: int) -> ComplexSpectrum:
    """Apply a periodic Hann window to a framed transform: shape [frames, bins without the frame].

    ``w = 1/2 - cos(2 pi n / window) / 2`` moves a half of each bin a quarter each way, by as many bins as the
    padding makes of one.
    """
    size = transform.shape[1] - 2 * _MIRRORED
    starts = (_MIRRORED - step, _MIRRORED, _MIRRORED + step)
    below, middle, above = (transform[:, at : at + size] for at in starts)
    return np.asarray(np.float32(0.5) * middle - np.float32(0.25) * (below + above))


@lru_cache(maxsize=2)
def _filters(window: int) -> tuple[tuple[slice, slice, Levels], ...]:
    """Triangular filters from power in bins to power on the logarithmic axis, octave by octave.

    They reach to the neighbours' centres, but never less than one bin to either side.

    Returns
    -------
    tuple of (slice of bins, slice of the axis, float32 array [bins, columns])
        An octave needs few of the bins: together far less work than one product with them all.
    """
    centres_hz = LOWEST_HZ * 2.0 ** (np.arange(BINS) / BINS_PER_OCTAVE)
    bin_hz = RATE_HZ / _LEVEL_FFT
    reach_hz = np.maximum(bin_hz, centres_hz * (2.0 ** (1 / BINS_PER_OCTAVE) - 1))
    freq_hz = bin_hz * np.arange(_LEVEL_FFT // 2 + 1)
    weights = np.maximum(0.0, 1.0 - np.abs(freq_hz[:, None] - centres_hz) / reach_hz)
    weights /= weights.sum(axis=0)
    weights /= (0.25 * window) ** 2  # the power that a full-scale sine leaves in its bin
    parts = []
    for start in range(0, BINS, BINS_PER_OCTAVE):
        columns = slice(start, min(start + BINS_PER_OCTAVE, BINS))
        used = np.flatnonzero(weights[:, columns].any(axis=1))
        bins = slice(int(used[0]), int(used[-1]) + 1)
        parts.append((bins, columns, np.ascontiguousarray(weights[bins, columns], dtype=np.float32)))
    return tuple(parts)
