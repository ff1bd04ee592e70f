"""The fine estimate at work: twice the first look, and where the future is known a second."""

from __future__ import annotations

import numpy as np

from data.pitch_track import FloatArray

from .bins import PITCH_LOWEST_HZ, Salience
from .fine import SCALE_CENTS, Features, around, partial_features
from .network import PitchNetwork
from .spectrum import Levels, Spectra

__all__ = ["first_look", "second_look"]

_PASSES = 2  # high partials can be told apart only once the pitch is nearly right


def first_look(
    network: PitchNetwork, spectra: Spectra, backgrounds: Levels, coarse_hz: FloatArray
) -> tuple[FloatArray, Features]:
    """Measure the pitch in each frame by itself: Hz, shape [frames], and what `second_look` is told."""
    hz = coarse_hz
    for _ in range(_PASSES):
        off, told = network.look(partial_features(spectra, backgrounds, hz))
        hz = hz * 2.0 ** (off.astype(np.float64) * SCALE_CENTS / 1200.0)
    return hz, told


def second_look(
    network: PitchNetwork, hz: FloatArray, voicing: Salience, told: Features
) -> tuple[FloatArray, Salience]:
    """Mend the first look by the frames around: Hz and the probability of a voice, shapes [frames]."""
    cents = 1200.0 * np.log2(hz / PITCH_LOWEST_HZ)
    off, mended = network.look_around(around(cents, voicing, told))
    return np.asarray(hz * 2.0 ** (off.astype(np.float64) * SCALE_CENTS / 1200.0)), mended
