"""A sound and the pitch that is true of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from swara.data.arrays import BoolArray, FloatArray
from swara.data.clip import Samples
from swara.data.pitch_track import HOP_S

__all__ = ["RATE_HZ", "Sung", "Track", "unsung"]

RATE_HZ = 16_000
"""Every sound of this benchmark has this rate."""


@dataclass(frozen=True, slots=True, eq=False)
class Sung:
    """A sound with its truth.

    Parameters
    ----------
    name : str
    samples : float32 array, shape [n]
        At `RATE_HZ`.
    times_s, hz : float64 arrays, shape [frames]
        The true f0; 0 where nothing is voiced.
    sa_hz : float
        Sa of the singer; 0 where there is none.
    tells_voicing : bool
        Whether a frame of 0 Hz is known to hold no voice, so that voicing can be scored.
    """

    name: str
    samples: Samples
    times_s: FloatArray
    hz: FloatArray
    sa_hz: float = 0.0
    tells_voicing: bool = True

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples.size / RATE_HZ

    @property
    def voiced_samples(self) -> BoolArray:
        """Whether each sample lies next to a voiced frame of the truth, shape [n]."""
        between_s = 0.5 * (self.times_s[1:] + self.times_s[:-1])
        frames = np.searchsorted(between_s, np.arange(self.samples.size) / RATE_HZ)
        return np.asarray(self.hz[frames] > 0)

    def sounding(self, samples: Samples) -> Sung:
        """Return the same truth with another sound."""
        return replace(self, samples=samples)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """What a tracker heard: float64, float64 and bool arrays of shape [frames].

    `hz` is NaN where the tracker gives no estimate. It may give one where it calls the frame unvoiced.
    """

    times_s: FloatArray
    hz: FloatArray
    voiced: BoolArray


def unsung(name: str, samples: Samples) -> Sung:
    """Return a sound in which nobody sings."""
    times_s: FloatArray = np.arange(0.0, samples.size / RATE_HZ, HOP_S)
    return Sung(name, samples, times_s, np.zeros(times_s.size))
