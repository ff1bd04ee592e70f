"""Syllables laid along a contour: how the tract moves, and where its own noises sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swara.data.arrays import FloatArray

from .curves import raised_cosine
from .phones import VOWELS, Consonant, Syllable
from .sung import NoteLabel
from .tract import Gains

__all__ = ["Articulation", "Noise", "articulate"]

_ANTICIPATION_S = 0.04  # the tract starts to move this long before the consonant
_CLOSING_S = 0.015
_NOISE_EDGE_S = 0.012


@dataclass(frozen=True, slots=True)
class Noise:
    """The hiss or burst of one consonant: when, where in frequency (a man's tract), how loud."""

    start_s: float
    end_s: float
    centre_hz: float
    width_hz: float
    level: float

    def gains(self, times_s: FloatArray, freq_hz: FloatArray, scale: float) -> Gains:
        """Magnitudes, float32 of shape [frames, bins]: `level` at the peak, nothing outside its time."""
        edge_s = min(_NOISE_EDGE_S, 0.5 * (self.end_s - self.start_s))
        at_s = np.array([self.start_s, self.start_s + edge_s, self.end_s - edge_s, self.end_s])
        envelope = raised_cosine(times_s, at_s, np.array([0.0, 1.0, 1.0, 0.0]))
        band = np.exp(-0.5 * ((freq_hz - scale * self.centre_hz) / (scale * self.width_hz)) ** 2)
        return (self.level * np.outer(envelope, band)).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Articulation:
    """The tract over time.

    Parameters
    ----------
    formants_hz : float64 array, shape [frames, 3]
        F1 to F3 of an average man.
    voice_gain : float64 array, shape [frames]
        What consonants leave of the voice, linear.
    noises : tuple of Noise
        The consonants' hisses and bursts.
    """

    formants_hz: FloatArray
    voice_gain: FloatArray
    noises: tuple[Noise, ...]


def articulate(
    times_s: FloatArray,
    labels: Sequence[NoteLabel],
    syllables: Sequence[Syllable],
    transition_s: Sequence[float],
) -> Articulation:
    """Lay one syllable on each note.

    A voiceless consonant sounds in the rest before its note, as much of it as fits: the contour says what is
    voiced, and no consonant overrules it.

    Parameters
    ----------
    times_s : float64 array, shape [frames]
        Of the frames that formants are wanted at.
    labels : sequence of NoteLabel
        The notes, in order.
    syllables : sequence of Syllable
        One for each note.
    transition_s : sequence of float
        How long each note's vowel takes to be reached.
    """
    if not labels:
        held = np.tile(np.array(VOWELS["a"]), (times_s.size, 1))
        return Articulation(held, np.ones(times_s.size), ())
    tract: list[tuple[float, tuple[float, float, float]]] = []
    gain: list[tuple[float, float]] = [(0.0, 1.0)]
    noises: list[Noise] = []
    vowel, silent_from_s = syllables[0].vowel, 0.0
    for label, syllable, moving_s in zip(labels, syllables, transition_s, strict=True):
        onset_s, consonant = label.onset_s, syllable.consonant
        tract.append((onset_s - _ANTICIPATION_S, vowel))
        released_s = onset_s
        if consonant is not None:
            released_s = onset_s + consonant.hold_s
            tract += [(onset_s, consonant.formants_hz), (released_s, consonant.formants_hz)]
            gain += _closure(onset_s, consonant)
            noises += _noises(consonant, released_s, silent_from_s)
        tract.append((released_s + moving_s, syllable.vowel))
        vowel, silent_from_s = syllable.vowel, label.end_s
    return Articulation(_through(times_s, tract), _through(times_s, gain), tuple(noises))


def _closure(onset_s: float, consonant: Consonant) -> list[tuple[float, float]]:
    held = 10.0 ** (consonant.gain_db / 20.0)
    released_s = onset_s + consonant.hold_s
    return [(onset_s - _CLOSING_S, 1.0), (onset_s, held), (released_s, held), (released_s + _CLOSING_S, 1.0)]


def _noises(consonant: Consonant, released_s: float, silent_from_s: float) -> list[Noise]:
    """Place the consonant's noise: up to the release, and if voiceless only in the silence before it."""
    voiceless = consonant.hold_s == 0
    room_s = released_s - silent_from_s if voiceless else consonant.noise_s
    length_s = min(consonant.noise_s, room_s)
    if length_s <= 0:
        return []
    level = 10.0 ** (consonant.noise_db / 20.0)
    start_s = released_s - length_s
    return [Noise(start_s, released_s, consonant.noise_hz, consonant.noise_width_hz, level)]


def _through(times_s: FloatArray, knots: Sequence[tuple[float, object]]) -> FloatArray:
    """Move through the knots; where quick notes crowd them, a knot waits for the one before it."""
    at_s = np.maximum.accumulate(np.array([time_s for time_s, _ in knots]))
    return raised_cosine(times_s, at_s, np.array([value for _, value in knots], dtype=np.float64))
