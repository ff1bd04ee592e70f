"""What notes are learned from: a soundfont's every key, tones drawn at random, what has no pitch."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import soxr

from swara.classifier.sample_pitch.features import (
    BINS_PER_SEMITONE,
    FRAME,
    LOWEST_MIDI,
    PITCH_BINS,
    RATE_HZ,
    frame_features,
)
from swara.classifier.sample_pitch.note import HIGHEST, LOWEST
from swara.data.augment.channel import add_noise, equalize, place_in_room
from swara.data.clip import Samples
from swara.data.storage.npz import write_arrays
from swara.data.synth.midi import MidiNote
from swara.data.synth.soundfont import render_notes

__all__ = [
    "HELD_OUT",
    "Examples",
    "Sound",
    "draw_examples",
    "draw_tone",
    "random_sounds",
    "render_font",
    "rendered_sounds",
    "soft_targets",
]

Sound: TypeAlias = tuple[Samples, tuple[float, float], bool]
"""Samples, what sounds in them (see `Examples.midi`), and whether it is kept aside."""

PITCHED = tuple(program for program in range(115) if program not in (55, 86))
"""Programs that sound the key: not those of drums and effects, the orchestra hit, and the lead in fifths."""

UNPITCHED = (120, 121, 122, 125, 126, 127)
HELD_OUT = (4, 12, 21, 27, 34, 42, 57, 65, 69, 75, 88)
"""Programs kept aside, one of most families: what a training is watched by."""

_TAKES = 2
_SLOT_S, _HELD_S = 1.1, 0.95
_TONE = FRAME + FRAME // 2
_FRAMES = 2
_AT_ONCE = 512
_NO_PITCH = np.nan
_SPREAD_BINS = 0.75  # 25 cents
_TOP_HZ = 7800.0


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Frames and what sounds in them.

    Parameters
    ----------
    features : float16 array, shape [n, ROWS, BINS]
        As the network is given them.
    midi : float32 array, shape [n, 2]
        The pitch of each, with cents; NaN where it has none. Where two notes sound they differ.
    held_out : bool array, shape [n]
        Whether it is of a program kept aside.
    """

    features: npt.NDArray[np.float16]
    midi: npt.NDArray[np.float32]
    held_out: npt.NDArray[np.bool_]


