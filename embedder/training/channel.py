"""Rooms, microphones, noise and drones, drawn at random and laid on powers of bands.

Working on powers of bands rather than on samples makes a channel all but free: an equaliser adds to their
logarithms, a room smears them over time, noise adds to them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from swara.data.arrays import FloatArray
from swara.embedder.builtin.features import (
    BANDS,
    RATE_HZ,
    STEP_SAMPLES,
    Levels,
    band_centres_hz,
    band_weights,
)

__all__ = ["Channels", "draw_channels", "draw_efforts", "heard_through"]

_FRAME_S = STEP_SAMPLES / RATE_HZ
_HZ = band_centres_hz()
_OCTAVES = np.log2(_HZ / 800.0)
_FREEDOM = np.clip(1.0 / (1.5 * (band_weights() ** 2).sum(axis=1)), 1.0, None)
"""How many independent values each band's power is the mean of: noise fluctuates the less, the more."""


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """Ways from a singer's mouth to a file, one a row.

    Parameters
    ----------
    colour : float32 array, shape [n, BANDS]
        Power gain.
    decay : float32 array, shape [n, BANDS]
        Of the room's power from frame to frame.
    wet : float32 array, shape [n, 1]
        Power of the room beside that of the direct sound.
    noise : float32 array, shape [n, BANDS]
        Power, for a sound of mean power 1.
    drone : float32 array, shape [n, 1]
        Power of a drone beneath; 0 for none.
    which : int64 array, shape [n]
        The drone.
    gate : float32 array, shape [n, 1]
        Bands weaker than this share of those around are thinned out, as codecs do; 0 for none.
    """

    colour: Levels
    decay: Levels
    wet: Levels
    noise: Levels
    drone: Levels
    which: np.ndarray
    gate: Levels

    def take(self, rows: np.ndarray) -> Channels:
        """Return these rows."""
        return Channels(*(getattr(self, field.name)[rows] for field in fields(self)))


def draw_channels(count: int, drones: int, rng: np.random.Generator) -> Channels:
    """Draw channels; of `drones` drones there are, some have one beneath."""
    noise_db = _noise_shapes(count, rng) - _often(count, 0.7, (25.0, 60.0), (3.0, 30.0), rng)
    t60_s = np.exp(rng.uniform(np.log(0.08), np.log(1.3), (count, 1)))
    t60_s = t60_s * 2.0 ** (-rng.uniform(0.0, 0.4, (count, 1)) * _OCTAVES)
    wet_db = np.where(rng.random((count, 1)) < 0.3, -60.0, rng.uniform(-25.0, 3.0, (count, 1)))
    drone_db = -_often(count, 0.7, (3.0, 25.0), (-3.0, 10.0), rng)
    has_drone, gated = rng.random((2, count, 1)) < np.array([0.15, 0.12])[:, None, None]
    return Channels(
        colour=_power(_colours_db(count, rng)),
        decay=_power(-60.0 * _FRAME_S / np.maximum(t60_s, 0.04)),
        wet=_power(wet_db),
        noise=_power(noise_db),
        drone=np.where(has_drone, _power(drone_db), np.float32(0.0)),
        which=rng.integers(0, drones, count),
        gate=np.where(gated, _power(-rng.uniform(6.0, 25.0, (count, 1))), np.float32(0.0)),
    )


def draw_efforts(count: int, rng: np.random.Generator) -> Levels:
    """Draw how an instrument's spectrum tilts with how hard it is played.

    Returns
    -------
    float32 array, shape [count, BANDS]
        To be added to natural logarithms of power.
    """
    slope_db, from_octaves = rng.normal(0.0, 4.0, (count, 1)), rng.uniform(-1.5, 1.0, (count, 1))
    return np.asarray(np.log(10.0) / 10.0 * slope_db * np.maximum(0.0, _OCTAVES - from_octaves), np.float32)


