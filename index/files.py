"""The index of samples on disk: checked before it is read, and then mapped into memory.

::

    items.jsonl               what the files are, and the digest of every other byte; then a source a line
    madhya-Re.npy ...         the vectors of one swara
    madhya-Re.notes.npy ...   of which source each is, and where it lies in it
    madhya-Re.hnsw ...        the graph over them, where they are many

Numbers lie in files as in memory, so none of them is copied to be opened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from swara.data.storage.disk import reading, sha256_of, write_atomically, write_bytes
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara, saptak_name

from . import Engine, IndexDamaged
from .faiss_index import FaissIndex
from .samples import SPAN, SampleIndex, Source, SwaraNotes

__all__ = ["SCHEMA", "Whole", "load_sample_index", "save_sample_index", "swara_file_name"]

SCHEMA = 3
"""Number of the format; a change of its meaning raises it. Up to 2 there was an item a line."""

_ITEMS = "items.jsonl"
_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False)
_REBUILD = "Run: swara rebuild"
_EXACT = "exact"


def swara_file_name(swara: str, suffix: str = ".npy") -> str:
    """Return a name for a file of a swara that differs on file systems which ignore case too.

    ``R`` becomes ``madhya-Re.npy``, ``r`` ``madhya-komal-Re.npy``, ``S'`` ``taar-Sa.npy``.

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
    return f"{saptak_name(octave)}-{svarasthana.name.replace(' ', '-')}{suffix}"


def save_sample_index(index: SampleIndex, folder: Path) -> None:
    """Write the index into `folder`, which is made if it does not exist.

    Raises
    ------
    OutputError, OSError
        If it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digests, swaras = dict[str, str](), dict[str, Any]()
    for swara, notes in index.notes.items():
        facts, write = _described(notes)
        for suffix, save in write.items():
            path = folder / swara_file_name(swara, suffix)
            write_atomically(path, save)
            digests[path.name] = sha256_of(path)
        swaras[swara] = facts
    lines = b"".join(_line(asdict(source)) for source in index.sources)
    head = {"schema": SCHEMA, "sources": len(index.sources), "sources_sha256": _digest(lines)}
    head |= {"files": digests, "swaras": swaras}
    write_bytes(folder / _ITEMS, _line(head | {"head_sha256": _digest(_line(head))}) + lines)


def _described(notes: SwaraNotes) -> tuple[Mapping[str, Any], Mapping[str, Callable[[Path], object]]]:
    """Return what the head says of the notes of a swara, and what writes each of their files."""
    vectors = notes.engine.vectors
    facts = {"shape": list(vectors.shape), "longest": notes.engine.exact.longest, "engine": _EXACT}
    write: dict[str, Callable[[Path], object]] = {
        ".npy": partial(np.save, arr=vectors, allow_pickle=False),
        ".notes.npy": partial(np.save, arr=notes.spans, allow_pickle=False),
    }
    if notes.engine is not notes.engine.exact:
        from .hnsw import ENGINE, HnswIndex

        graph = cast("HnswIndex", notes.engine)
        facts |= {"engine": ENGINE, "parameters": dict(graph.facts())}
        write[".hnsw"] = graph.save
    return facts, write


Whole = Callable[[Path, str], bool]
"""Tells whether a file has the digest that it should have."""


def _has_digest(path: Path, digest: str) -> bool:
    return sha256_of(path) == digest


def load_sample_index(folder: Path, whole: Whole = _has_digest) -> SampleIndex:
    """Open what `save_sample_index` wrote, in this format or an older one.

    Parameters
    ----------
    folder : Path
        Where it lies.
    whole : callable, optional
        Reads a file and compares its digest; one who has just done so need not have it done again.

    Raises
    ------
    IndexDamaged
        If a file is missing, cut short, changed, of a newer format or of an engine that is not known.
    """
    head, lines = _split(folder / _ITEMS)
    try:
        if head["schema"] < SCHEMA:
            from .old_files import read_old_index

            digests = {folder / name: digest for name, digest in head["files"].items()}
            return read_old_index(lines, lambda swara: _old_content(folder, swara, digests))
        import msgspec

        sources = tuple(msgspec.json.Decoder(Source).decode_lines(lines))
        if len(sources) != head["sources"]:
            raise ValueError("not as many recordings as there should be")
        for name, digest in head["files"].items():
            _check(folder / name, digest, whole)
        notes = {swara: _opened(folder, swara, facts) for swara, facts in head["swaras"].items()}
        return SampleIndex(notes, sources)
    except (ValueError, TypeError, LookupError) as error:
        raise _damaged(folder, f"the index does not fit together ({error})") from error


def _opened(folder: Path, swara: str, facts: Mapping[str, Any]) -> SwaraNotes:
    count, dim = facts["shape"]
    vectors = _mapped(folder / swara_file_name(swara), np.dtype("<f4"), (count, dim))
    spans = _mapped(folder / swara_file_name(swara, ".notes.npy"), SPAN, (count,))
    exact = FaissIndex.mapped(vectors, facts["longest"])
    return SwaraNotes(_engine(folder / swara_file_name(swara, ".hnsw"), exact, facts), spans)


def _engine(path: Path, exact: FaissIndex, facts: Mapping[str, Any]) -> Engine:
    if facts["engine"] == _EXACT:
        return exact
    from .hnsw import ENGINE, HnswIndex

    if facts["engine"] != ENGINE:
        what = (
            f"it was made by the engine {facts['engine']!r}, and this swara knows {_EXACT!r} and {ENGINE!r}"
        )
        raise _damaged(path, what)
    return HnswIndex.mapped(path, exact, facts["parameters"])


def _mapped(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    with reading(path, IndexDamaged, fix=_REBUILD):
        array = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
        raise _damaged(path, f"it holds {array.dtype} of shape {array.shape}")
    return array


def _split(path: Path) -> tuple[Mapping[str, Any], bytes]:
    """Return the head of the list of items and the lines after it, both checked."""
    with reading(path, IndexDamaged, fix=_REBUILD):
        first, _, lines = path.read_bytes().partition(b"\n")
    try:
        head = json.loads(first)
        head_digest = head.pop("head_sha256")
        sound = head_digest == _digest(_line(head)) and first + b"\n" == _line(
            head | {"head_sha256": head_digest}
        )
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise _damaged(path, "the list of samples is damaged") from error
    if not sound or _digest(lines) != head.get("sources_sha256", head.get("items_sha256")):
        raise _damaged(path, "the list of samples was changed")
    if head.get("schema") not in range(1, SCHEMA + 1):
        raise _damaged(path, f"the index has format {head.get('schema')}, and this swara reads {SCHEMA}")
    return head, lines


def _old_content(folder: Path, swara: str, digests: Mapping[Path, str]) -> bytes:
    path = folder / swara_file_name(swara, ".faiss")
    _check(path, digests[path], _has_digest)
    return path.read_bytes()


def _check(path: Path, digest: str, whole: Whole) -> None:
    with reading(path, IndexDamaged, fix=_REBUILD):
        if not whole(path, digest):
            raise _damaged(path, "the file was changed or cut short")


def _line(values: Mapping[str, Any]) -> bytes:
    return _JSON.encode(values).encode() + b"\n"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _damaged(path: Path, what: str) -> IndexDamaged:
    return IndexDamaged(what, where=str(path), fix=_REBUILD)