def soft_targets(midi: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the share of each pitch bin, and of "no pitch" last: [n, PITCH_BINS + 1], adding up to 1."""
    bins = (midi[..., None] - LOWEST_MIDI) * BINS_PER_SEMITONE
    near = np.exp(-0.5 * np.square((np.arange(PITCH_BINS) - bins) / _SPREAD_BINS)).mean(axis=1)
    silent = np.atleast_1d(np.isnan(midi).any(axis=1))
    near[silent] = 0.0
    shares = near / np.maximum(near.sum(axis=1, keepdims=True), 1e-9)
    return np.concatenate([shares, silent[:, None]], axis=1).astype(np.float32)


def render_font(font: Path, folder: Path, seed: int) -> None:
    """Play every key of every program twice, each time as hard as chance says, into ``<program>.npz``."""
    for program in (*PITCHED, *UNPITCHED):
        path = folder / f"{program:03d}.npz"
        if not path.exists():
            rng = np.random.default_rng((seed, program))
            keys = np.repeat(np.arange(LOWEST, HIGHEST + 1), _TAKES)
            notes = [
                MidiNote(program, int(key), _SLOT_S * slot, _HELD_S, int(rng.integers(25, 128)))
                for slot, key in enumerate(keys)
            ]
            length = round(_SLOT_S * RATE_HZ)
            sounds = render_notes(font, notes, RATE_HZ)[: length * keys.size].reshape(-1, length)
            peaks = np.abs(sounds).max(axis=1)
            heard = peaks > 0.001
            pcm = np.round(sounds[heard] / peaks[heard, None] * 32000.0).astype(np.int16)
            write_arrays(path, {"pcm": pcm, "keys": keys[heard]})
        sys.stdout.write(f"\rprogram {program} ")
        sys.stdout.flush()
    sys.stdout.write("\n")


def draw_examples(sounds: Iterable[Sound], rng: np.random.Generator) -> Examples:
    """Hear each sound through a channel of its own, and look at two of its frames."""
    rows: list[npt.NDArray[np.float16]] = []
    frames: list[Samples] = []
    midi: list[tuple[float, float]] = []
    held_out: list[bool] = []
    for sound, pitches, aside in sounds:
        heard = _through_channel(sound, rng)
        frames += [_sounding_frame(heard, rng) for _ in range(_FRAMES)]
        midi += [pitches] * _FRAMES
        held_out += [aside] * _FRAMES
        if len(frames) >= _AT_ONCE:
            rows.append(frame_features(np.stack(frames)).astype(np.float16))
            frames.clear()
            sys.stdout.write(f"\r{len(midi)} frames ")
            sys.stdout.flush()
    if frames:
        rows.append(frame_features(np.stack(frames)).astype(np.float16))
    sys.stdout.write("\n")
    return Examples(np.concatenate(rows), np.array(midi, np.float32), np.array(held_out, bool))


def random_sounds(count: int, rng: np.random.Generator) -> Iterator[Sound]:
    """Yield tones drawn at random, and a fourteenth as many sounds without pitch and of two tones at once."""
    for _ in range(count):
        pitch = float(rng.uniform(LOWEST - 0.5, HIGHEST + 0.5))
        yield draw_tone(pitch, _TONE, rng), (pitch, pitch), False
    for _ in range(count // 14):
        yield _noise(_TONE, rng), (_NO_PITCH, _NO_PITCH), False
        first, second = rng.uniform(30.0, 96.0, 2)
        level = np.float32(rng.uniform(0.5, 1.0))
        both = np.asarray(draw_tone(first, _TONE, rng) + level * draw_tone(second, _TONE, rng), np.float32)
        yield both, (float(first), float(second)), False


def rendered_sounds(folder: Path, rng: np.random.Generator) -> Iterator[Sound]:
    """Yield what `render_font` left in a folder, the notes a little out of tune."""
    for path in sorted(folder.glob("[01]*.npz")):
        program, stored = int(path.stem), np.load(path)
        pcm = stored["pcm"].astype(np.float32) / np.float32(32768.0)
        for sound, key in zip(pcm, stored["keys"], strict=True):
            if program in UNPITCHED:
                yield sound, (_NO_PITCH, _NO_PITCH), False
            elif program in PITCHED:
                yield *_detuned(sound, int(key), rng), program in HELD_OUT


def _sounding_frame(sound: Samples, rng: np.random.Generator) -> Samples:
    """Cut a frame from where the sound is no weaker than 30 dB below its loudest; sometimes its beginning."""
    power = np.cumsum(np.square(np.pad(sound, (1, 0)), dtype=np.float64))
    frames = power[FRAME:] - power[:-FRAME]
    if frames.size == 0 or rng.random() < 0.1:
        silence = int(rng.integers(0, FRAME // 2))
        return np.pad(sound, (silence, FRAME))[:FRAME]
    start = int(rng.choice(np.flatnonzero(frames >= 1e-3 * frames.max())))
    return sound[start : start + FRAME]


def _detuned(sound: Samples, key: int, rng: np.random.Generator) -> tuple[Samples, tuple[float, float]]:
    """Play a sound faster or slower by up to a semitone, rarely by a fifth."""
    reach = 7.0 if rng.random() < 0.2 else 0.6
    by = float(np.clip(rng.uniform(-reach, reach), LOWEST - 0.5 - key, HIGHEST + 0.5 - key))
    moved = soxr.resample(
        sound[: int(_HELD_S * RATE_HZ)], RATE_HZ * 2.0 ** (by / 12.0), RATE_HZ, quality="MQ"
    )
    return moved.astype(np.float32), (key + by, key + by)


def _through_channel(sound: Samples, rng: np.random.Generator) -> Samples:
    """Colour, a room and noise, each by chance."""
    if rng.random() < 0.6:
        gains = rng.uniform(-12.0, 12.0, 9)
        gains[:2] -= 20.0 * (rng.random() < 0.2)  # a small loudspeaker or microphone has no bass
        sound = equalize(sound, RATE_HZ, gains)
    if rng.random() < 0.3:
        sound = place_in_room(sound, RATE_HZ, rng.uniform(0.15, 1.0), rng.uniform(-3.0, 15.0), rng)
    if rng.random() < 0.7:
        sound = add_noise(sound, RATE_HZ, rng.uniform(3.0, 60.0), rng.uniform(-6.0, 0.0), rng)
    return sound


def _noise(size: int, rng: np.random.Generator) -> Samples:
    """Noise of some colour, or a click in it."""
    sound = equalize(rng.standard_normal(size).astype(np.float32), RATE_HZ, rng.uniform(-20.0, 20.0, 9))
    if rng.random() < 0.4:
        at = int(rng.integers(0, size))
        sound = sound * np.exp(-np.abs(np.arange(size) - at) / rng.uniform(20.0, 2000.0)).astype(np.float32)
    return sound


def draw_tone(midi: float, size: int, rng: np.random.Generator) -> Samples:
    """Draw a tone of random timbre.

    Its partials fall off by 0 to 18 dB an octave, with resonances; the even ones may be weak, the lowest may
    be missing, they may be stretched as a piano's are, die away, and waver as a singer's do.

    Parameters
    ----------
    midi : float
        Its pitch, with cents.
    size : int
        Samples at 16 kHz.
    rng : numpy.random.Generator
        Everything random is drawn from it.

    Returns
    -------
    float32 array, shape [size]
        Of peak 1.
    """
    times_s = np.arange(size) / RATE_HZ
    base_hz = 440.0 * 2.0 ** ((midi - 69.0) / 12.0)
    vibrato = (rng.random() < 0.4) * rng.uniform(0.0, 60.0) / 1200.0
    swing = vibrato * np.sin(2 * np.pi * (rng.uniform(4.0, 7.5) * times_s + rng.random()))
    cycles = np.cumsum(base_hz * 2.0**swing) / RATE_HZ
    order = np.arange(1, max(2, min(80, int(_TOP_HZ / base_hz)) + 1))
    stretch = np.sqrt(1.0 + (rng.random() < 0.25) * 10.0 ** rng.uniform(-5.0, -3.2) * order**2)
    ratio = order * stretch / stretch[0]
    ratio, order = ratio[ratio * base_hz < _TOP_HZ], order[ratio * base_hz < _TOP_HZ]
    decay = (rng.random() < 0.4) * 10.0 ** rng.uniform(-1.0, 0.8) * order ** rng.uniform(0.0, 1.0)
    levels = 10.0 ** (_partial_levels_db(order, ratio * base_hz, rng) / 20.0)
    turned = levels * np.exp(2j * np.pi * rng.random(order.size))
    base = np.exp(2j * np.pi * cycles)
    partial, tone = np.ones(size, complex), np.zeros(size)
    for number, amplitude, fall in zip(ratio, turned, decay, strict=True):
        # A harmonic is the one below it times the first: no sines to be worked out.
        partial = np.exp(2j * np.pi * number * cycles) if number % 1.0 else partial * base
        heard = (amplitude * partial).real
        tone += heard * np.exp(-fall * times_s) if fall else heard
    return (tone / max(float(np.abs(tone).max()), 1e-9)).astype(np.float32)


def _partial_levels_db(
    order: npt.NDArray[np.int64], hz: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    octaves = np.log2(hz / 1000.0)
    level_db = -rng.uniform(0.0, 18.0) * np.log2(order) + rng.normal(0.0, rng.uniform(0.0, 8.0), order.size)
    for _ in range(int(rng.integers(0, 5))):
        place, width = rng.uniform(-2.0, 2.5), rng.uniform(0.1, 0.6)
        level_db += rng.uniform(0.0, 25.0) * np.exp(-0.5 * ((octaves - place) / width) ** 2)
    level_db -= (rng.random() < 0.25) * rng.uniform(5.0, 40.0) * (order % 2 == 0)
    if order.size > 3 and rng.random() < 0.3:
        level_db[: int(rng.integers(1, min(4, order.size - 2)))] -= rng.uniform(5.0, 40.0)
    return level_db
