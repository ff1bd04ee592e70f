"""Which swaras there are notes enough of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from classifier.errors import TooFewNotes
from raga.swaras import parse_swara

from .examples import NoteExample

__all__ = ["LEAST_NOTES", "LEAST_RECORDINGS", "height", "too_few", "too_little_of"]

LEAST_NOTES = 5
LEAST_RECORDINGS = 2
"""A swara with fewer, as sung, is left out: there would be nothing to hold out."""


def too_little_of(examples: Sequence[NoteExample]) -> dict[str, str]:
    """Return the swaras that cannot be learned, lowest first, and why; augmented notes do not count."""
    sung = [example for example in examples if not example.augmented]
    notes = Counter(example.swara for example in sung)
    recordings = defaultdict(set)
    for example in sung:
        recordings[example.swara].add(example.recording)
    reasons = {}
    for swara in sorted({example.swara for example in examples}, key=height):
        if notes[swara] < LEAST_NOTES:
            reasons[swara] = f"{notes[swara]} of at least {LEAST_NOTES} notes"
        elif len(recordings[swara]) < LEAST_RECORDINGS:
            reasons[swara] = f"all {notes[swara]} notes are from one recording"
    return reasons


def too_few(left_out: dict[str, str]) -> TooFewNotes:
    """Return the error for samples that do not hold two swaras to tell apart."""
    each = "; ".join(f"{swara}: {why}" for swara, why in left_out.items())
    return TooFewNotes(
        f"too few labelled notes to learn two swaras from ({each or 'none at all'})",
        fix=f"Add samples until two swaras have {LEAST_NOTES} notes each, in {LEAST_RECORDINGS} recordings",
    )


def height(swara: str) -> tuple[int, int]:
    """Return what sorts swaras in roman notation by pitch."""
    svarasthana, octave = parse_swara(swara)
    return octave, svarasthana.index
