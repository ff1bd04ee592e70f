"""No accident turns the gate off, and nothing right is kept out by what was added beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.rebuild.choir import relabel, shuffled, sing
from swara.classifier.note_head.examples import NoteSource
from swara.data.errors import CorpusError
from swara.data.sample_corpus.corpus import append_recordings, append_removal, read_corpus
from swara.index import Item
from swara.index.samples import build_sample_index
from swara.service.errors import NoSuchVersion
from swara.service.rebuild.evaluate import HITS, examine, hits_among
from swara.service.rebuild.gate import HITS_IN_COMMON, decide
from swara.service.rebuild.labelled_notes import LabelledNote
from swara.service.rebuild.rebuild import ensure_live
from swara.service.store import current_version
from swara.service.store.manifest import Score

SINGERS, TAKES = 5, 3


def poison(choir) -> None:
    """Move everybody's Sa by a fifth."""
    relabel(choir.store.corpus, lambda recording: replace(recording, tonic_hz=1.5 * recording.tonic_hz))


class TestMoreSingersBeside:
    """What is near hangs on who else is there, and that is nobody's fault."""

    @staticmethod
    def notes() -> tuple[list[Item], np.ndarray]:
        """A Sa that is near the one asked for, and five Re of a new recording that are nearer still."""
        sa = Item("old", "A", "S", 0.0, 1.0, synthesized=True)
        re = [Item("new", "B", "R", n, n + 1.0, synthesized=True) for n in range(5)]
        angles = np.array([0.3, *np.full(5, 0.1)])
        return [sa, *re], np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    def test_hits_in_common_leave_out_what_only_one_knows(self) -> None:
        items, vectors = self.notes()
        index = build_sample_index(items, vectors)
        source = NoteSource(np.zeros(9), np.array([1.0, 0.0], np.float32), "S", "C", "asked")
        asked = [LabelledNote(source, Item("asked", "C", "S", 0.0, 1.0, synthesized=True))]
        assert examine(None, index, asked, {"C"})[HITS].tolist() == [0.0]
        in_common = hits_among(index, asked, {"C"}, {"old"})
        assert in_common is not None
        assert in_common.share == 1.0
        assert hits_among(index, asked, {"C"}, {"asked"}) is None
        assert hits_among(index, [], {"C"}, {"old"}) is None

    def test_hits_among_all_decide_where_it_is_no_chance(self) -> None:
        crowded = {HITS: Score(0.8, 100), HITS_IN_COMMON: Score(0.9, 100)}
        before = {HITS: Score(0.9, 100), HITS_IN_COMMON: Score(0.9, 100)}
        assert decide(crowded, before, "", chance={HITS: 0.11}).promoted
        assert not decide(crowded, before, "", chance={HITS: 0.05}).promoted
        assert not decide(
            crowded | {HITS_IN_COMMON: Score(0.1, 100)}, before, "", chance={HITS: 0.9}
        ).promoted

    def test_right_singers_added_one_by_one_all_go_live(self, choir) -> None:
        choir.rebuild()
        for number in range(SINGERS, SINGERS + 6):
            append_recordings(choir.store.corpus, [sing(choir.sounds, number, 0)])
            result = choir.rebuild()
            assert result.promoted
            scores, live = result.gate["scores"], result.gate["live"]
            assert scores[HITS_IN_COMMON] == live[HITS_IN_COMMON], (
                "the same notes, heard by the same embedder"
            )

    def test_where_recordings_were_removed_both_are_asked_about_the_rest(self, choir) -> None:
        choir.rebuild()
        gone = [recording for recording in read_corpus(choir.store.corpus) if recording.singer == "singer 1"]
        for recording in gone:
            append_removal(choir.store.corpus, recording.id)
        result = choir.rebuild()
        assert result.promoted
        assert result.gate["live"][HITS_IN_COMMON] == result.gate["scores"][HITS_IN_COMMON]


class TestTheLiveVersionIsDamaged:
    """What was rejected is not let in by an accident."""

    @pytest.mark.parametrize("before", ["right", "rejected"])
    @pytest.mark.parametrize("file", ["note_head.npz", "exam_head.npz", "recordings.jsonl"])
    def test_its_manifest_still_says_how_it_did(self, choir, file: str, before: str) -> None:
        first = choir.rebuild()
        right = read_corpus(choir.store.corpus)
        if before == "rejected":
            poison(choir)
            known = choir.rebuild().candidate
        choir.harm(choir.store.version(first.version).folder / file)
        if before == "right":
            poison(choir)
        result = choir.rebuild()
        assert (result.outcome, current_version(choir.store)) == ("rejected", first.version)
        assert before == "right" or result.candidate == known
        assert any("labels in place fell from 1.000" in why for why in result.reasons)
        assert any(file in warning and "swara versions rollback" in warning for warning in result.warnings)
        again = choir.rebuild()
        assert (again.outcome, again.candidate) == ("rejected", result.candidate), "not made every night"
        assert choir.rebuild(force=True).outcome == "rejected"
        append_recordings(choir.store.corpus, right)
        mended = choir.rebuild()
        assert (mended.promoted, mended.gate["live"] is None) == (True, False)

    def test_where_the_manifest_is_damaged_the_one_before_is_asked(self, choir) -> None:
        choir.rebuild()
        append_recordings(choir.store.corpus, [sing(choir.sounds, 7, 0)])
        second = choir.rebuild()
        choir.harm(choir.store.version(second.version).manifest)
        poison(choir)
        assert choir.rebuild().outcome == "rejected"

    @pytest.mark.parametrize("what", ["gone", "damaged"])
    def test_where_nothing_says_which_is_live(self, choir, what: str) -> None:
        first = choir.rebuild()
        choir.store.current.unlink()
        if what == "damaged":
            choir.store.current.write_text("nonsense")
        right = read_corpus(choir.store.corpus)
        poison(choir)
        result = choir.rebuild()
        assert (result.outcome, result.version) == ("rejected", "")
        append_recordings(choir.store.corpus, right)
        mended = choir.rebuild()
        assert mended.promoted
        assert mended.version > first.version

    def test_a_reader_without_a_live_version_hears_what_to_do(self, choir) -> None:
        choir.rebuild()
        choir.store.current.unlink()
        poison(choir)
        with pytest.raises(NoSuchVersion, match=r"no version is live, .* fell .*swara versions rollback"):
            ensure_live(choir.store.folder, embedder=choir.embedder, tracker=choir.tracker)


