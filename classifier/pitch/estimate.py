"""The fine estimate at work: a first look, and where the future is known a second."""

from __future__ import annotations

import numpy as np

from swara.data.arrays import FloatArray

from .bins import PITCH_LOWEST_HZ, Salience
from .fine import SCALE_CENTS, Features, around, partial_features
from .network import PitchNetwork
from .spectrum import Levels, Spectra

__all__ = ["coarse_pass", "refine_pass"]


def coarse_pass(
    network: PitchNetwork, spectra: Spectra, backgrounds: Levels, coarse_hz: FloatArray
) -> tuple[FloatArray, Features]:
    """Measure the pitch in each frame by itself: Hz, shape [frames], and what `refine_pass` is told."""
    off, partials = network.look(partial_features(spectra, backgrounds, coarse_hz))
    return np.asarray(coarse_hz * 2.0 ** (off.astype(np.float64) * SCALE_CENTS / 1200.0)), partials


def refine_pass(
    network: PitchNetwork, hz: FloatArray, voicing: Salience, partials: Features
) -> tuple[FloatArray, Salience]:
    """Mend the first look by the frames around: Hz and the probability of a voice, shapes [frames]."""
    cents = 1200.0 * np.log2(hz / PITCH_LOWEST_HZ)
    off, mended = network.look_around(around(cents, voicing, partials))
    return np.asarray(hz * 2.0 ** (off.astype(np.float64) * SCALE_CENTS / 1200.0)), mended
