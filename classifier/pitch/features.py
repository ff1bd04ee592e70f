"""What the two networks are given.

The first looks at the levels of a frame, and how far they stand out from what was there before. A drone
stays where it is while a voice moves: the level of each bin less its own mean over the neighbouring seconds
hides the one and shows the other.

The second makes a fine estimate around a coarse one out of what each partial says. Its first look sees a
frame by itself, the other what the first found around it, and says once more whether a voice sounds: short
windows show where it starts and ends. A partial's frequency can be measured to a few cents in each window,
but a drone's partial may be the louder one, a glide blurs the long window, and noise the high partials.
Which to believe is learned.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray
from swara.data.pitch_track import MAX_HZ, MIN_HZ

from .spectrum import BINS, BINS_PER_OCTAVE, LOWEST_HZ, WINDOWS, Levels, Spectra, partials

__all__ = [
    "AROUND",
    "CHANNELS",
    "FINE_FEATURES",
    "GATHERED_FEATURES",
    "HARMONICS",
    "NEAR_FRAMES",
    "NEIGHBOUR_FEATURES",
    "ODDS_SCALE",
    "SCALE_CENTS",
    "WIDE_FRAMES",
    "Background",
    "Features",
    "Surroundings",
    "around",
    "centred_backgrounds",
    "log_odds",
    "most_likely",
    "network_input",
    "partial_features",
]

NEAR_FRAMES = 80
WIDE_FRAMES = 250
"""Reach of the two means, in frames of 10 ms: as far to either side, or the time constant of the past."""

CHANNELS = 10
_PIECE = 100  # frames that are worked on at a time: what fits a cache
_LOWEST_BIN = round(BINS_PER_OCTAVE * np.log2(45.0 / LOWEST_HZ))
_FAINTEST = np.float32(np.log(1e-9))
_SCALE = np.float32(0.3)  # brings most log levels into -2 to 2


class Background:
    """The means of the past, frame by frame: each frame counts less by its age, the present one included."""

    def __init__(self) -> None:
        self._keep = np.array([1 - 1 / NEAR_FRAMES, 1 - 1 / WIDE_FRAMES], np.float32)[:, None, None]
        self._sums = np.zeros((2, 2, BINS), np.float32)
        self._weights = np.zeros((2, 1, 1), np.float32)

    def push(self, levels: Levels) -> Levels:
        """Take frames in, shape [frames, 2, BINS]; return both means at each, shape [frames, 2, 2, BINS]."""
        means = np.empty((levels.shape[0], 2, 2, BINS), np.float32)
        for frame, mean in zip(levels, means, strict=True):
            self._sums *= self._keep
            self._sums += frame
            self._weights *= self._keep
            self._weights += 1.0
            np.divide(self._sums, self._weights, out=mean)
        return means


class Surroundings:
    """The means around each frame of a recording that goes by: those reach back and ahead.

    At the ends of the recording they reach as far as there are frames.
    """

    def __init__(self) -> None:
        # Row i is the sum of all frames before number i + self._first: two rows apart are a sum between them.
        self._sums = np.zeros((WIDE_FRAMES + 1, 2, BINS))
        self._first, self._count = -WIDE_FRAMES, 0

    def add(self, levels: Levels) -> None:
        """Take the next frames in, shape [frames, 2, BINS]."""
        sums = self._rows(levels.shape[0])
        for frame, before, after in zip(levels, sums, sums[1:], strict=False):
            np.add(before, frame, out=after)
        self._count += levels.shape[0]

    def means(self, start: int, stop: int, into: Levels | None = None) -> Levels:
        """Return both means around frames `start` to `stop`, shape [stop - start, 2, 2, BINS].

        The `WIDE_FRAMES` after `stop` have been taken in, or all that there are; none before is asked for
        again. `into` is an array of this shape that is not needed any more.
        """
        last = self._count - self._first
        beyond = stop + WIDE_FRAMES - self._count
        if beyond > 0:
            self._rows(beyond)[1:] = self._sums[last]
        shape = (stop - start, 2, 2, BINS)
        means = into if into is not None and into.shape == shape else np.empty(shape, np.float32)
        for which, reach in enumerate((NEAR_FRAMES, WIDE_FRAMES)):
            frames = np.arange(start, stop)
            reached = np.minimum(frames + reach + 1, self._count) - np.maximum(frames - reach, 0)
            shares = (1.0 / reached).astype(np.float32)[:, None, None]
            for begin in range(0, stop - start, _PIECE):
                mean = means[begin : begin + _PIECE, which]
                low = start + begin - reach - self._first
                high, size = low + 2 * reach + 1, mean.shape[0]
                mean[...] = self._sums[high : high + size] - self._sums[low : low + size]
                mean *= shares[begin : begin + _PIECE]
        self._forget(stop - WIDE_FRAMES)
        return means

    def _rows(self, count: int) -> FloatArray:
        """Return the last row in use and so many after it."""
        last = self._count - self._first
        if self._sums.shape[0] < last + 1 + count:
            grown = np.empty((last + 1 + count, 2, BINS))
            grown[: last + 1] = self._sums[: last + 1]
            self._sums = grown
        return self._sums[last : last + 1 + count]

    def _forget(self, first: int) -> None:
        kept = self._sums[first - self._first : self._count + 1 - self._first]
        self._sums[: kept.shape[0]] = kept
        self._first = first


def centred_backgrounds(levels: Levels) -> Levels:
    """Return the means around all frames of a recording, shape [frames, 2, 2, BINS]."""
    around = Surroundings()
    around.add(levels)
    return around.means(0, levels.shape[0])


_OCTAVE_BELOW_HZ = 2.0 * MIN_HZ
_HALFWAY_PARTIALS, _HALFWAY = 6, -0.7
_DOUBTFUL = np.float32(0.5)
"""A voice below the range is heard an octave too high, if at all: then it has partials halfway between those
of that pitch, on average over the first six no weaker by more than 3 dB."""


def most_likely(spectra: Spectra, hz: FloatArray) -> Features:
    """Return the highest probability of a voice that the sound allows, whatever a network says.

    Parameters
    ----------
    spectra : Spectra
        Spectra of the frames.
    hz : float64 array, shape [frames]
        The pitch that was found.

    Returns
    -------
    float32 array, shape [frames]
        0 where nothing sounds above 45 Hz and -90 dB of full scale: the network knows no absolute level, to
        it a constant is a sound on very quiet ground. A half, which is sure for nobody, where the pitch lies
        beyond what is sung, or is that of a voice below it, an octave up. Elsewhere 1.
    """
    sounds = spectra.levels[:, 1, _LOWEST_BIN:].max(axis=1) > _FAINTEST
    most: Features = sounds.astype(np.float32)
    most[sounds & ((hz < MIN_HZ) | (hz > MAX_HZ))] = _DOUBTFUL
    low = np.flatnonzero(sounds & (hz < _OCTAVE_BELOW_HZ))
    if low.size:
        order = np.arange(1, _HALFWAY_PARTIALS + 1)
        within, halfway = (
            partials(spectra, hz[low, None] * places, low)[1][:, -1].mean(axis=1)
            for places in (order, order - 0.5)
        )
        most[low[halfway - within > _HALFWAY]] = _DOUBTFUL
    return most


def network_input(levels: Levels, backgrounds: Levels) -> Levels:
    """Lay frames out for the network, two by two.

    Parameters
    ----------
    levels : float32 array, shape [frames, 2, BINS]
        An even number of frames, short window first.
    backgrounds : float32 array, shape [frames, 2, 2, BINS]
        Their near and wide means.

    Returns
    -------
    float32 array, shape [frames // 2, BINS, CHANNELS]
        For both windows of both frames the level and how far it stands above the near mean, and for the long
        window how far above the wide one. Levels count from the mean of the frames around, so that loud
        and soft recordings look alike.
    """
    loudness = backgrounds[:, 1].mean(axis=(1, 2))[:, None, None]
    channels = np.empty((levels.shape[0], 5, BINS), np.float32)
    np.subtract(levels, loudness, out=channels[:, :2])
    np.subtract(levels, backgrounds[:, 0], out=channels[:, 2:4])
    np.subtract(levels[:, 1], backgrounds[:, 1, 1], out=channels[:, 4])
    channels *= _SCALE
    pairs = channels.reshape(-1, CHANNELS, BINS)
    return np.ascontiguousarray(pairs.transpose(0, 2, 1))


HARMONICS = 14
_ORDER = np.arange(1.0, HARMONICS + 1)
_MEASURED = len(WINDOWS) * HARMONICS
FINE_FEATURES = 1 + 2 * _MEASURED + 4 * HARMONICS + len(WINDOWS)
"""What is known of a frame; see `partial_features`."""

SCALE_CENTS = 50.0
_FARTHEST = 1.5  # in units of SCALE_CENTS
_HIGHEST_HZ = 7600.0
_LEVEL_SCALE = 0.3

AROUND = (-7, -5, -3, -2, -1, 0, 1, 2, 3, 5, 7)
"""The frames that a second look takes in."""

NEIGHBOUR_FEATURES = 12
"""What the first look tells the second of each frame, beside the estimate."""

GATHERED_FEATURES = len(AROUND) * (2 + NEIGHBOUR_FEATURES)
"""What the second look takes in; see `around`."""

ODDS_SCALE = np.float32(0.3)
_LEAST = np.float32(1e-4)

Features = npt.NDArray[np.float32]


def partial_features(spectra: Spectra, backgrounds: Levels, coarse_hz: FloatArray) -> Features:
    """Measure the partials of a coarse pitch.

    Parameters
    ----------
    spectra : Spectra
        Spectra of the frames, of each window length.
    backgrounds : float32 array, shape [frames, 2, 2, BINS]
        Near and wide means of `spectra.levels`.
    coarse_hz : float64 array, shape [frames]
        Right to within half a semitone.

    Returns
    -------
    float32 array, shape [frames, FINE_FEATURES]
        Where the pitch lies (octaves above 60 Hz, by 4); for each window and partial how far off it is found,
        by `SCALE_CENTS`, and its level below the loudest; for each partial and each window of the levels how
        far it stands above the near and the wide mean; zeros above 7.6 kHz. At last the level of the loudest
        partial in each window, above that of the recording around.
    """
    count = coarse_hz.size
    hz = coarse_hz[:, None] * _ORDER
    inside = hz < _HIGHEST_HZ
    found_hz, level = partials(spectra, hz)
    loudest = np.maximum.reduce(level, axis=2)
    features = np.empty((count, FINE_FEATURES), np.float32)
    features[:, 0] = 0.25 * np.log2(coarse_hz / 60.0)
    own = features[:, 1 : 1 + 2 * _MEASURED].reshape(count, len(WINDOWS), HARMONICS, 2)
    off = np.log2(np.maximum(found_hz, 1.0) / hz[:, None])
    off *= 1200.0 / SCALE_CENTS
    own[..., 0] = np.minimum(np.maximum(off, -_FARTHEST), _FARTHEST)
    own[..., 1] = _LEVEL_SCALE * (level - loudest[..., None])
    own *= inside[:, None, :, None]
    bins = np.rint(BINS_PER_OCTAVE * np.log2(hz / LOWEST_HZ)).astype(np.intp)
    at = np.minimum(np.maximum(bins, 0), BINS - 1)[..., None] + BINS * np.arange(2)
    rows = 2 * BINS * np.arange(count)[:, None, None]
    levels = np.ascontiguousarray(spectra.levels).reshape(-1)[at + rows]
    means = backgrounds.reshape(-1)[at[..., None] + 2 * rows[..., None] + 2 * BINS * np.arange(2)]
    standing = features[:, 1 + 2 * _MEASURED : -len(WINDOWS)].reshape(count, HARMONICS, 2, 2)
    np.subtract(levels[..., None], means, out=standing)
    standing *= _LEVEL_SCALE * inside[:, :, None, None]
    loudness = np.add.reduce(backgrounds[:, 1].reshape(count, -1), axis=1) / np.float32(2 * BINS)
    features[:, -len(WINDOWS) :] = _LEVEL_SCALE * (loudest - loudness[:, None])
    return features


def around(estimate_cents: FloatArray, voicing: Features, partials: Features) -> Features:
    """Gather what the first look found in the frames around each frame.

    Parameters
    ----------
    estimate_cents : float64 array, shape [frames]
        Pitch by the first look, above any one reference.
    voicing : float32 array, shape [frames]
        Probability that a voice sounds, by the salience network.
    partials : float32 array, shape [frames, NEIGHBOUR_FEATURES]
        What the first pass says of each frame's partials.

    Returns
    -------
    float32 array, shape [frames, GATHERED_FEATURES]
        For each of `AROUND` the estimate relative to this frame's, by `SCALE_CENTS`, the scaled log odds of
        a voice, and what was told; past either end the last frame is repeated.
    """
    frames = np.arange(estimate_cents.size)
    near = np.clip(frames[:, None] + np.array(AROUND), 0, frames.size - 1)
    relative = (estimate_cents[near] - estimate_cents[:, None]) / SCALE_CENTS
    relative = np.clip(relative, -2.0 * _FARTHEST, 2.0 * _FARTHEST).astype(np.float32)
    odds = ODDS_SCALE * log_odds(voicing)
    gathered = np.concatenate([relative[:, :, None], odds[near][:, :, None], partials[near]], axis=2)
    return gathered.reshape(frames.size, -1)


def log_odds(probability: Features) -> Features:
    """Return the log odds of a probability, float32 of the same shape, kept finite."""
    kept = np.clip(probability, _LEAST, 1.0 - _LEAST)
    return np.asarray(np.log(kept / (1.0 - kept)), dtype=np.float32)
