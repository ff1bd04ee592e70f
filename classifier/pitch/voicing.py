"""Where a voice sounds: how sure the network is, over time, and what stands too still to be one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.data.arrays import BoolArray, FloatArray

from .decode import Salience
from .spectrum import Levels

__all__ = [
    "STILL_FRAMES",
    "VOICING",
    "Voicing",
    "VoicingThresholds",
    "still_frames",
    "sung_frames",
]

STILL_FRAMES = 65
"""How long a pitch must stand still: 0.65 s of frames."""

_STILL_CENTS = 1.5  # RMS around the straight line that fits best, so that a slow drift is no movement
_LOW_HZ = 100.0
_ENTER, _LEAVE = 0.9, 0.75
_SURE_FRAMES, _SHORT_FRAMES = 5, 300
_MOVING_FRAMES = 15  # a breath that is taken for a pitch moves, too, and seems sure for some frames
_STRING_SHARE = 0.6  # of a stretch and what lies around it that stands still: less, and a voice holds a note
_AROUND_FRAMES = 300
_CONSONANT_FRAMES, _HALF_LIKELY = 6, 0.4  # a voiced one closes the mouth for some 60 ms
_JUMP_CENTS = 300.0  # from frame to frame: no voice moves so quickly
_STRING_CLASSES, _CLASS_FRAMES, _APART_CENTS = 2, 20, 40.0
"""Four strings are tuned to Sa and one more swara; each counts that stands still for 0.2 s in all."""

_CLEARLY_PERIODIC = 0.9  # less, and what sounds beside a voice hides where it ends
_HALF_PERIODIC = 0.5  # less, and noise outweighs the voice
_INSIDE_FRAMES, _TRIMMED_FRAMES, _RECENT_FRAMES = 15, 6, 5

_BLOCK = 4096
_TIMES = np.arange(STILL_FRAMES) - float(STILL_FRAMES // 2)
_TIMES_SQUARED = float(np.square(_TIMES).sum())


@dataclass(frozen=True, slots=True)
class VoicingThresholds:
    """Probabilities of a voice that decide, in a recording of which all is known, where one sounds.

    ``training/thresholds.py`` weighs them on synthesized scenes that nothing was trained on.

    Parameters
    ----------
    likely : float
        A stretch of voice lies at or above it throughout.
    sure, sure_if_short : float
        What some of its frames must reach; in a recording of under 3 s nothing gets quite so sure, since
        what lies behind the voice is hardly known.
    sure_if_moving, moving_cents : float
        The same for a stretch whose pitch, but for its outermost tenths, covers as many cents: a voice
        wavers or glides by that, where strings stay within 12.
    machine : float
        So likely on average, what stands still is a voice that was made by a machine, and no string, unless
        it lies below 100 Hz.
    periodic : float
        What the periodicity of a stretch reaches, by its median: less, and nothing has the pitch that the
        network believes in, as between the strings of an acoustic tanpura.
    low_still_cents : float
        How little a pitch below 100 Hz wavers that is a string's, however sure: the mandra Sa of an
        electronic tanpura sounds as sure as a voice, and beats by a cent or two; a voice that low wavers by
        more, those of three singers that hold a note (instrument_notes) by 3.3 at least.
    """

    likely: float = 0.65
    sure: float = 0.98
    sure_if_short: float = 0.93
    sure_if_moving: float = 0.93
    moving_cents: float = 16.0
    machine: float = 0.98
    periodic: float = 0.25
    low_still_cents: float = 2.0


VOICING = VoicingThresholds()


def still_frames(hz: FloatArray, probability: Salience, thresholds: VoicingThresholds = VOICING) -> BoolArray:
    """Tell which frames lie in a stretch that stands still without being all but surely a voice.

    Parameters
    ----------
    hz : float64 array, shape [frames]
        Positive, voiced or not.
    probability : float32 array, shape [frames]
        Of a voice.
    thresholds : VoicingThresholds
        Those that ship by default.

    Returns
    -------
    bool array, shape [frames]
    """
    starts = np.zeros(hz.size + 1, np.intp)
    for first in range(0, hz.size - STILL_FRAMES + 1, _BLOCK):
        inside = slice(first, first + _BLOCK + STILL_FRAMES - 1)
        still = _stands_still(hz[inside], probability[inside], thresholds)
        at = first + np.flatnonzero(still)
        starts[at] += 1
        starts[at + STILL_FRAMES] -= 1
    return np.asarray(np.cumsum(starts)[:-1] > 0)


def _stands_still(hz: FloatArray, probability: Salience, thresholds: VoicingThresholds) -> BoolArray:
    """Judge every stretch of `STILL_FRAMES`: shapes [n] and [n], then [n - STILL_FRAMES + 1]."""
    shape = (hz.size - STILL_FRAMES + 1, STILL_FRAMES)
    # As `sliding_window_view` has it, which takes longer than the rest of this where a stream asks.
    cents, likely = (
        np.ndarray(shape, each.dtype, each, strides=2 * each.strides)
        for each in (1200.0 * np.log2(hz), np.ascontiguousarray(probability))
    )
    mean = np.add.reduce(likely, axis=1) / np.float32(STILL_FRAMES)
    off = (cents - np.add.reduce(cents, axis=1, keepdims=True) / STILL_FRAMES)[:, None]
    # Row by row, so that no window changes another.
    slope = off @ _TIMES[:, None] / _TIMES_SQUARED
    energy = (off @ off.swapaxes(1, 2) - _TIMES_SQUARED * np.square(slope))[:, 0, 0]
    low = hz[STILL_FRAMES // 2 :][: mean.size] < _LOW_HZ
    still = energy < STILL_FRAMES * np.where(low, thresholds.low_still_cents, _STILL_CENTS) ** 2
    return np.asarray(still & (low | (mean < thresholds.machine)))


def sung_frames(
    probability: Salience, hz: FloatArray, periodicity: Levels, thresholds: VoicingThresholds = VOICING
) -> BoolArray:
    """Decide where a voice sounds when all is known: hysteresis that works in both directions.

    Parameters
    ----------
    probability : float32 array, shape [frames]
        Of a voice.
    hz : float64 array, shape [frames]
        The pitch; a stretch that stands still among others that do is a string's, unless together they have
        more pitches than a tanpura.
    periodicity : float32 array, shape [frames]
        Of `spectrum.periodicity`, at this pitch or that of a first look.
    thresholds : VoicingThresholds
        Those that ship by default.

    Returns
    -------
    bool array, shape [frames]
        Stretches that stay likely and are sure for `_SURE_FRAMES` in all: a drone may sound likely for a
        moment, but hardly ever sure. In a recording of under 3 s a pitch may stand still too. What is heard
        clearly is cut, by up to 60 ms, where noise outweighs the voice at its edges.
    """
    short = probability.size < _SHORT_FRAMES
    surely = thresholds.sure_if_short if short else thresholds.sure
    likely = np.concatenate([[False], probability >= thresholds.likely, [False]])
    starts = np.flatnonzero(likely[1:] & ~likely[:-1])
    ends = np.flatnonzero(likely[:-1] & ~likely[1:])
    sure, moving = probability >= surely, probability >= thresholds.sure_if_moving
    still = np.zeros_like(sure) if short else still_frames(hz, probability, thresholds)
    voiced, strings = np.zeros(probability.shape, np.bool_), np.zeros(probability.shape, np.bool_)
    for start, end in zip(starts, ends, strict=True):
        around = slice(max(0, start - _AROUND_FRAMES), end + _AROUND_FRAMES)
        moves = not short and np.count_nonzero(moving[start:end]) >= _MOVING_FRAMES
        told = np.count_nonzero(sure[start:end]) >= _SURE_FRAMES or (
            moves and _moves(hz[start:end], thresholds)
        )
        voiced[start:end] = told and np.median(periodicity[start:end]) >= thresholds.periodic
        strings[start:end] = (
            np.mean(still[start:end]) >= _STRING_SHARE
            and np.mean(still[around][likely[1:-1][around]]) >= _STRING_SHARE
        )
    voiced = voiced if _are_of_a_melody(hz[strings & still]) else voiced & ~strings
    return _trimmed(_through_consonants(voiced, probability, hz), periodicity)


def _trimmed(voiced: BoolArray, periodicity: Levels) -> BoolArray:
    """Cut from the stretches of a voice that is heard clearly the edges at which it is not periodic.

    The network sees a frame through windows of 64 and 128 ms, and is vague about edges by half of them.
    """
    exact, padded = voiced.copy(), np.concatenate([[False], voiced, [False]])
    starts, ends = np.flatnonzero(padded[1:] & ~padded[:-1]), np.flatnonzero(padded[:-1] & ~padded[1:])
    for start, end in zip(starts, ends, strict=True):
        for step in (1, -1):
            inside = periodicity[start:end][::step]
            over = np.append(inside[:_TRIMMED_FRAMES] < _HALF_PERIODIC, False)
            if over[0] and np.quantile(inside[:_INSIDE_FRAMES], 0.75) >= _CLEARLY_PERIODIC:
                exact[start:end][::step][: int(np.argmin(over))] = False
    return exact


def _through_consonants(voiced: BoolArray, probability: Salience, hz: FloatArray) -> BoolArray:
    """Let a voice go on that a consonant weakens for a moment, if it stays half likely and leaps nowhere."""
    padded = np.concatenate([[True], voiced, [True]])
    starts, ends = np.flatnonzero(padded[:-1] & ~padded[1:]), np.flatnonzero(~padded[:-1] & padded[1:])
    for start, end in zip(starts, ends, strict=True):
        inside = start > 0 and end < voiced.size and end - start <= _CONSONANT_FRAMES
        if inside and probability[start:end].min() >= _HALF_LIKELY:
            cents = 1200.0 * np.log2(hz[start - 1 : end + 1])
            voiced[start:end] = np.abs(np.diff(cents)).max() < _JUMP_CENTS
    return voiced


def _moves(hz: FloatArray, thresholds: VoicingThresholds) -> bool:
    """Tell whether a stretch wavers or glides as a voice does and a string does not, and leaps nowhere."""
    cents = 1200.0 * np.log2(hz)
    low, high = np.quantile(cents, (0.1, 0.9))
    return bool(
        high - low > thresholds.moving_cents and np.abs(np.diff(cents)).max(initial=0.0) < _JUMP_CENTS
    )


def _are_of_a_melody(hz: FloatArray) -> bool:
    """Tell whether still pitches are more than a tanpura is tuned to, octaves apart: a voice without life."""
    cents = np.sort(1200.0 * np.log2(hz) % 1200.0)
    if cents.size == 0:
        return False
    around = np.concatenate([cents, [cents[0] + 1200.0]])
    edges = np.flatnonzero(np.diff(around) > _APART_CENTS)
    sizes = np.diff(np.concatenate([edges, [edges[0] + cents.size]])) if edges.size else [cents.size]
    return int(np.count_nonzero(np.asarray(sizes) >= _CLASS_FRAMES)) > _STRING_CLASSES


class Voicing:
    """Hysteresis where the future is not known: a voice starts when it is all but sure.

    `enter` is the probability of a voice at which one starts, `leave` that below which it ends.
    """

    def __init__(self, enter: float = _ENTER, leave: float = _LEAVE) -> None:
        self._enter, self._leave = enter, leave
        self._on = False
        self._hz = np.empty(0)
        self._probability, self._periodicity = np.empty(0, np.float32), np.empty(0, np.float32)

    def push(self, probability: Salience, hz: FloatArray, periodicity: Levels) -> BoolArray:
        """Decide frame by frame: shapes [frames].

        A pitch that has stood still is no longer a voice's, nor is one that nothing repeats itself at for
        50 ms. In a single such frame no voice is heard where it was clear just now; it may go on after.
        """
        unknown = max(0, STILL_FRAMES - 1 - self._hz.size)  # frames before which too little is known
        self._hz = np.concatenate([self._hz, hz])
        self._probability = np.concatenate([self._probability, probability])
        self._periodicity = np.concatenate([self._periodicity, periodicity])
        refused, voiced = _gone(self._periodicity, hz.size), np.empty(probability.shape, np.bool_)
        if hz.size > unknown and (probability >= self._leave).any():
            new = slice(unknown - hz.size - STILL_FRAMES + 1, None)
            refused[unknown:] |= _stands_still(self._hz[new], self._probability[new], VOICING)
        for frame, (value, no_voice) in enumerate(zip(probability.tolist(), refused.tolist(), strict=True)):
            self._on = value >= (self._leave if self._on else self._enter) and not no_voice
            voiced[frame] = self._on
        voiced &= ~_broken_off(self._periodicity, voiced)
        kept = slice(max(0, self._hz.size - STILL_FRAMES + 1), None)
        self._hz, self._probability = self._hz[kept], self._probability[kept]
        self._periodicity = self._periodicity[kept]
        return voiced


def _gone(periodicity: Levels, count: int) -> BoolArray:
    """Tell which of the last `count` frames end several in which nothing repeats itself."""
    padded = np.concatenate([np.full(_RECENT_FRAMES, -np.inf, np.float32), periodicity])
    lately = np.lib.stride_tricks.sliding_window_view(padded, _RECENT_FRAMES)[1 + periodicity.size - count :]
    return np.asarray(lately.max(axis=1) < VOICING.periodic)


def _broken_off(periodicity: Levels, asked: BoolArray) -> BoolArray:
    """Tell in which of the last frames noise outweighs a voice that was clear before, where that is asked."""
    told = np.zeros(asked.size, np.bool_)
    now = periodicity[periodicity.size - asked.size :]
    for frame in np.flatnonzero(asked & (now < _HALF_PERIODIC)):
        end = periodicity.size - asked.size + int(frame)
        told[frame] = (
            np.quantile(periodicity[max(0, end - _INSIDE_FRAMES) : end + 1], 0.75) >= _CLEARLY_PERIODIC
        )
    return told
