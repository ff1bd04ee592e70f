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
from swara.service.rebuild.targets import median_cents, swaras_sung
from swara.service.rebuild.train import balance_by_swara


def source(cents: np.ndarray, swara: str = "S", singer: str = "a", recording: str = "r") -> NoteSource:
    return NoteSource(cents, np.ones(3, np.float32), swara, singer, recording)


def some(swara: str, singer: str, count: int) -> list[LabelledNote]:
    """Notes from three recordings."""
    sources = [source(np.zeros(1), swara, singer, f"{singer} {n % 3}") for n in range(count)]
    items = [Item(s.recording, singer, swara, float(n), n + 1.0, False) for n, s in enumerate(sources)]
    return [LabelledNote(*each) for each in zip(sources, items, strict=True)]


def test_few_notes_are_all_taken_as_they_stand() -> None:
    notes = some("S", "a", 5) + some("P", "b", 5)
    assert balance_by_swara(notes, 5) == notes


def test_no_singer_crowds_others_out() -> None:
    kept = balance_by_swara(some("S", "a", 100) + some("S", "b", 4) + some("P", "a", 20), 10)
    counts = Counter((n.item.swara, n.item.singer) for n in kept)
    assert counts == {("S", "a"): 6, ("S", "b"): 4, ("P", "a"): 10}
    assert len({n.item.recording for n in kept}) > 3


def test_the_order_of_adding_does_not_matter_and_one_more_changes_little() -> None:
    *notes, last = some("S", "a", 101)
    orders = (notes, notes[::-1], [*notes, last])
    kept, turned, more = ({n.item for n in balance_by_swara(each, 30)} for each in orders)
    assert turned == kept
    assert len(more & kept) >= 29


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
