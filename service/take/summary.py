"""What the notes of a take come to: figures for each swara, the worst spots, the note at a time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from swara.classifier.notes import HeldNote
from swara.classifier.tonic import share_on_pitches
from swara.classifier.tonic.template import swara_weights
from swara.data.arrays import FloatArray
from swara.data.take import Glide, Note, Segment, Tonic, Verdict
from swara.index import Neighbour
from swara.raga.ragas import BASIC_RAGAS, Raga
from swara.raga.tuning import JUST
from swara.service.errors import NoNoteThere
from swara.service.phrases import counted, how_off, moment, percent, swara_in_saptak

from .report import SwaraStats, TakeReport

__all__ = [
    "GOOD",
    "check_time",
    "fits_another",
    "foreign_share",
    "nearest_samples",
    "note_at",
    "swara_stats",
    "too_little_sung",
    "verdict_sentence",
    "verdict_shares",
    "warnings_about",
    "worst_spots",
]


FOREIGN_FROM = 0.15
AS_GOOD = 0.05
"""So much of a professional's steady singing may lie outside the raga itself."""

LEAST_STEADY_S, MOST_NEEDED_S = 2.0, 10.0
LEAST_STEADY_SHARE = 0.1
LEAST_HELD_SHARE = 0.25
"""Shares are claimed from so much steady singing on: a tenth of the take, but 2 s at least and 10 s at most,
and a quarter of all that is voiced. In sight-singing half of it is steady, in speech less than a tenth."""

ONE_PITCH = 0.95


def verdict_sentence(
    notes: Sequence[Note],
    shares: dict[Verdict, float],
    worst: Sequence[Note],
    *,
    voiced: bool,
    assumed: str = "",
) -> str:
    """Return the one sentence that a singer should take away.

    Parameters
    ----------
    notes : sequence of Note
        All that were judged.
    shares : dict
        Their `verdict_shares`.
    worst : sequence of Note
        Their `worst_spots`.
    voiced : bool
        Whether anything was sung.
    assumed : str
        The raga that was assumed and seems wrong, which is said first; nothing where it may be right.
    """
    if not voiced:
        return "No singing was found."
    if not notes:
        return "No note was held long enough to judge."
    if shares["unsure"] == 1.0:
        return "All of the steady singing was unsure: nothing could be judged."
    sentence = _shares_sentence(notes, shares["unsure"])
    if assumed:
        sentence = f"Judged as {assumed}, which was only assumed and seems wrong: {sentence}"
    if not worst:
        return f"{sentence}{'' if assumed else _nothing_to_work_on(notes)}."
    spot = worst[0]
    where = f"{swara_in_saptak(*spot.called)} at {moment(spot.start_s)}"
    return f"{sentence}; work first on {where}, {how_off(spot.raga_cents_off)}."


def _nothing_to_work_on(notes: Sequence[Note]) -> str:
    low, high = (sum(note.verdict == each for note in notes) for each in ("low", "high"))
    if not low + high:
        return "; nothing was low or high"
    both = f" and {high} high" if low and high else ""
    off = (f"{counted(low, 'note')} low" if low else f"{counted(high, 'note')} high") + both
    return f"; {off}, {'each ' * (low + high > 1)}short or on the move: nothing to work on"


def _shares_sentence(notes: Sequence[Note], unsure: float) -> str:
    """Say how much was in tune: shares of what was judged, so that it is all where nothing was off."""
    perfect_s, good_s, judged_s = (
        sum(note.steady_s for note in notes if note.verdict in verdicts)
        for verdicts in (("perfect",), ("perfect", "in tune"), ("perfect", "in tune", "low", "high"))
    )
    judged = "the steady singing" + (" that could be judged" if unsure else "")
    sentence = (
        f"{percent(good_s / judged_s)} of {judged} was in tune ({percent(perfect_s / judged_s)} perfect)"
    )
    return f"{sentence}, {percent(unsure)} was unsure" if unsure else sentence


def too_little_sung(
    notes: Sequence[HeldNote], sung_s: float, duration_s: float, *, tonic_given: bool
) -> str | None:
    """Say what was heard where that is too little to claim anything of; None where it is enough.

    Parameters
    ----------
    notes : sequence of HeldNote
        The notes found.
    sung_s : float
        How long something was sung or spoken, in seconds.
    duration_s : float
        Length of the take.
    tonic_given : bool
        Whether Sa is known: one pitch alone cannot tell it.
    """
    if not notes:
        return None
    steady_s = sum(note.steady_s for note in notes)
    count = "one note" if len(notes) == 1 else f"{len(notes)} notes,"
    heard = f"{count} of {steady_s:.2f} s" if len(notes) == 1 else f"{count} {steady_s:.1f} s in all"
    needed_s = min(max(LEAST_STEADY_S, LEAST_STEADY_SHARE * duration_s), MOST_NEEDED_S)
    if steady_s < needed_s:
        return f"Hardly anything here is sung: {heard}; shares are told from {needed_s:.1f} s on."
    if steady_s < LEAST_HELD_SHARE * sung_s:
        return f"Hardly anything here is sung on a steady pitch: {heard}, of {sung_s:.1f} s of voice."
    if not tonic_given and share_on_pitches(notes, 1) >= ONE_PITCH:
        return f"Only one pitch was held ({heard}), which tells no Sa: give it (--tonic) to have it judged."
    return None


