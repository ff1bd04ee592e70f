"""What every decoder offers: a recording as blocks of mono samples, and these collected into a clip."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from swara.data.clip import Samples
from swara.data.errors import AudioError, AudioTooLong

__all__ = ["BLOCK_FRAMES", "SOURCE_RATES_HZ", "Collector", "Reader", "Refused", "to_mono", "too_long"]

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


_GROWTH_SAMPLES = 1 << 20


class Collector:
    """Resamples block by block with soxr (HQ, no delay) and keeps only the result.

    The result grows in place and by fixed steps: collecting blocks and joining them would need twice the
    memory, and doubling would hold up to half of it idle.

    Parameters
    ----------
    source_hz, rate_hz : int
        Sample rate of the blocks and of the result.
    max_duration_s : float or None
        Longest recording that is accepted.
    where : str
        The recording's name, for the errors.
    """

    def __init__(self, source_hz: int, rate_hz: int, *, max_duration_s: float | None, where: str) -> None:
        import soxr

        self._source_hz = source_hz
        self._limit_s = math.inf if max_duration_s is None else max_duration_s
        self._where = where
        self._resampler = soxr.ResampleStream(source_hz, rate_hz, 1, dtype="float32", quality="HQ")
        self._same_rate = source_hz == rate_hz
        self._samples: Samples = np.zeros(0, dtype=np.float32)
        self._filled = 0
        self._source_frames = 0

    @property
    def duration_s(self) -> float:
        """Seconds of source taken in so far."""
        return self._source_frames / self._source_hz

    def add(self, block: Samples) -> None:
        """Take in the next block, float32 of shape [frames].

        Raises
        ------
        AudioError
            If a sample is not a finite number; the message says when.
        AudioTooLong
            If the recording passes the limit.
        """
        finite = np.isfinite(block)
        if not finite.all():
            at_s = self.duration_s + int(np.argmin(finite)) / self._source_hz
            raise AudioError(
                f"a sample at {at_s:.3f} s is not a finite number",
                where=self._where,
                fix="Export the recording again, for instance as 16-bit WAV",
            )
        self._source_frames += block.size
        if self.duration_s > self._limit_s:
            raise too_long(None, self._limit_s, self._where)
        self._append(block if self._same_rate else self._resampler.resample_chunk(block))

    def finish(self) -> Samples:
        """Flush the resampler and return everything, float32 of shape [samples]; call it once, last."""
        if not self._same_rate:
            self._append(self._resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
        self._samples.resize(self._filled, refcheck=False)
        return self._samples

    def _append(self, samples: Samples) -> None:
        end = self._filled + samples.size
        if end > self._samples.size:
            # No view of the array has been handed out yet, so it may move.
            self._samples.resize(end + _GROWTH_SAMPLES, refcheck=False)
        self._samples[self._filled : end] = samples
        self._filled = end


def too_long(duration_s: float | None, limit_s: float, where: str) -> AudioTooLong:
    """Return the error for a recording over the limit; `duration_s` is None where it is not known."""
    if duration_s is None:
        return AudioTooLong(
            f"the recording lasts longer than the limit of {limit_s / 60:g} minutes",
            where=where,
            fix="Raise the limit with --max-minutes, or cut the recording",
        )
    minutes = math.ceil(duration_s / 60)
    return AudioTooLong(
        f"the recording lasts {duration_s / 60:.1f} minutes, the limit is {limit_s / 60:g}",
        where=where,
        fix=f"Raise the limit with --max-minutes {minutes}, or cut the recording",
    )
