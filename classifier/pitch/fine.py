"""A fine pitch estimate around a coarse one: what each partial says, for a small network to weigh.

The first look sees a frame by itself; the second sees what the first found around it, and says once more
whether a voice sounds: short windows show where it starts and ends.

A partial's frequency can be measured to a few cents in each window, but a drone's partial may be the louder
one, a glide blurs the long window, and noise the high partials. Which to believe is learned.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray

from .spectrum import BINS, BINS_PER_OCTAVE, LOWEST_HZ, WINDOWS, Levels, Spectra, partials

__all__ = [
    "AROUND",
    "FINE_FEATURES",
    "GATHERED_FEATURES",
    "HARMONICS",
    "NEIGHBOUR_FEATURES",
    "ODDS_SCALE",
    "SCALE_CENTS",
    "Features",
    "around",
    "log_odds",
    "partial_features",
]

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
