"""A score parted into measures, and its times into note values that add up."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from swara.raga.talas import Tala

from .score import Score, StaffNote

__all__ = ["Item", "Measure", "beams", "measures"]

_QUARTERS_IN_S = 2.0
"""In free rhythm half a second is a quarter: what most swaras last is then between an eighth and a whole."""

_VALUES = tuple(
    sorted((Fraction(n, 32) for k in range(9) for n in (1 << k, 3 << k) if n <= 256), reverse=True)
)
_SHORTEST, _LONGEST, _LONGEST_REST = Fraction(1, 4), _VALUES[0], Fraction(4)
_STEP = Fraction(1, 4)
"""What the end of a phrase is rounded to, in matras."""

_MOST_NOTES = 6
"""Of a measure in free rhythm: a system is broken between measures alone."""


@dataclass(frozen=True, slots=True)
class Item:
    """A head or a rest.

    Parameters
    ----------
    quarters : Fraction
        How long; 0 for a grace note.
    note : StaffNote or None
        None for a rest.
    goes_on, ends_tie : bool
        Whether it is tied to the next head, and to the one before.
    """

    quarters: Fraction
    note: StaffNote | None = None
    goes_on: bool = False
    ends_tie: bool = False


@dataclass(slots=True)
class Measure:
    """What stands between two bar lines.

    Parameters
    ----------
    bar : str
        The style of the line after it, as MusicXML names it.
    matras : int or None
        How many beats it has; None in free rhythm.
    items : list of Item
        In order.
    """

    bar: str
    matras: int | None = None
    items: list[Item] = field(default_factory=list)


def measures(score: Score) -> list[Measure]:
    """Part a score: at phrases where its rhythm is free, at vibhags where it has a tala.

    In free rhythm a note takes the nearest value without dots, a quarter for half a second; in a tala the
    values fill each vibhag, and notes are tied across; onsets lie on halves, quarters or eighths of a matra.
    """
    found = (
        _free(score.notes) if score.tala is None else list(_metred(score.notes, score.tala, score.tempo_bpm))
    )
    if not found:
        found = [Measure("light-heavy", items=[Item(Fraction(4))])]
    found[-1].bar = "light-heavy"
    return found


def beams(measure: Measure) -> dict[int, list[str]]:
    """Return what each head that is beamed to others of its beat writes for each beam, the first first.

    Parameters
    ----------
    measure : Measure
        Of a tala: free rhythm has no beams.

    Returns
    -------
    dict of int to list of str
        By place in `measure.items`: ``begin``, ``continue``, ``end``, ``forward hook``, ``backward hook``.
    """
    found, now, groups = dict[int, list[str]](), Fraction(0), [list[tuple[int, int]]()]
    for place, item in enumerate(measure.items):
        if item.quarters and (item.note is None or not now % 1 or item.quarters >= 1):
            groups.append([])
        if item.note is not None and 0 < item.quarters < 1:
            groups[-1].append((place, _flags(item.quarters)))
        now += item.quarters
    for group in groups:
        for level in range(1, 1 + max((flags for _, flags in group), default=0)):
            for place, word in _beam(group, level):
                found.setdefault(place, []).append(word)
    return found


def _flags(quarters: Fraction) -> int:
    """Return how many flags a value shorter than a quarter has: 1 for an eighth."""
    return -math.floor(math.log2(quarters))


def _beam(group: list[tuple[int, int]], level: int) -> Iterator[tuple[int, str]]:
    has = [flags >= level for _, flags in group]
    if len(group) < 2:
        return
    for number, (place, _) in enumerate(group):
        before, after = number > 0 and has[number - 1], has[number + 1 : number + 2] == [True]
        if has[number]:
            alone = "backward hook" if number else "forward hook"
            yield place, {(0, 0): alone, (0, 1): "begin", (1, 1): "continue", (1, 0): "end"}[before, after]


def _free(notes: Sequence[StaffNote]) -> list[Measure]:
    found, starts = [Measure("none")], [note.start_s for note in notes[1:]] + [math.inf]
    for note, next_s in zip(notes, starts, strict=False):
        items = found[-1].items
        if note.is_grace:
            items.append(Item(Fraction(0), note))
            continue
        items += _tied(note, _split(_nearest(note.end_s - note.start_s)))
        if note.ends_phrase:
            found[-1].bar = "dashed"
            if math.isfinite(next_s):
                items.append(Item(min(_LONGEST_REST, _nearest(next_s - note.end_s))))
        if note.ends_phrase or sum(not (each.note and each.note.is_grace) for each in items) >= _MOST_NOTES:
            found.append(Measure("none"))
    return [measure for measure in found if measure.items]


def _nearest(seconds: float) -> Fraction:
    quarters = Fraction(max(float(_SHORTEST), seconds * _QUARTERS_IN_S))
    if quarters > _LONGEST:
        return Fraction(2 * round(quarters / 2))
    return Fraction(2) ** round(math.log2(quarters))


def _metred(notes: Sequence[StaffNote], tala: Tala, tempo_bpm: float) -> Iterator[Measure]:
    spans = _spans(notes, tempo_bpm / 60.0)
    if not spans:
        return
    first = spans[0][0] // tala.matras * tala.matras
    vibhags = _vibhags(tala, int(first), spans[-1][1])
    # The silence before the first vibhag in which something is sung is left out.
    while len(vibhags) > 1 and vibhags[0][1] <= spans[0][0]:
        del vibhags[0]
    waiting = deque(_with_rests(spans, Fraction(vibhags[0][0]), Fraction(vibhags[-1][1])))
    for start, stop, ends_cycle in vibhags:
        measure, edge = Measure("light-light" if ends_cycle else "regular", stop - start), Fraction(start)
        while edge < stop:
            onset, end, graces, note = waiting[0]
            if onset >= start:
                measure.items += [Item(Fraction(0), grace) for grace in graces]
            length = min(end, Fraction(stop)) - edge
            values = _on_beats(edge - start, length)
            measure.items += _tied(note, values, begun=onset < start, goes_on=end > stop)
            edge += length
            if end <= stop:
                waiting.popleft()
        yield measure


_Span = tuple[Fraction, Fraction, list[StaffNote], StaffNote | None]


def _spans(notes: Sequence[StaffNote], matras_in_s: float) -> list[_Span]:
    """Return from which matra to which each head lasts, with the grace notes before it."""
    found, graces = list[_Span](), list[StaffNote]()
    after = [_onset(note) for note in notes if not note.is_grace][1:]
    for note in notes:
        if note.is_grace:
            graces.append(note)
            continue
        onset, limit = _onset(note), after[len(found)] if len(found) < len(after) else None
        if note.ends_phrase or limit is None:
            sung = _STEP * round((note.end_s - note.start_s) * matras_in_s / _STEP)
            end = onset + max(_STEP, sung)
            limit = end if limit is None else min(end, limit)
        found.append((onset, limit, graces, note))
        graces = []
    return found


def _onset(note: StaffNote) -> Fraction:
    if note.onset is None:
        raise ValueError("a note of a tala needs its onset")
    return note.onset


def _with_rests(spans: Sequence[_Span], start: Fraction, stop: Fraction) -> list[_Span]:
    whole, edge = list[_Span](), start
    for span in spans:
        if span[0] > edge:
            whole.append((edge, span[0], [], None))
        whole.append(span)
        edge = span[1]
    return [*whole, (edge, stop, [], None)] if edge < stop else whole


def _vibhags(tala: Tala, start: int, stop: Fraction) -> list[tuple[int, int, bool]]:
    found = list[tuple[int, int, bool]]()
    while start < stop:
        for place, matras in enumerate(tala.vibhags, 1):
            if start < stop:
                found.append((start, start + matras, place == len(tala.vibhags)))
            start += matras
    return found


def _on_beats(offset: Fraction, length: Fraction) -> list[Fraction]:
    """Return note values for a length; one that begins off the beat is parted at the next beat."""
    to_beat = -offset % 1
    if to_beat and length > to_beat:
        return [*_split(to_beat), *_on_beats(offset + to_beat, length - to_beat)]
    whole = Fraction(int(length))
    if whole and length % 1 and length not in _VALUES:
        return [*_split(whole), *_split(length - whole)]
    return _split(length)


def _split(quarters: Fraction) -> list[Fraction]:
    """Return note values that add up to a length, the longest first."""
    found = list[Fraction]()
    while quarters > 0:
        found.append(next(value for value in _VALUES if value <= quarters))
        quarters -= found[-1]
    return found


def _tied(
    note: StaffNote | None, values: Sequence[Fraction], *, begun: bool = False, goes_on: bool = False
) -> list[Item]:
    last = len(values) - 1
    return [
        Item(
            value,
            note,
            note is not None and (goes_on or place < last),
            note is not None and (begun or place > 0),
        )
        for place, value in enumerate(values)
    ]
