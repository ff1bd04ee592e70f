"""The process that decodes what FFmpeg decodes, apart from everything else, and within bounds.

`Worker` starts it as a script; it imports PyAV and nothing of swara. Over the socket that is its stdin come
an open file and what is wanted of it; back go messages: a letter, the length of what follows, and that.

What a damaged or malicious file does to FFmpeg stays here. The process may take `MEMORY_BYTES` beside what it
has when it starts, compute for `CPU_S` and a share of the sound it brings, write no file and leave no core.
macOS and some others have no bound on memory that holds; there the other bounds stand alone.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

try:
    import resource
except ImportError:  # Windows has no such bounds
    resource = None  # type: ignore[assignment]

MEMORY_BYTES = 256 << 20
"""Hours of M4A take a tenth of it, for the table of their packets."""

CPU_S = 8.0
CPU_SHARE = 0.2
"""Seconds of computing for a file, and for each second of sound: AAC takes less than 0.01 on one core."""

MOST_CHANNELS = 64
USUAL_CHANNELS = 8
"""More are in no piece of a stream whose header does not say so."""

BATCH_BYTES = 256 << 10
LONGEST_PACKET_S = 2.0
"""The longest packet in use is one of FLAC: 65,535 samples, 1.5 s at 44.1 kHz."""

LATE_S = 0.1

# Pictures are never decoded, not even to learn their size: a cover of 2 MB can take 2 GB.
_DECODERS = (
    "aac aac_fixed aac_latm ac3 ac3_fixed alac als amrnb amrwb ape atrac3 atrac3plus dca dsd_lsbf"
    " dsd_lsbf_planar dsd_msbf dsd_msbf_planar eac3 flac g722 gsm gsm_ms ilbc libopencore_amrnb"
    " libopencore_amrwb libopus libvorbis mlp mp1 mp1float mp2 mp2float mp3 mp3float nellymoser opus shorten"
    " speex tak truehd tta vorbis wavpack wmalossless wmapro wmav1 wmav2 wmavoice"
)
_FAMILIES = ("pcm_", "adpcm_")
# Playlists and scripts are formats to FFmpeg too, and make it open other files and addresses: so what may
# come in is named, and nothing else is opened.
_FORMATS = (
    "mov,matroska,webm,mp3,aac,asf,ogg,flac,wav,w64,aiff,caf,au,amr,ac3,eac3,avi,mpeg,mpegts,flv,ape,tta,wv,"
    "dsf"
)


class Part:
    """A stretch of a file as a file, with a place of its own: that of the file is the other process's too."""

    def __init__(self, descriptor: int, start: int, stop: int) -> None:
        self._descriptor, self._start, self._size, self._at = descriptor, start, stop - start, 0

    def tell(self) -> int:
        """Return the place in it."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to another place, and return it."""
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        left = max(0, self._size - self._at)
        found = os.pread(self._descriptor, left if size < 0 else min(size, left), self._start + self._at)
        self._at += len(found)
        return found


class Unfit(Exception):
    """A file that this process does not decode, and why."""


