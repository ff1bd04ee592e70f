"""Noises around and inside a voice: shaped noise, pink noise, a tabla, a room; and sounds mixed by level."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from swara.data.arrays import BoolArray, FloatArray
from swara.data.clip import Samples

from .curves import even_times
from .tract import Gains

__all__ = [
    "OVERLAP",
    "TablaStroke",
    "mix_at_db",
    "pink_noise",
    "rms",
    "room",
    "room_response",
    "shaped_noise",
    "tabla",
]


def rms(samples: Samples) -> float:
    """Root mean square; 0 of nothing."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0


def mix_at_db(voice: Samples, other: Samples, level_db: float, voiced: BoolArray | None = None) -> Samples:
    """Lay `other` under a voice, `level_db` below its RMS while it sings.

    Parameters
    ----------
    voice : float32 array, shape [n]
        What stays as loud as it is.
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


TablaStroke: TypeAlias = Literal["na", "tin", "ge"]

OVERLAP = 4
"""Hops in a window of `shaped_noise`."""

_STROKE_S = 1.2
_MODES: dict[TablaStroke, tuple[tuple[float, float, float], ...]] = {
    # ratio to the drum's pitch, level, decay in s; the dayan's loaded skin is nearly harmonic (Raman 1934)
    "na": ((1.0, 0.15, 0.08), (2.0, 1.0, 0.18), (3.01, 0.7, 0.15), (4.02, 0.3, 0.1), (5.04, 0.2, 0.07)),
    "tin": ((1.0, 1.0, 0.35), (2.0, 0.5, 0.3), (3.01, 0.15, 0.15), (4.02, 0.05, 0.1)),
    "ge": ((1.0, 1.0, 0.4), (1.6, 0.25, 0.12), (2.3, 0.1, 0.08)),
}
_GLIDE: dict[TablaStroke, float] = {
    "na": 0.0,
    "tin": 0.0,
    "ge": 5.0,
}  # semitones that the heel of the hand adds


def pink_noise(count: int, rng: np.random.Generator) -> Samples:
    """Noise with equal power in every octave, unit RMS: float32 of shape [count]."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum[1:] /= np.sqrt(np.arange(1, spectrum.size))
    spectrum[0] = 0.0
    noise = np.fft.irfft(spectrum, count)
    level = np.sqrt(np.mean(noise**2))
    return np.asarray(noise / max(level, np.finfo(float).tiny), dtype=np.float32)


def shaped_noise(gains: Gains, hop: int, rng: np.random.Generator) -> Samples:
    """Noise whose spectrum follows a plan: random phases, overlap-added.

    Parameters
    ----------
    gains : float32 array, shape [frames, 2 * hop + 1]
        Magnitudes from 0 Hz to half the sample rate, for windows of ``4 * hop`` samples centred at multiples
        of `hop`. A row of ones gives unit RMS.
    hop : int
        Samples between frames.
    rng : numpy.random.Generator
        Everything random is drawn from it.

    Returns
    -------
    float32 array, shape [frames * hop]
    """
    frames, size = gains.shape[0], OVERLAP * hop
    white = rng.standard_normal((frames, size), dtype=np.float32)
    window = np.sin(np.pi * (np.arange(size, dtype=np.float32) + 0.5) / size)  # squares add up to OVERLAP / 2
    pieces = np.fft.irfft(np.fft.rfft(white) * gains, size) * (window * np.sqrt(2.0 / OVERLAP))
    total = np.zeros((frames + OVERLAP, hop), np.float32)
    for part in range(OVERLAP):
        total[part : part + frames] += pieces[:, part * hop : (part + 1) * hop]
    lead = OVERLAP // 2
    return total[lead : lead + frames].reshape(-1)


def tabla(stroke: TablaStroke, pitch_hz: float, *, rate_hz: int, rng: np.random.Generator) -> Samples:
    """Synthesize one stroke: decaying modes after a short slap, peak 0.5.

    Parameters
    ----------
    stroke : {"na", "tin", "ge"}
        Rim and open strokes of the dayan, and the bayan's, which glides upwards.
    pitch_hz : float
        The dayan is tuned to Sa, the bayan lies well below.
    rate_hz : int
        Sample rate of the sound that is returned.
    rng : numpy.random.Generator
        Draws the modes' phases and the slap.

    Returns
    -------
    float32 array, shape [n]
        1.2 s long, by when all has died away.
    """
    times_s = even_times(round(_STROKE_S * rate_hz), 1.0 / rate_hz)
    bend = 2.0 ** (_GLIDE[stroke] / 12.0 * (1.0 - np.exp(-times_s / 0.15)))
    turns = np.cumsum(pitch_hz * bend) / rate_hz
    sound = np.zeros(times_s.size)
    for ratio, level, decay_s in _MODES[stroke]:
        if ratio * pitch_hz * float(bend.max()) < 0.5 * rate_hz:
            sound += level * np.exp(-times_s / decay_s) * np.sin(2.0 * np.pi * (ratio * turns + rng.random()))
    sound += 0.3 * np.exp(-times_s / 0.004) * rng.standard_normal(times_s.size)
    sound *= np.minimum(1.0, times_s / 0.001)
    return np.asarray(0.5 * sound / np.abs(sound).max(), dtype=np.float32)


def room_response(t60_s: float, direct_db: float, *, rate_hz: int, rng: np.random.Generator) -> FloatArray:
    """Impulse response of a plain room: the direct sound, then noise dying away exponentially.

    Parameters
    ----------
    t60_s : float
        Time in which the reverberation falls by 60 dB.
    direct_db : float
        Energy of the direct sound over that of the reverberation.
    rate_hz : int
        Sample rate of the sound that is returned.
    rng : numpy.random.Generator
        Everything random is drawn from it.

    Returns
    -------
    float64 array, shape [n]
        ``1.0`` at 0, then the tail from 5 ms on.
    """
    times_s = even_times(round(t60_s * rate_hz), 1.0 / rate_hz)
    tail = np.where(
        times_s > 0.005, rng.standard_normal(times_s.size) * 10.0 ** (-3.0 * times_s / t60_s), 0.0
    )
    tail *= 10.0 ** (-direct_db / 20.0) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail


def room(samples: Samples, response: FloatArray) -> Samples:
    """Place `samples` in a room: convolved by FFT, cut to its own length, float32 of shape [n]."""
    size = 1 << int(np.ceil(np.log2(samples.size + response.size - 1)))
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return wet[: samples.size].astype(np.float32)
