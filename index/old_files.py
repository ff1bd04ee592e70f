"""The formats 1 and 2 of the index of samples: an item a line, and vectors with ids as FAISS writes them."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable

import numpy as np

from swara.embedder import Vectors

from . import IndexDamaged, Item
from .faiss_index import Ids
from .samples import SampleIndex, build_sample_index

__all__ = ["read_flat_index", "read_old_index"]

_HEAD, _COUNT = struct.Struct("<4siqqq?i"), struct.Struct("<Q")  # of an index, of an array


def read_old_index(lines: bytes, content: Callable[[str], bytes]) -> SampleIndex:
    """Return what lines of items and the vectors of each swara say.

    Parameters
    ----------
    lines : bytes
        An item in each. Those of format 1 do not tell their Sa.
    content : callable
        Returns the file of a swara, known to be whole.

    Raises
    ------
    IndexDamaged, ValueError, TypeError
        If they do not fit together.
    """
    items = [Item(**json.loads(line)) for line in lines.splitlines()]
    places: dict[int, Vectors] = {}
    for swara in sorted({item.swara for item in items}):
        vectors, ids = read_flat_index(content(swara))
        if any(items[place].swara != swara for place in ids.tolist()):
            raise ValueError(f"vectors of another swara than {swara}")
        places.update(zip(ids.tolist(), vectors, strict=True))
    if sorted(places) != list(range(len(items))):
        raise ValueError("the vectors and the items of the index do not agree")
    vectors = np.stack([places[row] for row in range(len(items))]) if items else np.zeros((0, 1), np.float32)
    return build_sample_index(items, vectors, approximate_above=len(items))


def read_flat_index(content: bytes) -> tuple[Vectors, Ids]:
    """Return vectors and ids of what FAISS writes of an ``IndexIDMap2`` over an ``IndexFlatIP``.

    Raises
    ------
    IndexDamaged
        If it is anything else.
    """
    if len(content) >= 2 * (_HEAD.size + _COUNT.size):
        kind, *shape, _, _, _, _ = _HEAD.unpack_from(content)
        flat, dim, count, _, _, _, metric = _HEAD.unpack_from(content, _HEAD.size)
        first = 2 * _HEAD.size + _COUNT.size
        last = first + 4 * dim * count
        whole = len(content) == last + _COUNT.size + 8 * count
        if whole and (kind, flat, shape, metric) == (b"IxM2", b"IxFI", [dim, count], 0):
            sizes = _COUNT.unpack_from(content, first - _COUNT.size) + _COUNT.unpack_from(content, last)
            if sizes == (dim * count, count):
                vectors = np.frombuffer(content, "<f4", dim * count, first).reshape(count, dim)
                return vectors, np.frombuffer(content, "<i8", count, last + _COUNT.size)
    raise IndexDamaged("this is not an index of samples")
