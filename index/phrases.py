"""Phrases of professional samples: their lines and how they sound; which are near at a first look.

::

    phrases.npz    phrases    a JSON object for each, as UTF-8 lines
                   cents      int16 [phrases, points]: the line, above Sa
                   strings    int8 [phrases, swaras]: what it dwells on, without octaves, -1 after the last
                   frames     uint16 [phrases, points]: when each point is sung, in 10 ms from the start
                   voices     float32 [phrases, dim]: the embedding, pooled, of length 1
                   schema     number of the format

An octave more or less is the same place on a circle. Sines and cosines of where the voice stands on it, and
on circles of a half, a third ... of an octave, averaged over six wide windows of the phrase, make a vector of
it: the product of two is large where both sing the same swaras in about the same parts, in whatever octave
and tempo.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import BoolArray, FloatArray, IntArray
from swara.data.pitch_track import HOP_S
from swara.data.storage.disk import reading
from swara.data.storage.json_lines import converted
from swara.data.storage.npz import read_arrays, write_arrays
from swara.embedder import Vectors

from . import IndexDamaged
from .faiss_index import Ids

__all__ = [
    "PHRASES",
    "Lines",
    "Phrase",
    "PhraseIndex",
    "build_phrase_index",
    "line_vectors",
    "load_phrase_index",
    "save_phrase_index",
]

PHRASES = "phrases.npz"
"""Its name in the folder of an index."""

SCHEMA = 1
_REBUILD = "Run: swara rebuild"

_ARRAYS = ("cents", "strings", "frames", "voices")

Lines: TypeAlias = npt.NDArray[np.int16]

_PARTS, _REACH = 6, 0.31
"""Windows of a phrase, triangles that reach so far to both sides, as a share of it."""

_CIRCLES = tuple(math.exp(-0.5 * (2 * math.pi * number * 70.0 / 1200.0) ** 2) for number in range(1, 7))
"""Weights of a whole octave, a half, a third ...: those of a bell of 70 cents around the same pitch.

