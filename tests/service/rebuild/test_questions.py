"""What versions are asked, and which falls are chance: a gate that never moves guards nothing."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.rebuild.choir import SWARAS, relabel, sing
from swara.classifier.contours.phrases import phrase_lines
from swara.classifier.note_head.examples import NoteSource
from swara.data.sample_corpus.corpus import append_recordings, read_corpus
from swara.index import Item
from swara.index.phrases import PhraseIndex
from swara.index.samples import build_sample_index
from swara.service.rebuild.gate import NOISY, decide
from swara.service.rebuild.held_out import held_out_singers
from swara.service.rebuild.labelled_notes import LabelledNote
from swara.service.rebuild.questions import OFF_CENTS, chance_falls, hard_cents, shares
from swara.service.store.manifest import HARD, HITS, PHRASES, PHRASES_KEPT, Score


def question(recording: str, start_s: float, cents: float = 700.0) -> LabelledNote:
    source = NoteSource(np.full(50, cents), np.ones(4, np.float32), "P", "somebody", recording)
    return LabelledNote(source, Item(recording, "somebody", "P", start_s, start_s + 0.5, False, 200.0))


QUESTIONS = [question(f"r{at // 5}", float(at % 5)) for at in range(200)]
OF = [note.item.recording for note in QUESTIONS]


def test_hard_notes_are_what_they_were_meant_to_be_and_the_same_every_night() -> None:
    first, again = hard_cents(QUESTIONS), hard_cents(QUESTIONS[::-1])[::-1]
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    off = np.array([np.median(cents) - 700.0 for cents in first])
    assert np.all(np.abs(off) <= OFF_CENTS[1] + 30)
    assert np.mean(np.abs(off) >= OFF_CENTS[0]) > 0.9
    assert 0.3 < np.mean(off > 0) < 0.7
    assert len({cents.tobytes() for cents in first}) > 150
    unheard = replace(QUESTIONS[0].source, cents=np.array([np.nan, 700.0, np.nan]))
    (cents,) = hard_cents([LabelledNote(unheard, QUESTIONS[0].item)])
    assert np.isfinite(cents).tolist() == [False, True, False]


def test_shares_count_what_was_asked() -> None:
    answers = {"a": np.array([1.0, 0.0, np.nan, 1.0]), "b": np.full(4, np.nan)}
    assert shares(answers) == {"a": Score(2 / 3, 3)}


def test_a_fall_in_one_recording_may_be_chance_and_one_everywhere_is_not() -> None:
    before, alone, all_over = (np.ones(200) for _ in range(3))
    alone[:5] = 0.0
    all_over[::5] = 0.0
    (chance,) = chance_falls({HITS: before}, {HITS: alone}, OF).values()
    assert chance > 0.025, "one recording of forty, drawn by chance once or twice or not at all"
    (chance,) = chance_falls({HITS: before}, {HITS: all_over}, OF).values()
    assert chance == 0.0, "each recording fell alike, whichever are drawn"
    assert chance_falls({HITS: before}, {}, OF) == {}


def test_the_bootstrap_is_what_drawing_again_by_hand_gives() -> None:
    """The slow reference: each draw put together question by question."""
    rng = np.random.default_rng(7)
    before, now = (np.where(rng.random(200) < 0.1, np.nan, rng.random(200) < share) for share in (0.7, 0.6))
    names = sorted({note.item.recording for note in QUESTIONS})
    places = {
        name: [at for at, each in enumerate(QUESTIONS) if each.item.recording == name] for name in names
    }
    fell = np.nanmean(before) - np.nanmean(now)
    falls = []
    for _ in range(4000):
        drawn = [at for pick in rng.integers(len(names), size=len(names)) for at in places[names[pick]]]
        falls.append(np.nanmean(before[drawn]) - np.nanmean(now[drawn]) - fell)
    (chance,) = chance_falls({HITS: before}, {HITS: now}, OF).values()
    assert chance == pytest.approx(np.quantile(falls, 0.99), rel=0.1)


@pytest.mark.parametrize("name", sorted(NOISY))
def test_what_is_chance_may_fall_and_no_more(name: str) -> None:
    live = {name: Score(0.722, 1000)}

    def promoted(share: float, chance: float) -> bool:
        return decide({name: Score(share, 1000)}, live, "", chance={name: chance}).promoted

    assert promoted(0.66, 0.07)
    assert not promoted(0.558, 0.07)
    assert not promoted(0.66, 0.0)
    decision = decide({name: Score(0.558, 1000)}, live, "", chance={name: 0.07, "labels in place": 0.5})
    assert "fell from 0.722 to 0.558, by more than the 0.070 that may be" in decision.reasons[0]
    assert decision.to_json()["chance"] == {name: 0.07}


def test_a_version_in_which_less_is_found_is_kept_back(choir, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels are right, and samples of one swara alone sound like any voice."""
    first = choir.rebuild()
    scores = first.gate["scores"]
    assert {name for name in scores if name.endswith(HARD)} == {
        f"{each}{HARD}" for each in ("naming accuracy", "answered", "precision")
    }

    def misleading(items, vectors):
        far = np.array([item.swara != "S'" for item in items])
        return build_sample_index(items, np.where(far[:, None], -vectors, vectors))

    monkeypatch.setattr("swara.service.rebuild.train.build_sample_index", misleading)
    append_recordings(choir.store.corpus, [sing(choir.sounds, 1, 9)])
    result = choir.rebuild()
    assert (result.outcome, result.version) == ("rejected", first.version)
    assert any(why.startswith(f"{HITS} fell from") for why in result.reasons), result.reasons
    assert not any(why.startswith("labels") for why in result.reasons)


