"""Phrases of professional samples: their lines and how they sound; which are nearest.

An octave more or less is the same place on a circle. Sines and cosines of where the voice stands on it, and
on circles of a half, a third ... of an octave, averaged over six wide windows of the phrase, make a vector of
it: the product of two is large where both sing the same swaras in about the same parts, in whatever octave
and tempo.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import BoolArray, FloatArray, IntArray
from swara.data.pitch_track import HOP_S
from swara.embedder import Vectors

from .faiss_index import Ids

__all__ = [
    "CANDIDATES",
    "FUNNEL",
    "Distance",
    "Lines",
    "Phrase",
    "PhraseIndex",
    "Strings",
    "build_phrase_index",
    "line_vectors",
]

Lines: TypeAlias = npt.NDArray[np.int16]
Strings: TypeAlias = npt.NDArray[np.int8]

CANDIDATES, CANDIDATES_SHARE = 12_000, 0.12
"""Phrases that the first look leaves to be aligned: so many, of a larger index such a share.

Of 100,000 they are what one core does well within 50 ms. With 8,000 fewer of the ten nearest are left, with
16,000 hardly more; and the same number of 300,000 leaves too few: asked of marked phrases other than those
that ``docs/benchmarks/search.md`` counts.
"""

FUNNEL = ((16, 4), (32, 20))
"""They are aligned with so few points first; one in so many is left each time.

With 16 points alone, and with 8 and 16, too few of the ten nearest were left.
"""

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


class Distance(Protocol):
    """How far phrases are from one, in cents: the sum of a part that is of lines and one of swaras."""

    @property
    def cents(self) -> FloatArray:
        """The line of that one, above Sa, float64 [points]."""
        ...

    def of_lines(self, cents: Lines, points: int = ...) -> FloatArray:
        """Return the part of lines, float64 [others]: of all their points, or fewer, which is quicker."""
        ...

    def of_strings(self, strings: Strings) -> FloatArray:
        """Return the part of swaras, float64 [others]."""
        ...


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
    strings: Strings
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

    def ranked(
        self, distance: Distance, allowed: BoolArray, *, exact: bool = False
    ) -> tuple[Ids, FloatArray]:
        """Return phrases by their distance, nearest first, and the distances in cents.

        Parameters
        ----------
        distance : Distance
            From the phrase sought.
        allowed : bool array, shape [phrases]
            Which may be answered with.
        exact : bool
            Align all of them: slow, and what is found without is held against it.
        """
        count = len(self) if exact else max(CANDIDATES, round(CANDIDATES_SHARE * len(self)))
        places = self.candidates(distance.cents, allowed, count)
        apart = distance.of_strings(self.strings[places])
        for points, one_in in () if exact else FUNNEL:
            kept = count // one_in
            if places.size > kept:
                away = distance.of_lines(self.cents[places], points) + apart
                left = np.sort(np.argpartition(away, kept)[:kept])
                places, apart = places[left], apart[left]
        away = distance.of_lines(self.cents[places]) + apart
        order = np.argsort(away, kind="stable")
        return places[order], away[order]

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


def build_phrase_index(
    phrases: Sequence[Phrase],
    cents: FloatArray,
    times_s: FloatArray,
    strings: Strings,
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
