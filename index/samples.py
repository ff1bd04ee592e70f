"""The samples nearest to a note, swara by swara; on disk, checked byte for byte before FAISS may read it.

::

    items.jsonl            first how many items, and the digest of every other byte; then an item a line
    madhya-Re.faiss ...    the vectors of one swara, as FAISS writes them
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from swara.data.storage.disk import reading, write_bytes
from swara.embedder import Vectors
from swara.index import IndexDamaged, Item, Neighbour
from swara.index.faiss_index import FaissIndex, Ids
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara, saptak_name

__all__ = [
    "SampleIndex",
    "build_sample_index",
    "load_sample_index",
    "save_sample_index",
    "swara_file_name",
]

_WHY = "sounds like: same swara, nearest voice"
_ASKED_PER_RECORDING = 4


@dataclass(frozen=True, slots=True, eq=False)
class SampleIndex:
    """Notes of professional samples, searched by how they sound.

    Parameters
    ----------
    engines : mapping of str to FaissIndex
        The vectors of each swara, by its roman notation; their ids are places in `items`.
    items : tuple of Item
        What the vectors are of, in their order.

    Raises
    ------
    ValueError
        If the engines do not hold every item exactly once, under its own swara.
    """

    engines: Mapping[str, FaissIndex]
    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        held = [(int(place), swara) for swara, engine in self.engines.items() for place in engine.ids]
        if sorted(held) != [(place, item.swara) for place, item in enumerate(self.items)]:
            raise ValueError("the vectors and the items of the index do not agree")

    def nearest(
        self, vector: Vectors, swara: str, *, count: int = 3, exclude: Collection[str] = ()
    ) -> tuple[Neighbour, ...]:
        """Return the samples of a swara that sound most like a note, the best of each recording.

        Parameters
        ----------
        vector : float32 array, shape [dim]
            The note, pooled. One that is all zero is silence, and sounds like nothing.
        swara : str
            In roman notation; one of which there are no samples has no neighbours.
        count : int
            Recordings wanted; there may be fewer.
        exclude : collection of str
            Ids of recordings never to answer with, such as the note's own.

        Returns
        -------
        tuple of Neighbour
            From the most similar on.

        Raises
        ------
        ValueError
            If the vector is of another length or not finite, or `count` is below 1.
        """
        if count < 1:
            raise ValueError(f"cannot look for {count} neighbours")
        engine = self.engines.get(swara)
        if engine is None or not engine.ids.size or not vector.any():
            return ()
        asked = min(_ASKED_PER_RECORDING * count, len(engine.ids))
        while True:
            scores, ids = engine.search(vector[None], asked)
            found = self._best_of_recordings(scores[0], ids[0], exclude)
            if len(found) >= count or asked == len(engine.ids):
                return tuple(found[:count])
            asked = min(2 * asked, len(engine.ids))

    def on_sa_near(self, sa_hz: float, within_cents: float) -> SampleIndex:
        """Return the part whose recordings have a Sa near one, in Hz: the same kind of voice.

        Items that do not tell their Sa are left out.
        """
        cents = (1200 * math.log2((item.tonic_hz or math.inf) / sa_hz) for item in self.items)
        near = [abs(each) <= within_cents for each in cents]
        kept, place = np.array(near, dtype=np.bool_), np.cumsum(near) - 1
        engines = {
            swara: FaissIndex(engine.vectors[mine], place[engine.ids[mine]])
            for swara, engine in self.engines.items()
            if (mine := kept[engine.ids]).any()
        }
        return SampleIndex(engines, tuple(item for item, ours in zip(self.items, near, strict=True) if ours))

    def _best_of_recordings(self, scores: Vectors, ids: Ids, exclude: Collection[str]) -> list[Neighbour]:
        best: dict[str, Neighbour] = {}
        for score, place in zip(scores.tolist(), ids.tolist(), strict=True):
            item = self.items[place]
            if item.recording not in exclude:
                best.setdefault(item.recording, Neighbour(item, score, _WHY))
        return list(best.values())


def build_sample_index(items: Sequence[Item], vectors: Vectors) -> SampleIndex:
    """Index notes by their vectors.

    Parameters
    ----------
    items : sequence of Item
        What the vectors are of, in their order.
    vectors : float32 array, shape [items, dim]
        L2-normalised.

    Raises
    ------
    ValueError
        If there are not as many vectors as items, or one is not finite.
    """
    if len(items) != len(vectors):
        raise ValueError(f"{len(vectors)} vectors for {len(items)} items")
    swaras = np.array([item.swara for item in items], dtype=np.str_)
    places = {str(swara): np.flatnonzero(swaras == swara) for swara in np.unique(swaras)}
    engines = {swara: FaissIndex(vectors[at], at.astype(np.int64)) for swara, at in places.items()}
    return SampleIndex(engines, tuple(items))


SCHEMA = 2
"""Number of the format; a change of its meaning raises it. Items of 1 have no Sa."""

_READ = (1, SCHEMA)

_ITEMS = "items.jsonl"
_FIELDS = tuple(field.name for field in fields(Item))
_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False)
_REBUILD = "Run: swara rebuild"


def swara_file_name(swara: str) -> str:
    """Return a name for the file of a swara that differs on file systems which ignore case too.

    ``R`` becomes ``madhya-Re.faiss``, ``r`` ``madhya-komal-Re.faiss``, ``S'`` ``taar-Sa.faiss``.

    Raises
    ------
    BadNotation
        If it is no swara.
    ValueError
        If it is not written in roman notation.
    """
    svarasthana, octave = parse_swara(swara)
    if swara_letter(svarasthana, octave) != swara:
        raise ValueError(f"{swara!r} is {swara_letter(svarasthana, octave)!r} in roman notation")
    return f"{saptak_name(octave)}-{svarasthana.name.replace(' ', '-')}.faiss"


def save_sample_index(index: SampleIndex, folder: Path) -> None:
    """Write the index into `folder`, which is made if it does not exist.

    Raises
    ------
    OutputError, OSError
        If it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = {swara_file_name(swara): engine.to_bytes() for swara, engine in index.engines.items()}
    lines = b"".join(_line({name: getattr(item, name) for name in _FIELDS}) for item in index.items)
    for name, content in contents.items():
        write_bytes(folder / name, content)
    digests = {name: _digest(content) for name, content in contents.items()}
    head = {"schema": SCHEMA, "items": len(index.items), "items_sha256": _digest(lines), "files": digests}
    write_bytes(folder / _ITEMS, _line(head | {"head_sha256": _digest(_line(head))}) + lines)


