"""What was computed of recordings, on disk: ``<fingerprint of who did it>/<SHA-256 of the audio>.npz``."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ArrayCacheDir", "CacheInfo"]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """How many entries, and how many bytes they take."""

    entries: int
    size: int


@dataclass(frozen=True, slots=True)
class ArrayCacheDir:
    """Names and sizes of the entries in `folder`, which need not exist; what they hold is not looked at."""

    folder: Path

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

    def info(self, fingerprint: str) -> CacheInfo:
        """Count the entries of one that computed."""
        sizes = []
        for sha256 in self.digests(fingerprint):
            with suppress(OSError):  # another process may be removing it
                sizes.append(self.path(fingerprint, sha256).stat().st_size)
        return CacheInfo(len(sizes), sum(sizes))

    def total(self) -> CacheInfo:
        """Count all entries."""
        parts = [self.info(fingerprint) for fingerprint in self.fingerprints()]
        return CacheInfo(sum(part.entries for part in parts), sum(part.size for part in parts))

    def prune(self, keep_fingerprints: Collection[str]) -> CacheInfo:
        """Remove what all others computed; return how much that was.

        What cannot be removed stays, and does no harm.
        """
        before = self.total()
        for fingerprint in self.fingerprints():
            if fingerprint not in keep_fingerprints:
                shutil.rmtree(self.folder / fingerprint, ignore_errors=True)
        after = self.total()
        return CacheInfo(before.entries - after.entries, before.size - after.size)
