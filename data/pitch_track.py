"""The pitch of a take over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .arrays import BoolArray, FloatArray, data_frame

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["HOP_S", "MAX_HZ", "MIN_HZ", "PitchTrack"]


HOP_S = 0.01
"""Time from one frame's centre to the next, in seconds."""

MIN_HZ = 50.0
MAX_HZ = 1600.0
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

    @classmethod
    def joined(cls, tracks: Sequence[PitchTrack]) -> PitchTrack:
        """Return one track of several.

        Parameters
        ----------
        tracks : sequence of PitchTrack
            One at least, in order: the times of each go on from those before.
        """
        return cls(
            np.concatenate([track.times_s for track in tracks]),
            np.concatenate([track.hz for track in tracks]),
            np.concatenate([track.confidence for track in tracks]),
            np.concatenate([track.voiced for track in tracks]),
        )

    def since(self, frame: int) -> PitchTrack:
        """Return what is left of the track from a frame on.

        Parameters
        ----------
        frame : int
            Its number, the first is 0; its time stays what it was.
        """
        return PitchTrack(self.times_s[frame:], self.hz[frame:], self.confidence[frame:], self.voiced[frame:])

    def cents(self, reference_hz: float) -> FloatArray:
        """Return the pitch in cents, float64 of shape [frames]; NaN where nothing is sung.

        Parameters
        ----------
        reference_hz : float
            What is 0 cents, such as Sa.
        """
        sung_hz = np.where(self.voiced, self.hz, np.nan)
        return 1200.0 * np.log2(sung_hz / reference_hz)

    def frame(self) -> DataFrame:
        """Return the track as a pandas DataFrame with a row for each 10 ms.

        Returns
        -------
        DataFrame
            ``time_s`` (seconds, centre of the frame), ``hz`` (an estimate also where nothing is sung, NaN
            where there is none), ``confidence`` (probability of a voice, 0 to 1), ``voiced`` (bool).

        Raises
        ------
        MissingPackage
            If pandas is not installed.
        """
        return data_frame(
            {"time_s": self.times_s, "hz": self.hz, "confidence": self.confidence, "voiced": self.voiced}
        )

    def mir_eval(self) -> tuple[FloatArray, FloatArray]:
        """Return the track as ``mir_eval.melody.evaluate`` takes an estimate.

        Returns
        -------
        times_s : float64 array, shape [frames]
            Centre of each frame, in seconds.
        hz : float64 array, shape [frames]
            Positive where sung; the estimate with a minus before it where not, and 0 where there is none.
        """
        estimate_hz = np.nan_to_num(self.hz, nan=0.0)
        return self.times_s.copy(), np.where(self.voiced, estimate_hz, 0.0 - estimate_hz)
