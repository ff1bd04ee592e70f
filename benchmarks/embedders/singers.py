"""Halves of sight-singers' takes that look for each other, changed but for the singer; and single notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec

import numpy as np

from benchmarks import world
from benchmarks.recordings import SightSinging
from benchmarks.retrieval import Ranked, cosines, ranked
from benchmarks.shares import Share
from swara.data.arrays import BoolArray, FloatArray, IntArray
from swara.data.clip import Samples
from swara.data.synth import rms
from swara.embedder import Embedder
from swara.embedder.spec import pool

FIFTH = 1.5
LEAST_NOTE_S, FAR_SEMITONES, NEAR_SEMITONES = 0.15, 4.0, 1.0
_FRAME, _HOP = 1024, 256
_HALF_WIDTH = 2.0 ** (1 / 6)
"""A third of an octave, from a sixth below to a sixth above."""

_LEAST_BINS = 8
_SILENT = 1e-12
_RANGE = 1e-6
"""Bands more than 60 dB below the strongest are raised no further than one that lies 60 dB below."""


Rounds = list[list[tuple[Samples, ...]]]
"""One or more rounds, each with a pair of sounds of every take that should find each other, at 16 kHz. Where
there is a third, the first should find that, among the second sounds of the other takes."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A way to make rounds of pairs.

    Given all takes, and the packages that it needs besides the project's own.
    """

    name: str
    title: str
    make: Callable[[Sequence[Samples]], Rounds]
    packages: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """Packages that it needs and that are not installed; empty where it can be made."""
        return ", ".join(package for package in self.packages if find_spec(package) is None)


def conditions() -> list[Condition]:
    """Return every condition."""

    def flat(make: Callable[[Sequence[Samples]], Rounds], takes: Sequence[Samples]) -> Rounds:
        filters = [equaliser(take) for take in takes]
        return [
            [tuple(map(each, pair)) for each, pair in zip(filters, pairs, strict=True)]
            for pairs in make(takes)
        ]

    fifth, needed = partial(_moved, FIFTH), ("pyworld",)
    return [
        Condition("plain", "as recorded", _plain),
        Condition("flat", "equalised", partial(flat, _plain)),
        Condition("fifth", "a half a fifth higher", fifth, needed),
        Condition("crossed", "only the right half a fifth higher", _crossed, needed),
        Condition("flat-fifth", "the same, equalised", partial(flat, fifth), needed),
        Condition("vocoder", "a half through WORLD alone", partial(_moved, 1.0), needed),
    ]


def _plain(takes: Sequence[Samples]) -> Rounds:
    return [[tuple(np.array_split(take, 2)) for take in takes]]


def _moved(ratio: float, takes: Sequence[Samples]) -> Rounds:
    """Move the second halves in one round and the first halves in the other."""
    (halves,) = _plain(takes)
    return [
        [(first, resung(second, ratio)) for first, second in halves],
        [(resung(first, ratio), second) for first, second in halves],
    ]


def _crossed(takes: Sequence[Samples]) -> Rounds:
    """Look for a half a fifth higher among other singers' halves at the pitch they were sung at."""
    (halves,) = _plain(takes)
    return [
        [(first, second, resung(second, FIFTH)) for first, second in halves],
        [(second, first, resung(first, FIFTH)) for first, second in halves],
    ]


def search(rounds: Sequence[Sequence[FloatArray]]) -> Ranked:
    """Let halves look for each other by cosine, in both directions unless something else is sought.

    Rounds hold two or three float arrays of shape [takes, dim]: `Rounds` as vectors.
    """
    places = []
    for ones, others, *sought in rounds:
        takes, similar = np.arange(len(ones)), cosines(ones, others)
        if sought:
            np.fill_diagonal(similar, np.diag(cosines(ones, *sought)))
        right = np.eye(takes.size, dtype=np.bool_)
        places += [
            ranked(each, right, takes).places for each in ((similar,) if sought else (similar, similar.T))
        ]
    return Ranked(np.concatenate(places), np.tile(takes, len(places)))


