"""What the first and last bytes of a file say about the recording in it.

libsndfile quietly shortens a header's promise to the bytes that are there, so a file that breaks off looks
whole. The chunk sizes of WAV and AIFF, and the last page of an Ogg file, still tell.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

__all__ = ["HEAD_BYTES", "ends_open", "is_mp3", "is_sndfile", "missing_ratio", "mp3_tells_length"]

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
    """Whether `head` opens a container that libsndfile owns: WAV, W64, AIFF, FLAC, Ogg, AU."""
    return head.startswith(_SNDFILE_MAGIC)


def is_mp3(head: bytes) -> bool:
    """Whether `head` starts with an ID3 tag or the sync word of an MPEG layer III frame."""
    if head.startswith(b"ID3"):
        return True
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2


def mp3_tells_length(path: Path) -> bool:
    """Whether the first frame of an MP3 holds its length; else a decoder guesses it from the bit rate."""
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
    """Whether an Ogg file stops before the page that is marked as its last; False for anything else."""
    with path.open("rb") as file:
        if file.read(4) != b"OggS":
            return False
        file.seek(max(0, path.stat().st_size - _OGG_MAX_PAGE_BYTES))
        tail = file.read()
    page_at = tail.rfind(b"OggS")
    return page_at >= 0 and not _is_whole_last_page(tail[page_at:])


def _is_whole_last_page(page: bytes) -> bool:
    """Whether `page` is marked as the last and all there: header, table of segment sizes, segments."""
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