def warnings_about(notes: Sequence[Note], tonic: Tonic, raga: Raga, raga_source: str) -> Iterator[str]:
    """Yield what the reader must know before believing the rest."""
    share, better = foreign_share(notes), _better_fit(notes, tonic, raga)
    suspects = "the raga or Sa" if tonic.source == "estimated" else "the raga"
    if share > FOREIGN_FROM:
        chosen = f"{raga.display}{', which was assumed' * (raga_source == 'default')}"
        outside = f"{percent(share)} of the steady singing lies outside {chosen}"
        yield f"{'; '.join(filter(None, (outside, better)))}: check {suspects} (--raga, --tonic)"
    elif better and raga_source == "given":
        yield f"{better}: check {suspects} (--raga, --tonic)"


def fits_another(notes: Sequence[Note], tonic: Tonic, raga: Raga) -> bool:
    """Tell whether much of a take lies outside a raga, and in another: mistuned alone it is no other raga."""
    return foreign_share(notes) > FOREIGN_FROM and _better_fit(notes, tonic, raga) is not None


def _better_fit(notes: Sequence[Note], tonic: Tonic, raga: Raga) -> str | None:
    """Say which known raga fits clearly more than `raga`, at Sa or, where that is in doubt, the runner-up."""
    for seat in (tonic, tonic.runner_up) if tonic.needs_confirmation else (tonic,):
        if notes and seat is not None:
            sung_s = np.zeros(12)
            for note in notes:
                cents = note.cents + 1200.0 * math.log2(tonic.hz / seat.hz)
                sung_s[JUST.nearest(cents).svarasthana.index] += note.steady_s
            other, share, own_share = _closest(sung_s / sung_s.sum(), raga)
            if share > own_share + FOREIGN_FROM:
                where = f" with Sa {seat.hz:.1f} Hz" if tonic.source == "estimated" else ""
                return f"{other.display}{where} fits {percent(share)} of it"
    return None


def _closest(sung: FloatArray, raga: Raga) -> tuple[Raga, float, float]:
    """Return the known raga that shares of the 12 svarasthanas fit best, its share, and that of `raga`.

    Of ragas that fit nearly as much as the best, that one whose weights are the most like what was sung.
    """

    def share(of: Raga) -> float:
        return float(sung[sorted(of.swaras)].sum())

    def likeness(of: Raga) -> float:
        own = sorted(of.swaras)
        return float(sung[own] @ np.log(swara_weights(of)[own]))

    best = max(map(share, BASIC_RAGAS.values()))
    other = max((each for each in BASIC_RAGAS.values() if share(each) >= best - AS_GOOD), key=likeness)
    return other, share(other), share(raga)


GOOD: frozenset[Verdict] = frozenset({"perfect", "in tune"})
_WORST, _FULL_CENTS = 3, 50.0
_TOUCH_S, _PASSING_S, _LEAST_OFF_S = 0.4, 0.5, 0.5
"""A turning point of meend stays for 0.2-0.3 s; a neighbour of the raga that is held for 0.5 s is meant. One
swara that goes one way is a habit from half a second on, in all."""


def verdict_shares(notes: Sequence[Note]) -> dict[Verdict, float]:
    """Return the share of the steady time for each verdict; empty without notes."""
    total_s = sum(note.steady_s for note in notes)
    if total_s == 0:
        return {}
    verdicts: tuple[Verdict, ...] = get_args(Verdict)
    return {v: sum(note.steady_s for note in notes if note.verdict == v) / total_s for v in verdicts}


def foreign_share(notes: Sequence[Note]) -> float:
    """Return the share of the steady time that lies nearest to a swara outside the raga."""
    total_s = sum(note.steady_s for note in notes)
    return sum(note.steady_s for note in notes if note.foreign) / total_s if total_s else 0.0


def swara_stats(notes: Sequence[Note]) -> tuple[SwaraStats, ...]:
    """Return the figures for each swara of the raga, from the lowest up.

    A foreign note counts for the swara of the raga that it was judged against.
    """
    groups: dict[tuple[str, str], list[Note]] = defaultdict(list)
    for note in _judged(notes):
        groups[note.raga_swara, note.raga_saptak].append(note)
    by_pitch = sorted(groups.items(), key=lambda item: item[1][0].cents - item[1][0].raga_cents_off)
    return tuple(_stats(swara, saptak, group) for (swara, saptak), group in by_pitch)


