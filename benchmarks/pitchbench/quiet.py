"""Sounds in which nobody sings: whoever calls a frame of them voiced is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Samples
from swara.data.synth import pink_noise, rms, tabla, tanpura

from .material import RATE_HZ, Sung, unsung
from .sounds import real_tanpuras

__all__ = ["breath", "made_tanpura_alone", "silence", "tabla_alone", "tanpura_alone", "white_noise"]

SEED = 31_400
SOUNDS = 4
LENGTH_S = 10.0
LEVEL_DB = -26.0
"""RMS of all but the tabla, in dB of full scale: that of a voice recorded at a fair distance."""

_COUNT = round(LENGTH_S * RATE_HZ)
_TABLA_SA_HZ = (130.0, 147.0, 220.0, 277.0)
_BEAT_S = (0.18, 0.42)
_BREATH_S, _PAUSE_S = (0.5, 1.6), (0.2, 0.9)
_MOUTH_HZ = ((550.0, 250.0), (1500.0, 400.0), (2600.0, 600.0), (4200.0, 1200.0))
"""Centre and width of what a mouth makes of breath."""


def silence() -> list[Sung]:
    """Return digital silence, and the noise floor of a 16-bit recording."""
    dither = np.asarray(_rng(0).integers(-1, 2, _COUNT) / 2.0**15, dtype=np.float32)
    return [unsung("digital silence", np.zeros(_COUNT, np.float32)), unsung("16-bit dither", dither)]


def white_noise() -> list[Sung]:
    """Return white noise."""
    return [unsung(f"white {k}", _level(_rng(k).standard_normal(_COUNT))) for k in range(SOUNDS)]


def tanpura_alone(root: Path) -> list[Sung]:
    """Return every recorded tanpura, on its own Sa."""
    return [
        unsung(t.name, _level(t.play(_COUNT, t.sa_hz, _rng(k)))) for k, t in enumerate(real_tanpuras(root))
    ]


def made_tanpura_alone() -> list[Sung]:
    """Return synthesized tanpuras."""
    drones = [tanpura(LENGTH_S, sa, rate_hz=RATE_HZ, rng=_rng(k)) for k, sa in enumerate(_TABLA_SA_HZ)]
    return [unsung(f"tanpura {k}", _level(drone)) for k, drone in enumerate(drones)]


def tabla_alone() -> list[Sung]:
    """Return a tabla tuned to several Sas, its strokes drawn at random."""
    return [unsung(f"tabla {sa_hz:.0f} Hz", _played(sa_hz, _rng(k))) for k, sa_hz in enumerate(_TABLA_SA_HZ)]


def breath() -> list[Sung]:
    """Return breaths of half a second to a second and a half, with pauses between."""
    return [unsung(f"breath {k}", _level(_breathed(_rng(k)))) for k in range(SOUNDS)]


def _played(sa_hz: float, rng: np.random.Generator) -> Samples:
    sound = np.zeros(2 * _COUNT, np.float32)
    start_s = 0.1
    while start_s < LENGTH_S:
        for stroke in rng.choice(["na", "tin", "ge"], size=rng.integers(1, 3), replace=False):
            pitch_hz = 0.4 * sa_hz if stroke == "ge" else sa_hz
            one = tabla(stroke, pitch_hz, rate_hz=RATE_HZ, rng=rng)
            start = round(start_s * RATE_HZ)
            sound[start : start + one.size] += np.float32(rng.uniform(0.3, 1.0)) * one
        start_s += rng.uniform(*_BEAT_S)
    sound = sound[:_COUNT]
    return np.asarray(0.5 * sound / np.abs(sound).max(), dtype=np.float32)


def _breathed(rng: np.random.Generator) -> FloatArray:
    """Pink noise through a mouth, swelling and fading."""
    spectrum = np.fft.rfft(pink_noise(_COUNT, rng))
    freq_hz = np.fft.rfftfreq(_COUNT, 1.0 / RATE_HZ)
    mouth = sum(np.exp(-0.5 * ((freq_hz - at) / width) ** 2) for at, width in _MOUTH_HZ)
    noise = np.fft.irfft(spectrum * (0.05 + mouth), _COUNT)
    swell = np.zeros(_COUNT)
    start_s = rng.uniform(*_PAUSE_S)
    while start_s < LENGTH_S:
        length_s = rng.uniform(*_BREATH_S)
        part = slice(round(start_s * RATE_HZ), min(_COUNT, round((start_s + length_s) * RATE_HZ)))
        swell[part] = np.sin(np.linspace(0.0, np.pi, part.stop - part.start))
        start_s += length_s + rng.uniform(*_PAUSE_S)
    return noise * swell


def _level(samples: FloatArray | Samples) -> Samples:
    sound = np.asarray(samples, dtype=np.float32)
    return np.asarray(sound * (10.0 ** (LEVEL_DB / 20.0) / rms(sound)), dtype=np.float32)


def _rng(number: int) -> np.random.Generator:
    return np.random.default_rng([SEED, number])
