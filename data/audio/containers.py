"""What the first bytes of a recording say it is, and what its headers claim, held against the bytes there."""

from __future__ import annotations

import struct
from typing import BinaryIO, Literal, NamedTuple

from .reader import MOST_CHANNELS

__all__ = [
    "Link",
    "first_byte",
    "is_plain",
    "missing_ratio",
    "mp3_tells_length",
    "ogg_links",
]

_CHUNKED = {b"RIFF": ("little", b"data"), b"RIFX": ("big", b"data"), b"FORM": ("big", b"SSND")}
_SIZE_UNKNOWN = 0xFFFFFFFF  # what a recorder writes that cannot go back to fill in the size
_LENGTH_TAGS = (b"Xing", b"Info", b"VBRI")
_HEAD_BYTES = 4096
_MOST_TAGS = 16
_MOST_CHUNKS = 10_000


def first_byte(file: BinaryIO) -> int:
    """Return where a recording begins: behind the ID3 tags that some programs put before any format."""
    at = 0
    for _ in range(_MOST_TAGS):
        file.seek(at)
        size = _id3_bytes(file.read(10))
        if not size:
            break
        at += size
    return at


def _id3_bytes(tag: bytes) -> int:
    """Length of the ID3v2 tag that `tag` starts, 0 without one; its size is four groups of 7 bits."""
    if not tag.startswith(b"ID3") or len(tag) < 10:
        return 0
    size = 0
    for byte in tag[6:10]:
        size = size << 7 | byte & 0x7F
    return size + 10


_PLAIN_CODINGS = {1: (8, 16, 24, 32), 3: (32, 64), 6: (8,), 7: (8,)}
"""Tag of the coding in a WAV (PCM, float, A-law, mu-law) and the bits of a sample."""

_EXTENSIBLE = 0xFFFE


def is_plain(file: BinaryIO, start: int) -> bool:
    """Tell whether a file is FLAC, or WAV without compression and with a format that a recorder writes.

    Those are decoded in this process; libsndfile believes what their headers say.

    Parameters
    ----------
    file : binary file
        Open for reading.
    start : int
        Its `first_byte`.
    """
    file.seek(start)
    head = file.read(12)
    if head[:4] == b"fLaC":
        return True
    if head[:4] not in (b"RIFF", b"RIFX", b"RF64") or head[8:] != b"WAVE":
        return False
    order: Literal["big", "little"] = "big" if head[:4] == b"RIFX" else "little"
    if (_chunk_bytes(file, b"fmt ", order) or 0) < 16:
        return False
    values = struct.unpack(">HHIIHH" if order == "big" else "<HHIIHH", file.read(16).ljust(16, b"\0"))
    tag, channels, _, _, frame_bytes, bits = values
    if tag == _EXTENSIBLE:
        tag = int.from_bytes(file.read(10)[8:], order)
    fits = 0 < channels <= MOST_CHANNELS and frame_bytes == channels * bits // 8
    return fits and bits in _PLAIN_CODINGS.get(tag, ())


def missing_ratio(file: BinaryIO, start: int = 0) -> float:
    """Return how many bytes of sound the header promises for each byte that is there: 1 when whole.

    Parameters
    ----------
    file : binary file
        WAV or AIFF; any other file, and a header of unknown size, gives 1.
    start : int
        Its `first_byte`.
    """
    present_bytes = file.seek(0, 2)
    file.seek(start)
    head = file.read(12)
    if head[:4] not in _CHUNKED:
        return 1.0
    order, name = _CHUNKED[head[:4]]
    promised = _chunk_bytes(file, name, order)
    present = present_bytes - file.tell()
    if promised in (None, _SIZE_UNKNOWN) or present <= 0:
        return 1.0
    return max(1.0, promised / present)


def _chunk_bytes(file: BinaryIO, name: bytes, order: str) -> int | None:
    """Walk to the chunk called `name`; leave `file` at its first byte and return the size it claims."""
    big = order == "big"
    for _ in range(_MOST_CHUNKS):
        header = file.read(8)
        if len(header) < 8:
            break
        size = int.from_bytes(header[4:], "big" if big else "little")
        if header[:4] == name:
            return size
        file.seek(size + size % 2, 1)
    return None


def mp3_tells_length(file: BinaryIO, start: int) -> bool:
    """Tell whether the first frame of an MP3 holds its length; else decoders guess it from the bit rate."""
    file.seek(start)
    frame = file.read(_HEAD_BYTES)
    return any(name in frame for name in _LENGTH_TAGS)


class Link(NamedTuple):
    """One of the recordings that an Ogg file strings together, as joined voice messages do.

    Attributes
    ----------
    start, stop : int
        Its bytes in the file.
    samples : int or None
        How many the granule position of its last page states; None where that is no number of samples.
    whole : bool
        Whether it ends with the page that is marked as its last.
    """

    start: int
    stop: int
    samples: int | None
    whole: bool


_PAGE = struct.Struct("<4sBBqIIIB")  # RFC 3533, section 6
_CAPTURE = b"OggS"
_SEARCHED_BYTES = 1 << 17
_BODY_BYTES = 12
_FIRST_PAGE, _LAST_PAGE = 0x02, 0x04
_MOST_LINKS = 1000
_OPUS_HEAD, _PRE_SKIP_AT = b"OpusHead", slice(10, 12)


def ogg_links(file: BinaryIO, start: int = 0) -> list[Link]:
    """Return the links of an Ogg file, in order; empty for anything else.

    What is damaged is passed over, up to the next page.
    """
    file.seek(start)
    if file.read(4) != _CAPTURE:
        return []
    size = file.seek(0, 2)
    links: list[Link] = []
    at, begun, pre_skip, granule, whole, opening = start, start, 0, -1, False, True
    while (page := _page(file, at)) is not None:
        at, flags, position, body, stop = page
        if flags & _FIRST_PAGE and not opening and len(links) < _MOST_LINKS:
            links.append(Link(begun, at, _samples(granule, pre_skip), whole))
            begun, pre_skip, granule, whole = at, 0, -1, False
        opening = bool(flags & _FIRST_PAGE)
        if body.startswith(_OPUS_HEAD):
            pre_skip = int.from_bytes(body[_PRE_SKIP_AT], "little")
        granule = max(granule, position)
        whole = bool(flags & _LAST_PAGE) and stop <= size
        at = stop
    return [*links, Link(begun, size, _samples(granule, pre_skip), whole)]


def _page(file: BinaryIO, at: int) -> tuple[int, int, int, bytes, int] | None:
    """Return place, flags, granule position, first bytes and end of the first page from a place on."""
    file.seek(at)
    header = file.read(_PAGE.size)
    while not header.startswith(_CAPTURE):
        ahead = header + file.read(_SEARCHED_BYTES)
        found = ahead.find(_CAPTURE)
        if found < 0 and len(ahead) < _SEARCHED_BYTES:
            return None
        at += found if found >= 0 else len(ahead) - len(_CAPTURE) + 1
        file.seek(at)
        header = file.read(_PAGE.size)
    if len(header) < _PAGE.size:
        return None
    _, _, flags, position, _, _, _, segments = _PAGE.unpack(header)
    table = file.read(segments)
    return at, flags, position, file.read(_BODY_BYTES), at + _PAGE.size + segments + sum(table)


def _samples(granule: int, pre_skip: int) -> int | None:
    return granule - pre_skip if granule > pre_skip else None
