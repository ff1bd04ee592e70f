"""Files and cache entries at a URL that fsspec opens: whole or not there, tried again, and one clear line."""

from __future__ import annotations

import errno
import hashlib
import io
import re
import secrets
import sys
import time
from collections.abc import Callable, Set
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from swara.data.errors import MissingPackage, OutputError, RemoteError
from swara.data.installation import install_command

from .array_cache import UNFIT, ArrayCache
from .disk import NOT_PERMITTED, os_reason, write_bytes
from .npz import Arrays, arrays_in

__all__ = ["RemoteEntries", "RemoteFolder", "is_url", "shown_url"]

T = TypeVar("T")

_WAITS_S = (0.2, 1.0, 4.0)
"""How long to wait before each further try; a rate limit of S3 is over within a second or two."""

_PACKAGES = {
    **dict.fromkeys(("s3", "s3a"), ""),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("abfs", "abfss", "az"), "adlfs"),
}
"""Object stores, where a put is atomic and a rename a copy; what opens them beside the extra ``cloud``."""

_DISKS = ("file", "local", "memory")
"""Where a file appears by a rename; what is in memory, this process alone sees."""

_KNOWN = "file://, s3://, gs:// or abfs://"

_TIMEOUTS = {"connect_timeout": 5, "read_timeout": 15, "retries": {"max_attempts": 0}}
"""In seconds."""

_PATIENCE_S = 90
"""For a call on a file system of the network: a put waits without end for a server that never answers."""

_OPTIONS: dict[str, dict[str, Any]] = {
    "s3": {"config_kwargs": _TIMEOUTS},
    "s3a": {"config_kwargs": _TIMEOUTS},
}
"""Beside what the configuration of fsspec and the environment say."""

_NO_CREDENTIALS = frozenset({"NoCredentialsError", "PartialCredentialsError", "TokenRetrievalError"})
"""Names of errors of libraries that are not imported here."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LASTS = (PermissionError, IsADirectoryError, NotADirectoryError, ValueError, TypeError)
"""What another try meets again, as it does a disk that is full."""


def is_url(path: str) -> bool:
    """Tell whether a path is a URL: ``s3://bucket/take.wav``."""
    return "://" in path


def shown_url(url: str) -> str:
    """Return a URL for people: without a name and password in it."""
    return re.sub(r"://[^/@]*@", "://", url)


