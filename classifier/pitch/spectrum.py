"""What the pitch head looks at: short-time spectra of each frame, two of them on a logarithmic axis.

A window of 128 ms tells close partials apart, those of 64 and 32 ms follow quick turns. All come from one
Fourier transform each, without a window: the Hann window and its derivative are sums of neighbouring bins, so
that the frequency of every partial (Auger & Flandrin 1995) costs no further transform.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
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
    "periodicity",
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
_LEVEL_BINS = _LEVEL_FFT // 2 + 1
_FRAMED = _LEVEL_BINS + 2 * _MIRRORED
_STARTS = _MIRRORED + np.array([2 * _FRAMED, 0, _FRAMED])
"""Where the bins of each window begin: those that levels are read from stand side by side."""

_BINS_IN_ALL = int(_STARTS[0]) + FFT_SIZES[0] // 2 + 1 + _MIRRORED
_PIECE = 50  # frames that are worked on at a time: what fits a cache
_FIRST_OCTAVES = (0, 4, 5, 6, 7)
_FLOOR = 1e-11  # power relative to a full-scale sine
_FAINTEST = np.float32(1e-9)  # power of a band; what is silent does not repeat itself

_SIZES = np.array(FFT_SIZES)[:, None]
_SIDES = _STARTS[:, None] + np.array([-1, 0, 1])[:, None, None, None] * (_SIZES // np.array(WINDOWS)[:, None])
_BIN_HZ, _BINS_A_HZ, _LAST_BINS = RATE_HZ / _SIZES, _SIZES / RATE_HZ, _SIZES // 2
_HZ_A_TURN = (RATE_HZ / np.array(WINDOWS, np.float32))[:, None] / np.float32(2.0)
_SHARES = 1.0 / (0.5 * np.array(WINDOWS, np.float32)[:, None]) ** 2  # of twice the amplitude under a window


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """Frames seen through every window.

    Parameters
    ----------
    levels : float32 array, shape [frames, 2, BINS]
        Natural logarithm of power on the logarithmic axis, a full-scale sine being 0; in the window of 64 ms,
        then in that of 128 ms.
    transforms : complex64 array, shape [frames, sum of the bins]
        For each of `WINDOWS`, longest last but the first at the end, the Fourier transform without a window,
        framed by two bins of its mirror image.
    """

    levels: Levels
    transforms: ComplexSpectrum

    def first(self, count: int) -> Spectra:
        """Return the first frames alone, without a copy."""
        return Spectra(self.levels[:count], self.transforms[:count])

    def transform(self, which: int) -> ComplexSpectrum:
        """Return the framed transforms in one of `WINDOWS`: shape [frames, bins + 4]."""
        start = int(_STARTS[which]) - _MIRRORED
        return self.transforms[:, start : start + FFT_SIZES[which] // 2 + 1 + 2 * _MIRRORED]


def spectra(samples: Samples, together: int | None = None, into: Spectra | None = None) -> Spectra:
    """Look at every frame that fits.

    Parameters
    ----------
    samples : float32 array, shape [n]
        At 16 kHz. Frame i is centred on sample ``MARGIN + i * HOP``, so there are
        ``1 + (n - 2 * MARGIN) // HOP`` of them.
    together : int, optional
        Frames in one matrix product, a divisor of how many there are; as many as fit a cache by default. The
        last bits of a product hang on it.
    into : Spectra, optional
        Of as many frames, that are not needed any more: memory that is at hand costs less than new one.

    Raises
    ------
    ValueError
        If not even one frame fits.
    """
    if samples.size < 2 * MARGIN:
        raise ValueError(f"a frame takes {2 * MARGIN} samples, got {samples.size}")
    count = 1 + (samples.size - 2 * MARGIN) // HOP
    strides = (HOP * samples.itemsize, samples.itemsize)
    frames: Levels = np.ndarray(
        (count, 2 * MARGIN), np.float32, np.ascontiguousarray(samples, np.float32), strides=strides
    )
    if into is None or into.levels.shape[0] != count:
        into = Spectra(np.empty((count, 2, BINS), np.float32), np.empty((count, _BINS_IN_ALL), np.complex64))
    for start in range(0, count, _PIECE):
        piece = slice(start, start + _PIECE)
        _look(frames[piece], together, into.levels[piece], into.transforms[piece])
    return into


def partials(spectra: Spectra, hz: FloatArray, frames: IntArray | None = None) -> tuple[FloatArray, Levels]:
    """Measure what sounds near some frequencies in every window.

    Parameters
    ----------
    spectra : Spectra
        Spectra to read the partials off.
    hz : float64 array, shape [frames, partials]
        Where to look in each frame; the nearest bin is measured.
    frames : int array, shape [frames], optional
        Their numbers; all in order if not given.

    Returns
    -------
    hz : float64 array, shape [frames, windows, partials]
        Instantaneous frequency there: of the loudest partial nearby, to a fraction of a bin.
    level : float32 array, shape [frames, windows, partials]
        Natural logarithm of its power, a full-scale sine being about 0.
    """
    nearest = np.rint(hz[:, None] * _BINS_A_HZ).astype(np.intp)
    nearest = np.minimum(np.maximum(nearest, 0), _LAST_BINS)
    rows = spectra.transforms.shape[1] * (np.arange(hz.shape[0]) if frames is None else frames)
    near = spectra.transforms.reshape(-1)[nearest + rows[:, None, None] + _SIDES]
    below, middle, above = near.view(np.float32)  # real and imaginary parts by turns
    windowed = below + above
    windowed *= np.float32(-0.5)
    windowed += middle
    power = windowed * windowed
    turned = (below - above) * windowed
    power, turned = (parts[..., 0::2] + parts[..., 1::2] for parts in (power, turned))
    # The derivative of the window turns the phase of a sine delta above the bin by -i delta.
    delta_hz = turned * _HZ_A_TURN / np.maximum(power, np.float32(4e-20))
    level = np.log(power * _SHARES + np.float32(_FLOOR))
    return nearest * _BIN_HZ + delta_hz, level


_LONG_PERIOD_HZ = 100.0  # below it a window of 32 ms holds too few periods
_BAND_EDGES_HZ = (60.0, 1000.0, 3000.0, 7000.0)


def periodicity(spectra: Spectra, hz: FloatArray) -> Levels:
    """Measure how well each frame repeats itself after a period of a pitch.

    That is the autocorrelation at the period, by way of the power spectrum, over that of the window alone
    (Boersma 1993): the share of the power that is periodic. A drone hides a voice in one band and leaves it
    free in another, so the band counts that has most.

    Parameters
    ----------
    spectra : Spectra
        Spectra of the frames.
    hz : float64 array, shape [frames]
        The pitch, positive.

    Returns
    -------
    float32 array, shape [frames]
        Near 1 where nothing else sounds, a half where noise is as strong, 0 in silence, and about 0 or less
        where the pitch has no partials; but of a high pitch, of which hardly a partial lies below 1 kHz, what
        is far lower repeats itself too: 0.9 of 60 Hz at 1000 Hz.
    """
    found = np.empty(hz.size, np.float32)
    low = hz < _LONG_PERIOD_HZ
    for which, rows in enumerate((np.flatnonzero(~low), np.flatnonzero(low))):
        for first in range(0, rows.size, _PIECE):
            piece = rows[first : first + _PIECE]
            found[piece] = _repeated(spectra.transform(which), piece, hz[piece], which)
    return found


def _repeated(framed: ComplexSpectrum, rows: IntArray, hz: FloatArray, which: int) -> Levels:
    """Measure the periodicity of some frames in one of `WINDOWS`."""
    window, side = WINDOWS[which], FFT_SIZES[which] // WINDOWS[which]
    edges = np.rint(np.array(_BAND_EDGES_HZ) * FFT_SIZES[which] / RATE_HZ).astype(np.intp)
    near = framed[rows, _MIRRORED + edges[0] - side : _MIRRORED + edges[-1] + side]
    windowed = near[:, side:-side] - np.float32(0.5) * (near[:, : -2 * side] + near[:, 2 * side :])
    power = np.square(windowed.real) + np.square(windowed.imag)
    periods = RATE_HZ / hz
    turns = (2.0 * np.pi / FFT_SIZES[which] * periods).astype(np.float32)
    repeated = power * np.cos(turns[:, None] * np.arange(edges[0], edges[-1], dtype=np.float32))
    # Row by row, so that no frame changes another.
    parts, whole = (np.add.reduceat(each, edges[:-1] - edges[0], axis=1) for each in (repeated, power))
    share = periods / window
    turn = 2.0 * np.pi * share
    of_window = (1.0 - share) * (2.0 + np.cos(turn)) / 3.0 + np.sin(turn) / (2.0 * np.pi)
    return np.asarray((parts / (whole + _FAINTEST)).max(axis=1) / of_window, dtype=np.float32)


def _look(frames: Levels, together: int | None, levels: Levels, transforms: ComplexSpectrum) -> None:
    """Transform frames, shape [frames, 2 * MARGIN], and lay filters over their power; write both."""
    for window, size, start in zip(WINDOWS, FFT_SIZES, _STARTS.tolist(), strict=True):
        inner = MARGIN - window // 2
        own = transforms[:, start : start + size // 2 + 1]
        np.fft.rfft(frames[:, inner : inner + window], size, axis=1, out=own)  # type: ignore[arg-type]
    count = frames.shape[0]
    long = transforms[:, : 2 * _FRAMED].reshape(count, 2, _FRAMED)
    for framed in (long, transforms[:, 2 * _FRAMED :]):  # below 0 Hz, and above half the rate
        np.conjugate(framed[..., 2 * _MIRRORED : _MIRRORED : -1], out=framed[..., :_MIRRORED])
        np.conjugate(framed[..., -_MIRRORED - 2 : -2 * _MIRRORED - 2 : -1], out=framed[..., -_MIRRORED:])
    power = _power(long).reshape(-1, 2 * (together or count), _LEVEL_BINS)
    stacked = levels.reshape(-1, power.shape[1], BINS)
    for used, columns, weights in _filters():
        np.matmul(power[..., used], weights, out=stacked[..., columns])
    levels[:, 0] *= np.float32((WINDOWS[2] / WINDOWS[1]) ** 2)
    levels += np.float32(_FLOOR)
    np.log(levels, out=levels)


def _power(framed: ComplexSpectrum) -> Levels:
    """Return the power of framed transforms, shape [frames, 2, bins], under a periodic Hann window.

    ``w = 1/2 - cos(2 pi n / window) / 2`` moves a half of each bin a quarter each way, by as many bins as the
    padding makes of one.
    """
    parts = framed.view(np.float32)  # real and imaginary by turns
    windowed = np.empty((*framed.shape[:2], 2 * _LEVEL_BINS), np.float32)
    for which, window in enumerate(WINDOWS[1:]):
        below, above = (2 * (_MIRRORED + side * (_LEVEL_FFT // window)) for side in (-1, 1))
        np.add(
            parts[:, which, below : below + 2 * _LEVEL_BINS],
            parts[:, which, above : above + 2 * _LEVEL_BINS],
            out=windowed[:, which],
        )
    windowed *= np.float32(-0.25)
    windowed += np.float32(0.5) * parts[..., 2 * _MIRRORED : -2 * _MIRRORED]
    np.square(windowed, out=windowed)
    return np.asarray(windowed[..., 0::2] + windowed[..., 1::2])


@lru_cache(maxsize=1)
def _filters() -> tuple[tuple[slice, slice, Levels], ...]:
    """Triangular filters from power in bins to power on the logarithmic axis, by parts of it.

    They reach to the neighbours' centres, but never less than one bin to either side.

    Returns
    -------
    tuple of (slice of bins, slice of the axis, float32 array [bins, columns])
        An octave needs few of the bins: together far less work than one product with them all. The lowest
        ones need so few that they are taken together.
    """
    centres_hz = LOWEST_HZ * 2.0 ** (np.arange(BINS) / BINS_PER_OCTAVE)
    bin_hz = RATE_HZ / _LEVEL_FFT
    reach_hz = np.maximum(bin_hz, centres_hz * (2.0 ** (1 / BINS_PER_OCTAVE) - 1))
    freq_hz = bin_hz * np.arange(_LEVEL_BINS)
    weights = np.maximum(0.0, 1.0 - np.abs(freq_hz[:, None] - centres_hz) / reach_hz)
    weights /= weights.sum(axis=0)
    weights /= (0.25 * WINDOWS[-1]) ** 2  # the power that a full-scale sine leaves in its bin
    parts = []
    edges = [*(BINS_PER_OCTAVE * octave for octave in _FIRST_OCTAVES), BINS]
    for start, stop in pairwise(edges):
        columns = slice(start, stop)
        used = np.flatnonzero(weights[:, columns].any(axis=1))
        bins = slice(int(used[0]), int(used[-1]) + 1)
        parts.append((bins, columns, np.ascontiguousarray(weights[bins, columns], dtype=np.float32)))
    return tuple(parts)
