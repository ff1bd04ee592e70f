"""Batches of timbres, each heard in two rooms and twice in each, at different pitches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swara.data.arrays import IntArray
from swara.embedder.builtin.embedder import network_frames
from swara.embedder.builtin.features import BANDS, Levels, band_centres_hz, band_features

from .bank import Bank, Stored
from .channel import draw_channels, draw_efforts, heard_through
from .notes import Notes

__all__ = [
    "VIEWS",
    "VIEW_FRAMES",
    "WINDOWS",
    "BatchMaker",
    "ViewBatch",
    "draw_shares",
    "draw_stretches",
    "hear_through_channels",
    "resized",
]

VIEWS = 4
"""Of each timbre in a batch: two in each of two rooms."""

WINDOWS = 22
VIEW_FRAMES = network_frames(WINDOWS)

_CHANNELS = 24
_VOICE_SHARE, _FAMILY_SHARE, _KIND_SHARE = 0.42, 0.16, 0.3
"""Of the timbres in a batch: singers, drawn families, and instruments that several sources have; the others
have one source."""

_RECORDED_SINGERS = 20
"""One singer in so many is a recorded one, and one at least: they are few, and each is soon known."""

_SPAN_KEYS = 24
"""How far apart the keys of one source may lie, from view to view."""

_RESIZED = 1.8
"""Semitones by which an instrument is larger or smaller in each of the two channels, at most: pitch and body
move together."""

_CENTRES_HZ = band_centres_hz()


@dataclass(frozen=True, slots=True, eq=False)
class ViewBatch:
    """Views, `VIEWS` of each timbre in a row, the first two through one channel, the others through another.

    Parameters
    ----------
    levels : float32 array, shape [views, VIEW_FRAMES, BANDS]
        Of `band_features`, a view in each row.
    weights : float32 array, shape [views, VIEW_FRAMES, 1]
        How much each frame counts.
    shares : float32 array, shape [views, WINDOWS]
        What each window counts for in its view's pooled vector; sums to 1.
    timbres, takes : int64 arrays, shape [views]
        Numbers of the timbre, and of the timbre through its channel.
    sung : bool array, shape [views]
        Whether a singer is heard.
    """

    levels: Levels
    weights: Levels
    shares: Levels
    timbres: np.ndarray
    takes: np.ndarray
    sung: np.ndarray


class BatchMaker:
    """Draws batches; the same bank and seed give the same batches.

    Parameters
    ----------
    bank : Bank
        The sounds that views are cut from.
    seed : int
        What all that is random is drawn from: the same seed, the same result.
    timbres : int
        In a batch.
    held_out : bool
        Whether to draw the voices and families that are kept for watching the training instead of all others.
    """

    def __init__(self, bank: Bank, seed: int, timbres: int, *, held_out: bool = False) -> None:
        self._voices = _kept(len(bank.voices), held_out=held_out)
        self._families = _kept(len(bank.families), held_out=held_out)
        self._singers: Sequence[Notes] = () if held_out else bank.singers
        self._kinds = [sources for sources in bank.instruments if len(sources) > 1]
        self._single = [sources for sources in bank.instruments if len(sources) == 1]
        self._bank, self._timbres = bank, timbres
        self._rng = np.random.default_rng(seed)

    def draw(self) -> ViewBatch:
        """Draw the next batch."""
        rng, bank, count = self._rng, self._bank, self._timbres
        sung = round(_VOICE_SHARE * count)
        recorded = min(len(self._singers), -(-sung // _RECORDED_SINGERS))
        sounds = [draw_stretches(bank.voices[n], rng) for n in _some(self._voices, sung - recorded, rng)]
        sounds += [self._played([self._singers[n]]) for n in rng.permutation(len(self._singers))[:recorded]]
        singers = len(sounds)
        families = _some(self._families, round(_FAMILY_SHARE * count), rng)
        played = [draw_stretches(bank.families[number], rng) for number in families]
        kinds = _some(np.arange(len(self._kinds)), round(_KIND_SHARE * count), rng)
        played += [self._played(self._kinds[number]) for number in kinds]
        left = count - len(sounds) - len(played)
        single = rng.choice(len(self._single), left, replace=left > len(self._single))
        played += [self._played(self._single[number]) for number in single]
        sounds += [self._with_effort(self._resized(views)) for views in played]
        takes = np.repeat(np.arange(count * 2), VIEWS // 2)
        powers = np.exp(np.concatenate(sounds).astype(np.float32))
        levels, weights = band_features(hear_through_channels(powers, takes, bank.drones, rng))
        timbres = takes // 2
        return ViewBatch(levels, weights, draw_shares(len(takes), rng), timbres, takes, timbres < singers)

    def _played(self, sources: Sequence[Notes]) -> Stored:
        """Return two runs of notes from each of two sources, of one where there is no other."""
        first, second = self._rng.permutation(len(sources))[[0, -1]]
        return np.concatenate([self._runs(sources[number]) for number in (first, second)])

    def _runs(self, notes: Notes) -> Stored:
        """Return two runs of notes."""
        rng, keys = self._rng, notes.keys
        lowest = rng.integers(keys[0], max(keys[0] + 1, keys[-1] - _SPAN_KEYS + 1))
        within = np.flatnonzero((keys >= lowest) & (keys <= lowest + _SPAN_KEYS))
        within = within if within.size >= VIEWS else np.arange(keys.size)
        return np.stack([self._run(notes.powers[rng.permutation(within)]) for _ in range(VIEWS // 2)])

    def _resized(self, views: Stored) -> Stored:
        """Make the instrument larger or smaller, by the same in both views of a channel."""
        semitones = self._rng.uniform(-_RESIZED, _RESIZED, VIEWS // 2).repeat(VIEWS // 2)
        return np.stack([resized(view, by) for view, by in zip(views, semitones, strict=True)])

    def _with_effort(self, views: Stored) -> Stored:
        """Play each view harder or softer: how bright an instrument sounds is the player's doing as well."""
        return (views + draw_efforts(VIEWS, self._rng)[:, None]).astype(np.float16)

    def _run(self, notes: Stored) -> Stored:
        """Play notes one after the other, each cut short at random: shape [VIEW_FRAMES, BANDS]."""
        rng, parts, total = self._rng, [], 0
        for number in range(VIEW_FRAMES):
            length = int(np.exp(rng.uniform(np.log(8), np.log(80))))
            part = notes[number % len(notes), : min(length, notes.shape[1])]
            parts.append(part)
            total += len(part)
            if total >= VIEW_FRAMES:
                break
        return np.concatenate(parts)[:VIEW_FRAMES]


