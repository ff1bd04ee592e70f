"""How much of a recording was cut off at the loudest level that its recorder could write."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from swara.data.arrays import BoolArray
from swara.data.clip import Samples

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
        # What may be the start of a flat top waits for the next block.
        moving = np.flatnonzero(~_still(joined))
        end = int(moving[-1]) + 1 if moving.size else 0
        levels.append(_flat_levels(joined[:end], least))
        tail = joined[end:]
    if total == 0:
        return 0.0
    tops = np.concatenate((*levels, _flat_levels(tail, least)))
    flat = int(np.count_nonzero(tops >= NEAR_TOP * loudest))
    return min(1.0, (flat + beyond) / total)


def _still(samples: Samples) -> BoolArray:
    """Tell whether each sample but the last is as loud as may matter, and like the next, shape [n - 1]."""
    return np.asarray((np.abs(np.diff(samples)) <= FLAT) & (np.abs(samples[1:]) >= LEAST_LEVEL))


def _flat_levels(samples: Samples, least: int) -> Samples:
    """Return the level of each sample in a flat top of at least `least` samples, shape [samples in them]."""
    level = np.abs(samples)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], _still(samples), [False])).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    long = stops - starts >= least - 1
    spans = [level[start : stop + 1] for start, stop in zip(starts[long], stops[long], strict=True)]
    # Slow creeping is not flat: first and last differ.
    flat = [span for span in spans if float(np.ptp(span)) <= 2 * FLAT]
    return np.concatenate(flat) if flat else np.zeros(0, dtype=np.float32)
