"""From a pitch track to a transcription."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from swara.classifier.notes import HeldNote, HeldNotes, held_notes
from swara.classifier.notes.events import runs
from swara.classifier.notes.steady import Event, smooth, steady_runs, vibrato_cycle
from swara.data.arrays import BoolArray, FloatArray
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.take import PHRASE_REST_S
from swara.raga.ragas import Raga
from swara.raga.tuning import JUST, Tuning

from .glides import glides
from .layers import SungGlide, SungSwara, Transcription
from .touches import KAN_SMOOTHING, Ladder, Touched, smoothed, touches

__all__ = ["LEAST_HELD_S", "transcribe"]

LEAST_HELD_S = 0.35
"""What stays within 40 cents for less is a touch: so may the turning point of a meend."""

NEAR_CENTS = 50.0
"""A swara begins where the line has come this near to it."""

LEAVES_FRAMES = 4
"""Who is further away for less than 40 ms, by a consonant or an error, has not left it."""

LEAST_FRAMES = 5
"""What is sung for less than 50 ms is no swara."""


def transcribe(
    track: PitchTrack,
    sa_hz: float,
    raga: Raga,
    *,
    tuning: Tuning = JUST,
    held: HeldNotes | None = None,
    duration_s: float | None = None,
    source: str = "",
    warnings: Sequence[str] = (),
) -> Transcription:
    """Write down what was sung.

    Parameters
    ----------
    track : PitchTrack
        The pitch of the take.
    sa_hz : float
        Frequency of madhya Sa.
    raga : Raga
        What swaras are named by.
    tuning : Tuning
        Where the swaras lie.
    held : HeldNotes, optional
        The notes that were found in the sound; found in the pitch alone if not given.
    duration_s : float, optional
        Length of the take in seconds; that of the track if not given.
    source : str
        Name of the recording.
    warnings : sequence of str
        What is already known to be wrong with it.
    """
    duration_s = HOP_S * len(track) if duration_s is None else duration_s
    if held is None:
        level = np.zeros(len(track))
        held = held_notes(track, track.voiced, level, level, duration_s)
    swaras, lines = _layers(track.cents(sa_hz), held, sa_hz, Ladder(raga, tuning))
    return Transcription(
        source=source,
        duration_s=duration_s,
        sa_hz=sa_hz,
        raga=raga,
        swaras=_in_phrases(swaras, held.sung),
        glides=tuple(lines),
        least_held_s=LEAST_HELD_S,
        warnings=tuple(warnings),
        tuning=tuning,
    )


def _layers(
    cents: FloatArray, held: HeldNotes, sa_hz: float, ladder: Ladder
) -> tuple[list[SungSwara], list[SungGlide]]:
    """Return the swaras and the glides of every sung stretch, in order."""
    middles = [round(0.5 * (note.start_s + note.end_s) / HOP_S) for note in held.notes]
    swaras, lines = list[SungSwara](), list[SungGlide]()
    for stretch in runs(held.sung & np.isfinite(cents)):
        if stretch.stop - stretch.start < LEAST_FRAMES:
            continue
        notes = held.notes[bisect_left(middles, stretch.start) : bisect_left(middles, stretch.stop)]
        here = list(_swaras(cents, stretch, notes, sa_hz, ladder))
        lines += glides(cents, stretch, here, len(swaras))
        swaras += here
    return swaras, lines


def _in_phrases(swaras: Sequence[SungSwara], sung: BoolArray) -> tuple[SungSwara, ...]:
    """Return the same swaras: those tell it after which it is silent for long, and the last."""
    told = list(swaras)
    for number, (swara, following) in enumerate(pairwise(swaras)):
        between = slice(round(swara.end_s / HOP_S), round(following.start_s / HOP_S))
        silent = max((each.stop - each.start for each in runs(~sung[between])), default=0)
        told[number] = replace(swara, ends_phrase=HOP_S * silent >= PHRASE_REST_S)
    return (*told[:-1], replace(told[-1], ends_phrase=True)) if told else ()


def _swaras(
    cents: FloatArray, stretch: Event, notes: Sequence[HeldNote], sa_hz: float, ladder: Ladder
) -> Iterator[SungSwara]:
    """Yield the swaras of a sung stretch, held and touched, in order."""
    own = cents[slice(*stretch)]
    line = smoothed(own, KAN_SMOOTHING)
    taken, long = np.zeros(line.size, np.bool_), np.zeros(line.size, np.bool_)
    places = np.zeros(line.size, np.intp)
    found: list[tuple[Touched, bool]] = []
    for note in notes:
        at = 1200.0 * math.log2(note.hz / sa_hz)
        pitch = ladder.pitch(at)
        for part in _parts(line, note, at, stretch.start):
            is_held = _steady_s(own[slice(*part)]) >= LEAST_HELD_S
            taken[slice(*part)], places[slice(*part)] = True, 12 * pitch[1] + pitch[0].index
            long[slice(*part)] = is_held
            found.append((Touched(*part, pitch, at), is_held))
    found += [(each, False) for each in touches(own, taken, places, long, ladder)]
    for each, is_held in _joined(sorted(found)):
        yield SungSwara(
            HOP_S * (stretch.start + each.start),
            HOP_S * (stretch.start + each.stop),
            *each.pitch,
            each.cents,
            is_held,
            foreign=not ladder.raga.allows(each.pitch[0].index),
        )


def _parts(line: FloatArray, note: HeldNote, at_cents: float, first: int) -> Iterator[Event]:
    """Yield the stretches in which the line is on a note: what it does between is no part of it."""
    start, stop = (round(edge / HOP_S) - first for edge in (note.start_s, note.end_s))
    start, stop = max(0, start), min(line.size, stop)
    near = np.abs(line[start:stop] - at_cents) <= NEAR_CENTS + note.swing_cents
    parts = list[Event]()
    for run in runs(near):
        if parts and run.start - parts[-1].stop < LEAVES_FRAMES:
            parts[-1] = Event(parts[-1].start, run.stop)
        else:
            parts.append(run)
    longest = max((part.stop - part.start for part in parts), default=0)
    for part in parts:
        if part.stop - part.start >= min(longest, LEAST_HELD_S / HOP_S):
            yield Event(start + part.start, start + part.stop)


def _steady_s(cents: FloatArray) -> float:
    """Return how long the pitch stays within 40 cents, vibrato averaged out, in seconds."""
    found = steady_runs(smooth(cents, vibrato_cycle(cents)))
    return HOP_S * max((run.stop - run.start for run in found), default=0)


def _joined(found: Sequence[tuple[Touched, bool]]) -> Iterator[tuple[Touched, bool]]:
    """Yield the same, a touch that goes over into a swara on the same place as a part of it."""
    waiting: tuple[Touched, bool] | None = None
    for each, is_held in found:
        if (
            waiting is not None
            and waiting[0].pitch == each.pitch
            and not (waiting[1] and is_held)
            and each.start - waiting[0].stop < LEAVES_FRAMES
        ):
            cents = waiting[0].cents if waiting[1] else each.cents
            waiting = Touched(waiting[0].start, each.stop, each.pitch, cents), waiting[1] or is_held
            continue
        if waiting is not None:
            yield waiting
        waiting = each, is_held
    if waiting is not None:
        yield waiting
