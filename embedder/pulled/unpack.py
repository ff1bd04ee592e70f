"""An archive from elsewhere, unpacked without trust."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, cast

from .errors import ModelRefused, writing

__all__ = ["is_archive", "unpack"]

_GZIP = b"\x1f\x8b"
_TAR, _TAR_AT = b"ustar", 257
_CHUNK_BYTES = 1 << 20
_MOST_FILES = 500
_DAMAGE = (EOFError, OSError, zlib.error)
"""What reading from an archive raises when its bytes are not what they were, or cannot be had."""


def is_archive(head: bytes) -> bool:
    """Whether a file that begins with `head` is a tar archive, compressed by gzip or not."""
    return head.startswith(_GZIP) or head[_TAR_AT:].startswith(_TAR)


def unpack(archive: Path, into: Path, *, largest_bytes: int) -> None:
    """Write the files of a tar archive into the folder `into`, which exists and is empty.

    Nothing but plain files and folders is accepted, none outside `into`, none twice. Owners and permissions
    of the archive are left out, and it is read to its end, so that gzip's checksum is tested.

    Parameters
    ----------
    archive : Path
        Plain or compressed by gzip.
    into : Path
    largest_bytes : int
        Most that is unpacked, headers included.

    Raises
    ------
    ModelRefused
        If the archive is damaged or cut short, or holds what it should not.
    OutputError
        If the disk is full, or may not be written.
    """
    try:
        with archive.open("rb") as raw:
            compressed = raw.read(len(_GZIP)) == _GZIP
            raw.seek(0)
            source = _Limited(gzip.GzipFile(fileobj=raw) if compressed else raw, archive, largest_bytes)
            # As a stream: a header that claims a great length is then read piece by piece.
            with tarfile.open(fileobj=cast("IO[bytes]", source), mode="r|") as tar:
                _unpack_each(tar, archive, into)
            while source.read(_CHUNK_BYTES):
                pass
    except (tarfile.TarError, ValueError) as error:
        raise _refused(f"the archive is damaged or cut short ({str(error).lower()})", archive) from error


class _Limited:
    """A file to read from, up to a limit."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, archive: Path, largest_bytes: int) -> None:
        self._file, self._archive = file, archive
        self._left_bytes = self._largest_bytes = largest_bytes

    def read(self, length: int) -> bytes:
        """Return at most `length` bytes, or refuse the archive once the limit is passed."""
        try:
            content = self._file.read(length)
        except _DAMAGE as error:  # told apart, so that what is left are failures to write
            raise tarfile.ReadError(str(error)) from error
        self._left_bytes -= len(content)
        if self._left_bytes < 0:
            raise _refused(f"it unpacks to more than {self._largest_bytes / 1e6:.0f} MB", self._archive)
        return content


def _unpack_each(tar: tarfile.TarFile, archive: Path, into: Path) -> None:
    for count, member in enumerate(tar, 1):
        if count > _MOST_FILES:
            raise _refused(f"it holds more than {_MOST_FILES} files", archive)
        parts = _parts(member, archive)
        path = into.joinpath(*parts)
        if path.is_file() or (path.exists() and not member.isdir()):
            raise _refused(f'"{member.name}" is in it twice', archive)
        with writing(into):
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(tar, member, path)


def _parts(member: tarfile.TarInfo, archive: Path) -> tuple[str, ...]:
    """Return where a member goes, relative to the folder; refuse what has no place in it."""
    name = PurePosixPath(member.name)
    # A sparse file may claim any length without the bytes to show for it.
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise _refused(f'"{member.name}" is neither a plain file nor a folder', archive)
    odd = any(part == ".." or "\\" in part or ":" in part or "\0" in part for part in name.parts)
    if name.is_absolute() or odd:
        raise _refused(f'"{member.name}" leads out of the folder that it is unpacked into', archive)
    return name.parts


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    content = tar.extractfile(member)
    if content is None:
        raise tarfile.ReadError("a file without content")
    left = member.size
    with path.open("xb") as file:
        while left:
            chunk = content.read(min(left, _CHUNK_BYTES))
            if not chunk:
                raise tarfile.ReadError("unexpected end of data")
            file.write(chunk)
            left -= len(chunk)


def _refused(what: str, archive: Path) -> ModelRefused:
    return ModelRefused(what, where=str(archive), fix="Nothing of it was kept. Download it again")
