"""A fine pitch estimate around a coarse one: what each partial says, for a small network to weigh.

A partial's frequency can be measured to a few cents in each window, but a drone's partial may be the louder
one, a glide blurs the long window, and noise the high partials. Which to believe is learned.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from data.pitch_track import FloatArray

from .spectrum import BINS, BINS_PER_OCTAVE, LOWEST_HZ, WINDOWS, Levels, Spectra, partials

__all__ = ["AROUND", "HARMONICS", "NEIGHBOUR_FEATURES", "PARTIAL_FEATURES", "SCALE_CENTS", "around", "partial_features"]

HARMONICS = 14
PARTIAL_FEATURES = 4
"""For each partial: how far it lies from the coarse estimate, its level, and how far that stands out."""

SCALE_CENTS = 50.0
_FARTHEST = 1.5  # in units of SCALE_CENTS
_HIGHEST_HZ = 7600.0
_LEVEL_SCALE = 0.3

AROUND = (-7, -5, -3, -2, -1, 0, 1, 2, 3, 5, 7)
"""The frames that a second look takes in."""

NEIGHBOUR_FEATURES = 8
"""What the first look tells the second of each frame, beside the estimate."""

Features = npt.NDArray[np.float32]


def partial_features(spectra: Spectra, backgrounds: Levels, coarse_hz: FloatArray) -> Features:
    """Measure the partials of a coarse pitch.

    Parameters
    ----------
    spectra : Spectra
    backgrounds : float32 array, shape [frames, 2, 2, BINS]
        Near and wide means of `spectra.levels`.
    coarse_hz : float64 array, shape [frames]
        Right to within half a semitone.

    Returns
    -------
    float32 array, shape [frames, 1 + 2 * HARMONICS * PARTIAL_FEATURES]
        Where the pitch lies (octaves above 60 Hz, by 4), then for the short window and the long one, for each
        partial: cents off by `SCALE_CENTS`, level below the loudest partial, level above the near and above
        the wide mean; zeros above 7.6 kHz.
    """
    count = coarse_hz.size
    frames = np.arange(count)[:, None]
    hz = coarse_hz[:, None] * np.arange(1.0, HARMONICS + 1)
    inside = hz < _HIGHEST_HZ
    at = np.clip(np.rint(BINS_PER_OCTAVE * np.log2(hz / LOWEST_HZ)).astype(np.intp), 0, BINS - 1)
    features = np.zeros((count, 2, HARMONICS, PARTIAL_FEATURES), np.float32)
    for which, (window, spectrum) in enumerate(zip(WINDOWS, (spectra.short, spectra.long), strict=True)):
        found_hz, level = partials(spectrum, window, frames, hz)
        off = 1200.0 / SCALE_CENTS * np.log2(np.maximum(found_hz, 1.0) / hz)
        standing = spectra.levels[frames, which, at]
        features[:, which, :, 0] = np.clip(off, -_FARTHEST, _FARTHEST)
        features[:, which, :, 1] = _LEVEL_SCALE * (level - level.max(axis=1, keepdims=True))
        features[:, which, :, 2] = _LEVEL_SCALE * (standing - backgrounds[frames, 0, which, at])
        features[:, which, :, 3] = _LEVEL_SCALE * (standing - backgrounds[frames, 1, which, at])
    features *= inside[:, None, :, None]
    octaves = 0.25 * np.log2(coarse_hz / 60.0)
    return np.concatenate([octaves[:, None].astype(np.float32), features.reshape(count, -1)], axis=1)


def around(estimate_cents: FloatArray, told: Features) -> Features:
    """Gather what the first look found in the frames around each frame.

    Parameters
    ----------
    estimate_cents : float64 array, shape [frames]
        Pitch by the first look, above any one reference.
    told : float32 array, shape [frames, NEIGHBOUR_FEATURES]

    Returns
    -------
    float32 array, shape [frames, len(AROUND) * (1 + NEIGHBOUR_FEATURES)]
        For each of `AROUND` the estimate relative to this frame's, by `SCALE_CENTS`, and what was told; past
        either end the last frame is repeated.
    """
    frames = np.arange(estimate_cents.size)
    near = np.clip(frames[:, None] + np.array(AROUND), 0, frames.size - 1)
    relative = (estimate_cents[near] - estimate_cents[:, None]) / SCALE_CENTS
    relative = np.clip(relative, -2.0 * _FARTHEST, 2.0 * _FARTHEST)[:, :, None]
    return np.concatenate([relative.astype(np.float32), told[near]], axis=2).reshape(frames.size, -1)
