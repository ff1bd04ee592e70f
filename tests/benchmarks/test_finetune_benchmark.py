"""The corpora and the judgement of ``python -m benchmarks.finetune``, without a fine-tuning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.finetune import __main__ as finetune
from benchmarks.finetune.__main__ import compare
from benchmarks.finetune.corpora import (
    RATE_HZ,
    SEED,
    alone,
    sight_singers,
    synthesized_singers,
    through_phones,
    written,
)
from benchmarks.recordings import SightSinging
from swara.data.clip import Clip
from swara.embedder.builtin.embedder import BuiltinEmbedder
from swara.embedder.finetune.plan import FinetunePlan
from swara.embedder.finetune.retrieval import found_singers, pooled_notes
from swara.embedder.finetune.split import split


def test_singers_are_the_same_again_and_others_by_number() -> None:
    one, again = (list(synthesized_singers(3, 1, 2)) for _ in range(2))
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(one, again, strict=True))
    assert {each.singer for each in one} == {"singer 3"}
    (other,) = synthesized_singers(4, 1, 1)
    assert not np.array_equal(other.samples, one[0].samples)
    for each in one:
        assert each.notes_s[-1, 1] * RATE_HZ == each.samples.size


def test_what_is_mixed_in_has_other_seeds() -> None:
    pytest.importorskip("tensorflow", reason="fine-tuning needs tensorflow")
    from swara.embedder.finetune import run as making

    most = SEED + finetune.SINGERS + finetune.UNSEEN
    assert {FinetunePlan().seed, making._CONTROL_SEED}.isdisjoint(range(SEED, most))


def test_a_phone_changes_the_sound_and_not_the_notes() -> None:
    (sung,) = synthesized_singers(0, 1, 1)
    heard = through_phones(sung, np.random.default_rng(1))
    assert heard.samples.shape == sung.samples.shape
    assert not np.allclose(heard.samples, sung.samples, atol=1e-3)
    assert np.isfinite(heard.samples).all()
    assert heard.notes_s is sung.notes_s
    assert alone(sung, np.random.default_rng(1)) is sung


def test_a_take_is_cut_where_its_notes_are() -> None:
    times_s = np.arange(6.0)
    samples = np.repeat(times_s, RATE_HZ).astype(np.float32) / 10
    intervals_s = np.stack([times_s + 0.2, times_s + 0.8], axis=1)
    intervals_s[3, 1] = intervals_s[3, 0] + 0.05  # too short to be a note
    take = SightSinging("7", Clip(samples, RATE_HZ), intervals_s, np.full(6, 60.0))
    first, second = sight_singers([take], 2)
    assert [len(first.notes_s), len(second.notes_s)] == [3, 2]
    for piece, sung in ((first, (0, 1, 2)), (second, (4, 5))):
        for (begin_s, end_s), value in zip(piece.notes_s, sung, strict=True):
            note = piece.samples[round(begin_s * RATE_HZ) : round(end_s * RATE_HZ)]
            assert note == pytest.approx(np.full(note.size, value / 10))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory):
    """Eight singers with four recordings each."""
    return written(synthesized_singers(0, 8, 4), tmp_path_factory.mktemp("made") / "corpus", through_phones)


def test_the_same_embedder_gains_nothing_and_its_figure_is_the_programs_own(corpus) -> None:
    # What is written can be fine-tuned on.
    assert len({each.sha256 for each in corpus if Path(each.path).is_file()}) == 32
    assert sum(len(each.labels) for each in corpus) == 32 * 6
    assert split(corpus, 1).by == "singer"
    builtin = BuiltinEmbedder()
    compared = compare(builtin, builtin, corpus)
    assert compared.line("x").endswith("+0.000 [+0.000, +0.000]")
    notes = pooled_notes(builtin, corpus)
    found = found_singers(notes, np.ones(len(notes.vectors), np.bool_))
    assert compared.after.places.size == found.notes
    assert compared.after.reciprocal.value == pytest.approx(found.reciprocal_rank)
    assert compared.after.nearest.value == pytest.approx(found.nearest)


def test_without_recordings_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SWARA_EVAL_DATA", raising=False)
    asked = []

    def made(recordings, folder, words):
        asked.append((len(recordings), words))
        return BuiltinEmbedder()

    monkeypatch.setattr(finetune, "run_finetune", made)
    finetune.main(["--singers", "2", "--recordings", "2", "--unseen", "2", "--steps", "3"])
    out = capsys.readouterr().out
    assert asked == [(4, ["--steps", "3"])]
    assert "real takes: left out" in out
    assert "other synthesized singers: 48 notes of 2 singers" in out
