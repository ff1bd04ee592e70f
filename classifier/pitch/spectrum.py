"""What the pitch head looks at: two short-time spectra of each frame on a logarithmic frequency axis.

A window of 64 ms follows quick turns, one of 128 ms tells close partials apart. Both come from one Fourier
transform each, without a window: the Hann window and its derivative are sums of neighbouring bins, so that
the frequency of every partial (Auger & Flandrin 1995) costs no further transform.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from data.clip import Samples
from data.pitch_track import FloatArray, IntArray

__all__ = [
    "BINS",
    "BINS_PER_OCTAVE",
    "BIN_HZ",
    "FFT_SIZE",
    "HOP",
    "LOWEST_HZ",
    "MARGIN",
    "WINDOWS",
    "ComplexSpectrum",
    "Levels",
    "Spectra",
    "partials",
    "spectra",
]

Levels: TypeAlias = npt.NDArray[np.float32]
ComplexSpectrum: TypeAlias = npt.NDArray[np.complex64]

HOP = 160
"""Samples between frames: 10 ms at 16 kHz."""

FFT_SIZE = 2048
WINDOWS = (1024, 2048)
"""Samples in each window, short and long."""

MARGIN = FFT_SIZE // 2
"""Samples that a frame needs on either side of its centre."""

BIN_HZ = 16_000 / FFT_SIZE

BINS_PER_OCTAVE = 72
LOWEST_HZ = 30.0
BINS = 580
"""The logarithmic axis: from 30 Hz to 7.9 kHz in steps of 16.7 cents."""

_FLOOR = 1e-11  # power relative to a full-scale sine


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """Frames seen through both windows.

    Parameters
    ----------
    levels : float32 array, shape [frames, 2, BINS]
        Natural logarithm of power on the logarithmic axis, a full-scale sine being 0; short window, then long.
    short, long : complex64 arrays, shape [frames, FFT_SIZE // 2 + 1 + 4]
        Fourier transforms without a window, framed by two bins of their mirror image at either end.
    """

    levels: Levels
    short: ComplexSpectrum
    long: ComplexSpectrum


def spectra(samples: Samples) -> Spectra:
    """Look at every frame that fits.

    Parameters
    ----------
    samples : float32 array, shape [n]
        At 16 kHz. Frame i is centred on sample ``MARGIN + i * HOP``, so there are
        ``1 + (n - FFT_SIZE) // HOP`` of them.

    Raises
    ------
    ValueError
        If not even one frame fits.
    """
    if samples.size < FFT_SIZE:
        raise ValueError(f"a frame takes {FFT_SIZE} samples, got {samples.size}")
    frames = np.lib.stride_tricks.sliding_window_view(samples, FFT_SIZE)[::HOP]
    inner = (FFT_SIZE - WINDOWS[0]) // 2
    short = _mirrored(np.fft.rfft(frames[:, inner : inner + WINDOWS[0]], FFT_SIZE, axis=1))
    long = _mirrored(np.fft.rfft(frames, axis=1))
    levels = np.empty((frames.shape[0], 2, BINS), np.float32)
    for which, (window, spectrum) in enumerate(zip(WINDOWS, (short, long), strict=True)):
        windowed = _hann(spectrum, window)
        power = windowed.real**2 + windowed.imag**2
        levels[:, which] = power @ _filters(window)
    levels += np.float32(_FLOOR)
    np.log(levels, out=levels)
    return Spectra(levels, short, long)


def partials(
    spectrum: ComplexSpectrum, window: int, frames: IntArray, hz: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Measure what sounds near some frequencies.

    Parameters
    ----------
    spectrum : complex64 array, shape [frames, FFT_SIZE // 2 + 1 + 4]
        `Spectra.short` or `Spectra.long`.
    window : int
        Of `WINDOWS`, the one that goes with it.
    frames : int array, shape broadcastable to that of `hz`
    hz : float64 array
        Where to look; the nearest bin is measured.

    Returns
    -------
    hz : float64 array
        Instantaneous frequency there: of the loudest partial nearby, to a fraction of a bin.
    level : float64 array
        Natural logarithm of its power, a full-scale sine being about 0.
    """
    step = FFT_SIZE // window
    nearest = np.clip(np.rint(hz / BIN_HZ).astype(np.intp), 0, FFT_SIZE // 2)
    below, middle, above = (spectrum[frames, nearest + 2 + shift] for shift in (-step, 0, step))
    windowed = 0.5 * middle - 0.25 * (below + above)
    derivative = (below - above) * np.complex64(np.pi / window / 2j)
    power = windowed.real**2 + windowed.imag**2
    # The derivative of the window turns the phase of a sine delta above the bin by -i delta.
    delta = -(derivative * windowed.conj()).imag / np.maximum(power, np.float32(1e-20))
    level = np.log(power / (0.25 * window) ** 2 + _FLOOR)
    return nearest * BIN_HZ + delta * (16_000 / (2.0 * np.pi)), level.astype(np.float64)


def _mirrored(spectrum: npt.NDArray[np.complexfloating]) -> ComplexSpectrum:
    """Continue a real signal's spectrum by two bins below 0 Hz and above half the sample rate."""
    below, above = spectrum[:, 2:0:-1].conj(), spectrum[:, -2:-4:-1].conj()
    return np.concatenate([below, spectrum, above], axis=1).astype(np.complex64, copy=False)


def _hann(spectrum: ComplexSpectrum, window: int) -> ComplexSpectrum:
    """Apply a periodic Hann window to a mirrored spectrum: shape [frames, FFT_SIZE // 2 + 1].

    ``w = 1/2 - cos(2 pi n / window) / 2`` moves a half of each bin a quarter each way, by as many bins as the
    padding makes of one.
    """
    step = FFT_SIZE // window
    middle = spectrum[:, 2:-2]
    return np.asarray(0.5 * middle - 0.25 * (spectrum[:, 2 - step : -2 - step] + _above(spectrum, step)))


def _above(spectrum: ComplexSpectrum, step: int) -> ComplexSpectrum:
    return spectrum[:, 2 + step : spectrum.shape[1] - 2 + step]


@lru_cache(maxsize=2)
def _filters(window: int) -> Levels:
    """Triangular filters from power in bins to power on the logarithmic axis: shape [bins, BINS].

    They reach to the neighbours' centres, but never less than one bin to either side.
    """
    centres_hz = LOWEST_HZ * 2.0 ** (np.arange(BINS) / BINS_PER_OCTAVE)
    reach_hz = np.maximum(BIN_HZ, centres_hz * (2.0 ** (1 / BINS_PER_OCTAVE) - 1))
    freq_hz = BIN_HZ * np.arange(FFT_SIZE // 2 + 1)
    weights = np.maximum(0.0, 1.0 - np.abs(freq_hz[:, None] - centres_hz) / reach_hz)
    weights /= weights.sum(axis=0)
    full_scale = 0.25 * window  # what a sine of amplitude 1 leaves in its bin under a Hann window
    return np.asarray(weights / full_scale**2, dtype=np.float32)
