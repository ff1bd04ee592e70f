"""One period of a wave for every quarter octave of pitch, read at the phase of a pitch line."""

from __future__ import annotations

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Samples

from .draw_line import STEP_S

__all__ = ["HIGHEST_HZ", "LOWEST_HZ", "TOP_HZ", "line_phase", "read_table", "wave_tables"]

TOP_HZ = 7600.0
"""No partial lies higher."""

LOWEST_HZ, HIGHEST_HZ = 36.0, 2400.0
"""Of the pitches that there are tables for."""

_RATE_HZ = 16_000
_STEP = round(STEP_S * _RATE_HZ)
_TABLE = 4096
_LEVELS_AN_OCTAVE = 4
_LEVELS = 1 + int(np.ceil(_LEVELS_AN_OCTAVE * np.log2(HIGHEST_HZ / LOWEST_HZ)))


def wave_tables(
    harmonics: FloatArray, rng: np.random.Generator, phases: int = 0, top_hz: float = 2.0 * TOP_HZ
) -> Samples:
    """Compute one period of a wave for every quarter octave of pitch, each free of what would alias.

    Parameters
    ----------
    harmonics : float64 array, shape [count]
        Amplitudes from the fundamental up.
    rng : numpy.random.Generator
        Everything random is drawn from it.
    phases : int
        0 for cosines, 1 for random phases, 2 for a chirp.
    top_hz : float
        Partials well above it are left out.

    Returns
    -------
    float32 array, shape [levels, 4097]
        The last column repeats the first.
    """
    order = np.arange(1, harmonics.size + 1)
    choices = (0.0 * order, rng.uniform(0.0, 2.0 * np.pi, order.size), 0.02 * rng.random() * order**2)
    tops_hz = LOWEST_HZ * 2.0 ** (np.arange(1, _LEVELS + 1) / _LEVELS_AN_OCTAVE)
    hz = np.outer(tops_hz, order)
    fade = np.clip((TOP_HZ - hz) / 600.0, 0.0, 1.0) / np.sqrt(1.0 + (hz / top_hz) ** 12)
    spectrum = np.zeros((_LEVELS, _TABLE // 2 + 1), np.complex64)
    spectrum[:, 1 : order.size + 1] = fade * harmonics * np.exp(1j * choices[phases])
    waves = np.fft.irfft(spectrum, _TABLE) * (_TABLE / 2)
    return np.concatenate([waves, waves[:, :1]], axis=1).astype(np.float32)


def read_table(tables: Samples, turns: FloatArray, log2_hz: FloatArray) -> Samples:
    """Read `tables` at a phase in turns, each sample at the level of its pitch: float32 of shape [n]."""
    level = np.clip((_LEVELS_AN_OCTAVE * (log2_hz - np.log2(LOWEST_HZ))).astype(np.int64), 0, _LEVELS - 1)
    place = (turns % 1.0) * _TABLE
    whole = place.astype(np.int64)
    share = (place - whole).astype(np.float32)
    at = level * (_TABLE + 1) + whole
    flat = tables.reshape(-1)
    here = flat[at]
    return np.asarray(here + share * (flat[at + 1] - here))


def line_phase(f0_hz: FloatArray, jitter: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """Integrate a pitch that is given every step: turns and log2 Hz at every sample."""
    log2_hz = np.log2(f0_hz)
    share = np.arange(_STEP) / _STEP
    dense = (log2_hz[:-1, None] + np.diff(log2_hz)[:, None] * share).reshape(-1)
    hz = np.exp2(dense)
    steps = 0.5 * (hz + np.append(hz[1:], f0_hz[-1])) / _RATE_HZ
    turns = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    if jitter is not None:
        turns += (jitter[:-1, None] + np.diff(jitter)[:, None] * share).reshape(-1)
    return turns, dense