def part(index: PhraseIndex, rows: Sequence[int], lines: Sequence[int] | None = None) -> PhraseIndex:
    """Return some phrases of an index, or all of them with the lines of others."""
    cents, strings, *rest = index.arrays
    arrays = cents[lines or rows], strings[lines or rows], *(each[rows] for each in rest)
    return PhraseIndex(tuple(index.phrases[row] for row in rows), *arrays)


def shuffled_lines(index: PhraseIndex) -> PhraseIndex:
    return part(index, range(len(index)), np.random.default_rng(4).permutation(len(index)).tolist())


def half_missing(index: PhraseIndex) -> PhraseIndex:
    ids = sorted({each.recording for each in index.phrases})[::2]
    return part(index, [row for row, each in enumerate(index.phrases) if each.recording in ids])


def none_at_all(index: PhraseIndex) -> PhraseIndex:
    return part(index, [])


@pytest.fixture
def melodies(choir):
    """A store that knows three melodies of each of four singers."""
    rng = np.random.default_rng(1)
    choir.store.corpus.unlink()
    drawn = [(singer, take, rng.choice(SWARAS, 9)) for singer in range(4) for take in range(3)]
    takes = [sing(choir.sounds, singer, take, note_s=0.35, melody=m) for singer, take, m in drawn]
    append_recordings(choir.store.corpus, takes)
    return choir


def test_a_wrong_sa_put_right_is_no_fall(melodies) -> None:
    (held,) = held_out_singers(read_corpus(melodies.store.corpus), [])

    def by(factor):
        relabel(
            melodies.store.corpus,
            lambda each: replace(each, tonic_hz=each.tonic_hz * factor) if each.singer == held else each,
        )

    by(1.5)
    first = melodies.rebuild()
    assert PHRASES in first.gate["scores"]
    by(1 / 1.5)
    result = melodies.rebuild()
    assert result.promoted, result.reasons
    assert PHRASES not in result.gate["scores"]


def test_an_index_of_broken_phrases_is_kept_back(melodies, monkeypatch: pytest.MonkeyPatch) -> None:
    choir = melodies
    first = choir.rebuild()
    assert first.promoted
    assert first.gate["scores"][PHRASES]["share"] >= 0.9, first.gate["scores"][PHRASES]

    def told(name: str) -> str:
        result = choir.rebuild(force=True)
        assert (result.outcome, result.version) == ("rejected", first.version)
        assert all(why.startswith("phrases") for why in result.reasons), result.reasons
        return next(why for why in result.reasons if why.startswith(f"{name} fell from"))

    joined = PhraseIndex.joined
    for broken, name in (
        (shuffled_lines, PHRASES),
        (half_missing, PHRASES_KEPT),
        (none_at_all, PHRASES),
    ):
        monkeypatch.setattr(PhraseIndex, "joined", lambda parts, broken=broken: broken(joined(parts)))
        assert told(name)
    monkeypatch.setattr(PhraseIndex, "joined", joined)
    shutil.rmtree(choir.store.notes)  # what is cut goes by the code, which a test does not change
    place = "swara.service.rebuild.labelled_notes.phrase_lines"
    monkeypatch.setattr(place, lambda track, sa_hz: phrase_lines(track, 1.5 * sa_hz))
    assert told(PHRASES)
    monkeypatch.setattr(place, phrase_lines)
    shutil.rmtree(choir.store.notes)
    append_recordings(choir.store.corpus, [sing(choir.sounds, 1, 9, note_s=0.35, melody=SWARAS[::-1])])
    result = choir.rebuild()
    assert result.promoted, result.reasons
    assert result.gate["live"][PHRASES] == result.gate["scores"][PHRASES] == first.gate["scores"][PHRASES]
