"""Thousands of notes are placed as one by one; of many some of each swara are taken, always the same."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from swara.classifier.note_head.examples import NoteSource
from swara.index import Item
from swara.raga.tuning import JUST
from swara.service.rebuild.labelled_notes import LabelledNote
from swara.service.rebuild.note_pitch import median_cents, swaras_sung
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


def source(cents: np.ndarray) -> NoteSource:
    return NoteSource(cents, np.ones(3, np.float32), "S", "somebody", "0" * 16)


def test_medians_are_those_of_numpy_to_the_last_bit() -> None:
    rng = np.random.default_rng(1)
    notes = [rng.normal(700.0, 30.0, length) for length in (1, 2, 3, 4, 50, 51, 7)]
    for cents in notes[2:]:
        cents[rng.random(cents.size) < 0.3] = np.nan
        cents[-1] = 1.0 / 3.0
    expected = np.array([np.nanmedian(cents) for cents in notes])
    assert median_cents([source(cents) for cents in notes]).tobytes() == expected.tobytes()
    assert median_cents([]).shape == (0,)


def edges() -> list[float]:
    """Pitches on the edges of every target, and where two are equally near."""
    bands = [
        (target.low_cents + octave_cents, target.high_cents + octave_cents)
        for octave_cents in (-1200.0, 0.0, 1200.0)
        for target in JUST.targets
    ]
    between = [(high + low) / 2 for (_, high), (low, _) in itertools.pairwise(bands)]
    return [*(edge for band in bands for edge in band), *between]


@pytest.mark.parametrize("cents", [np.random.default_rng(2).uniform(-3000, 3000, 2000), np.array(edges())])
def test_the_nearest_swara_is_the_one_of_the_tuning(cents: np.ndarray) -> None:
    placed = [JUST.nearest(float(each)) for each in cents]
    assert swaras_sung(cents) == [(each.svarasthana, each.octave) for each in placed]
    assert swaras_sung(np.empty(0)) == []
