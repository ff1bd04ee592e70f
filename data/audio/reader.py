"""What every decoder offers: a recording as blocks of frames; these made one channel, one rate, one array."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.clip import Samples
from swara.data.errors import AudioError, AudioTooLong

__all__ = [
    "BLOCK_FRAMES",
    "MOST_CHANNELS",
    "SOURCE_RATES_HZ",
    "Collector",
    "Frames",
    "Mono",
    "Reader",
    "Refused",
    "Resampler",
    "check_rate",
    "not_finite",
    "too_long",
]

Frames: TypeAlias = npt.NDArray[np.float32]
"""Samples of shape [frames, channels]."""

BLOCK_FRAMES = 65_536
"""Frames decoded at a time, with up to eight channels: 1.4 s at 48 kHz, 2 MB."""

SOURCE_RATES_HZ = (1_000, 768_000)
"""The lowest and the highest sample rate that is taken for one."""

MOST_CHANNELS = 64
"""As many as the largest sound fields have (ambisonics of order 7): a header that says more is damaged."""


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
        Sample rate of the source; while `blocks` goes on, that of the block yielded last.
    promised_s : float or None
        The length that the header claims; None where it claims none or only guesses.
    bounded : bool
        Whether the bytes of the file bear `promised_s` out, so that it may be believed before decoding.
    track, tracks : int
        Which of the sounds in the file is read, from 1 on, and how many there are.
    """

    rate_hz: int
    promised_s: float | None
    bounded: bool
    track: int
    tracks: int

    def blocks(self) -> Iterator[Frames]:
        """Yield float32 arrays of shape [frames, channels], in order; raises `Refused` where it fails."""

    def faults(self) -> tuple[str, ...]:
        """Return what went wrong without stopping the decoder; ask once `blocks` is exhausted."""

    def close(self) -> None:
        """Release the file."""


CANCELS_BELOW = 0.5
"""Channels cancel where their mean has less than half of the energy that strangers would leave it: of two
alike but for level and sign, the one must be at least 0.27 of the other."""

CANCELLED_SHARE = 0.1
"""From this share of the energy on, one channel is better than the mean of all."""


class Mono:
    """Makes one channel of several, and watches whether they cancel.

    Parameters
    ----------
    channel : int, optional
        The only one to take, counted from 0; the mean of all if not given, or where there are not so many.
    """

    def __init__(self, channel: int | None = None) -> None:
        self._channel = channel
        self._energy = np.zeros(1)
        self._cancelled = 0.0

    @property
    def channels(self) -> int:
        """How many there were in the last block."""
        return self._energy.size

    @property
    def better_channel(self) -> int | None:
        """The loudest one, counted from 0, where the channels cancel; else None."""
        if self._cancelled <= CANCELLED_SHARE * self._energy.sum():
            return None
        return int(np.argmax(self._energy))

    def mix(self, frames: Frames) -> Samples:
        """Return one channel of `frames`, float32 of shape [frames]."""
        channels = frames.shape[1]
        if channels != self._energy.size:
            self._energy, self._cancelled = np.zeros(channels), 0.0
        if channels == 1:
            return np.ascontiguousarray(frames[:, 0])
        if self._channel is not None and self._channel < channels:
            return np.ascontiguousarray(frames[:, self._channel])
        # A product with equal weights is six times as fast as `mean` over so short an axis.
        mono: Samples = frames @ np.full(channels, 1.0 / channels, dtype=np.float32)
        energy = np.einsum("ij,ij->j", frames, frames, dtype=np.float64)
        self._energy += energy
        mixed = float(np.einsum("i,i->", mono, mono, dtype=np.float64))
        if channels**2 * mixed < CANCELS_BELOW * energy.sum():
            self._cancelled += float(energy.sum())
        return mono


class Resampler:
    """Resamples block by block with soxr (HQ, no delay).

    Parameters
    ----------
    rate_hz : int
        Sample rate of the result.
    max_duration_s : float or None
        Longest recording that is accepted.
    where : str
        The recording's name, for the errors.
    """

    def __init__(self, rate_hz: int, *, max_duration_s: float | None, where: str) -> None:
        self._rate_hz, self._source_hz = rate_hz, 0
        self._limit_s = math.inf if max_duration_s is None else max_duration_s
        self._where = where
        self._earlier_s = 0.0
        self._soxr: Any = None
        self._source_frames = 0

    @property
    def duration_s(self) -> float:
        """Seconds of source taken in so far."""
        return self._earlier_s + self._source_frames / max(1, self._source_hz)

    def resampled(self, block: Samples, source_hz: int) -> Iterator[Samples]:
        """Take in the next block, and yield what comes of it.

        Parameters
        ----------
        block : float32 array, shape [frames]
            Every sample finite.
        source_hz : int
            Its sample rate, which may be another than that of the block before.

        Raises
        ------
        AudioTooLong
            If the recording passes the limit.
        """
        if source_hz != self._source_hz:
            yield from self._change_rate(source_hz)
        self._source_frames += block.size
        if self.duration_s > self._limit_s:
            raise too_long(None, self._limit_s, self._where)
        yield block if self._soxr is None else self._soxr.resample_chunk(block)

    def rest(self) -> Iterator[Samples]:
        """Yield what is left; ask once, last."""
        return self._change_rate(0)

    def _change_rate(self, source_hz: int) -> Iterator[Samples]:
        if self._source_hz and self._soxr is not None:
            yield self._soxr.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
        self._earlier_s, self._source_frames, self._source_hz = self.duration_s, 0, source_hz
        self._soxr = None
        if source_hz not in (0, self._rate_hz):
            import soxr

            self._soxr = soxr.ResampleStream(source_hz, self._rate_hz, 1, dtype="float32", quality="HQ")


_GROWTH_SAMPLES = 1 << 20


class Collector:
    """Keeps samples in an array that grows in place and by fixed steps.

    Collecting blocks and joining them would need twice the memory, and doubling would hold up to half of it
    idle.
    """

    def __init__(self) -> None:
        self._samples: Samples = np.zeros(0, dtype=np.float32)
        self._filled = 0

    def add(self, samples: Samples) -> None:
        """Take in the next samples."""
        end = self._filled + samples.size
        if end > self._samples.size:
            # No view of the array has been handed out yet, so it may move.
            self._samples.resize(end + _GROWTH_SAMPLES, refcheck=False)
        self._samples[self._filled : end] = samples
        self._filled = end

    def finish(self) -> Samples:
        """Return everything, float32 of shape [samples]; call it once, last."""
        self._samples.resize(self._filled, refcheck=False)
        return self._samples


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


def check_rate(rate_hz: int) -> int:
    """Return a sample rate that a recording can have; raises `Refused` for another."""
    lowest, highest = SOURCE_RATES_HZ
    if not lowest <= rate_hz <= highest:
        raise Refused(f"its header gives a sample rate of {rate_hz} Hz")
    return rate_hz


def not_finite(at_s: float, where: str) -> AudioError:
    """Return the error for a sample that is no number."""
    return AudioError(
        f"a sample at {at_s:.3f} s is not a finite number",
        where=where,
        fix="Export the recording again, for instance as 16-bit WAV",
    )
