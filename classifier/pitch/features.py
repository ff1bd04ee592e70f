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

from swara.data.arrays import BoolArray, FloatArray

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
    "around",
    "audible",
    "centred_backgrounds",
    "log_odds",
    "network_input",
    "partial_features",
]

NEAR_FRAMES = 80
WIDE_FRAMES = 250
"""Reach of the two means, in frames of 10 ms: as far to either side, or the time constant of the past."""

CHANNELS = 10
_LOWEST_BIN = BINS_PER_OCTAVE  # 60 Hz
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


def centred_backgrounds(levels: Levels, start: int, stop: int) -> Levels:
    """Return the means around frames `start` to `stop` of `levels`, shape [stop - start, 2, 2, BINS].

    At the ends of `levels` they reach as far as there are frames.
    """
    sums = np.zeros((levels.shape[0] + 1, 2, BINS), np.float64)
    np.cumsum(levels, axis=0, dtype=np.float64, out=sums[1:])
    means = np.empty((stop - start, 2, 2, BINS), np.float32)
    for which, reach in enumerate((NEAR_FRAMES, WIDE_FRAMES)):
        for frame in range(start, stop):
            first, after = max(frame - reach, 0), min(frame + reach + 1, levels.shape[0])
            np.subtract(sums[after], sums[first], out=means[frame - start, which], casting="same_kind")
            means[frame - start, which] *= np.float32(1.0 / (after - first))
    return means


def audible(levels: Levels) -> BoolArray:
    """Return whether anything sounds above 60 Hz and -90 dB of full scale, shape [frames].

    The network knows no absolute level: to it a constant is a sound on very quiet ground.
    """
    return np.asarray(levels[:, 1, _LOWEST_BIN:].max(axis=1) > _FAINTEST)


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
    loudness = backgrounds[:, 1].mean(axis=(1, 2))
    channels = np.empty((levels.shape[0], 5, BINS), np.float32)
    channels[:, :2] = levels - loudness[:, None, None]
    channels[:, 2:4] = levels - backgrounds[:, 0]
    channels[:, 4] = levels[:, 1] - backgrounds[:, 1, 1]
    channels *= _SCALE
    pairs = channels.reshape(-1, CHANNELS, BINS)
    return np.ascontiguousarray(pairs.transpose(0, 2, 1))


HARMONICS = 14
FINE_FEATURES = 1 + 2 * len(WINDOWS) * HARMONICS + 4 * HARMONICS + len(WINDOWS)
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
    frames = np.arange(count)[:, None]
    hz = coarse_hz[:, None] * np.arange(1.0, HARMONICS + 1)
    inside = hz < _HIGHEST_HZ
    at = np.clip(np.rint(BINS_PER_OCTAVE * np.log2(hz / LOWEST_HZ)).astype(np.intp), 0, BINS - 1)
    features = np.empty((count, len(WINDOWS), HARMONICS, 2), np.float32)
    loudest = np.empty((count, len(WINDOWS)), np.float32)
    for which in range(len(WINDOWS)):
        found_hz, level = partials(spectra, which, frames, hz)
        off = 1200.0 / SCALE_CENTS * np.log2(np.maximum(found_hz, 1.0) / hz)
        features[:, which, :, 0] = np.clip(off, -_FARTHEST, _FARTHEST)
        loudest[:, which] = level.max(axis=1)
        features[:, which, :, 1] = _LEVEL_SCALE * (level - loudest[:, which, None])
    features *= inside[:, None, :, None]
    levels = spectra.levels[frames, :, at]
    standing = levels[..., None] - backgrounds[frames, :, :, at].swapaxes(2, 3)
    standing *= _LEVEL_SCALE * inside[:, :, None, None]
    octaves = 0.25 * np.log2(coarse_hz / 60.0)
    loudest -= backgrounds[:, 1].mean(axis=(1, 2))[:, None]
    parts = (
        octaves[:, None].astype(np.float32),
        features.reshape(count, -1),
        standing.reshape(count, -1),
        _LEVEL_SCALE * loudest,
    )
    return np.concatenate(parts, axis=1)


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
