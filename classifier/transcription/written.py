"""A transcription as a line of notation: which touches are kan, how long swaras are held, what glides."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from swara.data.take import PHRASE_REST_S
from swara.raga.notation import NotatedSwara

from .layers import Metre, SungSwara, Transcription

__all__ = ["Written", "notated", "written"]

BEAT_S = 1.0
"""In free rhythm a beat of the text stands for a second, and for what is shorter."""

KAN_S, KAN_LEADS_S, MOST_KAN = 0.2, 0.2, 3
"""A touch shorter than this that leads to the next swara within that time is a kan of it, but of more than
three in a row none is: they are a run, and written out. Nor is what touches the swara itself."""


class Written(NamedTuple):
    """A swara of the line, its number in the transcription, and those of its kan."""

    swara: NotatedSwara
    number: int
    kan: tuple[int, ...]


def notated(transcription: Transcription) -> tuple[NotatedSwara, ...]:
    """Return a transcription as `swara.raga.notation` writes it: see `written`."""
    return tuple(each.swara for each in written(transcription))


def written(transcription: Transcription) -> tuple[Written, ...]:
    """Return a transcription as a line of notation.

    In free rhythm each swara is a beat, and one more for each further second. In a tala the line begins with
    the cycle of its first swara, and each is as long as the time to the next, or as it sounds where a rest
    follows.
    """
    line = list(_with_kan(transcription))
    gliding = {
        glide.after: glide.before
        for glide in transcription.glides
        if glide.before is not None and glide.after is not None
    }
    starts = [min((number, *kan)) for number, kan in line]
    if transcription.metre is not None:
        line, starts = _apart(line, transcription.metre)
        timed = list(_in_metre([number for number, _ in line], transcription, transcription.metre))
    else:
        timed = [(Fraction(0), _beats(transcription.swaras[number])) for number, _ in line]
    found = list[Written]()
    for place, ((number, kan), (rest, beats)) in enumerate(zip(line, timed, strict=True)):
        swara = transcription.swaras[number]
        joined = bool(found) and not rest and not found[-1].swara.ends_phrase
        if joined and gliding.get(starts[place]) == line[place - 1][0]:
            found[-1] = found[-1]._replace(swara=replace(found[-1].swara, meend_to_next=True))
        touches = tuple(transcription.swaras[each].pitch for each in kan)
        sung = NotatedSwara(*swara.pitch, beats, touches, ends_phrase=swara.ends_phrase, rest_beats=rest)
        found.append(Written(sung, number, kan))
    return tuple(found)


def _beats(swara: SungSwara) -> Fraction:
    return Fraction(max(1, round(swara.duration_s / BEAT_S)))


def _with_kan(transcription: Transcription) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield the swaras that are written out, and the kan of each, by their numbers."""
    swaras = transcription.swaras
    waiting = list[int]()
    for number, swara in enumerate(swaras):
        last = number + 1 == len(swaras) or swara.ends_phrase
        leads = not last and swaras[number + 1].start_s - swara.end_s <= KAN_LEADS_S
        if not swara.held and swara.duration_s < KAN_S and leads:
            waiting.append(number)
            continue
        if len(waiting) > MOST_KAN or (waiting and swaras[waiting[-1]].pitch == swara.pitch):
            yield from ((each, ()) for each in waiting)
            waiting = []
        yield number, tuple(waiting)
        waiting = []


def _apart(
    line: Sequence[tuple[int, tuple[int, ...]]], metre: Metre
) -> tuple[list[tuple[int, tuple[int, ...]]], list[int]]:
    """Return the same, of swaras that fall on one part of a beat the earlier ones as kan of the last."""
    kept = list[tuple[int, tuple[int, ...]]]()
    for number, kan in line:
        if kept and metre.onsets[kept[-1][0]] >= metre.onsets[number]:
            before, earlier = kept.pop()
            kan = (*earlier, before, *kan)
        kept.append((number, kan))
    return kept, [min((number, *kan)) for number, kan in kept]


def _in_metre(
    numbers: Sequence[int], transcription: Transcription, metre: Metre
) -> Iterator[tuple[Fraction, Fraction]]:
    """Yield the silent beats before each swara, and the beats of it."""
    cycle = metre.tala.matras
    now = Fraction(cycle * (metre.onsets[numbers[0]] // cycle)) if numbers else Fraction(0)
    for place, number in enumerate(numbers):
        swara, onset = transcription.swaras[number], metre.onsets[number]
        # To the next half of a matra: nobody writes down when a voice dies away.
        beats = Fraction(math.floor(2 * (swara.end_s - metre.sam_s) / metre.matra_s) + 1, 2) - onset
        beats = max(Fraction(1, 2), beats)
        if place + 1 < len(numbers):
            following = transcription.swaras[numbers[place + 1]]
            room = metre.onsets[numbers[place + 1]] - onset
            rests = following.start_s - swara.end_s >= max(PHRASE_REST_S, metre.matra_s / 2)
            beats = min(beats, room) if rests else room
        yield onset - now, beats
        now = onset + beats
