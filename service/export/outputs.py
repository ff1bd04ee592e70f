"""The files that a user asked for: checked before the work, so that none of it is in vain."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from swara.data.errors import OutputError
from swara.data.storage.atomic_file import check_writable

__all__ = ["check_distinct", "check_outputs", "check_suffix"]


def check_outputs(paths: Iterable[Path], *, source: Path) -> None:
    """Make sure, before a long analysis, that every output can be written and none is lost.

    Raises
    ------
    OutputError
        If two outputs share a path, one is the recording `source` itself, or one cannot be written.
    """
    outputs = tuple(paths)
    check_distinct(outputs)
    for path in outputs:
        if _is_same(path, source):
            raise OutputError(
                "this is the recording that is analyzed", where=str(path), fix="Choose another output file"
            )
        check_writable(path)


def check_suffix(path: Path | None, suffix: str, what: str) -> None:
    """Refuse a name that says of `what` that it is anything but what its `suffix` says; no suffix is none.

    Raises
    ------
    OutputError
        If it does.
    """
    if path is not None and path.suffix.lower() not in {"", suffix}:
        raise OutputError(
            f"{what} is written as {suffix.removeprefix('.').upper()}, and this name ends in {path.suffix}",
            where=str(path),
            fix=f"Name it {path.with_suffix(suffix).name}",
        )


def check_distinct(paths: Iterable[Path]) -> None:
    """Raise `OutputError` if two of `paths` name the same file."""
    seen: list[Path] = []
    for path in paths:
        if any(_is_same(path, other) for other in seen):
            raise OutputError(
                "two outputs would be written to this file", where=str(path), fix="Give each its own file"
            )
        seen.append(path)


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths are one file, through links, and through letter case where the disk ignores it."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return one.resolve() == other.resolve()
