"""A version that does worse than the live one does not go live, and the reason says what fell."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from benchmarks.rebuild.choir import relabel, shuffled, sing
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import append_recordings, read_corpus
from swara.service.rebuild import train
from swara.service.rebuild.evaluate import examine
from swara.service.rebuild.gate import MARGINS, decide
from swara.service.rebuild.held_out import hash_of_singer, held_out_singers
from swara.service.rebuild.labelled_notes import NoteExtractor
from swara.service.rebuild.questions import shares
from swara.service.store import Manifest, current_version, open_version, verify_version
from swara.service.store.manifest import HARD, HITS, HITS_IN_COMMON, PHRASES_KEPT, Score

SINGERS = 5


def test_the_first_version_goes_live_with_its_scores(choir) -> None:
    result = choir.rebuild()
    assert result.promoted
    assert result.outcome == "promoted"
    scores = {name: score["share"] for name, score in result.gate["scores"].items()}
    assert scores["naming accuracy"] > 0.9
    assert scores["labels in place"] == scores["labels in place, worst singer"] == 1.0
    assert set(scores) <= {*MARGINS, f"answered{HARD}"}
    assert result.gate["live"] is None
    assert verify_version(choir.store, result.version).gate == result.gate


def test_poisoned_labels_are_rejected_and_mended_ones_go_live(choir) -> None:
    first = choir.rebuild()
    right = read_corpus(choir.store.corpus)
    relabel(choir.store.corpus, shuffled(0.2, seed=1))
    result = choir.rebuild()
    assert (result.promoted, result.nothing_new, result.outcome) == (False, False, "rejected")
    assert result.version == first.version == current_version(choir.store)
    assert any(re.match(r"labels in place fell from 1\.000 to 0\.[78]", why) for why in result.reasons)
    kept = verify_version(choir.store, result.candidate)
    assert kept.gate["reasons"] == list(result.reasons)
    assert kept.parent == first.version
    again = choir.rebuild()
    assert (again.outcome, again.candidate, again.reasons) == ("rejected", result.candidate, result.reasons)
    assert len(list(choir.store.versions.iterdir())) == 2
    forced = choir.rebuild(force=True)
    assert (forced.outcome, forced.reasons) == ("rejected", result.reasons)
    assert forced.candidate != result.candidate
    append_recordings(choir.store.corpus, right)
    append_recordings(choir.store.corpus, [sing(choir.sounds, 1, 9)])
    assert choir.rebuild().promoted


@pytest.mark.parametrize("singer", [*range(SINGERS), 7])
def test_a_wrong_sa_is_rejected_naming_the_singer_held_out_or_not_or_new(choir, singer: int) -> None:
    choir.rebuild()
    if singer >= SINGERS:
        append_recordings(choir.store.corpus, [sing(choir.sounds, singer, take) for take in (0, 1)])
    relabel(
        choir.store.corpus,
        lambda r: replace(r, tonic_hz=r.tonic_hz * 1.5) if r.singer == f"singer {singer}" else r,
    )
    result = choir.rebuild()
    assert result.outcome == "rejected"
    assert any(f"(singer {singer}) fell from 1.000 to 0.000" in why for why in result.reasons)


def test_the_held_out_set_is_frozen(choir) -> None:
    choir.rebuild()
    frozen = choir.store.held_out.read_bytes()
    singers = {recording.singer for recording in read_corpus(choir.store.held_out)}
    assert 1 <= len(singers) < SINGERS
    relabel(choir.store.corpus, shuffled(0.2, seed=1))
    result = choir.rebuild()
    assert choir.store.held_out.read_bytes() == frozen
    assert any("examined by their labels of before" in warning for warning in result.warnings)
    held = min(singers)
    number = int(held.rpartition(" ")[2])
    append_recordings(choir.store.corpus, [sing(choir.sounds, number, 8)])
    choir.rebuild()
    assert choir.store.held_out.read_bytes().startswith(frozen)
    assert len(read_corpus(choir.store.held_out)) == frozen.count(b"\n") + 1


def test_the_head_that_is_examined_does_not_know_the_singers(choir, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str]] = []
    refit = train.refit_without
    monkeypatch.setattr(train, "refit_without", lambda *given: (seen.append(set(given[2])), refit(*given))[1])
    choir.rebuild()
    assert seen == [{recording.singer for recording in read_corpus(choir.store.held_out)}]
    files = choir.files(current_version(choir.store))
    assert files["exam_head.npz"] != files["note_head.npz"]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the versions that are opened to be examined."""
    ids: list[str] = []
    place = "swara.service.rebuild.compare.open_version"
    monkeypatch.setattr(place, lambda *given: (ids.append(given[1]), open_version(*given))[1])
    return ids


