"""MP3, M4A, AAC, WebM, Opus, Ogg and whatever else FFmpeg knows, decoded by a process of its own.

FFmpeg removes the encoder's delay wherever the container states it: the LAME tag of an MP3, the edit list
of an M4A, the pre-skip of Opus. A raw ``.aac`` (ADTS) stream states none, so its start keeps the encoder's
priming: 1024 samples (21 ms at 48 kHz) from FFmpeg's own encoder. The padding after the end of an M4A or Ogg,
which FFmpeg leaves, is dropped here by the stated length.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from .containers import first_byte, mp3_tells_length, ogg_links
from .reader import BLOCK_FRAMES, MOST_CHANNELS, Frames, Refused, check_rate
from .worker import Worker

__all__ = ["AvReader", "without_padding"]

LATEST_S = 600.0
"""A sound that is said to begin later than this in its video is not waited for."""

_MOST_REASON = 200
_STATES_LENGTH = frozenset({"mov", "matroska", "asf", "flac", "wav", "w64", "aiff", "caf", "au"})
_MAX_PADDING = 4096  # the longest packet in use: ALAC
_SCALES: dict[str, tuple[str, float, float]] = {
    "u8": ("u1", 128.0, 128.0),
    "s16": ("i2", 0.0, 32768.0),
    "s32": ("i4", 0.0, 2147483648.0),
    "s64": ("i8", 0.0, 2.0**63),
    "flt": ("f4", 0.0, 1.0),
    "dbl": ("f8", 0.0, 1.0),
}
"""FFmpeg's names of samples: their type, what silence is, and full scale."""


class AvReader:
    """A `Reader` over FFmpeg.

    Parameters
    ----------
    file : binary file
        A plain file, open for reading.
    track : int, optional
        Which of its sounds, from 1 on; the default one, else the first, if not given.

    Raises
    ------
    MissingPackage
        If PyAV is not installed.
    Refused
        If FFmpeg cannot open the file, or it holds no such sound.
    """

    def __init__(self, file: BinaryIO, track: int | None = None) -> None:
        start = first_byte(file)
        self._links = ogg_links(file, start)
        parts = [(each.start, each.stop) for each in self._links] or [stretch(file, start)]
        self._faults: list[str] = []
        self._broken = self._whole = 0
        self._decoded_s = 0.0
        self._worker: Worker | None = Worker.ready()
        try:
            self._worker.ask(file, {"parts": parts, "track": track})
            said = json.loads(self._message(b"h"))
            self.rate_hz = check_rate(said["rate_hz"])
        except BaseException:
            self.close()
            raise
        self.track, self.tracks = int(said["track"]), int(said["tracks"])
        self.promised_s = self._promise(said, file, start)
        self.bounded = said["format"] == "mov"
        self._padded = self.promised_s if self.bounded else None

    def blocks(self) -> Iterator[Frames]:
        """Yield float32 arrays of shape [frames, channels]; silence stands in for a broken packet."""
        for number in range(max(1, len(self._links))):
            if number:
                self.rate_hz = check_rate(json.loads(self._message(b"h"))["rate_hz"])
            if self._links:
                length = self._links[number].samples
            else:
                length = None if self._padded is None else round(self._padded * self.rate_hz)
            yield from self._part() if length is None else without_padding(self._part(), length)
        self._message(b"e")
        if self._broken > self._whole:
            total = self._broken + self._whole
            raise Refused(f"too much of it is damaged: {self._broken} of {total} pieces")
        if any(not link.whole for link in self._links):
            self._faults.append("the file breaks off before its end mark")

    def faults(self) -> tuple[str, ...]:
        """Broken packets, a stream that stops, a sound that begins late."""
        if not self._broken:
            return tuple(self._faults)
        broken = f"{self._broken} damaged piece(s) left out or silent; later times may be early"
        return (broken, *self._faults)

    def close(self) -> None:
        """Let the process go: to the next file, or for good where it is not done with this one."""
        if self._worker is not None:
            self._worker.release()
            self._worker = None

    def _part(self) -> Iterator[Frames]:
        channels = 1
        while True:
            letter, content = self._any_message()
            if letter == b"p":
                said = json.loads(content)
                self._broken += int(said["broken"])
                self._whole += int(said["whole"])
                if said["broken_off"]:
                    self._faults.append("the file breaks off")
                return
            if letter == b"f":
                frames, self.rate_hz = _frames(content)
                channels = frames.shape[1]
                self._decoded_s += len(frames) / self.rate_hz
                yield frames
            elif letter in (b"s", b"l"):
                yield from self._silence(letter, float(json.loads(content)), channels)
            else:
                raise Refused("the decoder answers out of turn")

    def _silence(self, letter: bytes, duration_s: float, channels: int) -> Iterator[Frames]:
        """Yield silence for a broken packet, or for what a video shows before its sound begins."""
        if letter == b"l":
            if duration_s > LATEST_S:
                self._faults.append(
                    f"its sound is said to begin {duration_s:.0f} s late; times are of the sound"
                )
                return
            self._faults.append(
                f"its sound begins {duration_s:.2f} s into the video, and times are the video's"
            )
            if self._padded is not None:
                self._padded += duration_s
        left = round(duration_s * self.rate_hz)
        while left > 0:
            yield np.zeros((min(left, BLOCK_FRAMES), channels), dtype=np.float32)
            left -= BLOCK_FRAMES

    def _promise(self, said: Any, file: BinaryIO, start: int) -> float | None:
        """Return the length that the header states; where its format states none, FFmpeg guesses."""
        stated = said["format"] in _STATES_LENGTH or (
            said["format"] == "mp3" and mp3_tells_length(file, start)
        )
        if not stated or said["stated_s"] is None or not 0 < said["stated_s"] < math.inf:
            return None
        return float(said["stated_s"])

    def _message(self, letter: bytes) -> bytes:
        found, content = self._any_message()
        if found != letter:
            raise Refused("the decoder answers out of turn")
        return content

    def _any_message(self) -> tuple[bytes, bytes]:
        if self._worker is None:
            raise ValueError("this reader is closed")
        letter, content = self._worker.message()
        if letter in (b"x", b"m"):
            reason = " ".join(content.decode(errors="replace").split())[:_MOST_REASON]
            raise Refused(reason, midway=self._decoded_s > 0)
        return letter, content


