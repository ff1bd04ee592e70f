"""What a fine-tuning is made of, without Keras: the plan, the split, the draws, what is watched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from swara.data.recording import Recording, SwaraLabel
from swara.embedder.builtin.embedder import WINDOW_FRAMES
from swara.embedder.builtin.features import BANDS
from swara.embedder.errors import FinetuneError
from swara.embedder.finetune.batches import BatchSampler
from swara.embedder.finetune.note_features import NoteFeatures, extract_note_features
from swara.embedder.finetune.plan import HEAD, FinetunePlan
from swara.embedder.finetune.retrieval import NoteVectors, found_singers
from swara.embedder.finetune.split import split
from swara.embedder.finetune.synthesized import Voices, synthesized_voices
from swara.embedder.finetune.validation import watched_notes, watched_voices

BLOCKS = ("bottom", "middle", "top")
RNG = np.random.default_rng(5)


def _recording(singer: str, number: int, labels: int = 1) -> Recording:
    notes = tuple(SwaraLabel(0.5 * n, 0.5 * n + 0.4, "S") for n in range(labels))
    return Recording(
        f"/{singer}-{number}.wav", f"{singer}-{number}-".ljust(64, "0"), singer, 200.0, None, notes, ""
    )


def _corpus(singers: int, each: int, labels: int = 1) -> list[Recording]:
    return [_recording(f"singer{s}", n, labels) for s in range(singers) for n in range(each)]


def _heard(singer: str, number: int, notes: int = 3, frames: int = 40) -> NoteFeatures:
    arrays = tuple(RNG.normal(-3.0, 1.0, (frames, BANDS)).astype(np.float16) for _ in range(notes))
    return NoteFeatures(f"{singer}-{number}", singer, arrays)


@pytest.fixture
def voices() -> Voices:
    phrases = RNG.normal(-3.0, 1.0, (6, 4, 124, BANDS)).astype(np.float16)
    return Voices(phrases, np.zeros((2, 200, BANDS), np.float16))


def test_rates_fall_downwards_from_stage_to_stage_and_from_step_to_step() -> None:
    plan = FinetunePlan(steps=10)
    stages = plan.stages(BLOCKS)
    falling = (HEAD, "top", "middle", "bottom")
    assert stages == tuple(falling[: number + 1] for number in range(4))
    for free in stages:
        falling = [plan.rates(free, step)[free[-1]] for step in range(10)]
        assert falling == sorted(falling, reverse=True)
        assert len(set(falling)) == 10
    deepest = plan.rates(stages[-1], 0)
    assert deepest["top"] > deepest["middle"] > deepest["bottom"] > 0
    tops = [plan.rates(free, 0)["top"] for free in stages[1:]]
    assert tops == sorted(tops, reverse=True)
    assert len(set(tops)) == len(tops)


@pytest.mark.parametrize(
    ("singers", "by"), [(2, "recording"), (7, "recording"), (8, "singer"), (12, "singer")]
)
def test_no_recording_is_on_two_sides_and_none_is_lost(singers: int, by: str) -> None:
    recordings = _corpus(singers, 5)
    found = split(recordings, 1)
    sides = (found.learned, found.watched, found.judged)
    ids = [each.sha256 for side in sides for each in side]
    assert found.by == by
    assert sorted(ids) == sorted(each.sha256 for each in recordings)
    assert all(sides)
    assert split(recordings[::-1], 1) == found != split(recordings, 2)
    if by == "singer":
        named = [{each.singer for each in side} for side in sides]
        assert not named[0] & named[1] | named[0] & named[2] | named[1] & named[2]
    else:
        assert {each.singer for each in found.learned} == {each.singer for each in found.judged}


@pytest.mark.parametrize(
    "recordings",
    [
        [],
        _corpus(1, 9),
        _corpus(9, 3),
        [*_corpus(1, 5), *_corpus(4, 2)],
        _corpus(2, 9, labels=0),
    ],
)
def test_too_little_is_told_with_what_to_do(recordings: Sequence[Recording]) -> None:
    with pytest.raises(
        FinetuneError, match=r"2 singers with 4 recordings each are needed.*swara samples add"
    ):
        split(recordings, 1)


def test_the_users_singers_stand_among_synthesized_ones(voices: Voices) -> None:
    heard = [_heard(singer, n) for singer in "ab" for n in range(3)]
    draws = BatchSampler(heard, voices, 10, 0.5, seed=3)
    batch, levels = draws.draw(0), draws.draw(7).levels
    # A batch depends on its number, and on the seed, alone.
    assert np.array_equal(levels, BatchSampler(heard, voices, 10, 0.5, seed=3).draw(7).levels)
    assert not np.array_equal(levels, draws.draw(8).levels)
    assert not np.array_equal(levels, BatchSampler(heard, voices, 10, 0.5, seed=4).draw(7).levels)
    few = [_heard("a", 0), _heard("b", 0, notes=1, frames=13)]
    assert len(BatchSampler(few, voices, 4, 1.0, seed=1).draw(0).levels) == 16
    assert draws.classes == 2 + 6
    assert len(batch.levels) == 40
    assert np.count_nonzero(batch.timbres < 2) == 20
    assert set(batch.timbres[:20]) == {0, 1}
    assert np.isfinite(batch.levels).all()
    assert batch.shares.sum(axis=1) == pytest.approx(1.0)
    assert (np.bincount(batch.takes) == 2).all()
    for take in np.unique(batch.takes):
        assert len(set(batch.timbres[batch.takes == take])) == 1


def test_found_by_an_oracle() -> None:
    vectors = RNG.normal(0.0, 1.0, (30, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    recordings = np.repeat(np.arange(10), 3)
    singers = recordings // 3
    asked = RNG.random(30) < 0.5
    asked[:2] = True
    ranks = []
    for n in range(27):  # the tenth recording is its singer's only one
        if not asked[n]:
            continue
        likeness = {m: float(vectors[n] @ vectors[m]) for m in range(30) if recordings[m] != recordings[n]}
        order = sorted(likeness, key=likeness.__getitem__, reverse=True)
        ranks.append(next(place for place, m in enumerate(order, 1) if singers[m] == singers[n]))
    notes = NoteVectors(vectors, singers, recordings)
    with pytest.raises(ValueError, match="no note"):
        found_singers(notes, np.arange(30) >= 27)
    found = found_singers(notes, asked)
    assert found.notes == len(ranks)
    assert found.nearest == pytest.approx(np.mean([rank == 1 for rank in ranks]))
    assert found.reciprocal_rank == pytest.approx(np.mean([1 / rank for rank in ranks]))


def test_watched_notes_are_looked_up_and_the_others_only_found() -> None:
    watched, others = [_heard("a", 9, frames=13)], [_heard("a", 0), _heard("b", 0, frames=200)]
    watch = watched_notes(watched, others, 1)
    assert watch.asked.sum() == 3
    assert len(watch.levels) == 9
    assert watch.shares.sum(axis=1) == pytest.approx(1.0)
    assert (watch.shares[watch.asked] > 0).sum(axis=1).tolist() == [1, 1, 1]
    assert len(set(watch.recordings)) == 3

    class Sums:
        def pooled(self, levels, weights, shares):
            vectors = levels.mean(axis=1)
            return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    assert watch.found(Sums()).notes == 3


def test_synthesized_singers_are_the_same_again_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "voices.npz"
    first = synthesized_voices(file, 2, 1)
    written = file.stat().st_mtime_ns
    again = synthesized_voices(file, 2, 1)
    assert file.stat().st_mtime_ns == written
    assert np.array_equal(first.phrases, again.phrases)
    file.write_bytes(file.read_bytes()[:500])
    assert np.array_equal(synthesized_voices(file, 2, 1).phrases, first.phrases)
    assert watched_voices(first).asked.sum() == 8


def test_notes_are_heard_where_they_are(tmp_path: Path) -> None:
    import soundfile

    rate_hz = 16_000
    times_s = np.arange(2 * rate_hz) / rate_hz
    sound = np.where(times_s < 1.0, 0.0, 0.3 * np.sin(2 * np.pi * 440 * times_s))
    file = tmp_path / "half.wav"
    soundfile.write(file, sound, rate_hz)
    labels = (SwaraLabel(0.1, 0.7, "S"), SwaraLabel(1.2, 1.8, "R"), SwaraLabel(1.95, 1.99, "G"))
    recording = Recording(str(file), "0" * 64, "a", 200.0, None, labels, "")
    unlabelled = Recording(str(file), "1" * 64, "a", 200.0, None, (), "")
    (heard,) = extract_note_features([recording, unlabelled])
    silent, sung, short = heard.notes
    assert len(silent) == len(sung) == 24  # of 25 ms
    assert len(short) == WINDOW_FRAMES
    assert silent.max() < -18
    assert np.exp(sung.astype(np.float32)).sum(axis=1).min() > 100 * np.exp(-18.0)
    assert np.ptp(sung.max(axis=1)) < 1.0
