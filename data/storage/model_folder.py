"""A folder of models: a new one enters it whole, and one that goes is gone at once, or neither."""

from __future__ import annotations

import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from .disk import sync

__all__ = ["clean_stale", "remove_dir", "size_bytes", "staging_path", "swap_in"]

_NEW, _OLD, _GONE = ".new-", ".old-", ".gone-"


def staging_path(folder: Path) -> Path:
    """Return a name beside `folder` for what is to become it."""
    return _beside(_NEW, folder)


def swap_in(new: Path, folder: Path) -> None:
    """Make `new` be `folder`; what was there before is removed after that, and stays where that fails.

    Raises
    ------
    OSError
        If it cannot be renamed.
    """
    old = _beside(_OLD, folder)
    with suppress(FileNotFoundError):
        folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        with suppress(OSError):
            old.rename(folder)
        raise
    sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def remove_dir(folder: Path) -> None:
    """Remove a folder; under its name it is there whole, or not at all.

    Raises
    ------
    OSError
        If it may not be renamed, or not all of it may be removed.
    """
    gone = _beside(_GONE, folder)
    with suppress(FileNotFoundError):
        folder.rename(gone)
    if gone.exists():
        shutil.rmtree(gone)


def clean_stale(folder: Path) -> None:
    """Clear up after one who was killed; nobody else may be changing `folder`.

    One who was killed between moving the old folder aside and putting the new one in its place left none: the
    old one is moved back.
    """
    for prefix in (_NEW, _GONE, _OLD):
        for left in folder.parent.glob(f"{prefix}{folder.name}-{'[0-9a-f]' * 8}"):
            if prefix == _OLD and not folder.exists():
                with suppress(OSError):
                    left.rename(folder)
            else:
                shutil.rmtree(left, ignore_errors=True)


def size_bytes(path: Path) -> int:
    """Return the length of a file, or of all files in a folder."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())


def _beside(prefix: str, folder: Path) -> Path:
    return folder.with_name(f"{prefix}{folder.name}-{secrets.token_hex(4)}")