Chosen with the windows above, beside 3 to 25 of them, wider and narrower, and 2 to 6 circles, by how many of
the best the first look keeps; what is kept in the end is in ``docs/benchmarks/search.md``.
"""

_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of a professional sample.

    Parameters
    ----------
    recording : str
        Id of the recording.
    singer : str
        Who sings it.
    raga : str or None
        Key of the raga, as the recording has it.
    licence : str
        Of the recording, as its owner states it.
    start_s, end_s : float
        Where it lies in the recording, in seconds.
    tonic_hz : float
        Sa of the recording.
    swaras : str
        What it dwells on, in roman notation.
    synthesized : bool
        Whether no person sang it.
    """

    recording: str
    singer: str
    raga: str | None
    licence: str
    start_s: float
    end_s: float
    tonic_hz: float
    swaras: str
    synthesized: bool

    @property
    def duration_s(self) -> float:
        """How long it is, in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, eq=False)
class PhraseIndex:
    """The phrases of professional samples.

    Parameters
    ----------
    phrases : tuple of Phrase
        What the rows of the arrays are of.
    cents : int16 array, shape [phrases, points]
        The line of each, above Sa.
    strings : int8 array, shape [phrases, swaras]
        What each dwells on, without octaves: semitones above Sa, -1 after the last.
    frames : uint16 array, shape [phrases, points]
        When each point is sung, in steps of 10 ms after the start.
    voices : float32 array, shape [phrases, dim]
        How each sounds, of length 1.

    Raises
    ------
    ValueError
        If they do not fit together.
    """

    phrases: tuple[Phrase, ...]
    cents: Lines
    strings: npt.NDArray[np.int8]
    frames: npt.NDArray[np.uint16]
    voices: Vectors

    def __post_init__(self) -> None:
        count = len(self.phrases)
        rows = {(len(each), each.ndim) for each in self.arrays}
        if self.cents.shape != self.frames.shape or rows != {(count, 2)}:
            raise ValueError(f"{[each.shape for each in self.arrays]} are not the arrays of {count} phrases")

    def __len__(self) -> int:
        return len(self.phrases)

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """The arrays, in the order in which it is made of them."""
        return self.cents, self.strings, self.frames, self.voices

    @classmethod
    def joined(cls, parts: Sequence[PhraseIndex]) -> PhraseIndex:
        """Return one index of several, one at least, in their order."""
        phrases = tuple(phrase for part in parts for phrase in part.phrases)
        return cls(phrases, *(np.concatenate(each) for each in zip(*(p.arrays for p in parts), strict=True)))

    @cached_property
    def longest_s(self) -> float:
        """The length of the longest phrase, in seconds."""
        return max((each.duration_s for each in self.phrases), default=0.0)

    def passing(
        self, field: Literal["recording", "singer", "raga", "licence"], test: Callable[[Any], bool]
    ) -> BoolArray:
        """Return which phrases have a value that passes a test, bool of shape [phrases].

        Parameters
        ----------
        field : str
            Of `Phrase`.
        test : callable
            Called once for each value that there is, however many phrases have it.
        """
        if field not in self._codes:
            values: dict[Any, int] = {}
            codes = [values.setdefault(getattr(each, field), len(values)) for each in self.phrases]
            self._codes[field] = tuple(values), np.array(codes, dtype=np.intp)
        values_of, places = self._codes[field]
        return np.array([test(value) for value in values_of], dtype=np.bool_)[places]

    @cached_property
    def _codes(self) -> dict[str, tuple[tuple[Any, ...], IntArray]]:
        return {}

    def times_s(self, place: int) -> FloatArray:
        """Return when each point of a phrase is sung, in seconds of its recording, float64 [points]."""
        return np.asarray(self.phrases[place].start_s + HOP_S * self.frames[place].astype(np.float64))

    def candidates(self, cents: FloatArray, allowed: BoolArray, count: int) -> Ids:
        """Return the phrases that come nearest at a first look, at most `count`, in order of their places.

        Parameters
        ----------
        cents : float64 array, shape [points]
            The line sought.
        allowed : bool array, shape [phrases]
            Which may be answered with.
        count : int
            How many are wanted.
        """
        places = np.flatnonzero(allowed)
        if places.size <= count:
            return places
        (sought,) = line_vectors(cents[None])
        # Copying the rows of many takes longer than looking at those that are not allowed too.
        many = places.size > len(self) // 8
        near = (self._vectors @ sought)[places] if many else self._vectors[places] @ sought
        return np.sort(places[np.argpartition(-near, count - 1)[:count]])

    @cached_property
    def _vectors(self) -> Vectors:
        parts = [
            line_vectors(self.cents[begin : begin + _AT_ONCE]) for begin in range(0, len(self), _AT_ONCE)
        ]
        return np.concatenate(parts)


def line_vectors(cents: npt.NDArray[np.int16] | FloatArray) -> Vectors:
    """Return the vectors of lines for a first look, float32 of shape [lines, dim], each of length 1.

    Parameters
    ----------
    cents : int16 or float64 array, shape [lines, points]
        Above Sa; as many points as one likes.
    """
    places = np.linspace(0.0, 1.0, cents.shape[1])[:, None]
    windows = np.maximum(0.0, 1.0 - np.abs(places - np.linspace(0.0, 1.0, _PARTS)) / _REACH)
    windows = (windows / windows.sum(axis=0)).astype(np.float32)
    angles = cents.astype(np.float32) * np.float32(2 * np.pi / 1200.0)
    blocks = [
        math.sqrt(weight) * (wave(number * angles) @ windows)
        for number, weight in enumerate(_CIRCLES, 1)
        for wave in (np.cos, np.sin)
    ]
    vectors = np.concatenate(blocks, axis=1, dtype=np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


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


def build_phrase_index(
    phrases: Sequence[Phrase],
    cents: FloatArray,
    times_s: FloatArray,
    strings: npt.NDArray[np.int8],
    voices: Vectors,
) -> PhraseIndex:
    """Index phrases, in the order in which they stand.

    Parameters
    ----------
    phrases : sequence of Phrase
        What they are.
    cents : float64 array, shape [phrases, points]
        The line of each, above Sa.
    times_s : float64 array, shape [phrases, points]
        When each point is sung, in seconds of the recording.
    strings : int8 array, shape [phrases, swaras]
        What each dwells on, as `PhraseIndex` has it.
    voices : float32 array, shape [phrases, dim]
        How each sounds, of length 1.
    """
    starts_s = np.array([each.start_s for each in phrases]).reshape(-1, 1)
    limits = np.iinfo(np.int16)
    lines = np.clip(np.rint(cents), limits.min, limits.max).astype(np.int16)
    frames = np.clip(np.rint((times_s - starts_s) / HOP_S), 0, np.iinfo(np.uint16).max).astype(np.uint16)
    return PhraseIndex(tuple(phrases), lines, strings, frames, voices)
