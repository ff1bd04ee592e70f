"""What every decoder offers: a recording as blocks of mono samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from swara.data.clip import Samples

__all__ = ["BLOCK_FRAMES", "SOURCE_RATES_HZ", "Reader", "Refused", "to_mono"]

BLOCK_FRAMES = 65_536
"""Frames decoded at a time: 1.4 s at 48 kHz, 4 MB with eight channels."""

SOURCE_RATES_HZ = (1_000, 768_000)
"""The lowest and the highest sample rate that is taken for one."""


class Refused(Exception):
    """A decoder does not understand a file, or gave up in the middle of it; `decode` tells the user.

    Parameters
    ----------
    why : str
        The decoder's reason.
    midway : bool
        Whether part of the file had been decoded by then, so that the file is damaged.
    """

    def __init__(self, why: str, *, midway: bool = False) -> None:
        super().__init__(why)
        self.midway = midway


class Reader(Protocol):
    """An open recording.

    Attributes
    ----------
    rate_hz : int
        Sample rate of the source.
    promised_s : float or None
        The length that the header claims; None where it claims none or only guesses.
    bounded : bool
        Whether the bytes of the file bear `promised_s` out, so that it may be believed before decoding.
    """

    rate_hz: int
    promised_s: float | None
    bounded: bool

    def blocks(self) -> Iterator[Samples]:
        """Yield mono float32 arrays of shape [frames], in order; raises `Refused` when decoding fails."""

    def faults(self) -> tuple[str, ...]:
        """Return what went wrong without stopping the decoder; ask once `blocks` is exhausted."""

    def close(self) -> None:
        """Release the file."""


def to_mono(frames: npt.NDArray[np.float32]) -> Samples:
    """Return the mean over channels of `frames`, float32 of shape [frames, channels]."""
    channels = frames.shape[1]
    if channels == 1:
        return np.ascontiguousarray(frames[:, 0])
    # A product with equal weights is six times as fast as `mean` over so short an axis.
    mono: Samples = frames @ np.full(channels, 1.0 / channels, dtype=np.float32)
    return mono
