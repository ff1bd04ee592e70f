"""Embeddings of recordings, kept by what was embedded and by whom."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.storage.array_cache import ArrayCacheDir, CacheInfo
from swara.data.storage.atomic_file import write_atomically

from .spec import EmbedderSpec, Embeddings, Vectors

__all__ = ["CacheInfo", "EmbeddingCache"]

_DAMAGE = (ValueError, KeyError, EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading an .npz from memory raises when its bytes are not what they were."""


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
        path = self.entries.path(spec.fingerprint, sha256)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        try:
            return Embeddings(*_decoded(content, spec.fingerprint, sha256), spec)
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
        path = self.entries.path(embeddings.spec.fingerprint, sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = _encoded(sha256, embeddings)
        write_atomically(path, lambda part: _write(part, content))

    def info(self) -> CacheInfo:
        """Count what is kept."""
        return self.entries.total()

    def prune(self, keep_fingerprints: Collection[str]) -> CacheInfo:
        """Remove what other embedders made; return how much that was.

        What cannot be removed stays, and does no harm.
        """
        return self.entries.prune(keep_fingerprints)

    def corrupt_entries(self, fingerprint: str) -> tuple[Path, ...]:
        """Read all that one embedder made; return the entries that are damaged or unreadable. They stay."""
        paths = (
            (self.entries.path(fingerprint, digest), digest) for digest in self.entries.digests(fingerprint)
        )
        return tuple(path for path, digest in paths if not _sound(path, fingerprint, digest))

    @property
    def entries(self) -> ArrayCacheDir:
        """The files."""
        return ArrayCacheDir(self.folder)


def _encoded(sha256: str, embeddings: Embeddings) -> bytes:
    buffer = io.BytesIO()
    vectors, times_s = embeddings.vectors, embeddings.times_s
    digest = np.frombuffer(_digest(sha256, embeddings.spec.fingerprint, vectors, times_s), dtype=np.uint8)
    np.savez(buffer, vectors=vectors, times_s=times_s, digest=digest)
    return buffer.getvalue()


def _decoded(content: bytes, fingerprint: str, sha256: str) -> tuple[Vectors, FloatArray]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        vectors, times_s = arrays["vectors"], arrays["times_s"]
        if arrays["digest"].tobytes() != _digest(sha256, fingerprint, vectors, times_s):
            raise ValueError("its digest is another one")
    return vectors, times_s


def _sound(path: Path, fingerprint: str, sha256: str) -> bool:
    try:
        _decoded(path.read_bytes(), fingerprint, sha256)
    except FileNotFoundError:  # another process removed it in the meantime
        return True
    except _DAMAGE:
        return False
    return True


def _digest(sha256: str, fingerprint: str, vectors: Vectors, times_s: FloatArray) -> bytes:
    """SHA-256 over what was embedded, by whom, and the result, its dtypes and shape included."""
    head = (sha256, fingerprint, vectors.dtype.str, times_s.dtype.str, str(vectors.shape))
    content = (" ".join(head).encode(), vectors.tobytes(), times_s.tobytes())
    return hashlib.sha256(b"\n".join(content)).digest()


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
