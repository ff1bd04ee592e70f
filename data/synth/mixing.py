"""Levels, and putting one sound under another at a stated one."""

from __future__ import annotations

import numpy as np

from data.clip import Samples
from data.pitch_track import BoolArray

__all__ = ["mix_at_db", "rms"]


def rms(samples: Samples) -> float:
    """Root mean square; 0 of nothing."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0


def mix_at_db(voice: Samples, other: Samples, level_db: float, voiced: BoolArray | None = None) -> Samples:
    """Lay `other` under a voice, `level_db` below its RMS while it sings.

    Parameters
    ----------
    voice : float32 array, shape [n]
    other : float32 array, shape [at least n]
        Its first n samples are used, and their RMS counts.
    level_db : float
        Positive puts `other` below the voice, negative above.
    voiced : bool array, shape [n], optional
        Samples that the voice's RMS is taken over; all by default.

    Returns
    -------
    float32 array, shape [n]
        Turned down as a whole, both parts alike, where it would leave -1 to 1.

    Raises
    ------
    ValueError
        If `other` is too short, or one of the two is silent.
    """
    if other.size < voice.size:
        raise ValueError(f"{other.size} samples cannot lie under {voice.size}")
    under = other[: voice.size]
    voice_rms = rms(voice if voiced is None else voice[voiced])
    other_rms = rms(under)
    if voice_rms == 0 or other_rms == 0:
        raise ValueError("silence has no level to mix at")
    gain = voice_rms / other_rms * 10.0 ** (-level_db / 20.0)
    mixed = voice + gain * under
    return np.asarray(mixed / max(1.0, float(np.abs(mixed).max())), dtype=np.float32)
