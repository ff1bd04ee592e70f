"""Filters over the phrases of an index."""

from __future__ import annotations

import numpy as np
import pytest

from swara.classifier.contours.distance import POINTS, STRING
from swara.index.phrases import Phrase, PhraseIndex, build_phrase_index
from swara.raga.errors import UnknownRaga
from swara.service.search.hits import PhraseFilter


def index_of(count: int, *, singer: str = "a", raga: str | None = None) -> PhraseIndex:
    phrases = [
        Phrase(f"r{n}", singer, raga, "CC BY 4.0", 0.0, 3.0, 200.0, "S R", synthesized=False)
        for n in range(count)
    ]
    lines, strings = np.zeros((count, POINTS)), np.zeros((count, STRING), np.int8)
    return build_phrase_index(phrases, lines, lines, strings, np.zeros((count, 2), dtype=np.float32))


def test_filters_let_through_what_was_asked_for() -> None:
    parts = [index_of(3, singer="Asha Rao", raga="bhupali"), index_of(2)]
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
