"""A cache of what was computed of recordings: entries that are whole or not there, each an ``.npz``."""

from __future__ import annotations

import os
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from swara.data.arrays import sealed, unsealed

from .disk import forget_oldest, writing
from .npz import Arrays, ends_where_it_should, read_arrays, write_arrays

if TYPE_CHECKING:
    from .remote import RemoteEntries

__all__ = ["UNFIT", "ArrayCache", "CacheInfo", "RecentCache", "SealedCache", "Stamp", "stamp_of"]

T = TypeVar("T")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
Stamp: TypeAlias = tuple[int, int]
"""Length of an entry, and when it was written, in nanoseconds: another one where it is another entry."""

UNFIT = (ValueError, TypeError, KeyError)
"""What `ArrayCache.decode` raises."""


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a file; None where it cannot be looked at."""
    try:
        at = path.stat()
    except OSError:
        return None
    return at.st_size, at.st_mtime_ns


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """How many entries, and how many bytes they take."""

    entries: int
    size: int

    def __add__(self, other: CacheInfo) -> CacheInfo:
        return CacheInfo(self.entries + other.entries, self.size + other.size)

    def __sub__(self, other: CacheInfo) -> CacheInfo:
        return CacheInfo(self.entries - other.entries, self.size - other.size)


class ArrayCache(ABC, Generic[T]):
    """A folder of arrays, ``<fingerprint of who computed it>/<SHA-256 of the audio>.npz``.

    A kind of them is a class of its own, which says what an entry must hold.

    Any number of processes may read and write it at once: an entry appears whole, and two that write the
    same one write the same bytes.

    Parameters
    ----------
    folder : Path
        Made when the first entry is put in.
    beyond : RemoteEntries, optional
        Holds the same for several machines: all that is put in, and what `folder` lacks.

    Attributes
    ----------
    damaged : int
        How many entries were found damaged, and removed.
    """

    def __init__(self, folder: Path, beyond: RemoteEntries | None = None) -> None:
        self.folder, self._beyond = folder, beyond
        self.damaged = 0

    @abstractmethod
    def decode(self, arrays: Arrays, fingerprint: str, sha256: str) -> T:
        """Return what the arrays of the entry of that name hold.

        Raises
        ------
        ValueError, TypeError, KeyError
            If they are not what was put in.
        """

    def load(self, fingerprint: str, sha256: str) -> T | None:
        """Return an entry; None if it is not there, cannot be read or is damaged."""
        path = self.path(fingerprint, sha256)
        try:
            return self.decode(read_arrays(path), fingerprint, sha256)
        except OSError:
            pass
        except UNFIT:
            self.damaged += 1
            with suppress(OSError):
                path.unlink()
        return None if self._beyond is None else self._beyond.load(self, fingerprint, sha256)

    def save(self, fingerprint: str, sha256: str, arrays: Arrays) -> None:
        """Keep an entry.

        Raises
        ------
        OutputError
            If it cannot be written.
        RemoteError
            If it cannot be written beyond; where it can, this folder need not take it.
        """
        path = self.path(fingerprint, sha256)
        if self._beyond is not None:
            self._beyond.save(path, fingerprint, arrays)
            return
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_arrays(path, arrays)

    def lacking(self, fingerprint: str, digests: Collection[str]) -> frozenset[str]:
        """Return those of the recordings that have no entry, neither here nor beyond."""
        there: set[str] = set()
        with suppress(OSError):
            there.update(os.listdir(self.folder / fingerprint))  # noqa: PTH208 -- names, of thousands of them
        lacking = frozenset(each for each in digests if f"{each}.npz" not in there)
        return self._beyond.lacking(fingerprint, lacking) if self._beyond is not None and lacking else lacking

    def stamps(self, fingerprint: str) -> Mapping[str, Stamp]:
        """Return of each entry of one, by the SHA-256 of its recording, what tells whether it is the same."""
        found = {}
        with suppress(OSError), os.scandir(self.folder / fingerprint) as entries:
            for entry in entries:
                if entry.name.endswith(".npz"):
                    with suppress(OSError):  # another process may be removing it
                        at = entry.stat()
                        found[entry.name[:-4]] = at.st_size, at.st_mtime_ns
        return found

    def corrupt_entries(self, fingerprint: str) -> tuple[Path, ...]:
        """Read all that one computed; return the entries that are damaged or unreadable. They stay."""
        digests = self.digests(fingerprint)
        return tuple(
            self.path(fingerprint, each) for each in digests if not self._is_whole(fingerprint, each)
        )

    def look_over(self, fingerprint: str) -> tuple[CacheInfo, int]:
        """Count the entries of one, and those of them that have not the length that their last bytes tell.

        No more is read of each: what was changed between, `corrupt_entries` finds.
        """
        entries = size = cut_short = 0
        with suppress(OSError), os.scandir(self.folder / fingerprint) as found:
            for entry in found:
                stem, dot, suffix = entry.name.partition(".")
                if f"{dot}{suffix}" == ".npz" and _SHA256.fullmatch(stem):
                    with suppress(FileNotFoundError):  # another process may be removing it
                        length = entry.stat().st_size
                        entries, size = entries + 1, size + length
                        cut_short += not ends_where_it_should(entry.path, length)
        return CacheInfo(entries, size), cut_short

    def path(self, fingerprint: str, sha256: str) -> Path:
        """Return where an entry lies.

        Raises
        ------
        ValueError
            If `sha256` is no SHA-256: a name must not lead elsewhere.
        """
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is no SHA-256")
        return self.folder / fingerprint / f"{sha256}.npz"

    def fingerprints(self) -> tuple[str, ...]:
        """Return who computed what is kept."""
        with suppress(OSError):
            names = (path.name for path in self.folder.iterdir())
            return tuple(sorted(name for name in names if _FINGERPRINT.fullmatch(name)))
        return ()

    def digests(self, fingerprint: str) -> tuple[str, ...]:
        """Return the SHA-256 of every recording that has an entry."""
        stems = (path.stem for path in (self.folder / fingerprint).glob("*.npz"))
        return tuple(sorted(stem for stem in stems if _SHA256.fullmatch(stem)))

    def info(self, *fingerprints: str) -> CacheInfo:
        """Count the entries of those that computed; of all if none is named."""
        found = CacheInfo(0, 0)
        for fingerprint in fingerprints or self.fingerprints():
            for sha256 in self.digests(fingerprint):
                with suppress(OSError):  # another process may be removing it
                    found += CacheInfo(1, self.path(fingerprint, sha256).stat().st_size)
        return found

    def prune(self, keep_fingerprints: Collection[str]) -> CacheInfo:
        """Remove what all others computed; return how much that was.

        What cannot be removed stays, and does no harm.
        """
        before = self.info()
        for fingerprint in self.fingerprints():
            if fingerprint not in keep_fingerprints:
                shutil.rmtree(self.folder / fingerprint, ignore_errors=True)
        return before - self.info()

    def _is_whole(self, fingerprint: str, sha256: str) -> bool:
        try:
            self.decode(read_arrays(self.path(fingerprint, sha256)), fingerprint, sha256)
        except FileNotFoundError:  # another process removed it in the meantime
            return True
        except (OSError, ValueError, TypeError, KeyError):
            return False
        return True


MOST_BYTES = 500_000_000
"""What a `RecentCache` comes to: 1600 takes of two minutes."""

_ROOM = 0.1
"""Of `MOST_BYTES`, what is free where something had to go, so that not every entry makes another go."""


class SealedCache(ArrayCache[Arrays]):
    """An `ArrayCache` of arrays of whatever kind, each entry with its own digest."""

    def seal(self, fingerprint: str, sha256: str, arrays: Arrays) -> None:
        """Keep an entry; errors as of `save`."""
        self.save(fingerprint, sha256, sealed(fingerprint, sha256, arrays))

    def decode(self, arrays: Arrays, fingerprint: str, sha256: str) -> Arrays:
        """Return the arrays that were put in, their digest compared."""
        return unsealed(fingerprint, sha256, arrays)


class RecentCache(SealedCache):
    """A `SealedCache` of takes, of which those that nobody asked for lately go.

    Parameters
    ----------
    folder : Path
        Made when the first entry is put in.
    most_bytes : int
        What all entries may take together.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        super().__init__(folder)
        self._most_bytes = most_bytes

    def get(self, fingerprint: str, sha256: str) -> Arrays | None:
        """Return an entry, as `load`, and note that it was asked for."""
        found = self.load(fingerprint, sha256)
        if found is not None:
            with suppress(OSError):
                os.utime(self.path(fingerprint, sha256))
        return found

    def put(self, fingerprint: str, sha256: str, arrays: Arrays) -> None:
        """Keep an entry, and let the least recent go that are too much.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        self.seal(fingerprint, sha256, arrays)
        forget_oldest(self.folder.glob("*/*.npz"), self._most_bytes, _ROOM)