class Decoding:
    """One file, or one link of it, on its way to the socket.

    Parameters
    ----------
    av : module
        PyAV.
    answer : Answer
        Where the messages go.
    """

    def __init__(self, av: Any, answer: Answer) -> None:
        self._av, self._answer = av, answer
        self._pieces: list[list[bytes]] = []
        self._kind: tuple[str, int, int] | None = None
        self._frames = self._bytes = self._channels = 0
        self.broken = self.whole = 0
        self.broken_off = False

    def run(self, file: Any, track: int | None) -> None:
        """Decode a file: a message with what its header says, then its samples."""
        codecs = ",".join(name for name in self._av.codecs_available if _may_decode(name))
        options = {"protocol_whitelist": "none", "format_whitelist": _FORMATS, "codec_whitelist": codecs}
        with self._av.open(file, options=options, metadata_errors="replace") as container:
            streams = [each for each in container.streams.audio if _is_known(each)]
            chosen = _chosen(streams, track)
            stream = streams[chosen]
            stream.codec_context.thread_count = 1
            self._channels = min(stream.codec_context.layout.nb_channels, MOST_CHANNELS)
            self._pass_over([each for each in container.streams if each is not stream])
            self._answer.send(b"h", json.dumps(_header(container, stream, len(streams), chosen + 1)).encode())
            started = False
            for frame in self._decoded(container, stream):
                if not started:
                    self._tell_of_delay(container, frame)
                    started = True
                self._add(frame)
            self._flush()

    def _pass_over(self, streams: list[Any]) -> None:
        """Let FFmpeg leave what is not wanted on the disk, as far as this PyAV can be told so."""
        kinds: Any = getattr(self._av.stream, "Discard", None)
        for stream in streams if kinds else ():
            stream.discard = kinds.all

    def _decoded(self, container: Any, stream: Any) -> Iterator[Any]:
        for packet in self._packets(container, stream):
            try:
                frames = packet.decode()
            except self._av.error.FFmpegError as error:
                _raise_if_no_memory(error)
                self.broken += 1
                self._silence(packet)
                continue
            for frame in frames:
                self.broken += bool(frame.is_corrupt)
                self.whole += not frame.is_corrupt
                yield frame

    def _packets(self, container: Any, stream: Any) -> Iterator[Any]:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except self._av.error.FFmpegError as error:
                _raise_if_no_memory(error)
                self.broken_off = True
                return
            if packet is None:
                return
            yield packet

    def _tell_of_delay(self, container: Any, frame: Any) -> None:
        """Tell how much later than the picture the sound begins, so that its times are those of the video."""
        moving = [each for each in container.streams.video if not _is_picture(each)]
        if moving and frame.time is not None and container.start_time is not None:
            late_s = frame.time - container.start_time / 1e6
            if late_s > LATE_S:
                self._answer.send(b"l", json.dumps(late_s).encode())

    def _silence(self, packet: Any) -> None:
        """Send silence for a broken packet, so that what follows keeps its place in time."""
        duration_s = float(packet.duration * packet.time_base) if packet.duration else 0.0
        if 0.0 < duration_s <= LONGEST_PACKET_S:
            self._flush()
            self._answer.send(b"s", json.dumps(duration_s).encode())

    def _add(self, frame: Any) -> None:
        """Keep the samples of a frame until there are enough for a message."""
        name, channels, samples = frame.format.name, frame.layout.nb_channels, frame.samples
        if not 0 < channels <= (self._channels if channels > USUAL_CHANNELS else MOST_CHANNELS):
            raise Unfit(f"a piece of it says that it has {channels} channels")
        planar = frame.format.is_planar
        # Held against each other before a byte is read: a damaged header makes the two differ.
        planes = frame.planes[:channels] if planar else frame.planes[:1]
        size = samples * frame.format.bytes * (1 if planar else channels)
        if len(planes) != (channels if planar else 1) or planes[0].buffer_size < size or samples < 0:
            raise Unfit("its channels are not there")
        kind = (name, channels, frame.sample_rate)
        if kind != self._kind or self._bytes > BATCH_BYTES:
            self._flush()
            self._kind, self._pieces = kind, [[] for _ in planes]
        for piece, plane in zip(self._pieces, planes, strict=True):
            piece.append(bytes(memoryview(plane)[:size]))
        self._frames += samples
        self._bytes += size * len(planes)

    def _flush(self) -> None:
        if self._kind is not None and self._frames:
            name, channels, rate_hz = self._kind
            head = struct.pack("<8sIII", name.encode(), channels, rate_hz, self._frames)
            self._answer.send(b"f", head + b"".join(b"".join(piece) for piece in self._pieces))
            self._answer.allow(self._frames / max(1, rate_hz))
        self._kind, self._frames, self._bytes = None, 0, 0


class Answer:
    """The way back: messages, and the computing that the sound in them has earned."""

    def __init__(self, way: socket.socket) -> None:
        self._way = way
        self._allowed_s = time.process_time() + CPU_S
        self.allow(0.0)

    def send(self, letter: bytes, content: bytes) -> None:
        """Send a message."""
        self._way.sendall(struct.pack("<cI", letter, len(content)) + content)

    def allow(self, sound_s: float) -> None:
        """Allow the computing for some more sound; beyond it, the system ends the process."""
        self._allowed_s += CPU_SHARE * sound_s
        _limit("RLIMIT_CPU", int(self._allowed_s) + 1)


def _may_decode(name: str) -> bool:
    return name in _DECODERS.split() or name.startswith(_FAMILIES)


