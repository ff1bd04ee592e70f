"""The lines of vocal exercises: scales, arpeggios, and all that is neither, before anybody sings them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from swara.data.corpora.labels import EXERCISES, Kind

__all__ = ["CHORDS", "KINDS", "SCALES", "Beat", "Kind", "draw_line", "slip"]

KINDS = EXERCISES
"""What a stretch of singing can be, in the order of every table of probabilities."""

SCALES: tuple[tuple[int, ...], ...] = (
    (0, 2, 4, 5, 7, 9, 11),  # major, Bilaval
    (0, 2, 3, 5, 7, 8, 10),  # natural minor, Asavari
    (0, 2, 3, 5, 7, 8, 11),  # harmonic minor
    (0, 2, 3, 5, 7, 9, 11),  # melodic minor, upwards
    (0, 2, 3, 5, 7, 9, 10),  # Dorian, Kafi
    (0, 2, 4, 6, 7, 9, 11),  # Lydian, Kalyan
    (0, 2, 4, 5, 7, 9, 10),  # Mixolydian, Khamaj
    (0, 1, 3, 5, 7, 8, 10),  # Phrygian, Bhairavi
    (0, 1, 4, 5, 7, 8, 11),  # Bhairav
    (0, 2, 4, 7, 9),  # major pentatonic, Bhupali
    tuple(range(12)),  # chromatic
)
_SCALE_SHARES = np.array([0.4, 0.1, 0.08, 0.06, 0.05, 0.06, 0.05, 0.04, 0.05, 0.06, 0.05])
CHORDS: tuple[tuple[int, ...], ...] = (
    (0, 4, 7),
    (0, 3, 7),
    (0, 4, 7, 10),
    (0, 4, 7, 11),
    (0, 3, 6),
    (0, 4, 8),
    (0, 5, 9),
    (0, 3, 8),
)
_CHORD_SHARES = np.array([0.5, 0.22, 0.08, 0.05, 0.05, 0.03, 0.04, 0.03])

_TUNES: tuple[tuple[int, ...], ...] = (
    (0, 0, 7, 7, 9, 9, 7, 5, 5, 4, 4, 2, 2, 0),
    (0, 2, 4, 0, 0, 2, 4, 0, 4, 5, 7, 4, 5, 7),
    (4, 4, 5, 7, 7, 5, 4, 2, 0, 0, 2, 4, 4, 2, 2),
    (0, 0, 0, 2, 4, 4, 2, 4, 5, 7, 12, 12, 12, 7, 7, 7, 4, 4, 4, 0, 0, 0, 7, 5, 4, 2, 0),
    (0, 0, 2, 0, 5, 4, 0, 0, 2, 0, 7, 5),
    (-5, 0, 4, 0, 4, 2, 0, -3, -5, -5, 0, 4, 0, 4, 2, 7),
    (12, 11, 9, 7, 5, 4, 2, 0, 7, 9, 9, 11, 11, 12),
    (0, -1, 0, 2, 4, 2, 0, -5, 0, 2, 3, 5, 3, 2, 0, -1, 0),
)
"""Tunes that everybody knows, in semitones: nursery songs and folk songs, long out of copyright."""


class Beat(NamedTuple):
    """One note of a line: semitones above its tonic, length in beats, rest before it in seconds."""

    semitones: float
    beats: float = 1.0
    rest_s: float = 0.0


def _degrees(ladder: Sequence[int], count: int) -> list[int]:
    """Return the first `count` rungs of a ladder that goes on in every octave, in semitones."""
    return [12 * (step // len(ladder)) + ladder[step % len(ladder)] for step in range(count)]


def _directed(rungs: list[int], rng: np.random.Generator) -> list[int]:
    """Walk up and down a ladder, or one of the two; the turn is sung once or twice."""
    way, twice = rng.random(), int(rng.random() < 0.2)
    down = rungs[::-1]
    if way < 0.17:
        return rungs
    if way < 0.34:
        return down
    if way < 0.42:
        return down + rungs[1 - twice :]
    if way < 0.49:
        return rungs + down[1 - twice :] + rungs[1:] + down[1:]
    return rungs + down[1 - twice :]


def _scale(rng: np.random.Generator) -> list[Beat]:
    ladder = SCALES[int(rng.choice(len(SCALES), p=_SCALE_SHARES))]
    octave = len(ladder) + 1
    count = int(rng.choice([5, octave, octave + 1, 2 * octave - 1], p=[0.27, 0.55, 0.1, 0.08]))
    return _in_keys(_directed(_degrees(ladder, count), rng), rng)


def _arpeggio(rng: np.random.Generator) -> list[Beat]:
    chord = CHORDS[int(rng.choice(len(CHORDS), p=_CHORD_SHARES))]
    octave = len(chord) + 1
    count = int(rng.choice([len(chord), octave, octave + 1, 2 * octave - 1], p=[0.22, 0.5, 0.16, 0.12]))
    rungs = _degrees(chord, count)
    walk = _directed(rungs, rng)
    if len(walk) < 4:
        walk = rungs + rungs[-2::-1]
    if rng.random() < 0.1:  # the top again and again
        at = walk.index(max(walk))
        walk[at:at] = [walk[at]] * int(rng.integers(1, 4))
    return _in_keys(walk, rng)


def _in_keys(walk: list[int], rng: np.random.Generator) -> list[Beat]:
    """Sing a walk, or some short ones again a step higher or lower, as warming up goes."""
    line = [Beat(semitones) for semitones in walk]
    if len(walk) <= 9 and rng.random() < 0.12:
        step, rest_s = int(rng.choice([1, 2, -1])), float(rng.uniform(0.15, 0.8))
        for turn in range(1, int(rng.integers(2, 4))):
            moved = [Beat(semitones + step * turn) for semitones in walk]
            line += [moved[0]._replace(rest_s=rest_s), *moved[1:]]
    return line


def _tune(rng: np.random.Generator) -> list[Beat]:
    tune = _TUNES[int(rng.integers(len(_TUNES)))]
    begin = int(rng.integers(max(1, len(tune) - 11)))
    lengths = _rhythm(rng)
    return [Beat(note, float(rng.choice(lengths))) for note in tune[begin:]]


def _rhythm(rng: np.random.Generator) -> tuple[float, ...]:
    """Draw the lengths that a melody has, in beats: four in ten go evenly, as scales do."""
    return (1.0,) if rng.random() < 0.4 else (0.5, 1.0, 1.0, 1.5, 2.0)


def _melody(rng: np.random.Generator) -> list[Beat]:
    """Draw phrases on a scale whose way bends, leaps, and rests on notes."""
    ladder = SCALES[int(rng.integers(10))]
    keeps_on, leaps, stays = rng.uniform(0.3, 0.75), rng.uniform(0.1, 0.45), rng.uniform(0.0, 0.25)
    place, way, top = int(rng.integers(2, 7)), 1, int(rng.integers(6, 12))
    rungs = [note - 5 for note in _degrees(ladder, top + 1)]
    line: list[Beat] = []
    lengths = _rhythm(rng)
    for _ in range(int(rng.integers(1, 5))):
        for index in range(int(rng.integers(4, 10))):
            rest_s = float(rng.uniform(0.2, 0.9)) if line and index == 0 else 0.0
            line.append(Beat(rungs[place], float(rng.choice(lengths)), rest_s))
            if rng.random() < stays:
                continue
            way = way if rng.random() < keeps_on else -way
            size = int(rng.integers(2, 5)) if rng.random() < leaps else 1
            if not 0 <= place + way * size <= top:
                way = -way
            place = int(np.clip(place + way * size, 0, top))
    return line


def _shuffled(rng: np.random.Generator) -> list[Beat]:
    """Draw rungs of a scale or chord in no order."""
    source = (_scale if rng.random() < 0.5 else _arpeggio)(rng)
    while len(source) < 6:
        source += source
    order, lengths = rng.permutation(len(source)), _rhythm(rng)
    source = [beat for beat in source if beat.semitones % 12 or rng.random() < 0.5] or source
    order = order[order < len(source)]
    return [source[place]._replace(beats=float(rng.choice(lengths)), rest_s=0.0) for place in order]


def _held(rng: np.random.Generator) -> list[Beat]:
    """Draw one to four long tones."""
    rest_s = float(rng.uniform(0.2, 1.0))
    heights = rng.integers(-5, 8, int(rng.integers(1, 5)))
    return [
        Beat(int(note), float(rng.uniform(4.0, 12.0)), rest_s * (place > 0))
        for place, note in enumerate(heights)
    ]


def _ornament(rng: np.random.Generator) -> list[Beat]:
    """Draw a trill or turn on a note or two."""
    line: list[Beat] = []
    for _ in range(int(rng.integers(1, 4))):
        base, size = int(rng.integers(-3, 6)), int(rng.choice([1, 2, 2, 3]))
        turn = [(0, size), (0, size, 0, -size), (0, -size), (size, 0, -2)][int(rng.integers(4))]
        line += [Beat(base + note, 0.5) for _ in range(int(rng.integers(2, 7))) for note in turn]
        line.append(Beat(base, float(rng.uniform(1.0, 5.0))))
    return line


def _siren(rng: np.random.Generator) -> list[Beat]:
    """Draw slides between far ends."""
    ends = rng.integers(-7, 13, int(rng.integers(3, 8)))
    return [Beat(int(end), float(rng.uniform(2.0, 6.0))) for end in ends]


def _raga(rng: np.random.Generator) -> list[Beat]:
    """Draw phrases as of an alap: long rests on some swaras, short turns, the scale never straight."""
    ladder = SCALES[int(rng.choice([0, 4, 5, 7, 8, 9, 9]))]
    rungs = [note - 12 for note in _degrees(ladder, 2 * len(ladder) + 1)]
    place = len(ladder)
    line: list[Beat] = []
    for _ in range(int(rng.integers(2, 6))):
        for index in range(int(rng.integers(3, 8))):
            place = int(np.clip(place + int(rng.choice([-2, -1, -1, 1, 1, 2])), 2, len(rungs) - 3))
            line.append(Beat(rungs[place], float(rng.uniform(0.4, 1.4)), 0.0 if index else 0.3))
        line.append(Beat(rungs[place], float(rng.uniform(2.0, 6.0))))
    return line


def _intervals(rng: np.random.Generator) -> list[Beat]:
    """Draw the tonic and each rung in turn, octaves, one note repeated, or three notes and no more."""
    rungs = _degrees(SCALES[0], 8)
    way = rng.random()
    if way < 0.4:
        return [Beat(note) for rung in rungs[1 : int(rng.integers(4, 9))] for note in (0, rung)]
    if way < 0.6:
        return [Beat(note) for note in [0, 12, 0, 12, 0, 7, 0][: int(rng.integers(3, 8))]]
    if way < 0.8:
        return [Beat(0, float(rng.choice([0.5, 1.0]))) for _ in range(int(rng.integers(4, 14)))]
    return [Beat(note, float(rng.uniform(1.0, 3.0))) for note in rng.choice(rungs, int(rng.integers(1, 4)))]


_OTHERS: tuple[Callable[[np.random.Generator], list[Beat]], ...] = (
    _tune,
    _melody,
    _shuffled,
    _held,
    _ornament,
    _siren,
    _raga,
    _intervals,
)
_OTHER_SHARES = np.array([0.16, 0.32, 0.08, 0.1, 0.07, 0.05, 0.14, 0.08])


def _other(rng: np.random.Generator) -> list[Beat]:
    return _OTHERS[int(rng.choice(len(_OTHERS), p=_OTHER_SHARES))](rng)


_LINES: dict[Kind, Callable[[np.random.Generator], list[Beat]]] = {
    "scale": _scale,
    "arpeggio": _arpeggio,
    "other": _other,
}


def _by_chance(line: list[Beat]) -> bool:
    """Tell whether a free line has come out as a scale or arpeggio: up or down, or both, by like steps."""
    steps = np.diff([beat.semitones for beat in line])
    steps = steps[steps != 0]
    sizes, turns = np.abs(steps), np.count_nonzero(np.diff(np.sign(steps)))
    rungs = len({beat.semitones % 12 for beat in line})
    if rungs <= 4 and steps.size > 3 and np.mean((sizes >= 3) & (sizes <= 5)) > 0.55:
        return True
    if steps.size < 3 or turns > max(1, steps.size // 5):
        return False
    return bool(np.mean(sizes <= 3) > 0.8 or np.mean((sizes >= 3) & (sizes <= 5)) > 0.7)


def slip(line: list[Beat], rng: np.random.Generator) -> list[Beat]:
    """Let the singer slip once: a wrong note, one left out, one sung twice, or two tried again."""
    at = int(rng.integers(1, len(line)))
    way = rng.random() if len(line) > 7 else rng.uniform(0.6, 1.0)  # a short one would not be known again
    if way < 0.4:
        off = int(rng.choice([-2, -1, 1, 2]))
        return [*line[:at], line[at]._replace(semitones=line[at].semitones + off), *line[at + 1 :]]
    if way < 0.6:
        return line[:at] + line[at + 1 :]
    if way < 0.8:
        return line[:at] + line[at - 1 :]
    back = max(0, at - 2)
    again = line[back]._replace(rest_s=float(rng.uniform(0.1, 0.6)))
    return [*line[:at], again, *line[back + 1 :]]


def draw_line(kind: Kind, widest: float, rng: np.random.Generator) -> list[Beat]:
    """Draw a line of a kind that spans less than `widest` semitones.

    A free line that has come out as a scale or an arpeggio by chance is drawn again.
    """
    while True:
        line = _LINES[kind](rng)
        heights = [beat.semitones for beat in line]
        if max(heights) - min(heights) < widest and (kind != "other" or not _by_chance(line)):
            return line
