"""Where the voice glides: from one swara to the next, out of nothing, or away."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from swara.classifier.notes.steady import Event
from swara.data.arrays import FloatArray
from swara.data.pitch_track import HOP_S

from .layers import SungGlide, SungSwara
from .touches import smoothed

__all__ = ["glides"]

LEAST_S, LEAST_CENTS = 0.1, 80.0
"""A change of pitch that takes less time is a step; one that goes less far is none."""

LOOSE_CENTS = 150.0
"""A glide that comes out of nothing or leads nowhere goes so far, or is the attack or release of a note."""

NEAR_CENTS, NEAR_SHARE = 12.0, 0.05
"""A glide is sure to have begun where the line is so far from its swara: what it goes before, is inferred."""


def glides(cents: FloatArray, stretch: Event, swaras: Sequence[SungSwara], first: int) -> Iterator[SungGlide]:
    """Yield the glides of a sung stretch in order.

    Parameters
    ----------
    cents : float64 array, shape [frames]
        The pitch of the take above madhya Sa, finite within the stretch.
    stretch : Event
        Which frames it is.
    swaras : sequence of SungSwara
        Those that lie in it, in order.
    first : int
        The number of the first of them in the transcription.
    """
    line = smoothed(cents[slice(*stretch)], 1.0)
    spans = [
        Event(round(s.start_s / HOP_S) - stretch.start, round(s.end_s / HOP_S) - stretch.start)
        for s in swaras
    ]
    if not spans:
        return
    start_s = HOP_S * stretch.start
    if (loose := _loose(line[: max(0, spans[0].start)], swaras[0].cents)) is not None:
        yield SungGlide(start_s, start_s + loose[1], loose[0], swaras[0].cents, None, first)
    for number in range(len(spans) - 1):
        levels = swaras[number].cents, swaras[number + 1].cents
        middles = [(span.start + span.stop) // 2 for span in spans[number : number + 2]]
        ends = _ends(line[middles[0] : middles[1] + 1], *levels)
        if ends is not None and (ends[1] - ends[0]) * HOP_S >= LEAST_S:
            at_s = start_s + HOP_S * middles[0]
            begin_s, end_s = (at_s + HOP_S * end for end in ends)
            yield SungGlide(begin_s, end_s, *levels, first + number, first + number + 1)
    tail = line[spans[-1].stop :]
    if (loose := _loose(tail[::-1], swaras[-1].cents)) is not None:
        begin_s = start_s + HOP_S * spans[-1].stop
        yield SungGlide(begin_s, begin_s + loose[1], swaras[-1].cents, loose[0], first + len(spans) - 1, None)


def _ends(line: FloatArray, start_cents: float, end_cents: float) -> tuple[float, float] | None:
    """Return where a line leaves one level and reaches another, in frames; None where it does not move.

    Near both the line is flat, and vibrato and errors hide when it leaves. So it is looked at a little away
    from either, and the rest is inferred: halfway between what a straight line would need for it and what a
    half cosine would.
    """
    span = end_cents - start_cents
    if abs(span) < LEAST_CENTS:
        return None
    near = min(0.25, max(NEAR_SHARE, NEAR_CENTS / abs(span)))
    way = (line - start_cents) / span
    beyond = np.flatnonzero(way > 0.5)
    if not beyond.size:
        return None
    middle = int(beyond[0])
    before = np.flatnonzero(way[:middle] <= near)
    after = np.flatnonzero(way[middle:] >= 1.0 - near)
    left = _crossing(way, int(before[-1]), near) if before.size else 0.0
    right = _crossing(way, middle + int(after[0]) - 1, 1.0 - near) if after.size else float(line.size - 1)
    cosine = math.acos(1.0 - 2.0 * near) / math.pi
    inferred = 0.5 * (near / (1.0 - 2.0 * near) + cosine / (1.0 - 2.0 * cosine)) * (right - left)
    return max(0.0, left - inferred), min(line.size - 1.0, right + inferred)


def _crossing(way: FloatArray, frame: int, level: float) -> float:
    """Return where a rising line crosses a level between a frame and the next, in frames."""
    if frame < 0:
        return 0.0
    step = float(way[frame + 1] - way[frame])
    return frame + (min(1.0, max(0.0, (level - float(way[frame])) / step)) if step else 0.0)


def _loose(line: FloatArray, level_cents: float) -> tuple[float, float] | None:
    """Return the far end of a line that leads to a level, in cents, and how long it takes, in seconds."""
    if line.size * HOP_S < LEAST_S or abs(line[0] - level_cents) < LOOSE_CENTS:
        return None
    return float(line[0]), HOP_S * line.size
