"""Pitch and tempo changed, each without the other, and pieces cut out.

Every function takes samples and their rate and returns new samples; nothing is drawn here but where a slice
begins.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from swara.data.clip import Samples

__all__ = ["shift_pitch", "slice_piece", "stretch_time"]

_SLOWEST, _FASTEST = 0.5, 2.0
"""Beyond these, FFmpeg's atempo drops sound rather than blending it."""


def shift_pitch(samples: Samples, rate_hz: int, cents: float) -> Samples:
    """Raise or lower the pitch and keep the length: resampled, then stretched back.

    Formants move along, as with a smaller singer or instrument.

    Parameters
    ----------
    samples : float32 array, shape [n]
        One channel, full scale -1 to 1.
    rate_hz : int
        Samples a second.
    cents : float
        How far up; down where negative; at most an octave.

    Returns
    -------
    float32 array, shape [n]
    """
    import soxr

    ratio = 2.0 ** (cents / 1200.0)
    if ratio == 1.0:
        return samples.copy()
    faster = soxr.resample(samples, rate_hz * ratio, rate_hz)
    return _of_length(stretch_time(faster, rate_hz, 1.0 / ratio), len(samples))


def stretch_time(samples: Samples, rate_hz: int, speed: float) -> Samples:
    """Speed a sound up or slow it down and keep its pitch, by overlapping pieces that fit (WSOLA).

    Parameters
    ----------
    samples : float32 array, shape [n]
        One channel, full scale -1 to 1.
    rate_hz : int
        Samples a second.
    speed : float
        From 0.5, twice as long, to 2, half as long.

    Returns
    -------
    float32 array, shape [n / speed, rounded]

    Raises
    ------
    ValueError
        If the speed is beyond that.
    """
    if not _SLOWEST <= speed <= _FASTEST:
        raise ValueError(f"a speed of {speed} is not from {_SLOWEST} to {_FASTEST}")
    if speed == 1.0 or not len(samples):
        return samples.copy()
    import av.error
    from av.filter import Graph

    graph = Graph()
    source = graph.add_abuffer(sample_rate=rate_hz, format="flt", layout="mono")
    steps = [source, graph.add("atempo", f"{speed:.9f}"), graph.add("abuffersink")]
    for step, following in pairwise(steps):
        step.link_to(following)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None]), format="flt", layout="mono")
    frame.sample_rate = rate_hz
    graph.push(frame)
    graph.push(None)
    blocks = list[Samples]()
    while True:
        try:
            blocks.append(graph.pull().to_ndarray()[0])
        except (av.error.BlockingIOError, av.error.EOFError):
            break
    stretched = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    return _of_length(stretched, round(len(samples) / speed))


def slice_piece(samples: Samples, rate_hz: int, duration_s: float, rng: np.random.Generator) -> Samples:
    """Cut a piece from anywhere; where the sound is shorter, put it somewhere into silence.

    Parameters
    ----------
    samples : float32 array, shape [n]
        One channel.
    rate_hz : int
        Samples a second.
    duration_s : float
        How long the piece is.
    rng : numpy.random.Generator
        Draws where it begins.

    Returns
    -------
    float32 array, shape [duration_s * rate_hz, rounded]
    """
    length = round(duration_s * rate_hz)
    start = int(rng.integers(abs(len(samples) - length) + 1))
    if len(samples) >= length:
        return samples[start : start + length].copy()
    piece = np.zeros(length, np.float32)
    piece[start : start + len(samples)] = samples
    return piece


def _of_length(samples: Samples, length: int) -> Samples:
    return np.pad(samples[:length], (0, max(0, length - len(samples)))).astype(np.float32, copy=False)
