"""A clip as a mel spectrogram: how much power there is in bands that are spaced as the ear hears them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S

from .frames import between, hz_of_mel, mel_of_hz

__all__ = ["MelBands", "MelPower", "mel_power"]

MelPower: TypeAlias = npt.NDArray[np.float32]

_BLOCK = 1000
"""Frames worked on at a time: 10 s of a pitch track's, whatever the length of the clip."""


@dataclass(frozen=True, slots=True)
class MelBands:
    """How to look: overlapping triangular bands, evenly spaced in mel.

    Parameters
    ----------
    bands : int
        How many there are.
    min_hz, max_hz : float
        Lower edge of the lowest band and upper edge of the highest.
    window : int
        Samples in a frame.
    hop_s : float
        From one frame to the next, in seconds.
    """

    bands: int = 192
    min_hz: float = 40.0
    max_hz: float = 8000.0
    window: int = 2048
    hop_s: float = HOP_S

    def weights(self, rate_hz: int) -> MelPower:
        """Return how much each bin of a spectrum counts in each band, shape [window // 2 + 1, bands].

        Each triangle has an area of 1 Hz, so that white noise is level (Slaney, Auditory Toolbox, 1998).
        """
        lowest, highest = mel_of_hz([self.min_hz, self.max_hz])
        edges_hz = hz_of_mel(np.linspace(lowest, highest, self.bands + 2))
        low, peak, high = (edges_hz[start : start + self.bands] for start in (0, 1, 2))
        bins_hz = np.fft.rfftfreq(self.window, 1.0 / rate_hz)[:, np.newaxis]
        rising, falling = (bins_hz - low) / (peak - low), (high - bins_hz) / (high - peak)
        triangles = np.maximum(0.0, np.minimum(rising, falling)) * 2.0 / (high - low)
        return triangles.astype(np.float32)


def mel_power(clip: Clip, bands: MelBands) -> Iterator[MelPower]:
    """Yield the power in each band, block by block of at most 1000 frames.

    Frames are those of a pitch track unless `bands` says otherwise: every 10 ms, the first centred on the
    first sample, seen through a Hann window; before the clip and after it there is silence.

    Yields
    ------
    float32 array, shape [frames, bands]
    """
    hop, window = round(bands.hop_s * clip.rate_hz), bands.window
    hann = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(window) / window)).astype(np.float32)
    weights, frames = bands.weights(clip.rate_hz), 1 + clip.samples.size // hop
    for begin in range(0, frames, _BLOCK):
        end = min(begin + _BLOCK, frames)
        start, stop = begin * hop - window // 2, (end - 1) * hop + window - window // 2
        padded = between(clip.samples, start, stop)
        spectrum = np.fft.rfft(sliding_window_view(padded, window)[::hop] * hann)
        yield (np.abs(spectrum) ** 2).astype(np.float32) @ weights
