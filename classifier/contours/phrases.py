"""Phrases: breath groups and windows of a track, a line of notation."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.raga.notation import NotatedSwara, swara_letter, turn_pitches
from swara.raga.swaras import SVARASTHANAS, SwaraPitch
from swara.raga.tuning import JUST

from .contour import Contour, contour
from .distance import POINTS, STRING, PhraseDistance, Strings

__all__ = [
    "PhraseLine",
    "breath_groups",
    "notated_line",
    "phrase_line",
    "phrase_lines",
    "phrase_of",
    "without_ornaments",
]

_BREATH_S = 0.4
"""A gap that ends a breath group; consonants stop the voice for less."""

_WINDOWS_S = (2.0, 4.0, 8.0)
_HOPS = 4
"""Windows begin a quarter of their length apart, so that a stretch lies in one but for an eighth at most."""

_LONGEST_S = 16.0
"""A breath group beyond it is many phrases, which the windows hold."""

_SUNG_SHARE = 0.5
_LEAST_S = 0.6

_NOTE_FRAMES = 8
"""A swara that the voice passes in less than 80 ms is on the way, and not named."""

_SMOOTH_FRAMES = 25
"""A running median over 0.25 s: a cycle of vibrato and most ornaments are shorter.

Who repeats a phrase leaves them out, or sings others. With it a simulated learner's phrase, and one sung
again, are found more often than without; how it fares with learners who leave out more or less of them is in
``docs/benchmarks/search.md`` too.
"""


@dataclass(frozen=True, slots=True, eq=False)
class PhraseLine:
    """A stretch of singing, as it is searched.

    Parameters
    ----------
    start_s, end_s : float
        From the first sung frame to the last, in seconds of the take.
    line : Contour
        Its sung frames without ornaments, at `POINTS` equal distances.
    swaras : tuple of str
        Those that it dwells on, one after another, in roman notation.
    timed : bool
        Whether somebody sang it, in a tempo that means something.
    """

    start_s: float
    end_s: float
    line: Contour
    swaras: tuple[str, ...]
    timed: bool = True

    @property
    def duration_s(self) -> float:
        """How long it is, in seconds."""
        return self.end_s - self.start_s

    @property
    def string(self) -> Strings:
        """The first of its swaras without their octaves, in semitones above Sa, int8 [STRING]; -1 after."""
        letters = "".join(swara.strip(".'") for swara in self.swaras)
        steps = [_STEPS[each] for each, _ in itertools.groupby(letters)]
        return np.array((steps + [-1] * STRING)[:STRING], dtype=np.int8)

    @property
    def distance(self) -> PhraseDistance:
        """How far others are from it."""
        return PhraseDistance(self.line.cents, self.string)


_STEPS = {svarasthana.letter: svarasthana.index for svarasthana in SVARASTHANAS}


def breath_groups(track: PitchTrack) -> list[tuple[float, float]]:
    """Return where each stretch between breaths begins and ends, in seconds.

    Parameters
    ----------
    track : PitchTrack
        Of a take.
    """
    sung = np.flatnonzero(track.voiced)
    if not sung.size:
        return []
    parts = np.split(sung, np.flatnonzero(np.diff(sung) * HOP_S > _BREATH_S) + 1)
    return [(float(track.times_s[part[0]]), float(track.times_s[part[-1]]) + HOP_S) for part in parts]


def phrase_lines(track: PitchTrack, sa_hz: float) -> list[PhraseLine]:
    """Return the phrases of a take: breath groups, and windows of 2, 4 and 8 s over whatever is sung.

    Left out is what holds a single note, little singing, or the same as another.

    Parameters
    ----------
    track : PitchTrack
        Of the whole take.
    sa_hz : float
        Sa, in Hz.
    """
    groups = breath_groups(track)
    short = [(start, end) for start, end in groups if end - start <= _LONGEST_S]
    found = dict[tuple[int, int], PhraseLine | None]()
    for start_s, end_s in (*short, *_windows(groups)):
        line = contour(track, sa_hz, start_s, end_s)
        if np.isfinite(line.cents).sum() * HOP_S < max(_LEAST_S, _SUNG_SHARE * (end_s - start_s)):
            continue
        # Tenths of a second, in which no ear tells two phrases apart.
        key = (round(10 * float(line.times_s[0])), round(10 * float(line.times_s[-1])))
        if key not in found:
            found[key] = phrase_of(line)
    several = [each for each in found.values() if each is not None and len(each.swaras) > 1]
    return sorted(several, key=lambda each: (each.start_s, each.end_s))


def phrase_line(track: PitchTrack, sa_hz: float, from_s: float, to_s: float) -> PhraseLine | None:
    """Return a stretch of a take as a phrase; None where nothing is sung in it.

    Parameters
    ----------
    track : PitchTrack
        Of the whole take.
    sa_hz : float
        Sa, in Hz.
    from_s, to_s : float
        The stretch, in seconds.
    """
    return phrase_of(contour(track, sa_hz, from_s, to_s))


def phrase_of(line: Contour) -> PhraseLine | None:
    """Return a contour as a phrase; None where nothing is sung in it.

    Parameters
    ----------
    line : Contour
        As it is sung, ornaments and all.
    """
    sung = line.sung()
    if not len(sung):
        return None
    plain = without_ornaments(sung.cents)
    start_s, end_s = float(sung.times_s[0]), float(sung.times_s[-1]) + HOP_S
    return PhraseLine(start_s, end_s, Contour(sung.times_s, plain).drawn(POINTS), _dwelt_on(plain))


def without_ornaments(cents: FloatArray, frames: int = _SMOOTH_FRAMES) -> FloatArray:
    """Return a line through a running median, float64 of its shape.

    Parameters
    ----------
    cents : float64 array, shape [frames]
        Without gaps.
    frames : int
        Over how many; an odd number.
    """
    padded = np.pad(cents, frames // 2, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, frames), axis=1))


def notated_line(swaras: Sequence[NotatedSwara], beat_s: float = 0.5) -> PhraseLine:
    """Return a line of notation as it is sung in just intonation: notes held, meends straight.

    Parameters
    ----------
    swaras : sequence of NotatedSwara
        One at least.
    beat_s : float
        How long a beat is, in seconds; a kan takes a fifth of one, a meend half of the note before it.
    """
    # However many share a beat, each is drawn.
    beat = max(round(beat_s / HOP_S), math.ceil(10 / min(swara.beats for swara in swaras)))
    pieces, names = list[FloatArray](), list[SwaraPitch]()
    for place, swara in enumerate(swaras):
        pitches, frames = turn_pitches(swara.pitch) if swara.turn else (swara.pitch,), int(beat * swara.beats)
        for kan in swara.kan:
            pieces.append(np.full(frames // (5 * len(swara.kan)), _cents(kan)))
        frames -= sum(piece.size for piece in pieces[len(pieces) - len(swara.kan) :])
        glide = frames // 2 if swara.meend_to_next else 0
        held = np.array([_cents(pitch) for pitch in pitches])
        pieces.append(np.repeat(held, (frames - glide) // len(pitches)))
        if glide:
            pieces.append(np.linspace(held[-1], _cents(swaras[place + 1].pitch), glide, dtype=np.float64))
        names += pitches
    cents: FloatArray = np.concatenate(pieces)
    times_s: FloatArray = HOP_S * np.arange(cents.size, dtype=np.float64)
    line = Contour(times_s, cents)
    return PhraseLine(0.0, HOP_S * cents.size, line.drawn(POINTS), _run_together(names), timed=False)


def _windows(groups: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    for group_start, group_end in _joined(groups):
        for length_s in _WINDOWS_S:
            hop_s = length_s / _HOPS
            for number in range(int(max(0.0, group_end - group_start - length_s / 2) / hop_s) + 1):
                yield group_start + number * hop_s, group_start + number * hop_s + length_s


def _joined(groups: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield stretches of groups that lie less than the shortest window apart."""
    for place, (start, _) in enumerate(groups):
        if place and start - groups[place - 1][1] < _WINDOWS_S[0]:
            continue
        last = place
        while last + 1 < len(groups) and groups[last + 1][0] - groups[last][1] < _WINDOWS_S[0]:
            last += 1
        yield start, groups[last][1]


def _dwelt_on(cents: FloatArray) -> tuple[str, ...]:
    nearest = np.rint(cents / 100.0).astype(np.intp)
    begins = np.flatnonzero(np.diff(nearest, prepend=nearest[0] - 1))
    held = np.diff(begins, append=nearest.size) >= _NOTE_FRAMES
    pitches = [(SVARASTHANAS[int(each) % 12], int(each) // 12) for each in nearest[begins[held]]]
    return _run_together(pitches)


def _run_together(pitches: Sequence[SwaraPitch]) -> tuple[str, ...]:
    return tuple(letter for letter, _ in itertools.groupby(itertools.starmap(swara_letter, pitches)))


def _cents(pitch: SwaraPitch) -> float:
    svarasthana, octave = pitch
    return JUST.targets[svarasthana.index].middle_cents + 1200.0 * octave
