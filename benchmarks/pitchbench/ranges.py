"""Voices from 80 to 900 Hz: real ones moved there by WORLD, and synthesized ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.synth import VOICES

from .made import made_voice
from .material import RATE_HZ, Sung

__all__ = ["made", "moved"]

MEDIANS_HZ = (85.0, 105.0, 135.0, 180.0, 245.0, 340.0, 470.0, 620.0, 780.0)
"""Where the middle of a moved clip comes to lie."""

PLACES = 2
"""Of these, how many each clip is moved to."""

_TRACT = 1 / 3
_TRACT_LIMITS = (0.8, 1.25)
"""A voice this ratio to the power of `_TRACT` higher has so much the shorter a tract, within limits."""

_MADE = (
    ("low male", (96.0, 106.0, 120.0)),
    ("mid male", (125.0, 150.0)),
    ("high male", (160.0, 190.0)),
    ("low female", (210.0, 250.0)),
    ("mid female", (240.0, 290.0)),
    ("high female", (320.0, 360.0, 400.0)),
    ("child", (340.0, 390.0)),
)
"""Voices and the Sa of their takes, in Hz; a take runs from 0.83 to 2.25 times its Sa."""


def moved(sung: Sequence[Sung]) -> list[Sung]:
    """Synthesize each clip again at two other pitches; none where pyworld is not installed."""
    try:
        import pyworld  # noqa: F401
    except ImportError:
        return []
    step = len(MEDIANS_HZ) // PLACES
    places = [(one, k + step * place) for k, one in enumerate(sung) for place in range(PLACES)]
    return [_moved(one, MEDIANS_HZ[place % len(MEDIANS_HZ)]) for one, place in places]


def made() -> list[Sung]:
    """Sing takes whose Sas climb through the range."""
    numbered = enumerate((VOICES[voice], sa_hz) for voice, sas_hz in _MADE for sa_hz in sas_hz)
    return [made_voice(500 + number, voice, sa_hz) for number, (voice, sa_hz) in numbered]


def _moved(sung: Sung, median_hz: float) -> Sung:
    """Analyze a clip with WORLD along its true f0, and synthesize it around another median."""
    import pyworld

    ratio = median_hz / float(np.median(sung.hz[sung.hz > 0]))
    samples = sung.samples.astype(np.float64)
    period_ms = 1000.0 * float(np.median(np.diff(sung.times_s)))
    f0_hz, times_s = np.ascontiguousarray(sung.hz), np.ascontiguousarray(sung.times_s)
    envelope = pyworld.cheaptrick(samples, f0_hz, times_s, RATE_HZ)
    noise = pyworld.d4c(samples, f0_hz, times_s, RATE_HZ)
    tract = float(np.clip(ratio**_TRACT, *_TRACT_LIMITS))
    sound = pyworld.synthesize(
        ratio * f0_hz, _stretched(envelope, tract), _stretched(noise, tract), RATE_HZ, period_ms
    )
    sound = np.resize(sound, samples.size) if sound.size < samples.size else sound[: samples.size]
    sound *= np.abs(samples).max() / np.abs(sound).max()
    name = f"{sung.name} at {median_hz:.0f} Hz"
    return replace(sung, name=name, samples=np.asarray(sound, np.float32), hz=ratio * sung.hz, sa_hz=0.0)


def _stretched(spectra: FloatArray, ratio: float) -> FloatArray:
    """Stretch spectra of shape [frames, bins] towards higher frequencies."""
    bins = np.arange(spectra.shape[1], dtype=np.float64)
    source = np.minimum(bins / ratio, bins[-1])
    low = np.floor(source).astype(np.intp)
    high = np.minimum(low + 1, bins.size - 1)
    share = source - low
    log = np.log(spectra)
    return np.ascontiguousarray(np.exp((1.0 - share) * log[:, low] + share * log[:, high]))
