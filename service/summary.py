"""What the notes of a take come to: figures for each swara, the worst spots, the drift of Sa."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import get_args

import numpy as np

from data.take import Note, Verdict

from .take_report import Drift, SwaraStats

__all__ = ["GOOD", "drift_of_sa", "foreign_share", "swara_stats", "verdict_shares", "worst_spots"]

GOOD: frozenset[Verdict] = frozenset({"perfect", "in tune"})
_WORST = 3
_DRIFT_NOTES = 8
_DRIFT_SPAN_S = 10.0


def verdict_shares(notes: Sequence[Note]) -> dict[Verdict, float]:
    """Return the share of the steady time for each verdict; empty without notes."""
    total_s = sum(note.steady_s for note in notes)
    if total_s == 0:
        return {}
    verdicts: tuple[Verdict, ...] = get_args(Verdict)
    return {v: sum(note.steady_s for note in notes if note.verdict == v) / total_s for v in verdicts}


def foreign_share(notes: Sequence[Note]) -> float:
    """Return the share of the steady time that lies nearest to a swara outside the raga."""
    total_s = sum(note.steady_s for note in notes)
    return sum(note.steady_s for note in notes if note.foreign) / total_s if total_s else 0.0


def swara_stats(notes: Sequence[Note]) -> tuple[SwaraStats, ...]:
    """Return the figures for each swara of the raga, from the lowest up.

    A foreign note counts for the swara of the raga that it was judged against.
    """
    groups: dict[tuple[str, str], list[Note]] = defaultdict(list)
    for note in _judged(notes):
        groups[note.raga_swara, note.raga_saptak].append(note)
    by_pitch = sorted(groups.items(), key=lambda item: item[1][0].cents - item[1][0].raga_cents_off)
    return tuple(_stats(swara, saptak, group) for (swara, saptak), group in by_pitch)


def worst_spots(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Return up to three notes that are low or high, the furthest off first."""
    off = [note for note in notes if note.verdict in ("low", "high")]
    return tuple(sorted(off, key=lambda note: (-abs(note.raga_cents_off), note.start_s))[:_WORST])


def drift_of_sa(notes: Sequence[Note]) -> Drift | None:
    """Return how the pitch of all swaras together moved over the take.

    A straight line through the notes' distances from their targets, by least squares, weighted by steady
    time. None with fewer than 8 judged notes, or less than 10 s from first to last.
    """
    judged = _judged(notes)
    if len(judged) < _DRIFT_NOTES:
        return None
    middle_s = np.array([(note.start_s + note.end_s) / 2 for note in judged])
    span_s = float(middle_s[-1] - middle_s[0])
    if span_s < _DRIFT_SPAN_S:
        return None
    off_cents = np.array([note.raga_cents_off for note in judged])
    # numpy weighs residuals, not their squares.
    weights = np.sqrt([note.steady_s for note in judged])
    cents_per_s = float(np.polyfit(middle_s, off_cents, 1, w=weights)[0])
    return Drift(60.0 * cents_per_s, span_s * cents_per_s)


def _judged(notes: Sequence[Note]) -> list[Note]:
    return [note for note in notes if note.verdict != "unsure"]


def _stats(swara: str, saptak: str, notes: Sequence[Note]) -> SwaraStats:
    steady_s = np.array([note.steady_s for note in notes])
    share = steady_s / steady_s.sum()
    return SwaraStats(
        swara=swara,
        saptak=saptak,
        notes=len(notes),
        duration_s=float(steady_s.sum()),
        bias_cents=float(share @ np.array([note.raga_cents_off for note in notes])),
        steadiness_cents=float(share @ np.array([note.steadiness_cents for note in notes])),
        in_tune_share=float(share @ np.array([note.verdict in GOOD for note in notes], dtype=np.float64)),
    )
