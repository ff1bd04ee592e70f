"""The pitch of a take over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import BoolArray, FloatArray

__all__ = ["HOP_S", "MAX_HZ", "MIN_HZ", "PitchTrack"]


HOP_S = 0.01
"""Time from one frame's centre to the next, in seconds."""

MIN_HZ = 65.0
MAX_HZ = 1100.0
"""The sung range that every tracker must cover."""


@dataclass(frozen=True, slots=True, eq=False)
class PitchTrack:
    """Pitch in frames of 10 ms.

    Parameters
    ----------
    times_s : float64 array, shape [frames]
        Centre of each frame, in seconds from the start of the take, `HOP_S` apart.
    hz : float64 array, shape [frames]
        Fundamental frequency; NaN where there is no estimate, and always finite where voiced.
    confidence : float64 array, shape [frames]
        Probability, 0 to 1, that the frame is voiced.
    voiced : bool array, shape [frames]
        Whether the frame is sung.

    Raises
    ------
    ValueError
        If the arrays differ in shape, or a voiced frame has no positive frequency.
    """

    times_s: FloatArray
    hz: FloatArray
    confidence: FloatArray
    voiced: BoolArray

    def __post_init__(self) -> None:
        shapes = {a.shape for a in (self.times_s, self.hz, self.confidence, self.voiced)}
        if len(shapes) != 1 or self.times_s.ndim != 1:
            raise ValueError(f"a pitch track needs four arrays of one length, got {sorted(shapes)}")
        if not np.all(self.hz[self.voiced] > 0):
            raise ValueError("a voiced frame needs a positive frequency")

    def __len__(self) -> int:
        return int(self.times_s.size)

    def cents(self, reference_hz: float) -> FloatArray:
        """Pitch above `reference_hz` in cents, shape [frames]; NaN where unvoiced."""
        sung_hz = np.where(self.voiced, self.hz, np.nan)
        return 1200.0 * np.log2(sung_hz / reference_hz)
