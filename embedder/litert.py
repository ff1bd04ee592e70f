"""LiteRT, opened quietly and refused in one line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from swara.data.errors import MissingPackage

from .errors import ModelDamaged

__all__ = ["Fitted", "cores", "open_interpreter", "stderr_closed"]

Fitted = (ValueError, RuntimeError, OSError)
"""What LiteRT raises for a file that it cannot run."""

_STDERR = RLock()
"""There is one stderr: of two threads that close it at once, the later would keep it closed for good."""


def open_interpreter(model: Path | bytes, where: str, threads: int) -> Any:
    """Return an interpreter for a file, which it maps into memory, or for the bytes of one.

    Raises
    ------
    ModelDamaged
        If it is no LiteRT model, or a part of one.
    MissingPackage
        If LiteRT is not installed.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        from swara.data.installation import install_command

        raise MissingPackage(
            "this model runs on LiteRT, which is not installed",
            where=where,
            fix=f"Install it with: {install_command('ai-edge-litert')}",
        ) from error
    source: dict[str, Any] = (
        {"model_content": model} if isinstance(model, bytes) else {"model_path": str(model)}
    )
    try:
        with stderr_closed():
            interpreter = Interpreter(**source, num_threads=threads)
            interpreter.allocate_tensors()
    except Fitted as error:
        raise ModelDamaged(
            f"LiteRT cannot read this model ({error})", where=where, fix="Get the file again"
        ) from error
    return interpreter


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def stderr_closed() -> Iterator[None]:
    """Keep native code from telling the reader which kernels it uses: it has no setting for that."""
    with _STDERR:
        try:
            kept = os.dup(2)
        except OSError:  # there is no stderr
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)
