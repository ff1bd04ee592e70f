"""The index of samples on disk, checked byte for byte before FAISS may read it.

::

    items.jsonl            first how many items, and the digest of every other byte; then an item a line
    madhya-Re.faiss ...    the vectors of one swara, as FAISS writes them
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from swara.data.storage.disk import reading, write_bytes
from swara.index import IndexDamaged, Item
from swara.index.faiss_index import FaissIndex
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara, saptak_name

from .nearest import SampleIndex

__all__ = ["load_sample_index", "save_sample_index", "swara_file_name"]

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
