"""Phrases on disk, the first look at them, and the search in stages beside the alignment of all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swara.classifier.contours import Contour
from swara.classifier.contours.distance import POINTS
from swara.classifier.contours.phrases import PhraseLine, phrase_of
from swara.data.arrays import FloatArray
from swara.data.storage.npz import read_arrays, write_arrays
from swara.index import IndexDamaged, phrases
from swara.index.phrase_files import PHRASES, load_phrase_index, save_phrase_index
from swara.index.phrases import Phrase, PhraseIndex, build_phrase_index


def an_index(count: int, seed: int = 0) -> PhraseIndex:
    rng = np.random.default_rng(seed)
    cents = np.cumsum(rng.normal(0, 60, (count, POINTS)), axis=1)
    phrases = [
        Phrase(f"r{n}", "\u2028 ustad", None, "CC0", float(n), n + 3.0, 200.0, "S R", synthesized=False)
        for n in range(count)
    ]
    times_s = np.arange(count)[:, None] + np.linspace(0, 3, POINTS)
    strings = rng.integers(0, 12, (count, 6)).astype(np.int8)
    voices = rng.normal(size=(count, 4)).astype(np.float32)
    return build_phrase_index(phrases, cents, times_s, strings, voices)


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


def test_an_index_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert load_phrase_index(tmp_path) is None
    index = an_index(5)
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        save_phrase_index(index, folder)
    assert (tmp_path / "a" / PHRASES).read_bytes() == (tmp_path / "b" / PHRASES).read_bytes()
    again = load_phrase_index(tmp_path / "a")
    assert again is not None
    assert again.phrases == index.phrases
    for name in ("cents", "strings", "frames", "voices"):
        assert np.array_equal(getattr(again, name), getattr(index, name))
    assert again.times_s(2) == pytest.approx(2 + np.linspace(0, 3, POINTS), abs=0.006)
    assert again.longest_s == 3.0


def test_damage_is_one_line(tmp_path: Path) -> None:
    save_phrase_index(an_index(3), tmp_path)
    path = tmp_path / PHRASES
    arrays, whole = dict(read_arrays(path)), path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(IndexDamaged, match=r"phrases\.npz: the phrases are damaged.*swara rebuild"):
        load_phrase_index(tmp_path)
    for change in ({"schema": np.array(9)}, {"cents": arrays["cents"][:2]}, {"phrases": arrays["cents"]}):
        write_arrays(path, arrays | change)
        with pytest.raises(IndexDamaged, match="swara rebuild"):
            load_phrase_index(tmp_path)


def test_the_first_look_finds_a_line_in_any_octave_among_those_allowed() -> None:
    index = an_index(400)
    for place, shift in ((7, 0.0), (311, 1200.0), (50, -2400.0)):
        cents = index.cents[place] + shift + np.random.default_rng(place).normal(0, 20, POINTS)
        allowed = np.ones(400, dtype=np.bool_)
        assert index.candidates(cents, allowed, 1).tolist() == [place]
        found = index.candidates(cents, allowed, 30)
        assert found.size == 30
        assert place in found
        allowed[place] = False
        assert place not in index.candidates(cents, allowed, 400)
    assert index.candidates(cents, np.zeros(400, dtype=np.bool_), 5).size == 0


def test_a_funnel_keeps_what_the_alignment_of_all_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "FUNNEL", ((16, 2), (32, 4)))
    monkeypatch.setattr(phrases, "CANDIDATES", 700)
    rng = np.random.default_rng(3)
    cents = lines(rng, 1500)
    strings = np.array([phrase(line).string for line in cents])
    index = replace(an_index(1500), cents=np.rint(cents).astype(np.int16), strings=strings)
    allowed, kept = np.ones(1500, dtype=np.bool_), []
    for query in map(phrase, lines(rng, 6)):
        exact, away = index.ranked(query.distance, allowed, exact=True)
        found, near = index.ranked(query.distance, allowed)
        assert (np.diff(away) >= 0).all()
        assert len(exact) == 1500
        both = np.isin(exact, found)
        assert found.tolist() == exact[both].tolist()
        assert near.tolist() == away[both].tolist()
        assert len(found) == 175
        kept.append(np.isin(exact[:10], found).mean())
    assert np.mean(kept) >= 0.9
