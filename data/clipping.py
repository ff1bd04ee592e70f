"""How much of a recording was cut off at the loudest level that its recorder could write."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .clip import Samples

__all__ = ["clipped_share"]

PLATEAU_S = 60e-6
"""A flat top lasts at least this long: 3 samples at 44.1 kHz. Even a pure tone of 100 Hz at full scale bends
by six times `FLAT` in that time."""

FLAT = 2.0 / 32768.0
"""Within a flat top no two samples differ by more: two steps of 16 bits."""

NEAR_TOP = 0.97
"""A flat top lies this near to the loudest sample."""

LEAST_LEVEL = 0.25
"""Below -12 dB of full scale the steps of 16 bits make round tops flat: those of a low clarinet, say."""

_JOINED = 64
"""Samples carried over from block to block, so that a flat top is not cut in two."""


def clipped_share(rate_hz: int, blocks: Iterable[Samples]) -> float:
    """Return the share of the samples that lie in flat tops, or beyond full scale, 0 to 1.

    An encoder that loses detail rounds flat tops off, and what it decodes to shoots beyond full scale there;
    either counts.

    Parameters
    ----------
    rate_hz : int
        Of the blocks. Resampling ruffles flat tops: give the rate of the source.
    blocks : iterable of float32 arrays of shape [frames]
        Consecutive.
    """
    least = max(3, 1 + round(PLATEAU_S * rate_hz))
    total, beyond, loudest = 0, 0, 0.0
    levels: list[Samples] = []
    tail = np.zeros(0, dtype=np.float32)
    for block in blocks:
        total += block.size
        beyond += int(np.count_nonzero(np.abs(block) > 1.0))
        loudest = max(loudest, float(np.abs(block).max(initial=0.0)))
        joined = np.concatenate((tail, block))
        levels.append(_flat_levels(joined, least))
        tail = joined[-_JOINED:] if block.size > _JOINED else joined[:0]
    if total == 0:
        return 0.0
    tops = np.concatenate(levels) if levels else tail
    flat = int(np.count_nonzero(tops >= NEAR_TOP * loudest))
    return min(1.0, (flat + beyond) / total)


def _flat_levels(samples: Samples, least: int) -> Samples:
    """Return the level of each sample in a flat top of at least `least` samples, shape [samples in them]."""
    if samples.size < least:
        return np.zeros(0, dtype=np.float32)
    level = np.abs(samples)
    still = (np.abs(np.diff(samples)) <= FLAT) & (level[1:] >= LEAST_LEVEL)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], still, [False])).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    long = stops - starts >= least - 1
    spans = [level[start : stop + 1] for start, stop in zip(starts[long], stops[long], strict=True)]
    # Slow creeping is not flat: first and last differ.
    flat = [span for span in spans if float(np.ptp(span)) <= FLAT * 2]
    return np.concatenate(flat) if flat else np.zeros(0, dtype=np.float32)
