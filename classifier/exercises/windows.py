"""How the network looks at a recording: log-mel windows of a fixed length, overlapping by half."""

from __future__ import annotations

import numpy as np

from swara.data.clip import Samples
from swara.data.log_mel import RATE_HZ, SILENCE, LogMel, Picture, log_mel

__all__ = ["LOOK", "STEP_FRAMES", "WINDOW_FRAMES", "WINDOW_S", "framed", "normalised"]

LOOK = LogMel(n_mels=64, window=1024, hop=1024, low_hz=80.0, high_hz=3500.0)
"""Bands of 16 Hz at the bottom: two notes a whole tone apart lie in different ones from 130 Hz up."""

WINDOW_FRAMES = 125
WINDOW_S = WINDOW_FRAMES * LOOK.hop / RATE_HZ
STEP_FRAMES = WINDOW_FRAMES // 2

_SPREAD = 3.0


def normalised(window: Picture) -> Picture:
    """Return a window at any loudness alike: relative to its loudest band, cut off 60 dB below."""
    levels = np.maximum(window - window.max(), np.float32(-13.8))
    return np.asarray((levels + np.float32(6.9)) / np.float32(_SPREAD), dtype=np.float32)


def framed(samples: Samples) -> Picture:
    """Return the windows of a stretch, the last filled up with silence: float32, [n, T, F], one at least."""
    picture = log_mel(samples, LOOK)
    count = max(1, -(-(picture.shape[0] - STEP_FRAMES) // STEP_FRAMES))
    lacking = (count - 1) * STEP_FRAMES + WINDOW_FRAMES - picture.shape[0]
    whole = np.pad(picture, ((0, max(0, lacking)), (0, 0)), constant_values=SILENCE)
    starts = range(0, count * STEP_FRAMES, STEP_FRAMES)
    return np.stack([normalised(whole[start : start + WINDOW_FRAMES]) for start in starts])
