"""A voice at another pitch, by WORLD (Morise et al. 2016): the formants stay, or move as they are told."""

from __future__ import annotations

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Samples

RATE_HZ = 16_000
_FLOOR_HZ, _CEILING_HZ = 65.0, 1100.0  # of the voices that were recorded


def harvest(samples: Samples) -> tuple[FloatArray, FloatArray]:
    """Return the pitch that Harvest finds, 0 where unvoiced, and its times: Hz and s, shape [frames] each."""
    import pyworld

    hz, times_s = pyworld.harvest(
        samples.astype(np.float64), RATE_HZ, f0_floor=_FLOOR_HZ, f0_ceil=_CEILING_HZ
    )
    return hz, times_s


def resynthesise(
    samples: Samples,
    hz: FloatArray,
    times_s: FloatArray,
    ratio: float | FloatArray,
    tract: float = 1.0,
    period_ms: float = 5.0,
) -> FloatArray:
    """Analyze a voice along its pitch (CheapTrick, D4C) and synthesize it at `ratio` times that.

    With a ratio of 1 what changes is only what the vocoder leaves in a sound. Some ms may lack at the end.

    Parameters
    ----------
    samples : float32 array, shape [n]
        At 16 kHz.
    hz, times_s : float64 arrays, shape [frames]
        The pitch, 0 where unvoiced, and when.
    ratio : float or float64 array, shape [frames]
        Of the pitch to what it was.
    tract : float
        How far the spectra are stretched towards higher frequencies; 1 keeps the formants.
    period_ms : float
        From one frame to the next; to the last bit, as the noise in the voice hangs on it.
    """
    import pyworld

    sound: FloatArray = samples.astype(np.float64)
    hz, times_s = np.ascontiguousarray(hz), np.ascontiguousarray(times_s)
    envelope = pyworld.cheaptrick(sound, hz, times_s, RATE_HZ)
    aperiodicity = pyworld.d4c(sound, hz, times_s, RATE_HZ)
    if tract != 1.0:
        envelope, aperiodicity = _stretched(envelope, tract), _stretched(aperiodicity, tract)
    made: FloatArray = pyworld.synthesize(ratio * hz, envelope, aperiodicity, RATE_HZ, period_ms)
    return made


def _stretched(spectra: FloatArray, ratio: float) -> FloatArray:
    """Stretch spectra of shape [frames, bins] towards higher frequencies, in the logarithm of the level."""
    bins = np.arange(spectra.shape[1], dtype=np.float64)
    return np.exp([np.interp(bins / ratio, bins, row) for row in np.log(spectra)])