def stretch(file: BinaryIO, start: int) -> tuple[int, int]:
    """Return the bytes for FFmpeg: without the tag in front, but with it where it is an MP3's own."""
    size = file.seek(0, 2)
    file.seek(start)
    magic = file.read(12)
    known = magic.startswith((b"RIFF", b"RIFX", b"RF64", b"FORM", b"fLaC", b"OggS", b"\x1aE\xdf\xa3"))
    return (start if known or magic[4:8] == b"ftyp" else 0), size


_HEAD = struct.Struct("<8sIII")


def _frames(content: bytes) -> tuple[Frames, int]:
    """Return samples of any PCM type as float32 of shape [frames, channels], and their rate."""
    name, channels, rate_hz, count = _HEAD.unpack_from(content)
    kind = name.rstrip(b"\0").decode(errors="replace")
    if kind.removesuffix("p") not in _SCALES or not 0 < channels <= MOST_CHANNELS:
        raise Refused(f"the decoder gives samples of an unknown kind, {kind}")
    dtype, silence, full_scale = _SCALES[kind.removesuffix("p")]
    samples = np.frombuffer(content, dtype=dtype, offset=_HEAD.size)
    if samples.size != channels * count:
        raise Refused("the decoder gives other samples than it says")
    shaped = samples.reshape(channels, count).T if kind.endswith("p") else samples.reshape(count, channels)
    scaled: Frames = np.asarray(shaped, dtype=np.float32)
    if silence:
        scaled = scaled - np.float32(silence)
    if full_scale != 1.0:
        scaled = scaled / np.float32(full_scale)
    return scaled, check_rate(rate_hz)


def without_padding(blocks: Iterator[Frames], length: int) -> Iterator[Frames]:
    """Yield `blocks` without the padding that overruns `length` frames.

    A packet's worth is padding; more than that is sound that the header does not know of, and is kept.
    """
    held: list[Frames] = []
    left: float = length
    for block in blocks:
        room = int(min(left, len(block)))
        left -= room
        if room:
            yield block[:room]
        if room < len(block):
            held.append(block[room:])
        if sum(map(len, held)) > _MAX_PADDING:
            yield from held
            held, left = [], math.inf
