"""A take as a tiling of notes, glides and silences: no gap, no overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from swara.data.arrays import BoolArray
from swara.data.pitch_track import HOP_S
from swara.data.take import Glide, Note, Segment, Silence

from .events import runs

__all__ = ["tile"]


def tile(notes: Sequence[Note], sung: BoolArray, duration_s: float) -> tuple[Segment, ...]:
    """Fill the time between notes with glides, where something is sung, and silences.

    Parameters
    ----------
    notes : sequence of Note
        In order, without overlap.
    sung : bool array, shape [frames]
        The frames that are sung, 10 ms apart from 0 s.
    duration_s : float
        Length of the take.

    Returns
    -------
    tuple of Segment
        The first starts at 0, each starts where the one before ends, the last ends at `duration_s`.
    """
    segments: list[Segment] = []
    now_s = 0.0
    for note in notes:
        segments += _between(sung, now_s, note.start_s)
        segments.append(note)
        now_s = note.end_s
    segments += _between(sung, now_s, duration_s)
    return tuple(segments)


def _between(sung: BoolArray, start_s: float, end_s: float) -> Iterator[Glide | Silence]:
    first, last = round(start_s / HOP_S), round(end_s / HOP_S)
    edges_s = [start_s]
    for run in runs(sung[first:last]):
        # A note need not begin or end on a frame: what is left of one at either side belongs to the gap.
        edges_s += [max(start_s, HOP_S * (first + run.start)), min(HOP_S * (first + run.stop), end_s)]
    edges_s.append(end_s)
    # Silence and glide alternate, from a silence that may be empty to another.
    for position, (begin_s, stop_s) in enumerate(pairwise(edges_s)):
        if stop_s > begin_s:
            yield Glide(begin_s, stop_s) if position % 2 else Silence(begin_s, stop_s)
