"""What a report says about itself: its verdict in a sentence, and what to know before believing it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from data.take import Note, Tonic, Verdict
from raga.leaning import leaning
from raga.ragas import Raga
from raga.swaras import svarasthana_named

from .report.wording import percent

__all__ = ["verdict_sentence", "warnings_about"]

LEANING_FROM_S = 10.0
"""A few phrases show no weight: seconds of steady singing before the raga's balance is spoken of."""

FOREIGN_FROM = 0.15


def verdict_sentence(
    notes: Sequence[Note], shares: dict[Verdict, float], worst: Sequence[Note], *, voiced: bool
) -> str:
    """Return the one sentence that a singer should take away."""
    if not voiced:
        return "No singing was found."
    if not notes:
        return "No note was held long enough to judge."
    good, perfect = percent(shares["perfect"] + shares["in tune"]), percent(shares["perfect"])
    sentence = f"{good} of the steady singing was in tune ({perfect} perfect)"
    if not worst:
        return f"{sentence}; nothing was low or high."
    spot = worst[0]
    side = "above" if spot.raga_cents_off > 0 else "below"
    where = f"{spot.raga_swara} at {spot.start_s:.1f} s, {abs(spot.raga_cents_off):.0f} cents {side}"
    return f"{sentence}; furthest off was {where}."


def warnings_about(notes: Sequence[Note], tonic: Tonic, raga: Raga, raga_source: str) -> Iterator[str]:
    """Yield what the reader must know before believing the rest."""
    total_s = sum(note.steady_s for note in notes)
    foreign_s = sum(note.steady_s for note in notes if note.foreign)
    if total_s and foreign_s > FOREIGN_FROM * total_s:
        chosen = "the default raga" if raga_source == "default" else raga.display
        suspects = "the raga or Sa" if tonic.source == "estimated" else "the raga"
        yield (
            f"{percent(foreign_s / total_s)} of the steady singing lies outside {chosen}: "
            f"check {suspects} (--raga, --tonic)"
        )
    if total_s >= LEANING_FROM_S:
        sung_s: dict[int, float] = defaultdict(float)
        for note in notes:
            sung_s[svarasthana_named(note.swara).index] += note.steady_s
        other = leaning(raga.name, sung_s)
        if other is not None:
            yield f"Leaning to {other}: same swaras as {raga.display}, but more weight on {other}'s"
