"""Ogg Vorbis files that come out the same every time.

libsndfile draws the serial number of an Ogg stream from the clock, so that no two files are alike. Here it
is set to a fixed one, and the checksum of every page (RFC 3533, section 6) made good.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from swara.data.clip import Clip

__all__ = ["vorbis_bytes", "write_vorbis"]

_SERIAL = b"swra"
_SERIAL_AT, _CHECKSUM_AT, _SEGMENTS_AT = slice(14, 18), slice(22, 26), 26
_POLYNOMIAL = 0x04C11DB7


def write_vorbis(path: Path, clip: Clip, *, smallness: float) -> None:
    """Write a clip as Ogg Vorbis; `smallness` from 0 (best) to 1 (smallest)."""
    path.write_bytes(vorbis_bytes(clip, smallness=smallness))


def vorbis_bytes(clip: Clip, *, smallness: float) -> bytes:
    """Encode a clip; the same samples give the same bytes, as long as the encoder is the same."""
    import soundfile

    memory = io.BytesIO()
    soundfile.write(
        memory, clip.samples, clip.rate_hz, format="OGG", subtype="VORBIS", compression_level=smallness
    )
    return b"".join(_with_serial(page) for page in _pages(memory.getvalue()))


def _pages(stream: bytes) -> Iterator[bytearray]:
    start = 0
    while start < len(stream):
        body = start + _SEGMENTS_AT + 1 + stream[start + _SEGMENTS_AT]
        stop = body + sum(stream[start + _SEGMENTS_AT + 1 : body])
        yield bytearray(stream[start:stop])
        start = stop


def _with_serial(page: bytearray) -> bytes:
    page[_SERIAL_AT] = _SERIAL
    page[_CHECKSUM_AT] = bytes(4)  # counts as zero in its own sum
    page[_CHECKSUM_AT] = _checksum(page).to_bytes(4, "little")
    return bytes(page)


def _checksum(page: bytearray) -> int:
    """CRC-32 as Ogg has it: most significant bit first, neither start value nor final inversion."""
    table = _checksum_table()
    value = 0
    for byte in page:
        value = (value << 8) & 0xFFFFFFFF ^ table[(value >> 24) ^ byte]
    return value


def _checksum_table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1) ^ (_POLYNOMIAL if value & 0x80000000 else 0)
        table.append(value & 0xFFFFFFFF)
    return table
