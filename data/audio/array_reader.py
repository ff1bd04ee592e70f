"""Samples that are in memory already, read as a decoder reads a file."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.errors import AudioError

from .reader import BLOCK_FRAMES, SOURCE_RATES_HZ, Frames

__all__ = ["ArrayReader", "SampleArray"]

SampleArray: TypeAlias = npt.NDArray[np.floating[Any] | np.integer[Any]]
"""Samples of shape [n] or [n, channels]."""

_FULL_SCALE = {"uint8": (128, 2.0**7), "int16": (0, 2.0**15), "int32": (0, 2.0**31)}
"""What silence and full scale are in the whole numbers that WAV files hold."""


class ArrayReader:
    """An open recording, for `decode_samples`: its samples lie in an array, which is only read.

    Parameters
    ----------
    samples : array, shape [n] or [n, channels]
        Floating-point with full scale from -1 to 1, or int16, int32 or uint8 as in a WAV file.
    rate_hz : int
        Samples per second of the array.
    where : str
        What the errors call it.

    Raises
    ------
    TypeError
        If it holds anything but samples, or the rate is no number.
    ValueError
        If it has another shape, or the rate is no whole number above 0.
    AudioError
        If it holds no samples, or some of them are masked.
    """

    bounded = True
    track = tracks = 1

    def __init__(self, samples: SampleArray, rate_hz: float, where: str) -> None:
        self._frames, self._where, self.rate_hz = _frames(np.asarray(samples)), where, _whole(rate_hz)
        if np.ma.is_masked(samples):
            raise AudioError("some samples are masked", where=where, fix="Fill them in, or cut them out")
        if not self._frames.size:
            raise AudioError("the array holds no samples", where=where, fix="Pass at least 0.2 s of sound")
        self.promised_s: float | None = len(self._frames) / self.rate_hz

    def blocks(self) -> Iterator[Frames]:
        """Yield float32 arrays of shape [frames, channels], in order.

        Raises
        ------
        AudioError
            If a sample is not a finite number, or too large for a float32.
        """
        for start in range(0, len(self._frames), BLOCK_FRAMES):
            with np.errstate(over="ignore"):  # of a float64; told as what it then is
                block = _as_float32(self._frames[start : start + BLOCK_FRAMES])
            finite = np.isfinite(block).all(axis=1)
            if not finite.all():
                at = start + int(np.argmin(finite))
                raise AudioError(
                    f"sample {at}, at {at / self.rate_hz:.3f} s, is not a finite number",
                    where=self._where,
                    fix="Replace such samples, or cut them out",
                )
            yield block

    def faults(self) -> tuple[str, ...]:
        """Return what went wrong without a stop: nothing can."""
        return ()

    def close(self) -> None:
        """Let the array go."""


def _frames(samples: SampleArray) -> SampleArray:
    """Return the array as [frames, channels]."""
    if not (np.issubdtype(samples.dtype, np.floating) or samples.dtype.name in _FULL_SCALE):
        known = "floating-point from -1 to 1, or int16, int32 or uint8 as in a WAV file"
        raise TypeError(f"samples must be {known}; got {samples.dtype}")
    if samples.ndim not in (1, 2):
        raise ValueError(f"samples must have the shape [n] or [n, channels]; got {samples.shape}")
    frames = samples if samples.ndim == 2 else samples[:, np.newaxis]
    if frames.shape[1] > frames.shape[0] > 0:
        raise ValueError(f"samples of shape {samples.shape} have more channels than samples: pass samples.T")
    return frames


def _as_float32(frames: SampleArray) -> npt.NDArray[np.float32]:
    """Return frames as float32 with full scale from -1 to 1."""
    if np.issubdtype(frames.dtype, np.floating):
        return frames.astype(np.float32)
    silence, full_scale = _FULL_SCALE[frames.dtype.name]
    return ((frames.astype(np.float64) - silence) / full_scale).astype(np.float32)


def _whole(rate_hz: float) -> int:
    """Return the rate as an int, once it is one and a recording can have it."""
    if isinstance(rate_hz, bool) or not isinstance(rate_hz, Real):
        raise TypeError(f"rate_hz must be a number of samples per second; got {rate_hz!r}")
    lowest, highest = SOURCE_RATES_HZ
    if not (lowest <= rate_hz <= highest and rate_hz == int(rate_hz)):
        raise ValueError(f"rate_hz must be a whole number from {lowest} to {highest}; got {rate_hz!r}")
    return int(rate_hz)