def worst_spots(segments: Sequence[Segment], excused: Collection[Note] = ()) -> tuple[Note, ...]:
    """Return up to three notes to work on first, each the clearest case of one swara going one way.

    What matters is how long a swara was off, how often and how far: the sum over its notes of steady time
    times distance, of which half a semitone counts at most. Touches beside a glide or another note are left
    out, and so are passing notes outside the raga: an ornament is not a note to be corrected.

    Parameters
    ----------
    segments : sequence of Segment
        The take, tiled.
    excused : collection of Note
        Those that are low or high and yet no mistake to practise: on the move, or of a raga that is in doubt.
    """
    habits: dict[tuple[str, str, Verdict], list[Note]] = defaultdict(list)
    for before, note, after in zip((None, *segments), segments, (*segments[1:], None), strict=False):
        if not isinstance(note, Note) or note.verdict not in ("low", "high") or note in excused:
            continue
        if not _passing(before, note, after):
            habits[note.raga_swara, note.raga_saptak, note.verdict].append(note)
    meant = [same for same in habits.values() if sum(note.duration_s for note in same) >= _LEAST_OFF_S]
    by_weight = sorted(meant, key=lambda same: (-sum(map(_weight, same)), same[0].start_s))
    return tuple(max(same, key=_weight) for same in by_weight[:_WORST])


def _weight(note: Note) -> float:
    return note.steady_s * min(abs(note.raga_cents_off), _FULL_CENTS)


def _passing(before: Segment | None, note: Note, after: Segment | None) -> bool:
    """Tell whether a note is a touch on the way to what is sung beside it, or passes outside the raga."""
    if note.foreign and note.duration_s < _PASSING_S:
        return True
    return note.duration_s < _TOUCH_S and any(isinstance(each, (Glide, Note)) for each in (before, after))


def _judged(notes: Sequence[Note]) -> list[Note]:
    return [note for note in notes if note.verdict != "unsure"]


def _stats(swara: str, saptak: str, notes: Sequence[Note]) -> SwaraStats:
    steady_s = np.array([note.steady_s for note in notes])
    share, good = steady_s / steady_s.sum(), np.array([note.verdict in GOOD for note in notes])
    return SwaraStats(
        swara=swara,
        saptak=saptak,
        notes=len(notes),
        duration_s=float(steady_s.sum()),
        bias_cents=float(share @ np.array([note.raga_cents_off for note in notes])),
        steadiness_cents=float(share @ np.array([note.steadiness_cents for note in notes])),
        # Not from the shares, whose rounded sum may miss 1.
        in_tune_share=float(steady_s[good].sum() / steady_s.sum()),
    )


def nearest_samples(report: TakeReport) -> tuple[tuple[Note, Neighbour], ...]:
    """Return the nearest sample for each swara sung, with a note of it, in order of pitch.

    It is the note furthest off, of those that were judged and are that swara, where there is one: a swara
    outside the raga, or a guess, is not to be heard beside the professional's.
    """

    def rank(note: Note) -> tuple[bool, float]:
        return note.verdict != "unsure" and not note.foreign, abs(note.raga_cents_off)

    furthest: dict[tuple[str, str], tuple[Note, Neighbour]] = {}
    for note, opinion in zip(report.notes, report.opinions, strict=False):
        key = (note.raga_swara, note.raga_saptak)
        if opinion.neighbours and (key not in furthest or rank(note) > rank(furthest[key][0])):
            furthest[key] = (note, opinion.neighbours[0])
    return tuple(sorted(furthest.values(), key=lambda pair: pair[0].cents))


_CLOSE_S = 0.25


def check_time(at_s: float) -> None:
    """See that a time can be one, before anything is listened to.

    Raises
    ------
    NoNoteThere
        If it is not a finite number.
    """
    if not math.isfinite(at_s):
        raise NoNoteThere(
            f"{at_s} is no time in a recording", where="--at", fix="Give it in seconds, such as: --at 12.4"
        )


def note_at(notes: Sequence[Note], at_s: float, recording: Path) -> int:
    """Return the place among `notes` of the one that is sung at `at_s`, or within 0.25 s of it.

    Raises
    ------
    NoNoteThere
        If none is; it names the nearest.
    """
    if not notes:
        raise NoNoteThere("no steady note was found in this take", where=str(recording))
    number = min(range(len(notes)), key=lambda index: _distance_s(notes[index], at_s))
    note = notes[number]
    if _distance_s(note, at_s) > _CLOSE_S:
        name = swara_in_saptak(*note.called)
        nearest = f"The nearest is {name} from {note.start_s:.2f} to {note.end_s:.2f} s"
        raise NoNoteThere(f"no steady note is sung at {at_s:g} s", where=str(recording), fix=nearest)
    return number


def _distance_s(note: Note, at_s: float) -> float:
    return max(note.start_s - at_s, at_s - note.end_s, 0.0)