def test_the_live_version_says_what_it_said_when_it_was_made(choir, opened) -> None:
    first = choir.rebuild()
    relabel(choir.store.corpus, shuffled(0.2, seed=1))
    kept = choir.rebuild()
    assert opened == [first.version]
    anew = {HITS_IN_COMMON: first.gate["scores"][HITS], PHRASES_KEPT: {"share": 1.0, "notes": 15, "of": ""}}
    assert kept.gate["live"] == first.gate["scores"] | anew


def test_the_nearest_of_others_are_found_as_among_all(choir) -> None:
    """The slow reference: every note ranked, those of the singers held out then struck off."""
    version = choir.rebuild().version
    live = open_version(choir.store, version, choir.embedder.spec)
    extractor = NoteExtractor(choir.store, choir.embedder, choir.tracker)
    notes = [note for each in read_corpus(choir.store.corpus) for note in extractor.notes_of(each)]
    singers = {"singer 0", "singer 3"}
    hits = []
    for note in (note for note in notes if note.item.singer in singers):
        found = []
        for swara, engine in sorted(live.index.engines.items()):
            alike, ids = engine.search(note.source.embedding[None], len(engine.ids))
            found += [
                (-score, swara)
                for score, place in zip(alike[0].tolist(), ids[0].tolist(), strict=True)
                if live.index.item(swara, place).singer not in singers
            ]
        hits.append(note.item.swara in [swara for _, swara in sorted(found, key=lambda pair: pair[0])[:5]])
    asked = [note for note in notes if note.item.singer in singers]
    score = shares(examine(None, live.index, asked, singers))["retrieval hits"]
    assert (score.share, score.notes) == (sum(hits) / len(hits), len(hits))
    assert 0 < score.share < 1


class TestTheRule:
    """Who is held out."""

    @staticmethod
    def recordings(count: int):
        return [Recording("", f"{n:064}", f"somebody {n}", 200.0, None, (), "none") for n in range(count)]

    def test_about_a_fifth_somebody_always_and_never_everybody(self) -> None:
        assert 50 < len(held_out_singers(self.recordings(400), [])) < 110
        for count in range(2, 30):
            assert 1 <= len(held_out_singers(self.recordings(count), [])) < count
        assert held_out_singers(self.recordings(1), []) == frozenset()

    def test_who_is_held_out_stays_so(self) -> None:
        few, more = self.recordings(4), self.recordings(60)
        before = held_out_singers(few, [])
        frozen = [each for each in few if each.singer in before]
        assert before <= held_out_singers(more, frozen)
        assert hash_of_singer("singer 0") == 9544685469863686848, "the same for ever"


class TestTheMargins:
    """What may fall, and by how much."""

    @pytest.mark.parametrize("name", MARGINS)
    def test_each_counts(self, name: str) -> None:
        def falls(now: float, notes: int = 1000) -> bool:
            return not decide({name: Score(now, notes)}, {name: Score(0.9, notes)}, "").promoted

        assert not falls(0.9)
        assert not falls(1.0)
        assert not falls(0.9 - MARGINS[name])
        assert falls(0.9 - MARGINS[name] - 0.001)
        assert not falls(0.9 - 1 / 5, notes=5), "one note of five"
        assert falls(0.9 - 2 / 5, notes=5)

    def test_what_cannot_be_measured_any_more_is_told_and_a_ruling_is_json(self) -> None:
        decision = decide({}, {"precision": Score(0.9, 10)}, "")
        assert decision.promoted
        assert "precision was not compared" in decision.warnings[0]
        decision = decide({"answered": Score(0.1, 50)}, {"answered": Score(0.9, 50)}, "x")
        assert json.loads(json.dumps(decision.to_json()))["reasons"] == list(decision.reasons)


def test_a_version_of_before_the_gate_is_read_and_replaced(choir, monkeypatch: pytest.MonkeyPatch) -> None:
    """Schema 1: no ruling, no exam head, no targets."""
    to_json, write = Manifest.to_json, train.write_files

    def as_before(self) -> bytes:
        fields = json.loads(to_json(self)) | {"schema": 1}
        del fields["gate"], fields["parameters"]["making"]
        return json.dumps(fields).encode()

    def write_few(plan, learned, version) -> None:
        write(plan, learned, version)
        for path in (version.holdout_head, version.targets, version.recordings):
            path.unlink()

    monkeypatch.setattr(Manifest, "to_json", as_before)
    monkeypatch.setattr("swara.service.rebuild.rebuild.write_files", write_few)
    old = choir.rebuild()
    monkeypatch.undo()
    monkeypatch.setattr("swara.service.samples.known.pack_recordings", lambda: ())
    stored = json.loads(choir.store.version(old.version).manifest.read_bytes())
    assert (stored["schema"], "gate" in stored) == (1, False)
    manifest = verify_version(choir.store, old.version)
    assert (manifest.schema, manifest.gate["promoted"], manifest.gate["scores"]) == (3, True, {})
    new = choir.rebuild()
    assert new.promoted
    assert verify_version(choir.store, new.version).parent == old.version
    assert choir.rebuild().nothing_new
