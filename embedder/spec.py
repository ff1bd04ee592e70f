"""What an embedder is, what it makes, the cache of that, and one vector for a stretch of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray
from swara.data.clip import Clip
from swara.data.storage.array_cache import ArrayCache
from swara.data.storage.npz import Arrays

__all__ = ["Embedder", "EmbedderSpec", "EmbeddingCache", "Embeddings", "Vectors", "frame_shares", "pool"]

Vectors: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EmbedderSpec:
    """The identity of an embedder: vectors of two embedders with different specs are not comparable.

    Parameters
    ----------
    name : str
        Such as ``builtin``.
    dim : int
        Length of a vector.
    rate_hz : int
        Sample rate that it listens at.
    window_s, hop_s : float
        Length of a frame, and time from one frame's centre to the next.
    parameters : mapping of str to (str, int or float)
        Everything else that changes its vectors, digests of weights included.
    """

    name: str
    dim: int
    rate_hz: int
    window_s: float
    hop_s: float
    parameters: Mapping[str, str | int | float]

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that differ whenever anything in the spec does."""
        # Not asdict: it copies, and a read-only mapping cannot be copied.
        values = {f.name: getattr(self, f.name) for f in fields(self)} | {"parameters": dict(self.parameters)}
        canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """A clip, embedded frame by frame.

    Parameters
    ----------
    vectors : float32 array, shape [frames, spec.dim]
        One for each frame; how long they are is up to the embedder.
    times_s : float64 array, shape [frames]
        Centre of each frame, in seconds.
    spec : EmbedderSpec
        Who made them.
    """

    vectors: Vectors
    times_s: FloatArray
    spec: EmbedderSpec

    def __post_init__(self) -> None:
        if self.vectors.shape != (self.times_s.size, self.spec.dim):
            raise ValueError(
                f"{self.vectors.shape} vectors for {self.times_s.size} frames of {self.spec.dim}"
            )


class Embedder(Protocol):
    """Turns a clip at ``spec.rate_hz`` into a vector for each frame."""

    @property
    def spec(self) -> EmbedderSpec:
        """What this embedder is."""
        ...

    def embed(self, clip: Clip) -> Embeddings:
        """Embed the whole clip."""
        ...


class EmbeddingCache(ArrayCache[tuple[Vectors, FloatArray]]):
    """An `ArrayCache` of embeddings, by the fingerprint of the embedder; each with its own digest."""

    def get(self, spec: EmbedderSpec, sha256: str) -> Embeddings | None:
        """Return the embeddings of a recording; None if they are not there, cannot be read or are damaged."""
        found = self.load(spec.fingerprint, sha256)
        return None if found is None else Embeddings(*found, spec)

    def put(self, sha256: str, embeddings: Embeddings) -> None:
        """Keep the embeddings of the recording with this digest.

        Raises
        ------
        OutputError
            If they cannot be written.
        """
        fingerprint, vectors, times_s = embeddings.spec.fingerprint, embeddings.vectors, embeddings.times_s
        digest = np.frombuffer(_digest(sha256, fingerprint, vectors, times_s), dtype=np.uint8)
        self.save(fingerprint, sha256, {"vectors": vectors, "times_s": times_s, "digest": digest})

    def decode(self, arrays: Arrays, fingerprint: str, sha256: str) -> tuple[Vectors, FloatArray]:
        """Return vectors and times, their digest compared."""
        vectors, times_s = arrays["vectors"], arrays["times_s"]
        if arrays["digest"].tobytes() != _digest(sha256, fingerprint, vectors, times_s):
            raise ValueError("its digest is another one")
        return vectors, times_s


def _digest(sha256: str, fingerprint: str, vectors: Vectors, times_s: FloatArray) -> bytes:
    """SHA-256 over what was embedded, by whom, and the result, its dtypes and shape included."""
    head = (sha256, fingerprint, vectors.dtype.str, times_s.dtype.str, str(vectors.shape))
    content = (" ".join(head).encode(), vectors.tobytes(), times_s.tobytes())
    return hashlib.sha256(b"\n".join(content)).digest()


_SILENT = 1e-6


def pool(embeddings: Embeddings, start_s: float, end_s: float) -> Vectors:
    """Return the direction of the mean of the frames from `start_s` to `end_s`.

    Their spread is left out: on notes of a soundfont, which stand still, and on those of a player it is so
    unlike that a head taught with the one is misled about the other (``docs/benchmarks/embedders.md``).

    A frame counts by how much of the hop around its centre lies inside. A stretch shorter than a hop, or
    one in which no frame counts, is taken for the frame whose centre is nearest to its middle.

    Parameters
    ----------
    embeddings : Embeddings
        At least one frame.
    start_s, end_s : float
        In seconds of the clip; what lies outside it is left out.

    Returns
    -------
    float32 array, shape [dim]
        Of length 1, or all zero if every frame is (silence).

    Raises
    ------
    ValueError
        If there are no frames, or the stretch does not run from a time to the same or a later one.
    """
    shares = frame_shares(embeddings, start_s, end_s)
    counted = np.flatnonzero(shares)
    # The frames of a note alone: with all of a long take's, each note would cost as much as the take is long.
    inside = slice(counted[0], counted[-1] + 1)
    mean = shares[inside] @ embeddings.vectors[inside]
    length = float(np.linalg.norm(mean))
    return np.asarray(mean / length if length > _SILENT else np.zeros_like(mean), dtype=np.float32)


def frame_shares(embeddings: Embeddings, start_s: float, end_s: float) -> FloatArray:
    """Return what each frame counts in `pool`: float64 of shape [frames], summing to 1.

    Raises
    ------
    ValueError
        As `pool`.
    """
    if not embeddings.times_s.size:
        raise ValueError("there are no frames to pool")
    if not -np.inf < start_s <= end_s < np.inf:
        raise ValueError(f"{start_s} to {end_s} s is no stretch of time")
    times_s, hop_s = embeddings.times_s, embeddings.spec.hop_s
    ends_s, starts_s = np.minimum(times_s + hop_s / 2, end_s), np.maximum(times_s - hop_s / 2, start_s)
    overlaps_s = np.maximum(0.0, ends_s - starts_s)
    if end_s - start_s < hop_s or not overlaps_s.any():
        overlaps_s = np.zeros_like(times_s)
        overlaps_s[np.argmin(np.abs(times_s - (start_s + end_s) / 2))] = 1.0
    return np.asarray(overlaps_s / overlaps_s.sum())
