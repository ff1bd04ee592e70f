"""A SavedModel is converted to LiteRT once; what came out is kept beside it."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from data.atomic_file import check_writable, write_atomically
from data.errors import OutputError

from .contract import Contract
from .errors import ConversionFailed

__all__ = ["converted_file"]

_DIGITS = 16
_REVISION = 1
"""To be raised when files are converted differently: those that were kept are then passed over."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


def converted_file(
    saved_model: Path, digest: str, contract: Contract, report: Callable[[str], None] | None = None
) -> Path:
    """Return the LiteRT file of a SavedModel, converting it if that has not been done.

    It is called ``<name>-<revision>-<digest of the SavedModel>-<digest of itself>.tflite``, so that
    a changed SavedModel has another one, and a damaged one is made again. It lies in the folder
    ``<saved_model>.litert``, or, where that cannot be written, in the user's cache folder. Of two processes
    that want it at once, one converts and the other waits.

    Parameters
    ----------
    saved_model : Path
        The folder.
    digest : str
        What `saved_model_digest` says of it.
    contract : Contract
    report : callable, optional
        Told, in a line, when a conversion begins, which takes some ten seconds, and why.

    Raises
    ------
    ModelDamaged, ModelUnfit, MissingPackage, ConversionFailed
        If it cannot be converted.
    """
    folders, key = _folders(saved_model), f"{contract.name}-{_REVISION}-{digest[:_DIGITS]}"
    for folder in folders:
        if found := _found(folder, key):
            return found
    folder = _writable(folders, saved_model)
    from filelock import FileLock

    with FileLock(folder / ".lock"):
        if found := _found(folder, key):  # another process has made it meanwhile
            return found
        if report is not None:
            again = "again: its LiteRT file is damaged" if _named(folder, key) else "once, to LiteRT"
            report(f"Converting {contract.name} {again}")
        from .lite_export import exported

        return _kept(exported(saved_model, contract), folder, key)


def _found(folder: Path, key: str) -> Path | None:
    """Return the file of that key if it is there and is what it was."""
    return next((path for path in _named(folder, key) if _is_whole(path)), None)


def _named(folder: Path, key: str) -> list[Path]:
    with suppress(OSError):
        return sorted(folder.glob(f"{key}-*.tflite"))
    return []


def _is_whole(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        return path.stem[-_DIGITS:] == hashlib.file_digest(file, "sha256").hexdigest()[:_DIGITS]
    return False


def _kept(content: bytes, folder: Path, key: str) -> Path:
    own = hashlib.sha256(content).hexdigest()
    path = folder / f"{key}-{own[:_DIGITS]}.tflite"
    for damaged in _named(folder, key):
        with suppress(OSError):
            damaged.unlink()
    write_atomically(path, lambda part: _write(part, content))
    return path


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _folders(saved_model: Path) -> tuple[Path, Path]:
    """Where the file may lie: beside the SavedModel, or in the user's cache folder."""
    from platformdirs import user_cache_path

    beside = saved_model.resolve()
    return beside.with_name(f"{beside.name}.litert"), user_cache_path("swara") / "litert"


def _writable(folders: tuple[Path, ...], saved_model: Path) -> Path:
    """Return the first folder that can be written to; one is full only if the disk is."""
    failures = []
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            check_writable(folder / "try.tflite")
        except (OSError, OutputError) as error:
            failures.append(f"{folder}: {_reason(error)}")
            if _error_number(error) in _FULL:
                raise _kept_nowhere(saved_model, failures, "Free some space") from error
        else:
            return folder
    raise _kept_nowhere(saved_model, failures, "Give yourself permission to write into one of them")


def _reason(error: OSError | OutputError) -> str:
    return error.what if isinstance(error, OutputError) else (error.strerror or str(error)).lower()


def _error_number(error: OSError | OutputError) -> int | None:
    cause = error.__cause__ if isinstance(error, OutputError) else error
    return cause.errno if isinstance(cause, OSError) else None


def _kept_nowhere(saved_model: Path, failures: list[str], fix: str) -> ConversionFailed:
    return ConversionFailed(
        f"its LiteRT file can be kept nowhere ({'; '.join(failures)})",
        where=str(saved_model),
        fix=f"{fix}, or set XDG_CACHE_HOME to a folder that can be written",
    )
