"""Bytes that reach the disk, and their digests."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

__all__ = ["sha256_of", "sync", "sync_tree"]


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of the bytes of `file` as 64 hex digits."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sync_tree(folder: Path) -> None:
    """Force every file below `folder`, and the folders themselves, to the disk."""
    for path in sorted(folder.rglob("*"), reverse=True):
        sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """Force a file, or the names in a folder, to the disk; a folder only where it can be opened."""
    if not path.is_dir():
        # For writing: Windows flushes only what may be written.
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    elif hasattr(os, "O_DIRECTORY"):
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
