"""Vocal exercises as singers perform them, drawn from a generator.

Any kind is performed alike, so that tempo, pauses, articulation and room do not tell which it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from swara.data.synth.phones import parse_syllable
from swara.data.synth.sung import ATTACK_S, LEAST_S, SungNote
from swara.data.synth.voice import VOICES, Voice

from .lines import Beat, Kind, draw_line, slip

__all__ = ["Exercise", "draw_exercise", "draw_singer", "joined", "talk"]

_UNIT_S = (0.15, 1.0)
_LONGEST_S = 25.0
_SYLLABLES = ("na", "ma", "da", "ga", "ra", "sa", "pa", "no", "mi", "du")
_SARGAM = ("sa", "re", "ga", "ma", "pa", "dha", "ni", "sa")
_SCOOP_S = 0.05
_HEADROOM = 0.97


@dataclass(frozen=True, slots=True)
class Exercise:
    """What is sung, and what it is.

    Parameters
    ----------
    kind : {"scale", "arpeggio", "other"}
        What a listener would call it.
    notes : tuple of SungNote
        In order, in cents above the tonic; ``render_contour`` makes a pitch line of them.
    syllables : tuple of str
        One for each note, as ``sing`` takes them.
    tonic_hz : float
        Frequency that the cents count from.
    """

    kind: Kind
    notes: tuple[SungNote, ...]
    syllables: tuple[str, ...]
    tonic_hz: float


def draw_singer(rng: np.random.Generator, among: Sequence[str] = tuple(VOICES)) -> Voice:
    """Draw a singer: one of the named voices, with a tract, breath and vibrato of its own."""
    voice = VOICES[among[int(rng.integers(len(among)))]]
    return replace(
        voice,
        formant_scale=voice.formant_scale * float(rng.uniform(0.96, 1.04)),
        tilt_db_per_octave=voice.tilt_db_per_octave + float(rng.uniform(-2.0, 2.0)),
        breathiness=voice.breathiness * float(rng.uniform(0.5, 2.0)),
        vibrato_cents=float(rng.uniform(0.0, 60.0)),
        vibrato_hz=voice.vibrato_hz * float(rng.uniform(0.9, 1.1)),
    )


def draw_exercise(kind: Kind, voice: Voice, rng: np.random.Generator) -> Exercise:
    """Draw an exercise of a kind in a key, tempo, direction and manner that suit the voice.

    Parameters
    ----------
    kind : {"scale", "arpeggio", "other"}
        What it is to be. Scales and arpeggios have slips in four of ten: a wrong note, one left out or sung
        twice, a fresh start. "other" are tunes, free melodies, phrases of ragas, held tones, ornaments,
        sirens, intervals, talk.
    voice : Voice
        Who sings; its range is kept.
    rng : numpy.random.Generator
        Everything random is drawn from it.
    """
    low_hz, high_hz = voice.range_hz
    room = 12.0 * np.log2(high_hz / low_hz) * _HEADROOM
    if kind == "other" and rng.random() < 0.1:
        return talk(voice, float(rng.uniform(2.0, 9.0)), rng)
    line = draw_line(kind, room, rng)
    lowest = min(beat.semitones for beat in line)
    span = max(beat.semitones for beat in line) - lowest
    tonic_hz = low_hz * 2.0 ** ((float(rng.uniform(0.0, room - span)) - lowest) / 12.0)
    if kind != "other" and rng.random() < 0.4:
        line = slip(line, rng)
        if len(line) > 12 and rng.random() < 0.5:
            line = slip(line, rng)
    notes, syllables = _perform(line, voice, rng)
    return Exercise(kind, notes, syllables, tonic_hz)


def talk(voice: Voice, duration_s: float, rng: np.random.Generator) -> Exercise:
    """Draw something said rather than sung: short syllables whose pitch never stands still."""
    tonic_hz = voice.range_hz[0] * float(rng.uniform(1.15, 1.7))
    notes: list[SungNote] = []
    clock_s = 0.0
    while clock_s < duration_s:
        height = float(rng.uniform(200.0, 700.0))
        for place in range(int(rng.integers(3, 11))):
            length_s = float(rng.uniform(0.08, 0.24))
            moved_s = float(rng.uniform(0.4, 0.8)) * (length_s - LEAST_S - 0.01)
            rest_s = 0.0 if rng.random() < 0.45 else float(rng.uniform(0.04, 0.11))
            rest_s = float(rng.uniform(0.2, 0.7)) if place == 0 and notes else rest_s
            cents = height - 45.0 * place + float(rng.normal(0.0, 140.0))
            notes.append(SungNote(cents, max(length_s, 0.08), meend_s=moved_s, rest_before_s=rest_s))
            clock_s += length_s + rest_s
    syllables = tuple(
        _spoken(note, str(rng.choice(_SYLLABLES)), str(rng.choice(list("aeiou")))) for note in notes
    )
    return Exercise("other", tuple(notes), syllables, tonic_hz)


def joined(first: Exercise, second: Exercise, rest_s: float, kind: Kind = "other") -> Exercise:
    """Return one exercise after another, with silence between, as one of some kind."""
    higher = 1200.0 * np.log2(second.tonic_hz / first.tonic_hz)
    moved = [
        replace(
            note,
            cents=note.cents + higher,
            kan_cents=None if note.kan_cents is None else note.kan_cents + higher,
            rest_before_s=note.rest_before_s if place else rest_s,
        )
        for place, note in enumerate(second.notes)
    ]
    return Exercise(kind, (*first.notes, *moved), first.syllables + second.syllables, first.tonic_hz)


def _spoken(note: SungNote, syllable: str, vowel: str) -> str:
    return syllable if parse_syllable(syllable).gap_s <= note.rest_before_s else vowel


def _perform(
    line: list[Beat], voice: Voice, rng: np.random.Generator
) -> tuple[tuple[SungNote, ...], tuple[str, ...]]:
    """Sing a line: tempo, breaths, articulation, how far off, what between the notes."""
    beats = np.array([beat.beats for beat in line]) * np.exp(
        rng.normal(0.0, rng.uniform(0.02, 0.15), len(line))
    )
    if rng.random() < 0.07:
        beats[::2] *= 1.5
    if rng.random() < 0.15:
        beats[int(rng.integers(len(line)))] *= rng.uniform(1.5, 3.0)
    beats[-1] *= rng.uniform(1.0, 3.0)
    unit_s = float(np.exp(rng.uniform(*np.log(_UNIT_S))))
    lengths_s = np.maximum(beats * min(unit_s, _LONGEST_S / beats.sum()), 0.11)
    detached = float(rng.choice([0.0, 0.0, rng.uniform(0.03, 0.15), rng.uniform(0.1, 0.4)]))
    rests_s = [beat.rest_s for beat in line]
    if rng.random() < 0.35:
        for at in rng.integers(0, len(line), int(rng.integers(1, 3))):
            rests_s[at] += float(rng.uniform(0.2, 1.1)) * (at > 0)
    syllables = _sung_on(len(line), rng)
    glide, scoops, spread = rng.uniform(0.1, 0.6), rng.uniform(-0.3, 0.25), rng.uniform(4.0, 25.0)
    drift = np.linspace(0.0, rng.normal(0.0, 25.0), len(line))
    notes = []
    for place, (beat, length_s) in enumerate(zip(line, lengths_s, strict=True)):
        gap_s = max(rests_s[place], parse_syllable(syllables[place]).gap_s, detached * length_s * (place > 0))
        sung_s = max(0.1, float(length_s) - min(gap_s, 0.5 * float(length_s)))
        scooped = bool(rng.random() < scoops) and sung_s > 0.2
        notes.append(
            SungNote(
                cents=100.0 * beat.semitones,
                duration_s=sung_s,
                error_cents=float(drift[place] + rng.normal(0.0, spread)),
                vibrato_cents=voice.vibrato_cents if sung_s > 0.35 else 0.0,
                vibrato_hz=voice.vibrato_hz,
                meend_s=min(glide * sung_s, sung_s - ATTACK_S - LEAST_S - _SCOOP_S * scooped),
                rest_before_s=float(gap_s),
                kan_cents=100.0 * beat.semitones - float(rng.uniform(50.0, 200.0)) if scooped else None,
                kan_s=_SCOOP_S,
                loudness=float(rng.uniform(0.6, 1.0)),
            )
        )
    return tuple(notes), syllables


def _sung_on(count: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Draw one vowel for all, one syllable for all, sargam, or words."""
    way = rng.random()
    if way < 0.55:
        return (str(rng.choice(list("aeiou"))),) * count
    if way < 0.7:
        return (str(rng.choice(_SYLLABLES)),) * count
    if way < 0.85:
        return tuple(_SARGAM[place % len(_SARGAM)] for place in range(count))
    return tuple(str(rng.choice(_SYLLABLES)) for _ in range(count))
