"""Recordings as log-mel pictures to learn from, changed as rooms, microphones and players change them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from swara.classifier.instruments.network import (
    BAND_FRAMES,
    FRAMES,
    NONE,
    PEAK,
    SPEC,
    band_input,
    scaled,
)
from swara.data.arrays import IntArray
from swara.data.audio.decode import load_clip
from swara.data.audio.frames import hz_of_mel, mel_of_hz
from swara.data.augment.chain import Chain, equalizer, pitch, room
from swara.data.clip import Samples
from swara.data.corpora.entry import Entry
from swara.data.log_mel import RATE_HZ, SILENCE, Picture, log_mel
from swara.embedder.builtin.features import FRAME_SAMPLES, band_powers, log_powers
from swara.embedder.training.batches import resized
from swara.embedder.training.channel import draw_channels, draw_efforts, heard_through

__all__ = [
    "BandBatches",
    "Batches",
    "Hear",
    "Pictures",
    "UnmovedBatches",
    "band_picture",
    "joined",
    "mel_picture",
    "pictures_of",
    "sounding",
]

_MOST_S = 3.0
_STEP = 320

_SHIFT, _SHIFTED = 3.0, 0.5
"""By how many semitones at most, and how often, a window is moved in pitch, formants and all, as samplers
move a sample from its key to others. Chosen, as `_HELD` was, by leaving out one source in turn (SONiVOX, the
two fonts of FluidR3's samples, all of Iowa), in one training each: together they bring macro F1, names of the
set alone, from 0.19, 0.50, 0.50 to 0.25, 0.59, 0.59."""

_HELD = 0.5
"""How often a window goes on, from some moment, as a few of its frames over and over, as the loop of a
sampler does: a player's vibrato or bow tells of that player."""

_OTHERS = 3.0
"""How much more often what is none of the names is drawn than one of them."""

PLAYERS = Chain(
    (("pitch", 0.7, pitch((-80.0, 80.0))), ("room", 0.6, room()), ("equalizer", 0.5, equalizer()))
)
"""What is done to the sound itself, once for each copy; all else is done to pictures, anew each time."""


Hear: TypeAlias = Callable[[Samples], Picture]


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Log-mel pictures of many recordings, one after the other.

    Parameters
    ----------
    frames : float16 array, shape [frames, n_mels]
        Of all recordings.
    starts : int array, shape [recordings + 1]
        Where each begins.
    labels : int array, shape [recordings]
        Place among the labels that are learned.
    groups : tuple of str
        The source of each.
    """

    frames: npt.NDArray[np.float16]
    starts: IntArray
    labels: IntArray
    groups: tuple[str, ...]

    def of(self, number: int) -> Picture:
        """Return one recording's picture, float32 array of shape [frames, n_mels]."""
        return self.frames[self.starts[number] : self.starts[number + 1]].astype(np.float32)


def sounding(row: Entry) -> Samples:
    """Return a recording at 16 kHz, cut to where it is within 40 dB of its loudest 20 ms; silence whole."""
    samples = load_clip(row.path, rate_hz=RATE_HZ, max_duration_s=None).samples
    frames = samples[: samples.size // _STEP * _STEP].reshape(-1, _STEP)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    if not power.any():
        return samples
    loud = np.flatnonzero(power >= 1e-4 * power.max())
    return samples[loud[0] * _STEP : (loud[-1] + 1) * _STEP]


def mel_picture(sound: Samples) -> Picture:
    """Return the log-mel picture of a sound, for `Batches`."""
    return log_mel(_levelled(sound), SPEC)


def band_picture(sound: Samples) -> Picture:
    """Return logarithms of the powers of the embedder's bands, for `BandBatches`."""
    lacking = max(0, FRAME_SAMPLES - sound.size)
    return log_powers(band_powers(np.pad(_levelled(sound), (0, lacking)))).astype(np.float32)


def _levelled(sound: Samples) -> Samples:
    return sound * np.float32(PEAK / max(1e-6, float(np.abs(sound).max())))


def pictures_of(
    rows: Sequence[Entry], labels: Sequence[str], copies: Sequence[int], seed: int, hear: Hear = mel_picture
) -> Pictures:
    """Hear recordings, each once as it is and in copies that are changed.

    Parameters
    ----------
    rows : sequence of Entry
        With their instruments, each one of the labels.
    labels : sequence of str
        In the order of the network's outputs.
    copies : sequence of int
        How many changed copies of each.
    seed : int
        Of what is done to them.
    hear : callable
        Makes the picture of a sound.
    """
    parts, places, groups = list[npt.NDArray[np.float16]](), list[int](), list[str]()
    for number, (row, several) in enumerate(zip(rows, copies, strict=True)):
        rng = np.random.default_rng([seed, number])
        samples = sounding(row)[: round(_MOST_S * RATE_HZ)]
        for copy in range(1 + several):
            sound = PLAYERS(samples, RATE_HZ, rng).samples if copy else samples
            parts.append(hear(sound).astype(np.float16))
            places.append(labels.index(row.instrument))
            groups.append(row.source)
    starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    return Pictures(np.concatenate(parts), starts, np.array(places, np.intp), tuple(groups))


def joined(parts: Sequence[Pictures]) -> Pictures:
    """Return several as one."""
    lengths = np.concatenate([np.diff(part.starts) for part in parts])
    return Pictures(
        np.concatenate([part.frames for part in parts]),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.concatenate([part.labels for part in parts]),
        tuple(group for part in parts for group in part.groups),
    )


class Batches:
    """Draws windows: labels evenly but for `NONE`, which is many; sources evenly within a label.

    Parameters
    ----------
    pictures : Pictures
        To draw from.
    labels : sequence of str
        What their labels are places in.
    rng : numpy.random.Generator
        Draws all.
    """

    frames = FRAMES
    """In a window."""

    def __init__(self, pictures: Pictures, labels: Sequence[str], rng: np.random.Generator) -> None:
        self._pictures, self._rng, self._labels = pictures, rng, len(labels)
        self._present = np.unique(pictures.labels)
        weights = np.array([_OTHERS if labels[place] == NONE else 1.0 for place in self._present])
        self._weights = weights / weights.sum()
        groups = np.array(pictures.groups)
        self._members = {
            label: [
                np.flatnonzero((pictures.labels == label) & (groups == group))
                for group in np.unique(groups[pictures.labels == label])
            ]
            for label in self._present
        }

    def draw(self, size: int) -> tuple[Picture, npt.NDArray[np.float32]]:
        """Return windows and shares of labels, float32 arrays [size, frames, ...] and [size, labels]."""
        rng = self._rng
        chosen = rng.choice(self._present, size, p=self._weights)
        groups = (self._members[label] for label in chosen)
        numbers = [int(rng.choice(members[int(rng.integers(len(members)))])) for members in groups]
        found = self._changed(np.stack([self._window(number) for number in numbers]))
        return _mixed(found, np.eye(self._labels, dtype=np.float32)[chosen], rng)

    @classmethod
    def middles(cls, pictures: Pictures) -> Picture:
        """Return the middle window of each recording, unchanged: float32 array [recordings, frames, ...]."""
        each = (pictures.of(number) for number in range(len(pictures.labels)))
        return cls._seen(np.stack([cls._cut(one, max(0, len(one) - cls.frames) // 2) for one in each]))

    @classmethod
    def _cut(cls, picture: Picture, start: int) -> Picture:
        lacking = max(0, cls.frames - len(picture))
        return np.pad(picture, ((0, lacking), (0, 0)), constant_values=SILENCE)[start : start + cls.frames]

    @staticmethod
    def _seen(windows: Picture) -> Picture:
        """Return windows as the network takes them."""
        return scaled(windows)

    def _changed(self, windows: Picture) -> Picture:
        """Return windows as a sampler might have played them elsewhere, as the network takes them."""
        played = _held(_moved(windows, self._rng), self._rng)
        return self._seen(_elsewhere(played, self._rng))

    def _window(self, number: int) -> Picture:
        picture, rng = self._pictures.of(number), self._rng
        spare = max(0, len(picture) - self.frames)
        return self._cut(picture, 0 if rng.random() < 0.3 else int(rng.integers(spare + 1)))


class UnmovedBatches(Batches):
    """Draws windows that keep their pitch and their course in time."""

    def _changed(self, windows: Picture) -> Picture:
        return self._seen(_elsewhere(windows, self._rng))


class BandBatches(Batches):
    """Draws windows of the embedder's bands, changed as those that it was trained on."""

    frames = BAND_FRAMES

    @staticmethod
    def _seen(windows: Picture) -> Picture:
        return band_input(np.exp(windows))

    def _changed(self, windows: Picture) -> Picture:
        rng, count = self._rng, len(windows)
        semitones = rng.uniform(-_SHIFT, _SHIFT, count) * (rng.random(count) < _SHIFTED)
        moved = [resized(one.astype(np.float16), by) for one, by in zip(windows, semitones, strict=True)]
        efforts = np.float32(0.5) * draw_efforts(count, rng)[:, None]
        played = _held(np.stack(moved).astype(np.float32) + efforts, rng)
        channels, no_drone = draw_channels(count, 1, rng), np.zeros_like(played)
        return band_input(heard_through(np.exp(played), no_drone, channels, rng))


def _moved(windows: Picture, rng: np.random.Generator) -> Picture:
    """Move half of the windows in pitch; what comes from beyond the bands is silent."""
    count, mels = len(windows), SPEC.n_mels
    lowest, highest = mel_of_hz([SPEC.low_hz, SPEC.high_hz])
    edges = np.linspace(lowest, highest, mels + 2)
    semitones = rng.uniform(-_SHIFT, _SHIFT, (count, 1)) * (rng.random((count, 1)) < _SHIFTED)
    sources = mel_of_hz(hz_of_mel(edges[1:-1]) / 2.0 ** (semitones / 12.0))
    places = (np.interp(sources, edges, np.arange(mels + 2)) - 1.0)[:, None, :]
    low = np.clip(places.astype(int), 0, mels - 2)
    part = np.clip(places - low, 0.0, 1.0).astype(np.float32)
    below, above = (np.take_along_axis(windows, low + step, axis=2) for step in (0, 1))
    return np.where(places > mels - 1, SILENCE, below + part * (above - below))


def _held(windows: Picture, rng: np.random.Generator) -> Picture:
    """Let half of the windows go round in a few frames from some moment on."""
    count, frames, _ = windows.shape
    moments, begins = np.arange(frames), rng.integers(4, frames * 5 // 8, (count, 1))
    lengths = np.minimum(begins, rng.integers(1, 7, (count, 1)))
    looped = begins - lengths + (moments - begins) % lengths
    goes_on = (moments < begins) | (rng.random((count, 1)) >= _HELD)
    return np.take_along_axis(windows, np.where(goes_on, moments, looped)[:, :, None], axis=1)


def _elsewhere(windows: Picture, rng: np.random.Generator) -> Picture:
    """Equalize windows, let them ring, add noise, and hide a few bands and frames."""
    count, _, mels = windows.shape
    knots = rng.normal(0.0, 1.0, (count, 7)) * rng.uniform(0.0, 1.6, (count, 1))  # nepers of power: sd < 7 dB
    places = np.linspace(0.0, 6.0, mels)
    low = np.minimum(places.astype(int), 5)
    part = places - low
    curve = knots[:, low] * (1.0 - part) + knots[:, low + 1] * part
    # Some microphones and codecs end early.
    ends = np.where(rng.random(count) < 0.35, rng.integers(mels // 2, mels, count), mels)
    curve -= np.maximum(0.0, np.arange(mels) - ends[:, None]) * 1.5
    power = np.exp(windows + curve[:, None, :])
    power = _ringing(power.astype(np.float32), rng)
    below = np.exp(rng.uniform(-16.0, -4.5, (count, 1, 1)) * 1.0)
    colour = np.exp(rng.uniform(-0.06, 0.03, (count, 1, 1)) * np.arange(mels))
    power += power.max(axis=(1, 2), keepdims=True) * below * colour * rng.exponential(1.0, power.shape)
    levels = np.log(power + np.float32(1e-9))
    for axis, most in ((1, 8), (2, 10)):
        widths = np.where(rng.random(count) < 0.6, rng.integers(0, most, count), 0)
        begins = rng.integers(0, levels.shape[axis] - most, count)
        for at in range(count):
            hidden = slice(begins[at], begins[at] + widths[at])
            levels[at][hidden if axis == 1 else (slice(None), hidden)] = SILENCE
    return np.asarray(levels, dtype=np.float32)


def _ringing(power: Picture, rng: np.random.Generator) -> Picture:
    """Let the power of each band decay as in a room, in half of the windows."""
    count = len(power)
    rt60_s = rng.uniform(0.15, 1.5, (count, 1))
    kept = np.exp(-np.log(1e6) * SPEC.hop / RATE_HZ / rt60_s).astype(np.float32)
    share = (rng.uniform(0.0, 0.5, (count, 1)) * (rng.random((count, 1)) < 0.5)).astype(np.float32)
    ring, found = np.zeros_like(power[:, 0]), power.copy()
    for frame in range(1, power.shape[1]):
        ring = kept * ring + (1.0 - kept) * power[:, frame - 1]
        found[:, frame] += share * ring
    return found


def _mixed(
    windows: Picture, shares: npt.NDArray[np.float32], rng: np.random.Generator
) -> tuple[Picture, npt.NDArray[np.float32]]:
    """Blend some windows with others, labels too (mixup, Zhang et al. 2018)."""
    parts = rng.beta(0.3, 0.3, len(windows)) * (rng.random(len(windows)) < 0.5)
    parts = np.minimum(parts, 1.0 - parts).astype(np.float32)
    other = rng.permutation(len(windows))
    blended = np.asarray(windows + parts[:, None, None] * (windows[other] - windows), np.float32)
    return blended, np.asarray(shares + parts[:, None] * (shares[other] - shares), np.float32)
