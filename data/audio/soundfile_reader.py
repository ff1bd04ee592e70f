"""WAV, AIFF, FLAC and Ogg through libsndfile."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from swara.data.clip import Samples

from .av_reader import ends_open, missing_ratio
from .reader import BLOCK_FRAMES, Refused, to_mono

__all__ = ["SoundfileReader"]

_UNKNOWN_LENGTH = 1 << 62  # what a FLAC written to a pipe turns into; reading it would fail at its end
_NOT_BOUNDED = frozenset({"FLAC", "MP3"})  # their headers state a length that nothing else bears out


class SoundfileReader:
    """A `Reader` over libsndfile; FLAC, Ogg Vorbis and Ogg Opus come out free of encoder delay.

    Raises
    ------
    Refused
        If libsndfile cannot open `path`, or finds no samples in it.
    """

    def __init__(self, path: Path) -> None:
        import soundfile

        self._error: type[Exception] = soundfile.SoundFileError
        try:
            # As bytes where names are bytes: one that is no text would not come through otherwise.
            name = path if sys.platform == "win32" else os.fsencode(path)
            self._sound: Any = soundfile.SoundFile(name)
        except (soundfile.SoundFileError, TypeError) as error:  # TypeError: the name ends in .raw
            raise Refused(_reason(error)) from error
        if not 0 < self._sound.frames < _UNKNOWN_LENGTH:
            self.close()
            raise Refused("libsndfile finds no samples, or no length")
        self._path = path
        self._read_frames = 0
        self.rate_hz: int = self._sound.samplerate
        ratio = missing_ratio(path)
        self.promised_s: float | None = self._sound.frames / self.rate_hz * ratio
        self.bounded = self._sound.format not in _NOT_BOUNDED and ratio == 1.0

    def blocks(self) -> Iterator[Samples]:
        """Yield mono float32 arrays of shape [frames], in order."""
        while True:
            try:
                frames = self._sound.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
            except self._error as error:
                read_s = self._read_frames / self.rate_hz
                raise Refused(f"{_reason(error)} after {read_s:.2f} s", midway=True) from error
            if len(frames) == 0:
                return
            self._read_frames += len(frames)
            yield to_mono(frames)

    def faults(self) -> tuple[str, ...]:
        """Tell of an Ogg stream that was never closed: no header could promise its length."""
        return ("the file breaks off before its end mark",) if ends_open(self._path) else ()

    def close(self) -> None:
        """Release the file."""
        self._sound.close()


def _reason(error: Exception) -> str:
    text = str(getattr(error, "error_string", "")) or "it cannot read this file"
    return f"libsndfile: {text.removeprefix('Error : ').rstrip('. ')}"
