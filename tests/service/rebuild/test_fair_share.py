"""Of many notes some of each swara, from all singers alike, and the same ones always."""

from __future__ import annotations

from collections import Counter

import numpy as np

from swara.classifier.note_head.examples import NoteSource
from swara.index import Item
from swara.service.rebuild.labelled_notes import LabelledNote
from swara.service.rebuild.train import balance_by_swara


def note(swara: str, singer: str, number: int) -> LabelledNote:
    source = NoteSource(np.zeros(1), np.ones(3, np.float32), swara, singer, f"{singer} {number % 3}")
    return LabelledNote(source, Item(source.recording, singer, swara, float(number), number + 1.0, False))


def test_few_notes_are_all_taken_as_they_stand() -> None:
    notes = [note("S", "a", n) for n in range(5)] + [note("P", "b", n) for n in range(5)]
    assert balance_by_swara(notes, 5) == notes


def test_no_singer_crowds_others_out() -> None:
    notes = [note("S", "a", n) for n in range(100)] + [note("S", "b", n) for n in range(4)]
    notes += [note("P", "a", n) for n in range(20)]
    kept = balance_by_swara(notes, 10)
    assert Counter((n.item.swara, n.item.singer) for n in kept) == {
        ("S", "a"): 6,
        ("S", "b"): 4,
        ("P", "a"): 10,
    }
    assert len({n.item.recording for n in kept}) > 3


def test_the_order_of_adding_does_not_matter_and_one_more_changes_little() -> None:
    notes = [note("S", "a", n) for n in range(100)]
    kept = balance_by_swara(notes, 30)
    assert {n.item for n in balance_by_swara(notes[::-1], 30)} == {n.item for n in kept}
    more = balance_by_swara([*notes, note("S", "a", 100)], 30)
    assert len({n.item for n in more} & {n.item for n in kept}) >= 29
