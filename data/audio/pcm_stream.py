"""Sound from a pipe while it comes: WAV whose header was written before its length was known, or raw PCM."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.errors import AudioError

__all__ = ["Block", "PcmStream", "open_pcm"]

Block: TypeAlias = npt.NDArray[np.float32]

_READ_BYTES = 1 << 16
_MOST_HEADER = 1 << 20
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_FIX = "Pipe WAV, as arecord writes it, or 16-bit PCM with --rate"


def _of_24_bits(raw: bytes) -> Block:
    whole = np.zeros((len(raw) // 3, 4), np.uint8)
    whole[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
    return (whole.view("<i4")[:, 0] / 2147483648.0).astype(np.float32)


_KINDS: dict[tuple[int, int], Callable[[bytes], Block]] = {
    (_PCM, 1): lambda raw: (np.frombuffer(raw, np.uint8).astype(np.float32) - 128.0) / 128.0,
    (_PCM, 2): lambda raw: np.frombuffer(raw, "<i2").astype(np.float32) / 32768.0,
    (_PCM, 3): _of_24_bits,
    (_PCM, 4): lambda raw: (np.frombuffer(raw, "<i4") / 2147483648.0).astype(np.float32),
    (_FLOAT, 4): lambda raw: np.frombuffer(raw, "<f4").astype(np.float32),
    (_FLOAT, 8): lambda raw: np.frombuffer(raw, "<f8").astype(np.float32),
}
"""How samples are read, by the kind of their numbers and the bytes of each."""


@dataclass(frozen=True, slots=True)
class PcmStream:
    """Uncompressed sound that comes through a pipe.

    Parameters
    ----------
    pipe : binary file
        Where it comes from, at the first sample.
    rate_hz, channels : int
        As its header, or the user, says.
    kind : (int, int)
        WAVE format, 1 for whole numbers and 3 for floating point; bytes of a sample.
    """

    pipe: BinaryIO
    rate_hz: int
    channels: int
    kind: tuple[int, int] = (_PCM, 2)

    def blocks(self) -> Iterator[Block]:
        """Yield float32 arrays of shape [n, channels] as soon as they come, to the end of the pipe.

        What the header claims of the length is not believed: who writes into a pipe does not know it. A last
        frame that is cut short is left out; samples that are no numbers are silence.
        """
        size = self.channels * self.kind[1]
        read, rest = _KINDS[self.kind], b""
        while piece := _some(self.pipe):
            raw = rest + piece
            whole = len(raw) - len(raw) % size
            rest = raw[whole:]
            if whole:
                yield np.nan_to_num(read(raw[:whole]), nan=0.0, posinf=0.0, neginf=0.0).reshape(
                    -1, self.channels
                )


def open_pcm(pipe: BinaryIO, rate_hz: int | None, channels: int = 1) -> PcmStream:
    """Return the sound of a pipe.

    Parameters
    ----------
    pipe : binary file
        At its first byte.
    rate_hz : int or None
        Sample rate of raw 16-bit PCM, little-endian; a WAV header, where there is one, knows better.
    channels : int
        Channels of raw PCM, interleaved.

    Raises
    ------
    AudioError
        If nothing comes, it is raw and no rate is given, or a WAV of a kind that cannot be read.
    """
    head = _exactly(pipe, 4)
    if head in (b"RIFF", b"RF64"):
        return _of_wav(pipe)
    if not head:
        raise AudioError("nothing came through the pipe", where="stdin", fix=_FIX)
    if rate_hz is None:
        raise AudioError("this is no WAV, and nobody says its sample rate", where="stdin", fix=_FIX)
    return PcmStream(_Ahead(head, pipe), rate_hz, channels)  # type: ignore[arg-type]


class _Ahead:
    """A pipe of which the first bytes were read already."""

    def __init__(self, first: bytes, pipe: BinaryIO) -> None:
        self._first, self._pipe = first, pipe

    def read1(self, size: int) -> bytes:
        first, self._first = self._first, b""
        return first or _some(self._pipe, size)


def _of_wav(pipe: BinaryIO) -> PcmStream:
    if _exactly(pipe, 8)[4:] != b"WAVE":
        raise AudioError("this is no WAV", where="stdin", fix=_FIX)
    found: tuple[int, int, int, int] | None = None
    while True:
        chunk = _exactly(pipe, 8)
        if len(chunk) < 8:
            raise AudioError("the WAV ends before its samples", where="stdin", fix=_FIX)
        name, size = chunk[:4], int.from_bytes(chunk[4:], "little")
        if name == b"data":
            break
        if size > _MOST_HEADER:
            raise AudioError("the header of the WAV is damaged", where="stdin", fix=_FIX)
        content = _exactly(pipe, size + size % 2)
        if name == b"fmt " and size >= 16:
            found = _format(content)
    if found is None or (found[0], found[3]) not in _KINDS or not found[1] or not found[2]:
        raise AudioError("this kind of WAV cannot be read while it comes", where="stdin", fix=_FIX)
    kind, channels, rate_hz, width = found
    return PcmStream(pipe, rate_hz, channels, (kind, width))


def _format(content: bytes) -> tuple[int, int, int, int]:
    """Return the kind, channels, rate and bytes of a sample that a chunk says."""
    kind, channels = (int.from_bytes(content[at : at + 2], "little") for at in (0, 2))
    rate_hz, bits = int.from_bytes(content[4:8], "little"), int.from_bytes(content[14:16], "little")
    if kind == _EXTENSIBLE and len(content) >= 26:
        kind = int.from_bytes(content[24:26], "little")
    return kind, channels, rate_hz, (bits + 7) // 8


def _some(pipe: BinaryIO, size: int = _READ_BYTES) -> bytes:
    """Read what is there, at least a byte but for the end."""
    read_some = getattr(pipe, "read1", None) or pipe.read
    some: bytes = read_some(size)
    return some


def _exactly(pipe: BinaryIO, size: int) -> bytes:
    """Read so many bytes, fewer at the end alone."""
    raw = b""
    while len(raw) < size and (piece := _some(pipe, size - len(raw))):
        raw += piece
    return raw
