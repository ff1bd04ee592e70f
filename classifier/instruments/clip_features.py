"""A clip as 35 figures, as in projects on NSynth: MFCC, chroma, centroid, bandwidth, zero crossings."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Samples
from swara.data.errors import MissingPackage
from swara.data.installation import install_command

__all__ = ["FEATURES", "clip_features"]

_MFCC, _CHROMA = 20, 12
FEATURES = (
    *(f"mfcc {number}" for number in range(_MFCC)),
    *(f"chroma {number}" for number in range(_CHROMA)),
    *("spectral centroid", "spectral bandwidth", "zero crossing rate"),
)
"""The names of the figures, in order."""

_WINDOW = 2048


def clip_features(samples: Samples, rate_hz: int) -> FloatArray:
    """Return the means of what librosa measures in each frame, in the order of `FEATURES`.

    Parameters
    ----------
    samples : float32 array, shape [n]
        One channel; followed by silence where it is shorter than a frame.
    rate_hz : int
        Samples a second.

    Returns
    -------
    float64 array, shape [35]
        Centroid and bandwidth in Hz, the others without unit.

    Raises
    ------
    MissingPackage
        If librosa is not installed: it is needed to compare models, nowhere else.
    """
    librosa = _librosa()
    heard = np.pad(samples, (0, max(0, _WINDOW - samples.size)))
    spectrum = np.abs(librosa.stft(heard, n_fft=_WINDOW))
    to_mel, to_chroma = _filters(rate_hz)
    power = np.square(spectrum)
    centroid = librosa.feature.spectral_centroid(S=spectrum, sr=rate_hz)
    frames = (
        librosa.feature.mfcc(S=librosa.power_to_db(to_mel @ power), n_mfcc=_MFCC),
        librosa.util.normalize(to_chroma @ power, axis=0),
        centroid,
        librosa.feature.spectral_bandwidth(S=spectrum, sr=rate_hz, centroid=centroid),
        librosa.feature.zero_crossing_rate(heard),
    )
    return np.concatenate([np.asarray(each, np.float64).mean(axis=1) for each in frames])


@lru_cache(maxsize=2)
def _filters(rate_hz: int) -> tuple[FloatArray, FloatArray]:
    """Return what `librosa.feature` makes anew for each clip: mel bands, and pitch classes tuned to A4."""
    filters = _librosa().filters
    return filters.mel(sr=rate_hz, n_fft=_WINDOW), filters.chroma(sr=rate_hz, n_fft=_WINDOW, tuning=0.0)


def _librosa() -> Any:
    try:
        import librosa
    except ImportError as error:
        raise MissingPackage(
            "the features of the NSynth project are librosa's, which is not installed",
            fix=f"Install it with: {install_command('librosa')}",
        ) from error
    return librosa