def heard_through(powers: Levels, drones: Levels, channels: Channels, rng: np.random.Generator) -> Levels:
    """Let sounds be heard through channels.

    Parameters
    ----------
    powers : float32 array, shape [n, frames, BANDS]
        Of `band_powers`, of any level.
    drones : float32 array, shape [n, frames, BANDS]
        The drone that goes with each.
    channels : Channels
        n of them.
    rng : numpy.random.Generator
        Everything random is drawn from it.

    Returns
    -------
    float32 array, shape [n, frames, BANDS]
    """
    sound = _level(powers * channels.colour[:, None])
    sound += channels.drone[:, None] * _level(drones * channels.colour[:, None])
    sound = _in_rooms(sound, channels)
    count, frames, _ = powers.shape
    noise = rng.gamma(_FREEDOM, 1.0 / _FREEDOM, (count, frames, BANDS)).astype(np.float32)
    sound += noise * channels.noise[:, None]
    thin = sound < channels.gate[:, None] * _around(sound)
    heard = np.where(thin, np.float32(0.01) * sound, sound)
    level = np.exp(rng.uniform(np.log(1e-7), np.log(10.0), (count, 1, 1)))
    return np.asarray(heard * level, dtype=np.float32)


def _colours_db(count: int, rng: np.random.Generator) -> FloatArray:
    """Equalisers: slope, bumps, and the ends of the band."""
    strength = rng.choice([0.3, 1.0], (count, 1), p=[0.3, 0.7])
    level_db = rng.normal(0.0, 3.5, (count, 1)) * strength * _OCTAVES
    for share, widest in ((0.9, 1.2), (0.7, 0.6), (0.6, 0.3), (0.5, 0.15)):
        middle = rng.uniform(-3.5, 3.3, (count, 1))
        width = np.exp(rng.uniform(np.log(0.08), np.log(widest), (count, 1)))
        bump_db = rng.uniform(-10.0, 8.0, (count, 1)) * (rng.random((count, 1)) < share)
        level_db += strength * bump_db * np.exp(-0.5 * ((_OCTAVES - middle) / width) ** 2)
    level_db += rng.uniform(0.0, 2.0, (count, 1)) * rng.standard_normal((count, BANDS))
    low_hz = np.exp(rng.uniform(np.log(30.0), np.log(400.0), (count, 1)))
    high_hz = np.where(rng.random((count, 1)) < 0.35, rng.uniform(2800.0, 7800.0, (count, 1)), 1e5)
    level_db -= 10.0 * np.log10(1.0 + (low_hz / _HZ) ** rng.choice([2, 4, 8], (count, 1)))
    return np.asarray(
        level_db - 10.0 * np.log10(1.0 + (_HZ / high_hz) ** rng.choice([8, 16, 40], (count, 1)))
    )


def _noise_shapes(count: int, rng: np.random.Generator) -> FloatArray:
    """Colours of noise in dB, of mean power 1."""
    shape_db = rng.normal(-4.0, 4.0, (count, 1)) * _OCTAVES
    for _ in range(2):
        middle, width = rng.uniform(-3.5, 3.3, (count, 1)), rng.uniform(0.1, 1.0, (count, 1))
        shape_db += rng.uniform(-8.0, 14.0, (count, 1)) * np.exp(-0.5 * ((_OCTAVES - middle) / width) ** 2)
    return np.asarray(shape_db - 10.0 * np.log10(np.mean(10.0 ** (shape_db / 10.0), axis=1, keepdims=True)))


def _often(
    count: int,
    share: float,
    usual: tuple[float, float],
    rare: tuple[float, float],
    rng: np.random.Generator,
) -> FloatArray:
    """Draw from one range in `share` of the cases, else from the other: shape [count, 1]."""
    choice = rng.random((count, 1)) < share
    return np.where(choice, rng.uniform(*usual, (count, 1)), rng.uniform(*rare, (count, 1)))


def _in_rooms(sound: Levels, channels: Channels) -> Levels:
    """Add the reverberation that is left of the frames before."""
    heard, tail = np.empty_like(sound), np.zeros_like(sound[:, 0])
    gain = channels.wet * (1.0 - channels.decay)
    for frame in range(sound.shape[1]):
        heard[:, frame] = sound[:, frame] + tail
        tail = np.asarray(channels.decay * (tail + gain * sound[:, frame]), dtype=np.float32)
    return heard


def _level(powers: Levels) -> Levels:
    """Bring each sound to mean power 1."""
    return np.asarray(powers / np.maximum(powers.mean(axis=(1, 2), keepdims=True), 1e-12))


def _around(sound: Levels, reach: int = 6) -> Levels:
    """Mean over the bands around each."""
    total = np.cumsum(np.pad(sound, ((0, 0), (0, 0), (reach + 1, reach)), mode="edge"), axis=-1)
    return np.asarray((total[..., 2 * reach + 1 :] - total[..., : -2 * reach - 1]) / (2 * reach + 1))


def _power(level_db: FloatArray) -> Levels:
    return np.asarray(10.0 ** (level_db / 10.0), dtype=np.float32)