def _is_known(stream: Any) -> bool:
    """Tell whether a stream has a codec that is decoded here, and a sample rate."""
    context = stream.codec_context
    return context is not None and _may_decode(context.codec.name) and bool(context.sample_rate)


def _is_picture(stream: Any) -> bool:
    return bool(_disposition(stream) & _ATTACHED_PICTURE)


_DEFAULT, _ATTACHED_PICTURE = 0x1, 0x400  # FFmpeg's avformat.h


def _disposition(stream: Any) -> int:
    return int(getattr(stream, "disposition", 0))


def _chosen(streams: list[Any], track: int | None) -> int:
    """Return the place of the track that is wanted: the one named, else the default, else the first."""
    if not streams:
        raise Unfit("it holds no sound that can be decoded")
    if track is not None:
        if not 0 < track <= len(streams):
            held = "1 track" if len(streams) == 1 else f"{len(streams)} tracks"
            raise Unfit(f"it holds {held} of sound and no track {track}")
        return track - 1
    named = [place for place, each in enumerate(streams) if _disposition(each) & _DEFAULT]
    return named[0] if len(named) == 1 else 0


def _header(container: Any, stream: Any, tracks: int, track: int) -> dict[str, Any]:
    stated = float(stream.duration * stream.time_base) if stream.duration else None
    if stated is None and container.duration and len(container.streams) == 1:
        stated = container.duration / 1e6  # else it may be that of the picture
    return {
        "format": container.format.name.split(",")[0],
        "rate_hz": stream.codec_context.sample_rate,
        "stated_s": stated,
        "tracks": tracks,
        "track": track,
    }


def _raise_if_no_memory(error: Exception) -> None:
    if isinstance(error, MemoryError):
        raise error


def _limit(name: str, most: int) -> None:
    """Set one of the bounds of this process, where the system has it and lets it."""
    which = getattr(resource, name, None)
    if which is not None:
        with suppress(ValueError, OSError):
            _, hard = resource.getrlimit(which)
            resource.setrlimit(which, (most if hard < 0 else min(most, hard), hard))


def _virtual_bytes() -> int:
    """Return the address space in use; on systems that do not tell, more than enough."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - pathlib costs more than it brings here
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 1 << 30


def _received(way: socket.socket) -> tuple[int, dict[str, Any]] | None:
    """Return the next file and what is wanted of it; None when nobody asks any more."""
    head, descriptors, _, _ = socket.recv_fds(way, 4, 1)
    if len(head) < 4:
        return None
    wanted = b""
    size = struct.unpack("<I", head)[0]
    while len(wanted) < size:
        wanted += way.recv(size - len(wanted)) or exit_now()
    return descriptors[0], json.loads(wanted)


def exit_now() -> bytes:
    """Leave without the ado of an interpreter that ends."""
    os._exit(0)


def _answer(av: Any, way: socket.socket, descriptor: int, wanted: dict[str, Any]) -> None:
    answer = Answer(way)
    try:
        for start, stop in wanted["parts"]:
            decoding = Decoding(av, answer)
            decoding.run(Part(descriptor, start, stop), wanted["track"])
            told = {"broken": decoding.broken, "whole": decoding.whole, "broken_off": decoding.broken_off}
            answer.send(b"p", json.dumps(told).encode())
        answer.send(b"e", b"")
    except Unfit as error:
        answer.send(b"x", str(error).encode())
    except MemoryError:  # what it took may not come back: this process is done
        answer.send(b"m", b"it asks for more memory than any recording needs")
    except (BrokenPipeError, ConnectionError):
        exit_now()
    except Exception as error:  # whatever PyAV makes of a damaged file is about that file
        answer.send(b"x", f"FFmpeg: {getattr(error, 'strerror', None) or error}".encode(errors="replace"))
    finally:
        os.close(descriptor)


def main() -> None:
    """Answer one request after another, until the other end of the socket is gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.path.append(sys.argv[1])
    import av

    _limit("RLIMIT_AS", _virtual_bytes() + MEMORY_BYTES)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_FSIZE", 0)
    way = socket.socket(fileno=0)
    while (received := _received(way)) is not None:
        _answer(av, way, *received)


if __name__ == "__main__":
    main()
    exit_now()
