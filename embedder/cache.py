"""Embeddings of recordings, kept by what was embedded and by whom."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data.atomic_file import write_atomically

from .spec import EmbedderSpec, Embeddings

__all__ = ["CacheInfo", "EmbeddingCache"]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")

_DAMAGE = (ValueError, KeyError, EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading an .npz from memory raises when its bytes are not what they were."""


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """How many entries, and how many bytes they take."""

    entries: int
    size: int


@dataclass(slots=True)
class EmbeddingCache:
    """A folder of embeddings, ``<fingerprint of the embedder>/<SHA-256 of the audio file>.npz``.

    Any number of processes may read and write it at once: an entry appears whole, and two that write the
    same one write the same bytes.

    Parameters
    ----------
    folder : Path
        Made when the first entry is put in.
    damaged : int
        How many entries were found damaged, and removed.
    """

    folder: Path
    damaged: int = field(default=0, init=False)

    def get(self, spec: EmbedderSpec, sha256: str) -> Embeddings | None:
        """Return the embeddings of a recording; None if they are not there, cannot be read or are damaged."""
        path = self._path(spec.fingerprint, sha256)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        try:
            return _decoded(content, spec, sha256)
        except _DAMAGE:
            self.damaged += 1
            with suppress(OSError):
                path.unlink()
            return None

    def put(self, sha256: str, embeddings: Embeddings) -> None:
        """Keep the embeddings of the recording with this digest.

        Raises
        ------
        OutputError, OSError
            If they cannot be written.
        """
        path = self._path(embeddings.spec.fingerprint, sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = _encoded(sha256, embeddings)
        write_atomically(path, lambda part: _write(part, content))

    def info(self) -> CacheInfo:
        """Count what is kept."""
        return _counted(self._fingerprints())

    def prune(self, keep_fingerprints: Collection[str]) -> CacheInfo:
        """Remove what other embedders made; return how much that was.

        What cannot be removed stays, and does no harm.
        """
        before = self.info()
        for folder in self._fingerprints():
            if folder.name not in keep_fingerprints:
                shutil.rmtree(folder, ignore_errors=True)
        after = self.info()
        return CacheInfo(before.entries - after.entries, before.size - after.size)

    def _fingerprints(self) -> list[Path]:
        with suppress(OSError):
            return sorted(path for path in self.folder.iterdir() if _FINGERPRINT.fullmatch(path.name))
        return []

    def _path(self, fingerprint: str, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is no SHA-256")
        return self.folder / fingerprint / f"{sha256}.npz"


def _encoded(sha256: str, embeddings: Embeddings) -> bytes:
    buffer = io.BytesIO()
    digest = np.frombuffer(_digest(sha256, embeddings), dtype=np.uint8)
    np.savez(buffer, vectors=embeddings.vectors, times_s=embeddings.times_s, digest=digest)
    return buffer.getvalue()


def _decoded(content: bytes, spec: EmbedderSpec, sha256: str) -> Embeddings:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        embeddings = Embeddings(arrays["vectors"], arrays["times_s"], spec)
        if arrays["digest"].tobytes() != _digest(sha256, embeddings):
            raise ValueError("its digest is another one")
    return embeddings


def _digest(sha256: str, embeddings: Embeddings) -> bytes:
    """SHA-256 over what was embedded, by whom, and the result, its dtypes and shape included."""
    vectors, times_s = embeddings.vectors, embeddings.times_s
    head = (sha256, embeddings.spec.fingerprint, vectors.dtype.str, times_s.dtype.str, str(vectors.shape))
    content = (" ".join(head).encode(), vectors.tobytes(), times_s.tobytes())
    return hashlib.sha256(b"\n".join(content)).digest()


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _counted(folders: list[Path]) -> CacheInfo:
    sizes = list(_sizes(folders))
    return CacheInfo(len(sizes), sum(sizes))


def _sizes(folders: list[Path]) -> Iterator[int]:
    for folder in folders:
        for path in folder.glob("[0-9a-f]*.npz"):
            with suppress(FileNotFoundError):  # another process may be removing it
                yield path.stat().st_size
