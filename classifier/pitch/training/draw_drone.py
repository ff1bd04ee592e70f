"""Drones: tanpuras from a pool, retuned to any Sa; electronic ones and reeds drawn afresh."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import soxr

from swara.data.arrays import FloatArray
from swara.data.clip import Samples
from swara.data.synth import tanpura
from swara.data.synth.curves import wander

__all__ = ["DronePool", "add_shimmer", "reed_drone", "still_drone"]

_RATE_HZ = 16_000
_LENGTH_S = 12.0
_TUNINGS = ("PSSS", "PSSS", "MSSS", "NSSS")
_NEW_SHARE = 0.15  # of the draws, while the pool is not full

_STFT = 1024


@dataclass(slots=True)
class DronePool:
    """Tanpuras that are rendered once and heard at any Sa, from any moment on.

    Parameters
    ----------
    limit : int
        How many are rendered before the pool is full; it grows as drones are drawn.
    """

    limit: int
    _drones: list[tuple[float, Samples]] = field(default_factory=list)

    def draw(self, sa_hz: float, count: int, rng: np.random.Generator) -> Samples:
        """Draw `count` samples of a tanpura tuned to `sa_hz`: float32, of no set level."""
        if len(self._drones) < self.limit and (not self._drones or rng.random() < _NEW_SHARE):
            self._drones.append(_render(rng))
        rendered_hz = np.array([hz for hz, _ in self._drones])
        near = np.flatnonzero(np.abs(np.log2(rendered_hz / sa_hz)) < 0.4)
        if not near.size:
            near = np.argsort(np.abs(np.log2(rendered_hz / sa_hz)))[:4]
        hz, sound = self._drones[int(rng.choice(near))]
        return _retuned(sound, sa_hz / hz, count, rng)


def _render(rng: np.random.Generator) -> tuple[float, Samples]:
    sa_hz = float(np.exp(rng.uniform(np.log(95.0), np.log(420.0))))
    tuning = _TUNINGS[int(rng.integers(len(_TUNINGS)))]
    sound = tanpura(_LENGTH_S, sa_hz, rate_hz=_RATE_HZ, rng=rng, tuning=tuning)
    return sa_hz, add_shimmer(sound, float(rng.uniform(0.0, 1.8)))


def add_shimmer(sound: Samples, strength: float) -> Samples:
    """Let every partial of a drone rise and die away more than it does, each by itself.

    Parameters
    ----------
    sound : float32 array, shape [n]
        A drone, as it was synthesized.
    strength : float
        What is added to every deviation in dB from the mean over time, as a share of it: played strings
        vary about half as much again as rendered ones.

    Returns
    -------
    float32 array, shape [n]
    """
    hop, size = _STFT // 4, sound.size
    window = np.sin(np.pi * (np.arange(_STFT) + 0.5) / _STFT).astype(np.float32)
    padded = np.pad(sound, (_STFT, 2 * _STFT))
    spectrum = np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, _STFT)[::hop] * window, axis=1)
    level = np.log(np.abs(spectrum) + 1e-5)
    deviation = level - level.mean(axis=0)
    pieces = np.fft.irfft(spectrum * np.exp(np.clip(strength * deviation, -3.0, 1.5)), axis=1) * window
    total = np.zeros((pieces.shape[0] + 3, hop))
    for part in range(4):
        total[part : part + pieces.shape[0]] += pieces[:, part * hop : (part + 1) * hop]
    return np.asarray(0.5 * total.reshape(-1)[_STFT : _STFT + size], dtype=np.float32)


def _retuned(sound: Samples, ratio: float, count: int, rng: np.random.Generator) -> Samples:
    """Play a part of `sound` `ratio` times as fast, running on from its start if it is too short."""
    need = int(count * ratio) + 64
    start = int(rng.integers(sound.size))
    part = np.take(sound, np.arange(start, start + need), mode="wrap")
    heard = soxr.resample(part, _RATE_HZ * ratio, _RATE_HZ, quality="MQ")
    return np.asarray(np.resize(heard, count), dtype=np.float32)


def still_drone(sa_hz: float, count: int, rng: np.random.Generator) -> Samples:
    """Draw an electronic drone: tones that stand still or beat slowly, or strings plucked all alike.

    Parameters
    ----------
    sa_hz : float
        Frequency of Sa.
    count : int
        Samples to make.
    rng : numpy.random.Generator
        Everything random is drawn from it.

    Returns
    -------
    float32 array, shape [count]
        At 16 kHz, of no set level.
    """
    first = float(rng.choice([3 / 4, 2 / 3, 15 / 16]))
    strings = [1.0, 0.5, first] + [2.0] * int(rng.random() < 0.3)
    partials = int(np.exp(rng.uniform(0.0, np.log(30.0))))
    tilt_db = rng.uniform(-14.0, -1.0)
    pulsing = rng.random() < 0.4
    period_s = rng.uniform(2.0, 5.0)
    times_s = np.arange(0, count, 64) / _RATE_HZ
    freq_hz, amplitude = [], []
    for place, ratio in enumerate(strings):
        order = np.arange(1, partials + 1)
        swell = _plucked(times_s - place * period_s / len(strings), period_s, rng) if pulsing else 1.0
        for twin in range(int(rng.integers(1, 3))):
            off = twin * rng.uniform(0.1, 4.0) + rng.normal(0.0, 1.0)
            level_db = tilt_db * np.log2(order) + 5.0 * rng.standard_normal(partials)
            freq_hz.append(sa_hz * ratio * order * 2.0 ** (off / 1200.0))
            amplitude.append(10.0 ** (level_db / 20.0)[:, None] * swell * np.ones(times_s.size))
    return _still(np.concatenate(freq_hz), np.concatenate(amplitude), count, rng)


def reed_drone(sa_hz: float, count: int, rng: np.random.Generator) -> Samples:
    """Draw a sruti box or a harmonium that holds Sa, Pa and perhaps more: float32 of shape [count]."""
    chords = (
        (1.0,),
        (1.0, 1.5),
        (1.0, 1.5, 2.0),
        (0.5, 1.0),
        (0.5, 0.75, 1.0),
        (1.0, 4 / 3, 2.0),
        (0.5, 1.0, 2.0),
    )
    times_s = np.arange(0, count, 64) / _RATE_HZ
    bellows = 10.0 ** (rng.uniform(0.0, 3.0) * wander(times_s.size, 60.0, rng) / 20.0)
    freq_hz, amplitude = [], []
    tilt_db = rng.uniform(-9.0, -1.0)
    for ratio in chords[int(rng.integers(len(chords)))]:
        for _ in range(int(rng.integers(1, 3))):
            reed_hz = sa_hz * ratio * 2.0 ** (rng.normal(0.0, 3.0) / 1200.0)
            order = np.arange(1, int(rng.integers(4, 40)))
            level_db = tilt_db * np.log2(order) + 4.0 * rng.standard_normal(order.size)
            freq_hz.append(reed_hz * order)
            amplitude.append(10.0 ** (level_db / 20.0)[:, None] * bellows)
    return _still(np.concatenate(freq_hz), np.concatenate(amplitude), count, rng)


def _plucked(times_s: FloatArray, period_s: float, rng: np.random.Generator) -> FloatArray:
    since_s = times_s % period_s
    return np.minimum(since_s / 0.03, 1.0) * np.exp(-since_s / rng.uniform(0.8, 3.0))


def _still(freq_hz: FloatArray, amplitude: FloatArray, count: int, rng: np.random.Generator) -> Samples:
    """Add partials that stand still; amplitudes are given every 64 samples, shape [partials, blocks]."""
    kept = (freq_hz < 7600.0) & (amplitude.max(axis=1) > 1e-4)
    step = 2.0 * np.pi * freq_hz[kept] / _RATE_HZ
    blocks = amplitude.shape[1]
    start = rng.uniform(0.0, 2.0 * np.pi, step.size)[:, None] + np.outer(step * 64, np.arange(blocks))
    carrier = (np.exp(1j * (start % (2.0 * np.pi))) * amplitude[kept]).astype(np.complex64)
    within = np.exp(1j * np.outer(step, np.arange(64))).astype(np.complex64)
    return np.ascontiguousarray((carrier.T @ within).real.reshape(-1)[:count])