def load_sample_index(folder: Path) -> SampleIndex:
    """Read what `save_sample_index` wrote.

    Raises
    ------
    IndexDamaged
        If a file is missing, cut short, changed or of a newer format.
    """
    head, lines = _split(folder / _ITEMS)
    try:
        items = tuple(Item(**json.loads(line)) for line in lines.splitlines())
        engines = {}
        for swara in sorted({item.swara for item in items}):
            path = folder / swara_file_name(swara)
            engines[swara] = FaissIndex.from_bytes(_whole(path, head["files"][path.name]))
        return SampleIndex(engines, items)
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(folder, f"the index does not fit together ({error})") from error


def _split(path: Path) -> tuple[Mapping[str, Any], bytes]:
    """Return the head of the list of items and the lines after it, both checked."""
    first, _, lines = _read(path).partition(b"\n")
    try:
        head = json.loads(first)
        head_digest = head.pop("head_sha256")
        sound = head_digest == _digest(_line(head)) and first + b"\n" == _line(
            head | {"head_sha256": head_digest}
        )
    except (ValueError, AttributeError, KeyError) as error:
        raise _damaged(path, "the list of samples is damaged") from error
    if not sound or _digest(lines) != head.get("items_sha256"):
        raise _damaged(path, "the list of samples was changed")
    if head.get("schema") not in _READ:
        raise _damaged(path, f"the index has format {head.get('schema')}, and this swara reads {SCHEMA}")
    return head, lines


def _whole(path: Path, digest: str) -> bytes:
    content = _read(path)
    if _digest(content) != digest:
        raise _damaged(path, "the file was changed or cut short")
    return content


def _read(path: Path) -> bytes:
    with reading(path, IndexDamaged, fix=_REBUILD):
        return path.read_bytes()


def _line(values: Mapping[str, Any]) -> bytes:
    return _JSON.encode(values).encode() + b"\n"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _damaged(path: Path, what: str) -> IndexDamaged:
    return IndexDamaged(what, where=str(path), fix=_REBUILD)
