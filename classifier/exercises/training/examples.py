"""Exercises to learn from: sung by synthesis in rooms, and put together of a singer's recorded notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from swara.data.arrays import FloatArray
from swara.data.clip import Clip, Samples
from swara.data.pitch_track import PitchTrack
from swara.data.synth import mix_at_db, pink_noise, render_contour, rms, room, room_response, sing
from swara.data.synth.exercises import KINDS, Exercise, Kind, draw_exercise, draw_singer
from swara.data.synth.voice import Voice

__all__ = [
    "HELD_APART",
    "RATE_HZ",
    "TRAINED_ON",
    "WATCHED",
    "RecordedSinger",
    "in_a_room",
    "kinds_in_turn",
    "pitch_line",
    "put_together",
    "sung",
    "sung_exercise",
]

RATE_HZ = 16_000

TRAINED_ON = ("low male", "mid male", "mid female", "child")
WATCHED = ("low female",)
HELD_APART = ("high male", "high female")
"""Voices of ``data/synth`` that are learnt from, that tell when to stop, that only the benchmark hears."""

_CROSSFADE_S = 0.03
_RANGE = Voice("recorded", 1.0, -7.0, 0.0, 1.0, 0.0, 5.0, (60.0, 1200.0))


def sung_exercise(kind: Kind, among: Sequence[str], rng: np.random.Generator) -> Clip:
    """Draw a singer and an exercise, and sing it in a room: a clip at `RATE_HZ`."""
    voice = draw_singer(rng, among)
    return Clip(in_a_room(sung(draw_exercise(kind, voice, rng), voice, rng), rng), RATE_HZ)


def sung(exercise: Exercise, voice: Voice, rng: np.random.Generator) -> Samples:
    """Sing an exercise as it is: float32 at `RATE_HZ`, silence of up to a second around it."""
    contour = render_contour(
        exercise.notes, exercise.tonic_hz, rng=rng, jitter_cents=float(rng.uniform(3.0, 9.0))
    )
    samples = sing(contour, voice, rate_hz=RATE_HZ, rng=rng, syllables=exercise.syllables)
    before, after = (int(RATE_HZ * rng.uniform(0.0, 1.0)) for _ in range(2))
    return np.pad(samples, (before, after))


def in_a_room(samples: Samples, rng: np.random.Generator) -> Samples:
    """Put half of what is sung into a room, and lay noise 15 to 50 dB below under all."""
    if rng.random() < 0.5:
        t60_s, direct_db = float(rng.uniform(0.2, 1.2)), float(rng.uniform(-2.0, 14.0))
        samples = room(samples, room_response(t60_s, direct_db, rate_hz=RATE_HZ, rng=rng))
    if rms(samples) > 0.0:
        samples = mix_at_db(samples, pink_noise(samples.size, rng), float(rng.uniform(15.0, 50.0)))
    loud = 10.0 ** (float(rng.uniform(-24.0, 0.0)) / 20.0)
    return np.asarray(samples * (loud / max(1.0, float(np.abs(samples).max()))), dtype=np.float32)


def pitch_line(exercise: Exercise, rng: np.random.Generator) -> tuple[PitchTrack, FloatArray]:
    """Return the pitch that a tracker would find, and the level in dB, without any sound being made.

    Onsets are found up to 30 ms late, and one note in a hundred is heard an octave off or not at all.
    """
    contour = render_contour(
        exercise.notes,
        exercise.tonic_hz,
        hop_s=0.01,
        rng=rng,
        jitter_cents=float(rng.uniform(3.0, 10.0)),
        tail_s=0.2,
    )
    voiced, hz = contour.voiced.copy(), contour.f0_hz.copy()
    for label in contour.labels:
        first, last = (int(at_s / contour.hop_s) for at_s in (label.onset_s, label.end_s))
        if not voiced[max(0, first - 2) : first].any():
            voiced[first : first + int(rng.integers(0, 4))] = False
        lot = rng.random()
        if lot < 0.004:
            hz[first:last] *= float(rng.choice([0.5, 2.0]))
        elif lot < 0.01:
            voiced[first:last] = False
    level = np.where(voiced, 20.0 * np.log10(np.maximum(contour.loudness, 1e-4)), -80.0)
    track = PitchTrack(contour.times_s, np.where(voiced, hz, np.nan), voiced.astype(np.float64), voiced)
    return track, level


@dataclass(frozen=True, slots=True, eq=False)
class RecordedSinger:
    """A singer's single notes.

    Parameters
    ----------
    notes : mapping of int to sequence of float32 arrays, shape [n]
        At `RATE_HZ`, by MIDI number; several for one are different vowels.
    """

    notes: Mapping[int, Sequence[Samples]]


def put_together(kind: Kind, singer: RecordedSinger, rng: np.random.Generator) -> Clip:
    """Put an exercise together of recorded notes: each cut to its length, faded, and joined or apart.

    Slips, pauses and tempo are drawn as for the synthesized ones; what spans more than the singer's notes is
    drawn again, and no note lasts longer than it was sung.
    """
    held = sorted(singer.notes)
    while True:
        exercise = draw_exercise(kind, _RANGE, rng)
        degrees = np.array([round(note.cents / 100.0) for note in exercise.notes])
        keys = list(range(held[0] - degrees.min(), held[-1] - degrees.max() + 1))
        if keys:
            break
    key = keys[int(rng.integers(len(keys)))]
    ranks = int(rng.integers(3))
    parts, clock_s = [], float(rng.uniform(0.1, 0.8))
    for note, degree in zip(exercise.notes, degrees, strict=True):
        wanted = min(held, key=lambda midi: abs(midi - (key + degree)))
        vowels = singer.notes[wanted]
        recorded = _moved(vowels[ranks % len(vowels)], key + int(degree) - wanted)
        clock_s += note.rest_before_s
        parts.append((clock_s, note.duration_s, note.loudness, recorded))
        clock_s += min(note.duration_s, recorded.size / RATE_HZ - _CROSSFADE_S)
    total = np.zeros(int(RATE_HZ * (clock_s + rng.uniform(0.2, 1.0))), np.float32)
    for start_s, duration_s, loudness, recorded in parts:
        _lay(total, start_s, duration_s, loudness, recorded, rng)
    return Clip(in_a_room(total, rng), RATE_HZ)


def _moved(recorded: Samples, semitones: int) -> Samples:
    """Play a note faster or slower, where the singer left out one of the scale."""
    if not semitones:
        return recorded
    return np.asarray(soxr.resample(recorded, RATE_HZ * 2.0 ** (semitones / 12.0), RATE_HZ), dtype=np.float32)


def _lay(
    total: Samples,
    start_s: float,
    duration_s: float,
    loudness: float,
    recorded: Samples,
    rng: np.random.Generator,
) -> None:
    fade = int(RATE_HZ * _CROSSFADE_S)
    length = min(recorded.size, int(RATE_HZ * duration_s) + fade)
    skipped = min(int(RATE_HZ * rng.uniform(0.0, 0.12)), recorded.size - length)
    part = recorded[skipped : skipped + length].copy()
    ramp = np.linspace(0.0, 1.0, min(fade, length // 2), dtype=np.float32)
    part[: ramp.size] *= ramp
    part[part.size - ramp.size :] *= ramp[::-1]
    start = int(RATE_HZ * start_s)
    stop = min(start + part.size, total.size)
    total[start:stop] += part[: stop - start] * np.float32(loudness / max(float(np.abs(part).max()), 1e-6))


def kinds_in_turn(count: int) -> list[Kind]:
    """Return `count` kinds, each as often as the others."""
    return [KINDS[place % len(KINDS)] for place in range(count)]
