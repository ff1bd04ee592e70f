"""MP3, M4A, AAC, WebM, Opus and whatever else FFmpeg knows, through PyAV.

FFmpeg removes the encoder's delay wherever the container states it: the LAME tag of an MP3, the edit list
of an M4A, the pre-skip of Opus. A raw ``.aac`` (ADTS) stream states none, so its start keeps the encoder's
priming: 1024 samples (21 ms at 48 kHz) from FFmpeg's own encoder. The padding after the end of an M4A, which
FFmpeg leaves, is dropped here by the stated duration.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from swara.data.clip import Samples
from swara.data.errors import MissingPackage

from .reader import Refused, to_mono

__all__ = [
    "HEAD_BYTES",
    "AvReader",
    "ends_open",
    "is_mp3",
    "is_sndfile",
    "missing_ratio",
    "mp3_tells_length",
    "without_padding",
]


HEAD_BYTES = 4096
"""How much of the start of a file the functions here want to see."""

_SNDFILE_MAGIC = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b"fLaC", b"OggS", b".snd")
_CHUNKED = {b"RIFF": ("little", b"data"), b"RIFX": ("big", b"data"), b"FORM": ("big", b"SSND")}
_SIZE_UNKNOWN = 0xFFFFFFFF  # what a recorder writes that cannot go back to fill in the size
_OGG_MAX_PAGE_BYTES = 65_307  # RFC 3533, section 6
_OGG_HEADER_BYTES = 27
_OGG_FLAGS_AT = 5
_OGG_LAST_PAGE = 0x04
_LENGTH_TAGS = (b"Xing", b"Info", b"VBRI")


def is_sndfile(head: bytes) -> bool:
    """Tell whether `head` opens a container that libsndfile owns: WAV, W64, AIFF, FLAC, Ogg, AU."""
    return head.startswith(_SNDFILE_MAGIC)


def is_mp3(head: bytes) -> bool:
    """Tell whether `head` starts with an ID3 tag or the sync word of an MPEG layer III frame."""
    if head.startswith(b"ID3"):
        return True
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2


def mp3_tells_length(path: Path) -> bool:
    """Tell whether the first frame of an MP3 holds its length; else decoders guess it from the bit rate."""
    with path.open("rb") as file:
        tag = file.read(10)
        file.seek(_id3_bytes(tag))
        frame = file.read(HEAD_BYTES)
    return any(name in frame for name in _LENGTH_TAGS)


def missing_ratio(path: Path) -> float:
    """Return how many bytes of sound the header promises for each byte that is there: 1 when whole.

    Parameters
    ----------
    path : Path
        WAV or AIFF; any other file, and a header of unknown size, gives 1.
    """
    present_bytes = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] not in _CHUNKED:
            return 1.0
        order, name = _CHUNKED[head[:4]]
        promised = _chunk_bytes(file, name, order)
        present = present_bytes - file.tell()
    if promised in (None, _SIZE_UNKNOWN) or present <= 0:
        return 1.0
    return max(1.0, promised / present)


def ends_open(path: Path) -> bool:
    """Tell whether an Ogg file stops before the page that is marked as its last; False for anything else."""
    with path.open("rb") as file:
        if file.read(4) != b"OggS":
            return False
        file.seek(max(0, path.stat().st_size - _OGG_MAX_PAGE_BYTES))
        tail = file.read()
    page_at = tail.rfind(b"OggS")
    return page_at >= 0 and not _is_whole_last_page(tail[page_at:])


def _is_whole_last_page(page: bytes) -> bool:
    """Tell whether `page` is marked as the last and all there: header, table of segment sizes, segments."""
    if len(page) < _OGG_HEADER_BYTES:
        return False
    segments_at = _OGG_HEADER_BYTES + page[_OGG_HEADER_BYTES - 1]
    size = segments_at + sum(page[_OGG_HEADER_BYTES:segments_at])
    return bool(page[_OGG_FLAGS_AT] & _OGG_LAST_PAGE) and len(page) >= size


def _chunk_bytes(file: BinaryIO, name: bytes, order: str) -> int | None:
    """Walk to the chunk called `name`; leave `file` at its first byte and return the size it claims."""
    big = order == "big"
    while len(header := file.read(8)) == 8:
        size = int.from_bytes(header[4:], "big" if big else "little")
        if header[:4] == name:
            return size
        file.seek(size + size % 2, 1)
    return None


def _id3_bytes(tag: bytes) -> int:
    """Length of the ID3v2 tag that `tag` starts, 0 without one; its size is four groups of 7 bits."""
    if not tag.startswith(b"ID3") or len(tag) < 10:
        return 0
    size = 0
    for byte in tag[6:10]:
        size = size << 7 | byte & 0x7F
    return size + 10


# Playlists and scripts are formats to FFmpeg too, and make it open other files and addresses: so name what
# may come in.
_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,matroska,webm,mp3,aac,asf,ogg,flac,wav,w64,aiff,caf,au,amr,ac3,eac3,avi,mpeg,"
    "mpegts,flv,ape,tta,wv,dsf",
}
_STATES_LENGTH = frozenset({"mov", "matroska", "asf", "flac", "wav", "w64", "aiff", "caf", "au"})
_MAX_PADDING = 4096  # the longest packet in use: ALAC
_FULL_SCALE = {"u1": 128.0, "i2": 32768.0, "i4": 2147483648.0, "i8": 2.0**63}


class AvReader:
    """A `Reader` over FFmpeg; reads the first audio stream.

    Raises
    ------
    MissingPackage
        If PyAV is not installed.
    Refused
        If FFmpeg cannot open `path`, or it holds no audio.
    """

    def __init__(self, path: Path) -> None:
        try:
            import av
        except ImportError as error:
            from swara.data.installation import install_command

            raise MissingPackage(
                "reading this format takes PyAV, which is not installed",
                where=str(path),
                fix=f"Install it with: {install_command('av')}",
            ) from error
        self._error: type[Exception] = av.error.FFmpegError
        # An open file, not a name: FFmpeg would take "take:1.m4a" for an address.
        self._file = path.open("rb")
        try:
            self._container: Any = av.open(self._file, options=_OPTIONS, metadata_errors="replace")
        except (self._error, ValueError) as error:
            self._file.close()
            raise Refused(_reason(error)) from error
        streams = self._container.streams.audio
        if not streams or not streams[0].rate:
            self.close()
            raise Refused("it holds no audio")
        self._stream: Any = streams[0]
        self._format: str = self._container.format.name.split(",")[0]
        self._broken_packets = 0
        self._broken_off = False
        self.rate_hz: int = self._stream.rate
        self.promised_s = self._stated_length_s(path)
        self.bounded = self._format == "mov"

    def blocks(self) -> Iterator[Samples]:
        """Yield mono float32 arrays of shape [frames], in order; silence stands in for a broken packet."""
        if self._format == "mov" and self.promised_s is not None:
            return without_padding(self._decoded(), round(self.promised_s * self.rate_hz))
        return self._decoded()

    def faults(self) -> tuple[str, ...]:
        """Broken packets, a stream that stops, and streams that were not read."""
        found = []
        if self._broken_packets:
            found.append(
                f"{self._broken_packets} damaged piece(s) left out or silent; later times may be early"
            )
        if self._broken_off:
            found.append("the file breaks off")
        streams = len(self._container.streams.audio)
        if streams > 1:
            found.append(f"the file holds {streams} audio streams; only the first was read")
        return tuple(found)

    def close(self) -> None:
        """Release the file."""
        self._container.close()
        self._file.close()

    def _decoded(self) -> Iterator[Samples]:
        for packet in self._packets():
            try:
                frames = packet.decode()
            except self._error:
                self._broken_packets += 1
                yield self._silence_for(packet)
                continue
            for frame in frames:
                self._broken_packets += bool(frame.is_corrupt)
                yield self._mono(frame)

    def _packets(self) -> Iterator[Any]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except self._error:
                self._broken_off = True
                return
            if packet is None:
                return
            yield packet

    def _mono(self, frame: Any) -> Samples:
        if frame.sample_rate != self.rate_hz:
            raise Refused(f"its sample rate changes from {self.rate_hz} to {frame.sample_rate} Hz")
        samples = frame.to_ndarray()
        if not frame.format.is_planar:
            samples = samples.reshape(frame.samples, -1).T
        return to_mono(_to_float(samples).T)

    def _silence_for(self, packet: Any) -> Samples:
        """As many zeros as the broken packet lasted, so that what follows keeps its place in time."""
        duration_s = float(packet.duration * packet.time_base) if packet.duration else 0.0
        return np.zeros(round(duration_s * self.rate_hz), dtype=np.float32)

    def _stated_length_s(self, path: Path) -> float | None:
        stated = self._format in _STATES_LENGTH or (self._format == "mp3" and mp3_tells_length(path))
        if not stated:
            return None
        if self._stream.duration:
            return float(self._stream.duration * self._stream.time_base)
        only_audio = len(self._container.streams) == 1  # else the length may be that of the picture
        return self._container.duration / 1e6 if self._container.duration and only_audio else None


def without_padding(blocks: Iterator[Samples], length: int) -> Iterator[Samples]:
    """Yield `blocks` without the padding that overruns `length` samples.

    A packet's worth is padding; more than that is sound that the header does not know of, and is kept.
    """
    held = np.zeros(0, dtype=np.float32)
    left: float = length
    for block in blocks:
        room = int(min(left, block.size))
        left -= room
        yield block[:room]
        held = np.concatenate((held, block[room:]))
        if held.size > _MAX_PADDING:
            yield held
            held, left = held[:0], math.inf


def _to_float(samples: Any) -> Samples:
    """Scale samples of any PCM type to float32, full scale -1 to 1."""
    kind = samples.dtype.str[1:]
    scaled: Samples = np.asarray(samples, dtype=np.float32)
    if kind == "u1":
        scaled = scaled - np.float32(_FULL_SCALE[kind])
    if kind in _FULL_SCALE:
        scaled = scaled / np.float32(_FULL_SCALE[kind])
    return scaled


def _reason(error: Exception) -> str:
    return f"FFmpeg: {getattr(error, 'strerror', None) or error}"
