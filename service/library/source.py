"""A take as a program gives it: the path of a file, or samples in memory."""

from __future__ import annotations

import warnings
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.audio.array_reader import SampleArray
from swara.data.audio.decode import Decoded, decode, decode_samples
from swara.data.errors import AudioTooLong

__all__ = ["Source", "decoded_take", "take_path", "warn_of"]

Source: TypeAlias = str | PathLike[str] | SampleArray
"""A recording: the path of its file, or its samples."""

_IN_MEMORY = Path("samples")
"""What reports and errors call a take that has no file."""


def decoded_take(
    source: Source,
    rate_hz: float | None,
    max_minutes: float | None,
    at_hz: int = TRACK_RATE_HZ,
    track: int | None = None,
) -> Decoded:
    """Return a take at the sample rate `at_hz`.

    Raises
    ------
    SwaraError
        If the recording cannot be used.
    TypeError, ValueError
        If the source is neither path nor samples with their rate, or the limit is none.
    """
    if max_minutes is not None and not max_minutes > 0:  # NaN too
        raise ValueError(f"max_minutes must be above 0, or None for no limit; got {max_minutes!r}")
    limit_s = None if max_minutes is None else 60.0 * max_minutes
    try:
        if isinstance(source, (str, PathLike)):
            if rate_hz is not None:
                raise TypeError("rate_hz is for samples in an array: a file tells its own")
            return decode(Path(source), rate_hz=at_hz, max_duration_s=limit_s, track=track)
        if not hasattr(source, "__array__"):
            raise TypeError(f"a take is a path or a NumPy array of samples; got {type(source).__name__}")
        if rate_hz is None:
            raise TypeError("samples in an array need their rate_hz, such as: rate_hz=44100")
        return decode_samples(source, rate_hz, rate_hz=at_hz, max_duration_s=limit_s, where=str(_IN_MEMORY))
    except AudioTooLong as error:
        fix = "Raise max_minutes, pass None for no limit, or cut the recording"
        raise AudioTooLong(error.what, where=error.where, fix=fix) from None


def take_path(source: Source) -> Path:
    """Return the path of a take, or what stands for it where there is none."""
    return Path(source) if isinstance(source, (str, PathLike)) else _IN_MEMORY


def warn_of(decoded: Decoded, source: Source) -> None:
    """Warn whoever called the function that called this one."""
    for each in decoded.warnings:
        warnings.warn(f"{take_path(source)}: {each}", UserWarning, stacklevel=3)
