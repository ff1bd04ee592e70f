"""Recordings that lie at URLs: whether they are there, and a copy of one on this disk while it is heard."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from swara.data.errors import CorpusError
from swara.data.storage.disk import forget_oldest, sha256_of, writing
from swara.data.storage.remote import RemoteFolder, is_url, shown_url

from .corpus import Moved, MoveResult

__all__ = ["RemoteListing", "fetched", "is_there", "moved_to"]

_AT_ONCE = 8

MOST_BYTES = 10_000_000_000
"""What `fetched` keeps of recordings: 30 hours of them as FLAC at 44.1 kHz in stereo."""


def is_there(url: str) -> bool:
    """Tell whether there is a file at `url`; errors as of `RemoteFolder`."""
    folder, _, name = url.rpartition("/")
    return RemoteFolder(folder).holds(name)


class RemoteListing:
    """What lies at URLs, each folder listed once."""

    def __init__(self) -> None:
        self._folders: dict[str, frozenset[str]] = {}

    def holds(self, url: str) -> bool:
        """Tell whether there is a file at `url`; errors as of `RemoteFolder.names`."""
        folder, _, name = url.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = RemoteFolder(folder).names()
        return name in self._folders[folder]


def fetched(url: str, sha256: str) -> Path:
    """Return a copy on this disk of the file at `url`; the oldest go where all are too much.

    Parameters
    ----------
    url : str
        Where the file lies.
    sha256 : str
        Digest of its bytes, 64 hex digits.

    Raises
    ------
    CorpusError
        If it is gone, or not what was added.
    RemoteError
        If it cannot be read.
    """
    from platformdirs import user_cache_path

    folder, _, name = url.rpartition("/")
    kept = user_cache_path("swara") / "recordings"
    copy = kept / f"{sha256}{Path(name).suffix}"
    if copy.exists():
        return copy
    with writing(kept):
        kept.mkdir(parents=True, exist_ok=True)
        part = kept / f".swara-{secrets.token_hex(6)}"
        try:
            RemoteFolder(folder).fetch(name, part)
            if sha256_of(part) != sha256:
                raise CorpusError("the file was changed since it was added", where=shown_url(url))
            part.replace(copy)
        except FileNotFoundError as error:
            raise CorpusError("the file is gone", where=shown_url(url)) from error
        finally:
            part.unlink(missing_ok=True)
        forget_oldest(kept.glob("[0-9a-f]*"), MOST_BYTES)
    return copy


def moved_to(files: Mapping[str, str], old: str, new: str) -> MoveResult:
    """Look for files that lay in one place at the same place in another, one of which is a URL.

    Parameters
    ----------
    files : mapping of str to str
        Path or URL of each by the SHA-256 of its bytes; those elsewhere than in `old` do not count.
    old, new : str
        Folders or files, as paths or URLs.

    Raises
    ------
    RemoteError, MissingPackage
        If a URL cannot be reached.
    """
    new = new if is_url(new) else str(Path(new).resolve())
    below = {sha256: inside for sha256, path in files.items() if (inside := _inside(path, old)) is not None}
    places = {sha256: f"{new.rstrip('/')}/{inside}" if inside else new for sha256, inside in below.items()}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        digests = dict(zip(places, pool.map(_digest, places.values()), strict=True))
    found = {sha256: Moved(files[sha256], places[sha256]) for sha256 in below if digests[sha256] == sha256}
    return MoveResult(found, tuple(files[sha256] for sha256 in below if sha256 not in found))


def _inside(path: str, old: str) -> str | None:
    """Return what follows `old` in a path; None where that lies elsewhere."""
    if is_url(path) != is_url(old):
        return None
    outer = (
        {old.rstrip("/")}
        if is_url(old)
        else {str(Path(old).resolve()), os.path.normpath(Path(old).absolute())}
    )
    for each in outer:
        if path == each or path.startswith(f"{each}/"):
            return path[len(each) + 1 :]
    return None


def _digest(place: str) -> str | None:
    if not is_url(place):
        with suppress(OSError):
            return sha256_of(Path(place))
        return None
    folder, _, name = place.rpartition("/")
    return RemoteFolder(folder).sha256_of(name)