def resized(powers: Stored, semitones: float) -> Stored:
    """Move logarithms of powers to higher frequencies, as faster playing would: shape [frames, BANDS].

    A note lasts as long as before. What would lie beyond the last band is taken from that.
    """
    at = np.interp(_CENTRES_HZ / 2.0 ** (semitones / 12.0), _CENTRES_HZ, np.arange(BANDS))
    low = np.minimum(at.astype(np.intp), BANDS - 2)
    share = (at - low).astype(np.float32)
    return np.asarray((1.0 - share) * powers[:, low] + share * powers[:, low + 1], np.float16)


def _some(numbers: IntArray, count: int, rng: np.random.Generator) -> IntArray:
    """Draw so many of them, or all there are."""
    return rng.choice(numbers, min(count, numbers.size), replace=False)


def _kept(count: int, *, held_out: bool) -> np.ndarray:
    """Return the numbers of the first twentieth, which is held out, or of all others."""
    kept = max(1, count // 20)
    return np.arange(kept) if held_out else np.arange(kept, count)


def hear_through_channels(
    powers: Levels, takes: np.ndarray, drones: Stored, rng: np.random.Generator
) -> Levels:
    """Let every take be heard through a channel of its own, some above a drone.

    Parameters
    ----------
    powers : float32 array, shape [views, VIEW_FRAMES, BANDS]
        Powers of bands.
    takes : int64 array, shape [views]
        Numbers of the takes, rising; each timbre has two.
    drones : float16 array, shape [drones, frames, BANDS]
        Natural logarithms of powers, to draw from.
    rng : numpy.random.Generator
        Draws the channels and the drones.
    """
    channels = draw_channels(_CHANNELS, len(drones), rng)
    pairs = np.stack([rng.choice(_CHANNELS, 2, replace=False) for _ in range(len(takes) // VIEWS)])
    channels = channels.take(pairs.reshape(-1)[takes])
    starts = rng.integers(0, drones.shape[1] - VIEW_FRAMES + 1, channels.which.size)
    beneath = np.exp(_cut(drones, channels.which, starts).astype(np.float32))
    return heard_through(powers, beneath.reshape(-1, VIEW_FRAMES, BANDS), channels, rng)


def draw_stretches(phrases: Stored, rng: np.random.Generator) -> Stored:
    """Draw `VIEWS` stretches of as many phrases: shape [VIEWS, VIEW_FRAMES, BANDS]."""
    chosen = rng.permutation(len(phrases))[:VIEWS]
    return _cut(phrases, chosen, rng.integers(0, phrases.shape[1] - VIEW_FRAMES + 1, VIEWS))


def _cut(sounds: Stored, which: np.ndarray, starts: np.ndarray) -> Stored:
    return np.stack([sounds[w, s : s + VIEW_FRAMES] for w, s in zip(which, starts, strict=True)])


def draw_shares(views: int, rng: np.random.Generator) -> Levels:
    """Draw what each window of a view counts for, shape [views, WINDOWS].

    The whole view counts, or a short stretch of it as though it were a note.
    """
    shares = np.zeros((views, WINDOWS), np.float32)
    for view in shares:
        length = WINDOWS if rng.random() < 0.5 else int(rng.integers(2, 11))
        start = int(rng.integers(0, WINDOWS - length + 1))
        view[start : start + length] = 1.0 / length
    return shares
