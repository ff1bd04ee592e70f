"""The log-mel pictures that the small networks over windows look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .audio.mel import MelBands, mel_power
from .clip import Clip, Samples

__all__ = ["RATE_HZ", "SILENCE", "LogMel", "Picture", "log_mel"]

Picture: TypeAlias = npt.NDArray[np.float32]

RATE_HZ = 16_000
"""Sample rate of what is looked at."""

_FLOOR = 1e-9
"""Power in a hertz that counts as none, where a sine of full scale has 1."""

SILENCE = np.float32(np.log(_FLOOR))
"""The level of a band in which nothing sounds."""


@dataclass(frozen=True, slots=True)
class LogMel:
    """How a network looks at a sound; a network is trained for one such way and no other.

    Parameters
    ----------
    n_mels : int
        Bands, evenly spaced in mel.
    window : int
        Samples in a frame, seen through a Hann window.
    hop : int
        Samples from one frame to the next.
    low_hz, high_hz : float
        Lower edge of the lowest band and upper edge of the highest; the upper one at most 8 kHz.
    """

    n_mels: int = 64
    window: int = 1024
    hop: int = 160
    low_hz: float = 50.0
    high_hz: float = 7800.0

    def frames(self, samples: int) -> int:
        """Return how many frames there are of a sound of so many samples."""
        return 1 + samples // self.hop


def log_mel(samples: Samples, spec: LogMel = LogMel()) -> Picture:
    """Return the level of each band in each frame.

    Parameters
    ----------
    samples : float32 array, shape [n]
        At 16 kHz, n > 0, every sample finite.
    spec : LogMel
        How to look.

    Returns
    -------
    float32 array, shape [frames, n_mels]
        Natural logarithm of the power in a hertz of the band, where that of a sine of full scale is 1; never
        below `SILENCE`, -20.7. Frame i is centred on sample ``i * hop``; before the sound and after it there
        is silence.
    """
    bands = MelBands(spec.n_mels, spec.low_hz, spec.high_hz, spec.window, spec.hop / RATE_HZ)
    # The spectrum of a sine of full scale is a quarter of the window high: half a Hann window's sum.
    whole = np.float32((spec.window / 4) ** 2)
    blocks = mel_power(Clip(samples, RATE_HZ), bands)
    picture = np.concatenate([np.log(block / whole + np.float32(_FLOOR)) for block in blocks])
    return np.asarray(picture, dtype=np.float32)
