"""A head as a file: the arrays of one ``.npz``, without pickle.

::

    format        1
    classes       the swaras, in roman notation
    mean, scale, weights, bias, temperature, threshold, uses_embedding, uses_evidence, familiar
                  as in NoteHead and its Linear
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from swara.classifier import HeadError
from swara.data.storage.npz import Arrays, read_arrays, write_arrays

from .head import NoteHead
from .regression import Linear

__all__ = ["FORMAT", "load_note_head", "save_note_head"]

FORMAT = 1
"""Number of the format; a change of the arrays or of their meaning raises it."""

_REBUILD = "Run: swara rebuild"


def save_note_head(head: NoteHead, path: Path) -> None:
    """Write a head to `path`, whole or not at all; the same head gives the same bytes.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    arrays = {
        "format": np.array(FORMAT),
        "classes": np.array(head.classes),
        "mean": head.linear.mean,
        "scale": head.linear.scale,
        "weights": head.linear.weights,
        "bias": head.linear.bias,
        "temperature": np.array(head.temperature),
        "threshold": np.array(head.threshold),
        "uses_embedding": np.array(head.uses_embedding),
        "uses_evidence": np.array(head.uses_evidence),
        "familiar": head.familiar,
    }
    write_arrays(path, arrays)


def load_note_head(path: Path) -> NoteHead:
    """Read a head.

    Raises
    ------
    HeadError
        If the file is missing, is not what `save_note_head` wrote, or is of a newer format.
    """
    try:
        arrays = read_arrays(path)
        known = int(_of_kind(arrays, "format", "i", 0)) <= FORMAT
        if known:
            return _head(arrays)
    except FileNotFoundError as error:
        raise HeadError("the file is missing", where=str(path), fix=_REBUILD) from error
    except (OSError, ValueError, KeyError) as error:
        raise HeadError(f"this is no note head: {error}", where=str(path), fix=_REBUILD) from error
    from swara.data.installation import newer_advice

    raise HeadError("the note head was written by a newer swara", where=str(path), fix=newer_advice())


def _head(arrays: Arrays) -> NoteHead:
    """Put the arrays together; raises KeyError or ValueError if one is missing or of the wrong kind."""
    return NoteHead(
        classes=tuple(str(name) for name in _of_kind(arrays, "classes", "U", 1)),
        linear=Linear(
            mean=_of_kind(arrays, "mean", "f", 1),
            scale=_of_kind(arrays, "scale", "f", 1),
            weights=_of_kind(arrays, "weights", "f", 2),
            bias=_of_kind(arrays, "bias", "f", 1),
        ),
        temperature=float(_of_kind(arrays, "temperature", "f", 0)),
        threshold=float(_of_kind(arrays, "threshold", "f", 0)),
        uses_embedding=bool(_of_kind(arrays, "uses_embedding", "b", 0)),
        uses_evidence=bool(_of_kind(arrays, "uses_evidence", "b", 0)),
        familiar=_of_kind(arrays, "familiar", "b", 1),
    )


def _of_kind(arrays: Arrays, name: str, kind: str, ndim: int) -> Any:
    array = arrays[name]
    if array.dtype.kind != kind or array.ndim != ndim:
        raise ValueError(f"{name} is {array.dtype} with {array.ndim} dimensions")
    return array
