"""From a held note to a judged one: which swara, how far off, is that in tune; and a take tiled by them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from swara.data.arrays import BoolArray
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.take import Glide, Note, Segment, Silence, Touch, Verdict
from swara.raga.ragas import Raga
from swara.raga.swaras import saptak_name
from swara.raga.tuning import Tuning

from .events import runs
from .held import HeldNote, TouchedNote
from .steady import WIDE_CENTS, stands_off

__all__ = ["PRESETS", "Standard", "Thresholds", "judge", "moving_notes", "tile", "touch"]

UNSURE_BELOW = 0.5
"""A note whose waveform repeats less well than this may be noise."""

MISTUNED_WITHIN_CENTS = 75.0
"""Further than this from every swara of the raga, a note is another swara, not a mistuned one."""

ANDOLAN_S = 0.5
"""Beside a swara that is sung with andolan, a shorter note is part of the swing; a longer one is held."""

REACH_CENTS = 50.0
"""A swing turns on a swara if it comes this near to it."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How far off is still right.

    Parameters
    ----------
    perfect_cents, in_tune_cents : float
        Limits of the two good verdicts, each inclusive.
    preset : str
        What the pair is called; ``custom`` for the user's own.

    Raises
    ------
    ValueError
        Unless 0 < perfect_cents <= in_tune_cents.
    """

    perfect_cents: float
    in_tune_cents: float
    preset: str = "custom"

    def __post_init__(self) -> None:
        if not 0 < self.perfect_cents <= self.in_tune_cents:
            raise ValueError(
                f"perfect within {self.perfect_cents}, in tune within {self.in_tune_cents} cents"
            )

    def verdict(self, cents_off: float) -> Verdict:
        """Return the verdict on a note.

        Parameters
        ----------
        cents_off : float
            How far it is off: below zero is low, above is high.
        """
        if abs(cents_off) <= self.perfect_cents:
            return "perfect"
        if abs(cents_off) <= self.in_tune_cents:
            return "in tune"
        return "low" if cents_off < 0 else "high"


PRESETS = {
    "learner": Thresholds(20.0, 35.0, "learner"),
    "student": Thresholds(15.0, 25.0, "student"),
    "performer": Thresholds(10.0, 15.0, "performer"),
}
"""Listeners call a note wrong at about 25 cents (Larrouy-Maestri 2018)."""


@dataclass(frozen=True, slots=True)
class Standard:
    """What a take is judged against: Sa in Hz, the raga, its tuning, and how strictly."""

    sa_hz: float
    raga: Raga
    tuning: Tuning
    thresholds: Thresholds


def judge(held: HeldNote, standard: Standard) -> Note:
    """Name a held note and judge it.

    The name is the nearest of the 12 svarasthanas, in the raga or not. The verdict looks at the nearest
    swara *of the raga*: a Ga sung 50 cents low is nearest to komal Ga, and still a low Ga in Bhupali. What is
    part of an andolan or gamak of the raga's own swaras is neither foreign nor judged.
    """
    cents = 1200.0 * math.log2(held.hz / standard.sa_hz)
    named = standard.tuning.nearest(cents)
    meant = standard.tuning.nearest(cents, standard.raga.swaras)
    outside = not standard.raga.allows(named.svarasthana.index)
    passing = outside and _passes(held, cents, named.svarasthana.index, standard)
    return Note(
        start_s=held.start_s,
        end_s=held.end_s,
        steady_s=held.steady_s,
        swara=named.svarasthana.name,
        saptak=saptak_name(named.octave),
        cents=cents,
        cents_off=named.cents_off,
        steadiness_cents=held.steadiness_cents,
        verdict="unsure" if passing else _verdict(held, meant.cents_off, standard.thresholds),
        confidence=held.confidence,
        foreign=outside and not passing,
        raga_swara=meant.svarasthana.name,
        raga_saptak=saptak_name(meant.octave),
        raga_cents_off=meant.cents_off,
    )


def _passes(held: HeldNote, cents: float, index: int, standard: Standard) -> bool:
    """Tell whether a note outside the raga lies within a swing that belongs to it."""
    if held.steady_s < ANDOLAN_S and standard.raga.swings_through(index):
        return True
    if held.swing_cents <= WIDE_CENTS:
        return False
    turns = (cents - held.swing_cents, cents + held.swing_cents)
    return all(
        abs(standard.tuning.nearest(turn, standard.raga.swaras).cents_off) <= REACH_CENTS for turn in turns
    )


def touch(touched: TouchedNote, standard: Standard) -> Touch:
    """Name a touched note: the nearest of the 12 svarasthanas, in the raga or not."""
    cents = 1200.0 * math.log2(touched.hz / standard.sa_hz)
    named = standard.tuning.nearest(cents)
    return Touch(touched.start_s, touched.end_s, named.svarasthana.name, saptak_name(named.octave), cents)


def _verdict(held: HeldNote, raga_cents_off: float, thresholds: Thresholds) -> Verdict:
    if held.confidence < UNSURE_BELOW or abs(raga_cents_off) > MISTUNED_WITHIN_CENTS:
        return "unsure"
    return thresholds.verdict(raga_cents_off)


def moving_notes(
    notes: Sequence[Note], track: PitchTrack, sa_hz: float, perfect_cents: float
) -> frozenset[Note]:
    """Return the notes that are low or high because they glide, swing slowly or turn: see `stands_off`.

    Parameters
    ----------
    notes : sequence of Note
        Of a take.
    track : PitchTrack
        Its pitch.
    sa_hz : float
        Its madhya Sa.
    perfect_cents : float
        How near to its target a note is perfect.
    """
    cents = track.cents(sa_hz)

    def moves(note: Note) -> bool:
        sung = cents[round(note.start_s / HOP_S) : round(note.end_s / HOP_S)]
        return not stands_off(sung[np.isfinite(sung)] - (note.cents - note.raga_cents_off), perfect_cents)

    return frozenset(note for note in notes if note.verdict in ("low", "high") and moves(note))


def tile(notes: Sequence[Note | Touch], sung: BoolArray, duration_s: float) -> tuple[Segment, ...]:
    """Fill the time between notes with glides, where something is sung, and silences.

    Parameters
    ----------
    notes : sequence of Note or Touch
        In order, without overlap.
    sung : bool array, shape [frames]
        The frames that are sung, 10 ms apart from 0 s.
    duration_s : float
        Length of the take.

    Returns
    -------
    tuple of Segment
        The first starts at 0, each starts where the one before ends, the last ends at `duration_s`.
    """
    segments: list[Segment] = []
    now_s = 0.0
    for note in notes:
        segments += _between(sung, now_s, note.start_s)
        segments.append(note)
        now_s = note.end_s
    segments += _between(sung, now_s, duration_s)
    return tuple(segments)


def _between(sung: BoolArray, start_s: float, end_s: float) -> Iterator[Glide | Silence]:
    first, last = round(start_s / HOP_S), round(end_s / HOP_S)
    edges_s = [start_s]
    for run in runs(sung[first:last]):
        # A note need not begin or end on a frame: what is left of one at either side belongs to the gap.
        edges_s += [max(start_s, HOP_S * (first + run.start)), min(HOP_S * (first + run.stop), end_s)]
    edges_s.append(end_s)
    # Silence and glide alternate, from a silence that may be empty to another.
    for position, (begin_s, stop_s) in enumerate(pairwise(edges_s)):
        if stop_s > begin_s:
            yield Glide(begin_s, stop_s) if position % 2 else Silence(begin_s, stop_s)