class TestAnotherEmbedder:
    """Who asks for one gets it: the version that is live may be one that nothing can be asked any more."""

    def test_worse_hits_are_told_and_do_not_count(self) -> None:
        now = {"naming accuracy": Score(0.5, 100), "labels in place": Score(1.0, 100)}
        before = {"naming accuracy": Score(0.9, 100), "labels in place": Score(1.0, 100)}
        decision = decide(now, before, "", same_embedder=False)
        assert decision.promoted
        assert "naming accuracy fell from 0.900 to 0.500" in decision.warnings[0]
        assert not decide(now, before, "").promoted

    def test_it_goes_live(self, choir, monkeypatch: pytest.MonkeyPatch) -> None:
        choir.rebuild()
        from swara.service.rebuild import compare as rebuild_exam

        def worse(*asked):
            return {name: np.full_like(answers, 0.1) for name, answers in examine(*asked).items()}

        monkeypatch.setattr(rebuild_exam, "examine", worse)
        result = choir.rebuild(embedder=type(choir.embedder)(seed=2))
        assert result.promoted
        assert any("naming accuracy fell" in warning for warning in result.warnings)

    def test_labels_count_whatever_hears_them(self, choir) -> None:
        choir.rebuild()
        append_recordings(choir.store.corpus, [sing(choir.sounds, 9, 0)])
        relabel(choir.store.corpus, shuffled(0.2, seed=1))
        result = choir.rebuild(embedder=type(choir.embedder)(seed=2))
        assert result.outcome == "rejected"
        assert all(why.startswith("labels in place") for why in result.reasons)


class TestAFewNotes:
    """A singer with six notes is one of the layouts that `samples add` reads."""

    def test_the_first_of_them_with_a_wrong_sa_is_rejected(self, choir) -> None:
        choir.rebuild()
        wrong = sing(choir.sounds, 7, 0)
        append_recordings(choir.store.corpus, [replace(wrong, tonic_hz=1.5 * wrong.tonic_hz)])
        reasons = choir.rebuild().reasons
        assert any("worst singer of few notes (singer 7) fell from 1.000 to 0.000" in why for why in reasons)

    def test_one_stray_note_of_three_is_none(self) -> None:
        stray = {"labels in place, worst singer of few notes": Score(2 / 3, 3, "A")}
        assert decide(stray, {}, "").promoted
        assert not decide({name: replace(s, share=1 / 3) for name, s in stray.items()}, {}, "").promoted


class TestRecordingsAreLost:
    """The list is all that says what was added."""

    def test_a_lost_list_is_no_wish(self, choir) -> None:
        first = choir.rebuild()
        content = choir.store.corpus.read_bytes()
        choir.store.corpus.write_bytes(b"".join(content.splitlines(keepends=True)[:-TAKES]))
        with pytest.raises(CorpusError, match=rf"{TAKES} recordings of .*\(singer 4\).*Restore the list"):
            choir.rebuild()
        assert current_version(choir.store) == first.version
        result = choir.rebuild(force=True)
        assert result.promoted
        assert any(f"{TAKES} recordings" in warning for warning in result.warnings)
        choir.store.corpus.write_bytes(content)
        assert choir.rebuild().promoted

    def test_nor_is_what_is_not_bundled_any_more(self, choir, monkeypatch: pytest.MonkeyPatch) -> None:
        bundled = sing(choir.sounds, 8, 0)
        monkeypatch.setattr("swara.service.samples.known.pack_recordings", lambda: (bundled,))
        monkeypatch.setattr("swara.service.rebuild.plan.pack_recordings", lambda: (bundled,))
        choir.rebuild()
        other = sing(choir.sounds, 8, 1)
        monkeypatch.setattr("swara.service.samples.known.pack_recordings", lambda: (other,))
        monkeypatch.setattr("swara.service.rebuild.plan.pack_recordings", lambda: (other,))
        assert choir.rebuild().promoted
