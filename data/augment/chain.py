"""Changes one after the other, each with a probability, drawn anew for each sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from swara.data.clip import Samples

from .channel import CODECS, add_noise, apply_codec, equalize, place_in_room
from .time_and_pitch import shift_pitch, slice_piece, stretch_time

__all__ = [
    "Augmented",
    "Chain",
    "Effect",
    "codec",
    "equalizer",
    "noise",
    "pitch",
    "room",
    "slicing",
    "tempo",
    "usual_chain",
]

_PEAK = 0.99
"""What is louder is turned down: a file could not hold it."""

_BANDS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Augmented:
    """A sound, and what was done that changes its labels.

    Parameters
    ----------
    samples : float32 array, shape [n]
        One channel, full scale -1 to 1.
    rate_hz : int
        Samples a second.
    shift_cents : float
        How far its pitch was moved up.
    speed : float
        How much faster it runs: a moment at t lies at t / speed, from where a slice begins.
    applied : tuple of str
        Names of the effects, in order.
    """

    samples: Samples
    rate_hz: int
    shift_cents: float = 0.0
    speed: float = 1.0
    applied: tuple[str, ...] = ()


Effect: TypeAlias = Callable[[Augmented, np.random.Generator], Augmented]
"""Draws how strong it is, and returns a changed sound; the one it is given stays as it is."""

Range: TypeAlias = tuple[float, float]


def pitch(cents: Range = (-200.0, 200.0)) -> Effect:
    """Make an effect that shifts the pitch by so many cents."""

    def effect(sound: Augmented, rng: np.random.Generator) -> Augmented:
        by = rng.uniform(*cents)
        samples = shift_pitch(sound.samples, sound.rate_hz, by)
        return replace(sound, samples=samples, shift_cents=sound.shift_cents + by)

    return effect


def tempo(speed: Range = (0.8, 1.25)) -> Effect:
    """Make an effect that speeds up or slows down; faster and slower are alike in octaves."""

    def effect(sound: Augmented, rng: np.random.Generator) -> Augmented:
        by = float(np.exp2(rng.uniform(*np.log2(speed))))
        samples = stretch_time(sound.samples, sound.rate_hz, by)
        return replace(sound, samples=samples, speed=sound.speed * by)

    return effect


def slicing(duration_s: float) -> Effect:
    """Make an effect that cuts out a piece of so many seconds."""
    return lambda sound, rng: replace(
        sound, samples=slice_piece(sound.samples, sound.rate_hz, duration_s, rng)
    )


def noise(snr_db: Range = (10.0, 40.0), slope_db_octave: Range = (-6.0, 0.0)) -> Effect:
    """Make an effect that adds noise of any colour between brown and white."""
    return lambda sound, rng: replace(
        sound,
        samples=add_noise(
            sound.samples, sound.rate_hz, rng.uniform(*snr_db), rng.uniform(*slope_db_octave), rng
        ),
    )


def room(rt60_s: Range = (0.15, 1.2), direct_db: Range = (0.0, 12.0)) -> Effect:
    """Make an effect that puts the sound into a room, from a booth to a small hall."""
    return lambda sound, rng: replace(
        sound,
        samples=place_in_room(
            sound.samples, sound.rate_hz, rng.uniform(*rt60_s), rng.uniform(*direct_db), rng
        ),
    )


def equalizer(most_db: float = 9.0) -> Effect:
    """Make an effect that raises and lowers bands by at most so much."""
    return lambda sound, rng: replace(
        sound, samples=equalize(sound.samples, sound.rate_hz, rng.uniform(-most_db, most_db, _BANDS))
    )


def codec(kbit_s: tuple[int, int] = (24, 96)) -> Effect:
    """Make an effect that encodes with one of the codecs, at a bit rate between those given."""

    def effect(sound: Augmented, rng: np.random.Generator) -> Augmented:
        kind = CODECS[int(rng.integers(len(CODECS)))]
        rate = int(rng.integers(kbit_s[0], kbit_s[1] + 1))
        return replace(sound, samples=apply_codec(sound.samples, sound.rate_hz, kind, rate))

    return effect


@dataclass(frozen=True, slots=True)
class Chain:
    """Effects in the order in which they happen.

    Parameters
    ----------
    steps : tuple of (str, float, effect)
        The name of each, how probable it is, 0 to 1, and what it does.
    """

    steps: tuple[tuple[str, float, Effect], ...]

    def __call__(self, samples: Samples, rate_hz: int, rng: np.random.Generator) -> Augmented:
        """Change a sound; the same generator state gives the same result.

        Parameters
        ----------
        samples : float32 array, shape [n]
            One channel; it stays as it is.
        rate_hz : int
            Samples a second.
        rng : numpy.random.Generator
            Draws which steps are taken, and how far.

        Returns
        -------
        Augmented
            Finite, with no peak beyond full scale.
        """
        sound = Augmented(samples.copy(), rate_hz)
        for name, probability, effect in self.steps:
            # A generator for each step: what one draws does not move what the next does.
            own = rng.spawn(1)[0]
            if own.uniform() < probability:
                sound = replace(effect(sound, own), applied=(*sound.applied, name))
        peak = float(np.max(np.abs(sound.samples), initial=0.0))
        if peak > _PEAK:
            sound = replace(sound, samples=sound.samples * np.float32(_PEAK / peak))
        return sound


def usual_chain(duration_s: float) -> Chain:
    """Return the chain that fits single notes and short phrases: all effects, in the order of nature.

    Parameters
    ----------
    duration_s : float
        How long the piece is that comes out.
    """
    return Chain(
        (
            ("pitch", 0.5, pitch()),
            ("tempo", 0.3, tempo()),
            ("slicing", 1.0, slicing(duration_s)),
            ("room", 0.5, room()),
            ("noise", 0.5, noise()),
            ("equalizer", 0.5, equalizer()),
            ("codec", 0.3, codec()),
        )
    )
