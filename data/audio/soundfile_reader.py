"""WAV and FLAC through libsndfile, in this process: plain enough, once `is_plain` has looked at them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from .containers import first_byte, missing_ratio
from .reader import BLOCK_FRAMES, MOST_CHANNELS, Frames, Refused

__all__ = ["SoundfileReader"]

_UNKNOWN_LENGTH = 1 << 62  # what a FLAC written to a pipe turns into; reading it would fail at its end


class SoundfileReader:
    """A `Reader` over libsndfile.

    Parameters
    ----------
    file : binary file
        Open for reading.
    track : int, optional
        There is but one: 1.

    Raises
    ------
    Refused
        If libsndfile cannot open the file, finds no samples in it, or another track is wanted.
    """

    track = tracks = 1

    def __init__(self, file: BinaryIO, track: int | None = None) -> None:
        import soundfile

        if track not in (None, 1):
            raise Refused(f"it holds 1 track of sound and no track {track}")
        self._error: type[Exception] = soundfile.SoundFileError
        start = first_byte(file)
        ratio = missing_ratio(file, start)
        file.seek(0)
        try:
            # By its number, which libsndfile reads faster than through Python, but not on Windows.
            self._sound: Any = soundfile.SoundFile(
                file if sys.platform == "win32" else file.fileno(), closefd=False
            )
        except soundfile.SoundFileError as error:
            raise Refused(_reason(error)) from error
        if not 0 < self._sound.frames < _UNKNOWN_LENGTH or not 0 < self._sound.channels <= MOST_CHANNELS:
            self.close()
            raise Refused("libsndfile finds no samples, or no length")
        self._read_frames = 0
        self.rate_hz: int = self._sound.samplerate
        self.promised_s: float | None = self._sound.frames / max(1, self.rate_hz) * ratio
        self.bounded = (
            self._sound.format != "FLAC" and ratio == 1.0
        )  # FLAC states a length that nothing bears out

    def blocks(self) -> Iterator[Frames]:
        """Yield float32 arrays of shape [frames, channels], in order."""
        count = max(1, BLOCK_FRAMES * 8 // max(8, self._sound.channels))
        while True:
            try:
                frames: Frames = self._sound.read(count, dtype="float32", always_2d=True)
            except self._error as error:
                read_s = self._read_frames / self.rate_hz
                raise Refused(f"{_reason(error)} after {read_s:.2f} s", midway=True) from error
            if len(frames) == 0:
                return
            self._read_frames += len(frames)
            yield frames

    def faults(self) -> tuple[str, ...]:
        """Return what went wrong without a stop: nothing can."""
        return ()

    def close(self) -> None:
        """Release the file."""
        self._sound.close()


def _reason(error: Exception) -> str:
    text = str(getattr(error, "error_string", "")) or "it cannot read this file"
    return f"libsndfile: {text.removeprefix('Error : ').rstrip('. ')}"
