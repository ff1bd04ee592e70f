"""The search in stages beside the alignment of all, and filters."""

from __future__ import annotations

import numpy as np
import pytest

from swara.classifier.contours import Contour
from swara.classifier.contours.phrases import POINTS, PhraseLine, phrase_of
from swara.data.arrays import FloatArray
from swara.index.phrases import Phrase, PhraseIndex, build_phrase_index
from swara.raga.errors import UnknownRaga
from swara.service.search import hits
from swara.service.search.hits import PhraseFilter, ranked


def lines(rng: np.random.Generator, count: int) -> FloatArray:
    """Draw phrases of three to seven swaras, each held for a while."""
    drawn = []
    for _ in range(count):
        notes = rng.choice([0, 204, 386, 702, 884, 1200], rng.integers(3, 8))
        ends = np.sort(rng.uniform(0, 1, notes.size - 1))
        drawn.append(notes[np.searchsorted(ends, np.linspace(0, 1, POINTS))] + rng.normal(0, 15, POINTS))
    return np.array(drawn)


def phrase(cents: FloatArray) -> PhraseLine:
    found = phrase_of(Contour(0.01 * np.arange(3 * POINTS), np.repeat(cents, 3)))
    assert found is not None
    return found


def index_of(cents: FloatArray, *, singer: str = "a", raga: str | None = None) -> PhraseIndex:
    phrases = [
        Phrase(f"r{n}", singer, raga, "CC BY 4.0", 0.0, 3.0, 200.0, "S R", synthesized=False)
        for n in range(len(cents))
    ]
    times_s = np.broadcast_to(np.linspace(0, 3, POINTS), cents.shape)
    strings = np.array([phrase(line).string for line in cents])
    return build_phrase_index(phrases, cents, times_s, strings, np.zeros((len(cents), 2), dtype=np.float32))


def test_a_funnel_keeps_what_the_alignment_of_all_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hits, "FUNNEL", ((16, 300), (32, 150)))
    rng = np.random.default_rng(3)
    index, allowed, kept = index_of(lines(rng, 1500)), np.ones(1500, dtype=np.bool_), []
    for query in map(phrase, lines(rng, 6)):
        exact, away = ranked(index, query, allowed, candidates=None)
        found, near = ranked(index, query, allowed, candidates=700)
        assert (np.diff(away) >= 0).all()
        assert len(exact) == 1500
        both = np.isin(exact, found)
        assert found.tolist() == exact[both].tolist()
        assert near.tolist() == away[both].tolist()
        assert len(found) == 150
        kept.append(np.isin(exact[:10], found).mean())
    assert np.mean(kept) >= 0.9


def test_filters_let_through_what_was_asked_for() -> None:
    rng = np.random.default_rng(5)
    parts = [index_of(lines(rng, 3), singer="Asha Rao", raga="bhupali"), index_of(lines(rng, 2))]
    index = PhraseIndex.joined(parts)
    for among, count in (
        (PhraseFilter(), 5),
        (PhraseFilter(singer="asha rao"), 3),
        (PhraseFilter(raga="Bhoopali"), 3),
        (PhraseFilter(licence="cc-by 4.0"), 5),
        (PhraseFilter(exclude={"r1"}), 3),
        (PhraseFilter(singer="a", raga="bhupali"), 0),
    ):
        assert among.allowed(index).sum() == count
    with pytest.raises(UnknownRaga):
        PhraseFilter(raga="no such").allowed(index)