def equaliser(samples: Samples) -> Callable[[Samples], Samples]:
    """Return a filter that makes the long-term average spectrum of a whole take flat, in thirds of an octave.

    Microphone, room and codec colour a whole take in one way, and so does the singer: both are taken out. The
    filter takes the take, or part of it. Its RMS stays, and the phase is zero, so nothing moves in time.
    """
    power = average_spectrum(samples)
    bins = np.arange(power.size)
    # The mean over a third of an octave around each bin, but over no fewer than 17 bins.
    low = np.minimum(np.floor(bins / _HALF_WIDTH), bins - _LEAST_BINS).clip(0).astype(np.intp)
    high = np.maximum(np.ceil(bins * _HALF_WIDTH), bins + _LEAST_BINS).clip(0, power.size - 1).astype(np.intp)
    sums = np.concatenate([[0.0], np.cumsum(power)])
    smooth = (sums[high + 1] - sums[low]) / (high + 1 - low)
    gain = 1.0 / np.sqrt(np.maximum(smooth, _RANGE * smooth.max() + np.finfo(float).tiny))

    def flat(part: Samples) -> Samples:
        # A power of two with room for the filter's ringing on both sides.
        size = 1 << (part.size + 2 * _FRAME - 1).bit_length()
        at = np.arange(1 + size // 2) * (_FRAME / size)
        spectrum = np.fft.rfft(part, size) * np.interp(at, bins, gain)
        filtered = np.fft.irfft(spectrum)[: part.size]
        return np.asarray(rms(part) / max(rms(filtered), _SILENT) * filtered, dtype=np.float32)

    return flat


def average_spectrum(samples: Samples) -> FloatArray:
    """Return the mean power in each bin of a Hann window of 1024 samples, shape [513]."""
    from scipy.signal import welch

    padded = np.pad(samples, (0, max(0, _FRAME - samples.size))).astype(np.float64)
    how = {"nperseg": _FRAME, "noverlap": _FRAME - _HOP, "detrend": False, "return_onesided": False}
    return np.asarray(welch(padded, **how)[1][: 1 + _FRAME // 2])


def resung(samples: Samples, ratio: float) -> Samples:
    """Return a voice at another pitch with its formants kept, cut or filled up with silence to its length."""
    return _resung(np.ascontiguousarray(samples).tobytes(), ratio)


@cache
def _resung(sound: bytes, ratio: float) -> Samples:
    samples = np.frombuffer(sound, np.float32)
    made = world.resynthesise(samples, *_harvest(sound), ratio)[: samples.size]
    return np.asarray(np.pad(made, (0, samples.size - made.size)), dtype=np.float32)


@cache
def _harvest(sound: bytes) -> tuple[FloatArray, FloatArray]:
    return world.harvest(np.frombuffer(sound, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class SungNotes:
    """Labelled notes.

    Vectors of length 1, float64 of shape [notes, dim], and of shape [notes] the number of their take, pitch
    in fractions of a semitone, and whether the note ends in the first half of its take.
    """

    vectors: FloatArray
    takes: IntArray
    midi: FloatArray
    first_half: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class NoteScores:
    """What was found of single notes; intervals are over takes.

    `own_take`: notes of the first half whose nearest among those of all second halves is from their take.
    `over_pitch`: the chance that a note of the same take, 4 semitones or more away, is nearer than a note of
    another take within a semitone. Pitch alone would give 0, voice alone 1.
    """

    own_take: Share
    over_pitch: Share


def embed_notes(takes: Sequence[SightSinging], embedder: Embedder) -> SungNotes:
    """Embed whole takes, and pool each labelled note of at least 150 ms."""
    rows: list[tuple[FloatArray, int, float, bool]] = []
    for number, take in enumerate(takes):
        embeddings = embedder.embed(take.clip)
        for (start_s, end_s), midi in zip(take.intervals_s.tolist(), take.midi.tolist(), strict=True):
            if end_s - start_s >= LEAST_NOTE_S:
                vector = pool(embeddings, start_s, end_s).astype(np.float64)
                rows.append((vector, number, midi, end_s < take.clip.duration_s / 2))
    vectors, numbers, midis, firsts = zip(*rows, strict=True)
    return SungNotes(
        np.stack(vectors), np.array(numbers, np.intp), np.array(midis), np.array(firsts, np.bool_)
    )


def score_notes(notes: SungNotes) -> NoteScores:
    """Let notes look for their take, and set voice against pitch."""
    similar = notes.vectors @ notes.vectors.T
    same = notes.takes[:, None] == notes.takes
    asked, others = notes.first_half, ~notes.first_half
    own_take = ranked(similar[asked][:, others], same[asked][:, others], notes.takes[asked])
    away = np.abs(notes.midi[:, None] - notes.midi)
    own, near = same & (away >= FAR_SEMITONES), ~same & (away <= NEAR_SEMITONES)
    known = np.flatnonzero(own.any(axis=1) & near.any(axis=1))
    chances = [np.mean(similar[k][own[k]][:, None] > similar[k][near[k]]) for k in known]
    takes = int(notes.takes.max()) + 1
    return NoteScores(own_take.nearest, Share.of(np.array(chances), notes.takes[known], takes))