class RemoteFolder:
    """A folder at a URL; each call is tried again where it may help.

    Parameters
    ----------
    url : str
        Such as ``s3://bucket/folder`` or ``file:///shared/folder``; need not be there yet.

    Raises
    ------
    MissingPackage
        When it is first used, if fsspec, or what it needs for such a URL, is not installed.
    RemoteError
        By every method, if the place cannot be reached, or does not permit it.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        """The file system, and the path of the folder in it."""
        protocols, _, place = self.url.partition("://")
        protocol = protocols.rpartition("::")[2]
        where, fix = shown_url(self.url), f"Name a folder or bucket with {_KNOWN}"
        if not place:  # fsspec would make a folder "s3:" on this disk
            raise RemoteError("this is no URL of a folder", where=where, fix=fix)
        if protocol not in (*_PACKAGES, *_DISKS):
            mount = "; another place can be mounted here, and named with file://"
            raise RemoteError(f"swara opens no {protocol}:// URLs", where=where, fix=f"{fix}{mount}")
        try:
            import fsspec

            # What others write meanwhile is to be seen.
            options = _OPTIONS.get(protocol, {}) | {"use_listings_cache": False}
            fs, path = fsspec.core.url_to_fs(self.url, **options)
        except ImportError as error:
            what = f"a URL that starts with {protocol}:// needs a package that is not installed: {error}"
            package = _PACKAGES.get(protocol) if sys.modules.get("fsspec") else None
            command = install_command(package) if package else install_command(extra="cloud")
            raise MissingPackage(what, where=where, fix=f"Install it with: {command}") from error
        except Exception as error:  # each kind of place has errors of its own
            what = f"no such place can be opened: {_reason(error)}"
            raise RemoteError(what, where=where, fix=fix) from error
        return fs, str(path).rstrip("/")

    def read(self, name: str) -> bytes | None:
        """Return the bytes of the file `name` in the folder; None if it is not there."""
        fs, folder = self._opened
        with suppress(FileNotFoundError):
            return bytes(self._tried(name, "read", lambda: fs.cat_file(f"{folder}/{name}", **_within(fs))))
        return None

    def write(self, name: str, content: bytes) -> None:
        """Make the file `name` in the folder hold `content`: whole, or as it was."""
        fs, folder = self._opened
        path = f"{folder}/{name}"
        try:
            self._tried(name, "written", lambda: _put(fs, path, content))
        except FileNotFoundError as error:
            raise RemoteError(
                "it may not be written: there is no such bucket or folder",
                where=shown_url(self.url),
                fix="Make it first, or mend the URL",
            ) from error

    def names(self, folder: str = "") -> frozenset[str]:
        """Return the names of what lies in a folder below; none where there is no such folder."""
        fs, root = self._opened
        path = f"{root}/{folder}".rstrip("/")
        with suppress(FileNotFoundError):
            found = self._tried(folder, "listed", lambda: fs.ls(path, detail=False, **_within(fs)))
            return frozenset(str(each).rstrip("/").rpartition("/")[2] for each in found)
        return frozenset()

    def holds(self, name: str) -> bool:
        """Tell whether the file `name` lies in the folder."""
        fs, folder = self._opened
        with suppress(FileNotFoundError):
            self._tried(name, "read", lambda: fs.info(f"{folder}/{name}", **_within(fs)))
            return True
        return False

    def fetch(self, name: str, file: Path) -> None:
        """Copy the file `name` to the disk; raises FileNotFoundError where there is none."""
        fs, folder = self._opened
        self._tried(name, "read", lambda: fs.get_file(f"{folder}/{name}", str(file)))

    def sha256_of(self, name: str) -> str | None:
        """Return the SHA-256 of the file `name` as 64 hex digits; None if it is not there."""
        fs, folder = self._opened

        def digest() -> str:
            with fs.open(f"{folder}/{name}", "rb") as file:
                seen = hashlib.sha256()
                while block := file.read(1 << 20):
                    seen.update(block)
                return seen.hexdigest()

        with suppress(FileNotFoundError):
            return self._tried(name, "read", digest)
        return None

    def _tried(self, name: str, done: str, act: Callable[[], T]) -> T:
        """Do something, again where that may help; what is not there is left to the caller."""
        for wait_s in (*_WAITS_S, None):
            try:
                return act()
            except FileNotFoundError:
                raise
            except Exception as error:  # each kind of place has errors of its own
                if wait_s is None or not _may_pass(error):
                    raise self._refusal(name, done, error) from error
                time.sleep(wait_s)
        raise AssertionError

    def _refusal(self, name: str, done: str, error: Exception) -> RemoteError:
        where = shown_url(f"{self.url}/{name}" if name else self.url)
        if isinstance(error, PermissionError) or type(error).__name__ in _NO_CREDENTIALS:
            fix = "Give this machine the rights to list, read and write there; what is kept already stays"
            return RemoteError(f"it may not be {done}: {_reason(error)}", where=where, fix=fix)
        fix = "See that the place can be reached and has room, and run it again: what is kept already stays"
        times = f", tried {len(_WAITS_S) + 1} times" if _may_pass(error) else ""
        return RemoteError(f"it cannot be {done}{times}: {_reason(error)}", where=where, fix=fix)


def _within(fs: Any) -> dict[str, int]:
    """Return what gives a call an end; only those of fsspec that wait for the network take it."""
    return {"timeout": _PATIENCE_S} if fs.async_impl else {}


def _put(fs: Any, path: str, content: bytes) -> None:
    protocols = {fs.protocol} if isinstance(fs.protocol, str) else set(fs.protocol)
    if protocols & _PACKAGES.keys():
        fs.pipe_file(path, content, **_within(fs))
        return
    folder, _, name = path.rpartition("/")
    fs.makedirs(folder, exist_ok=True)
    part = f"{folder}/.swara-{secrets.token_hex(6)}-{name}"
    try:
        fs.pipe_file(part, content)
        fs.mv(part, path)
    except BaseException:
        with suppress(Exception):
            fs.rm_file(part)
        raise


def _may_pass(error: Exception) -> bool:
    """Tell whether an error may be gone at the next try: a timeout, a server that is busy or restarts."""
    if isinstance(error, _LASTS) or type(error).__name__ in _NO_CREDENTIALS:
        return False
    return not (isinstance(error, OSError) and error.errno in NOT_PERMITTED | _FULL)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError) and not str(error):
        return "no answer in time"
    said = os_reason(error) if isinstance(error, OSError) else str(error)
    return shown_url(" ".join(said.split()).rstrip(".")) or type(error).__name__


class RemoteEntries:
    """The entries of an `ArrayCache` at a URL, in the same layout; what is read is kept in the cache too.

    Parameters
    ----------
    folder : RemoteFolder
        Holds a folder for each fingerprint.
    """

    def __init__(self, folder: RemoteFolder) -> None:
        self._folder = folder

    def load(self, cache: ArrayCache[T], fingerprint: str, sha256: str) -> T | None:
        """Return an entry, held against its digest; None if it is not there, or damaged, which is counted."""
        path = cache.path(fingerprint, sha256)
        content = self._folder.read(f"{fingerprint}/{path.name}")
        if content is None:
            return None
        try:
            found = cache.decode(arrays_in(content), fingerprint, sha256)
        except UNFIT:  # it will be put in anew
            cache.damaged += 1
            return None
        _keep_copy(path, content)
        return found

    def save(self, path: Path, fingerprint: str, arrays: Arrays) -> None:
        """Keep an entry that lies at `path` in the cache; that the cache takes it too is not needed."""
        content = io.BytesIO()
        np.savez(content, **arrays)  # type: ignore[arg-type]
        self._folder.write(f"{fingerprint}/{path.name}", content.getvalue())
        _keep_copy(path, content.getvalue())

    def lacking(self, fingerprint: str, digests: Set[str]) -> frozenset[str]:
        """Return those of the recordings that have no entry."""
        there = self._folder.names(fingerprint)
        return frozenset(each for each in digests if f"{each}.npz" not in there)

    def others(self, fingerprint: str, digests: Set[str]) -> frozenset[str]:
        """Return the fingerprints of others than that one who left entries of any of the recordings."""
        wanted = {f"{each}.npz" for each in digests}
        names = self._folder.names()
        return frozenset(each for each in names - {fingerprint} if wanted & self._folder.names(each))


def _keep_copy(path: Path, content: bytes) -> None:
    with suppress(OSError, OutputError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
