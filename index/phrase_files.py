"""The phrases of an index on disk.

::

    phrases.npz    phrases    a JSON object for each, as UTF-8 lines
                   cents      int16 [phrases, points]: the line, above Sa
                   strings    int8 [phrases, swaras]: what it dwells on, without octaves, -1 after the last
                   frames     uint16 [phrases, points]: when each point is sung, in 10 ms from the start
                   voices     float32 [phrases, dim]: the embedding, pooled, of length 1
                   schema     number of the format
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from swara.data.storage.disk import reading
from swara.data.storage.json_lines import converted
from swara.data.storage.npz import read_arrays, write_arrays

from . import IndexDamaged
from .phrases import Phrase, PhraseIndex

__all__ = ["PHRASES", "load_phrase_index", "save_phrase_index"]

PHRASES = "phrases.npz"
"""Its name in the folder of an index."""

SCHEMA = 1
_REBUILD = "Run: swara rebuild"

_ARRAYS = ("cents", "strings", "frames", "voices")


def save_phrase_index(index: PhraseIndex, folder: Path) -> None:
    """Write the phrases into the folder of an index; the same give the same bytes.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    lines = "".join(f"{json.dumps(asdict(each), sort_keys=True)}\n" for each in index.phrases)
    named = dict(zip(_ARRAYS, index.arrays, strict=True))
    text = np.frombuffer(lines.encode(), dtype=np.uint8)
    write_arrays(folder / PHRASES, {"phrases": text, **named, "schema": np.array(SCHEMA)})


def load_phrase_index(folder: Path) -> PhraseIndex | None:
    """Read what `save_phrase_index` wrote; None where the index was made without phrases.

    Raises
    ------
    IndexDamaged
        If the file is damaged, or of a newer format.
    """
    path = folder / PHRASES
    if not path.exists():
        return None
    try:
        with reading(path, IndexDamaged, fix=_REBUILD):
            arrays = read_arrays(path)
        if int(arrays["schema"]) != SCHEMA:
            raise ValueError(f"they have format {arrays['schema']}, and this swara reads {SCHEMA}")
        lines = arrays["phrases"].tobytes().decode().splitlines()
        phrases = tuple(converted(json.loads(line), Phrase) for line in lines)
        return PhraseIndex(phrases, *(arrays[name] for name in _ARRAYS))
    except (ValueError, KeyError) as error:
        raise IndexDamaged(f"the phrases are damaged ({error})", where=str(path), fix=_REBUILD) from error
