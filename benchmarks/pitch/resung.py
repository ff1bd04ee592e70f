"""Real voices sung anew by WORLD along another pitch line: moved, shaken, held still. f0 stays exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from scipy.ndimage import median_filter

from benchmarks.recordings import Sung
from benchmarks.world import resynthesise
from swara.classifier.pitch import TRACK_RATE_HZ as RATE_HZ
from swara.data.arrays import FloatArray
from swara.data.clip import Clip

MEDIANS_HZ = (85.0, 105.0, 135.0, 180.0, 245.0, 340.0, 470.0, 620.0, 780.0)
"""Where the middle of a moved clip comes to lie; each clip is moved to `PLACES` of these."""

PLACES = 2
KHARAJ_HZ, TAAR_HZ = (56.0, 64.0, 72.0), (980.0, 1150.0, 1350.0)
"""And of the lowest and the highest voices, moved to the edges of what is sung."""

BELOW_HZ, ABOVE_HZ = (38.0, 43.0), (1750.0, 1900.0)
"""And beyond them, with all intervals an eighth of what was sung, so that no frame lies within."""

_FEW = 8
"""How many of the lowest, or highest, voices go to an edge or beyond it."""

_SQUEEZED = 1 / 8
VIBRATO_CENTS, VIBRATO_HZ = 130.0, (4.0, 5.0, 6.0, 7.0)
"""Half-width, and rates in turn, of the vibrato that is laid on."""

_TUNED_S = 0.155
"""What autotune follows: the median over so long, so that it takes no step within a note."""

_TRACT, _TRACT_LIMITS = 1 / 3, (0.8, 1.25)
"""A voice this ratio to the power of `_TRACT` higher has so much the shorter a tract, within limits."""


def moved(sung: Sequence[Sung]) -> list[Sung]:
    """Synthesize each clip at two other pitches, and a few at the edges of what is sung."""
    step = len(MEDIANS_HZ) // PLACES
    places = [(one, k + step * place) for k, one in enumerate(sung) for place in range(PLACES)]
    pairs = [(one, MEDIANS_HZ[place % len(MEDIANS_HZ)]) for one, place in places]
    pairs += _few(sung, KHARAJ_HZ, TAAR_HZ)
    return [_anew(one, to_hz / _median_hz(one), f"at {to_hz:.0f} Hz") for one, to_hz in pairs]


def below(sung: Sequence[Sung]) -> list[Sung]:
    """Synthesize the lowest voices below all singing."""
    return [_squeezed(*each) for each in _few(sung, BELOW_HZ, ())]


def above(sung: Sequence[Sung]) -> list[Sung]:
    """Synthesize the highest voices above all singing."""
    return [_squeezed(*each) for each in _few(sung, (), ABOVE_HZ)]


def as_sung(sung: Sequence[Sung]) -> list[Sung]:
    """Synthesize each clip along its own pitch: what the others are held against."""
    return [_anew(one, 1.0, "anew") for one in sung]


def shaken(sung: Sequence[Sung]) -> list[Sung]:
    """Lay a wide vibrato on each clip."""
    rates_hz = [VIBRATO_HZ[k % len(VIBRATO_HZ)] for k in range(len(sung))]
    turns = [rate_hz * one.times_s for rate_hz, one in zip(rates_hz, sung, strict=True)]
    ratios = [2.0 ** (VIBRATO_CENTS / 1200.0 * np.sin(2 * np.pi * each)) for each in turns]
    named = zip(sung, ratios, rates_hz, strict=True)
    return [_anew(one, ratio, f"shaken at {hz:.0f} Hz") for one, ratio, hz in named]


def autotuned(sung: Sequence[Sung]) -> list[Sung]:
    """Hold each clip to the nearest semitone, from which it goes to the next in one step."""

    def nearest(hz: FloatArray) -> FloatArray:
        semitones = np.round(12.0 * np.log2(hz / 440.0))
        return np.asarray(440.0 * 2.0 ** (semitones / 12.0))

    return [_along(one, nearest, "autotuned") for one in sung]


def straight(sung: Sequence[Sung]) -> list[Sung]:
    """Hold every stretch of voice at one pitch, as the plainest of machines speaks."""
    return [_along(one, lambda hz: np.full_like(hz, np.median(hz)), "straight") for one in sung]


def _along(one: Sung, line: Callable[[FloatArray], FloatArray], what: str) -> Sung:
    """Sing each voiced stretch along what a function makes of its pitch, smoothed."""
    ratio = np.ones_like(one.hz)
    frames = round(_TUNED_S / float(np.median(np.diff(one.times_s))))
    edges = np.flatnonzero(np.diff(one.hz > 0)) + 1
    for start, stop in pairwise((0, *edges.tolist(), one.hz.size)):
        hz = one.hz[start:stop]
        if hz[0] > 0:
            ratio[start:stop] = line(median_filter(hz, frames, mode="nearest")) / hz
    return _anew(one, ratio, what)


def _squeezed(one: Sung, to_hz: float) -> Sung:
    voiced_hz = np.where(one.hz > 0, one.hz, to_hz)
    hz = to_hz * (voiced_hz / _median_hz(one)) ** _SQUEEZED
    return _anew(one, hz / voiced_hz, f"at {to_hz:.0f} Hz")


def _few(sung: Sequence[Sung], low_hz: Sequence[float], high_hz: Sequence[float]) -> list[tuple[Sung, float]]:
    """Pair the lowest voices with low pitches in turn, and the highest with high ones."""
    by_pitch = sorted(sung, key=_median_hz)
    ends = ((by_pitch[:_FEW], low_hz), (by_pitch[::-1][:_FEW], high_hz))
    return [(one, each[k % len(each)]) for few, each in ends if each for k, one in enumerate(few)]


def _median_hz(one: Sung) -> float:
    return float(np.median(one.hz[one.hz > 0]))


def _anew(one: Sung, ratio: float | FloatArray, what: str) -> Sung:
    """Synthesize a clip at its pitch times a ratio, as long and as loud as it was."""
    samples = one.clip.samples
    middle = float(np.median(np.broadcast_to(ratio, one.hz.shape)[one.hz > 0]))
    tract = float(np.clip(middle**_TRACT, *_TRACT_LIMITS))
    period_ms = 1000.0 * float(np.median(np.diff(one.times_s)))
    sound = np.resize(resynthesise(samples, one.hz, one.times_s, ratio, tract, period_ms), samples.size)
    sound *= np.abs(samples).max() / np.abs(sound).max()
    clip = Clip(sound.astype(np.float32), RATE_HZ)
    return replace(one, name=f"{one.name} {what}", clip=clip, hz=ratio * one.hz, sa_hz=0.0)
