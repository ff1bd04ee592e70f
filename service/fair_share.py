"""Not more notes than there is use for: so many of each swara, from all singers alike."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from .labelled_notes import LabelledNote

__all__ = ["fair_share"]


def fair_share(notes: Sequence[LabelledNote], most: int) -> list[LabelledNote]:
    """Return at most `most` notes of each swara, in the order in which they stand.

    Each singer gives one note after another, by a hash that neither time nor order of adding changes; so a
    singer who sings much does not crowd others out, and one recording more changes little.
    """
    places: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, note in enumerate(notes):
        places[note.item.swara][note.item.singer].append(place)
    kept: set[int] = set()
    for by_singer in places.values():
        turns = []
        for singer, own in by_singer.items():
            ranked = sorted(own, key=lambda place: _hash(notes[place]))
            turns += [(turn, singer, place) for turn, place in enumerate(ranked)]
        kept.update(place for _, _, place in sorted(turns)[:most])
    return [notes[place] for place in sorted(kept)]


def _hash(note: LabelledNote) -> bytes:
    return hashlib.sha256(f"{note.item.recording} {note.item.start_s:.4f}".encode()).digest()
