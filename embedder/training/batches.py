"""Batches of timbres, each heard in two rooms and twice in each, at different pitches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embedder.levels import BANDS, Levels, levels_of
from embedder.network import network_frames

from .bank import Bank, Stored
from .channel import draw_channels, draw_tint, heard_through
from .soundfont import PROGRAMS

__all__ = ["CLASSES", "VIEWS", "VIEW_FRAMES", "WINDOWS", "Batch", "BatchMaker"]

CLASSES = PROGRAMS + 1
"""The programs of General MIDI, and voices."""

VIEWS = 4
"""Of each timbre in a batch: two in each of two rooms."""

WINDOWS = 22
VIEW_FRAMES = network_frames(WINDOWS)

_CHANNELS = 24
_VOICE_SHARE = 0.35
_HELD = range(40, 80)
_HELD_WEIGHT = 2.0
"""How often programs that hold a note as a voice does (strings, brass, reeds, pipes) are drawn."""

_SPAN_KEYS = (0, 24)
"""How far apart the keys of one instrument may lie, from view to view."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Views, `VIEWS` of each timbre in a row, the first two through one channel, the others through another.

    Parameters
    ----------
    levels : float32 array, shape [views, VIEW_FRAMES, BANDS]
    weights : float32 array, shape [views, VIEW_FRAMES, 1]
    shares : float32 array, shape [views, WINDOWS]
        What each window counts for in its view's pooled vector; sums to 1.
    timbres, takes : int64 arrays, shape [views]
        Numbers of the timbre, and of the timbre through its channel.
    classes : int64 array, shape [views]
        The program, or PROGRAMS for a voice.
    """

    levels: Levels
    weights: Levels
    shares: Levels
    timbres: np.ndarray
    takes: np.ndarray
    classes: np.ndarray


class BatchMaker:
    """Draws batches; the same bank and seed give the same batches.

    Parameters
    ----------
    bank : Bank
    seed : int
    timbres : int
        In a batch.
    held_out : bool
        Whether to draw the voices that are kept for watching the training instead of all others.
    """

    def __init__(self, bank: Bank, seed: int, timbres: int, *, held_out: bool = False) -> None:
        kept = max(1, len(bank.voices) // 20)
        self._voices = np.arange(len(bank.voices))[:kept] if held_out else np.arange(len(bank.voices))[kept:]
        self._programs = np.array(sorted(bank.notes))
        self._bank, self._timbres = bank, timbres
        self._rng = np.random.default_rng(seed)

    def draw(self) -> Batch:
        """Draw the next batch."""
        rng, count = self._rng, self._timbres
        voices = min(round(_VOICE_SHARE * count), self._voices.size)
        programs = self._drawn_programs(count - voices)
        singers = rng.choice(self._voices, voices, replace=False)
        sung = [self._sung(singer).astype(np.float32) for singer in singers]
        powers = np.exp(np.concatenate([*sung, *(self._played(program) for program in programs)]))
        timbres = np.repeat(np.arange(count), VIEWS)
        takes = np.repeat(np.arange(count * 2), VIEWS // 2)
        channels = draw_channels(_CHANNELS, len(self._bank.drones), rng)
        pairs = np.stack([rng.choice(_CHANNELS, 2, replace=False) for _ in range(count)])
        channels = channels.take(pairs.reshape(-1)[takes])
        heard = heard_through(powers, self._drones(channels.which), channels, rng)
        levels, weights = levels_of(heard)
        shares = np.stack([_shares(rng) for _ in takes])
        classes = np.repeat(np.concatenate([np.full(voices, PROGRAMS), programs]), VIEWS)
        return Batch(levels, weights, shares, timbres, takes, classes)

    def _drawn_programs(self, count: int) -> np.ndarray:
        weights = np.where(np.isin(self._programs, _HELD), _HELD_WEIGHT, 1.0)
        again = count > self._programs.size
        return self._rng.choice(self._programs, count, replace=again, p=weights / weights.sum())

    def _sung(self, singer: int) -> Stored:
        """Return four stretches of four of a singer's phrases."""
        phrases = self._bank.voices[singer]
        chosen = self._rng.permutation(len(phrases))[:VIEWS]
        starts = self._rng.integers(0, phrases.shape[1] - VIEW_FRAMES + 1, VIEWS)
        return np.stack([phrases[c, s : s + VIEW_FRAMES] for c, s in zip(chosen, starts, strict=True)])

    def _played(self, program: int) -> Levels:
        """Return four runs of an instrument's notes."""
        rng, notes, keys = self._rng, self._bank.notes[program], self._bank.keys[program]
        lowest = rng.integers(keys[0], max(keys[0] + 1, keys[-1] - _SPAN_KEYS[1] + 1))
        within = np.flatnonzero((keys >= lowest) & (keys <= lowest + _SPAN_KEYS[1]))
        within = within if within.size >= VIEWS else np.arange(keys.size)
        return np.stack([self._run(notes[rng.permutation(within)]) for _ in range(VIEWS)])

    def _run(self, notes: Stored) -> Levels:
        """Play notes one after the other, each cut short at random: shape [VIEW_FRAMES, BANDS]."""
        rng, parts, total = self._rng, [], 0
        for number in range(VIEW_FRAMES):
            length = int(np.exp(rng.uniform(np.log(10), np.log(100))))
            part = notes[number % len(notes), : min(length, notes.shape[1])]
            # A soundfont plays one sample on several keys; on real instruments every note has its own colour.
            parts.append(part + draw_tint(rng))
            total += len(part)
            if total >= VIEW_FRAMES:
                break
        return np.concatenate(parts)[:VIEW_FRAMES]

    def _drones(self, which: np.ndarray) -> Levels:
        drones = self._bank.drones
        starts = self._rng.integers(0, drones.shape[1] - VIEW_FRAMES + 1, which.size)
        cut = [drones[w, s : s + VIEW_FRAMES] for w, s in zip(which, starts, strict=True)]
        return np.exp(np.stack(cut).astype(np.float32)).reshape(-1, VIEW_FRAMES, BANDS)


def _shares(rng: np.random.Generator) -> Levels:
    """Pool the whole view, or a short stretch of it as though it were a note."""
    shares = np.zeros(WINDOWS, np.float32)
    length = WINDOWS if rng.random() < 0.5 else int(rng.integers(2, 11))
    start = int(rng.integers(0, WINDOWS - length + 1))
    shares[start : start + length] = 1.0 / length
    return shares
