"""Samples listed, found by part of their id, removed, and checked against their files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from swara.data.corpus.corpus import append_recordings, audio_path, pack_recordings, read_corpus
from swara.data.errors import CorpusError
from swara.data.recording import Recording, SwaraLabel
from swara.data.storage.disk import sha256_of
from swara.service.samples.known import check_recordings, find_sample, known_samples, remove_sample


def _recording(folder: Path, name: str, sha256: str | None = None) -> Recording:
    path = folder / f"{name}.wav"
    path.write_text(name)
    labels = (SwaraLabel(0.0, 1.0, "S"),)
    return Recording(str(path), sha256 or sha256_of(path), "Asha", 110.0, None, labels, "own")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.jsonl"
    append_recordings(path, [_recording(tmp_path, name) for name in ("sa", "re", "ga")])
    return path


def test_what_was_added_comes_before_the_bundled(corpus: Path) -> None:
    samples = known_samples(corpus)
    assert [Path(sample.path).stem for sample in samples[:3]] == ["sa", "re", "ga"]
    assert samples[3:] == pack_recordings()


def test_a_sample_is_found_by_as_much_of_its_id_as_tells_it_apart(corpus: Path) -> None:
    samples = known_samples(corpus)
    for sample in samples:
        assert find_sample(samples, sample.id) == sample
        assert find_sample(samples, sample.sha256[:9].upper()) == sample


def test_an_id_that_several_share_names_them(tmp_path: Path) -> None:
    twins = [_recording(tmp_path, name, f"abcd{name[0] * 60}") for name in ("aa", "bb")]
    with pytest.raises(CorpusError) as refused:
        find_sample(twins, "abcd")
    assert "2 samples" in str(refused.value)
    assert f"{twins[0].id} (aa.wav), {twins[1].id} (bb.wav)" in str(refused.value)


def test_an_id_that_nobody_has_names_the_nearest(corpus: Path) -> None:
    samples = known_samples(corpus)
    typo = "0" + samples[1].id[1:] if samples[1].id[0] != "0" else "1" + samples[1].id[1:]
    with pytest.raises(CorpusError, match=samples[1].id):
        find_sample(samples, typo)
    for nothing in ("zzzz", "", "  "):
        with pytest.raises(CorpusError, match="swara samples list"):
            find_sample(samples, nothing)


def test_a_sample_that_is_removed_is_gone_and_its_audio_is_not(corpus: Path) -> None:
    sample = read_corpus(corpus)[1]
    assert remove_sample(corpus, sample.id[:8]) == sample
    assert [Path(left.path).stem for left in read_corpus(corpus)] == ["sa", "ga"]
    assert Path(sample.path).exists()
    with pytest.raises(CorpusError, match="no sample"):
        remove_sample(corpus, sample.id)


def test_a_bundled_sample_stays(corpus: Path) -> None:
    before = corpus.read_bytes()
    with pytest.raises(CorpusError, match="bundled"):
        remove_sample(corpus, pack_recordings()[0].id)
    assert corpus.read_bytes() == before


def test_audio_that_was_deleted_or_changed_is_told(corpus: Path) -> None:
    samples = known_samples(corpus)
    assert check_recordings(samples) == ()
    Path(samples[0].path).unlink()
    Path(samples[2].path).write_text("another take")
    gone, changed = check_recordings(samples)
    assert (gone.recording, gone.what) == (samples[0], "deleted")
    assert (changed.recording, changed.what) == (samples[2], "changed")
    assert f"swara samples remove {samples[0].id}" in gone.line
    assert gone.line.startswith(samples[0].path)


@pytest.mark.skipif(os.name == "nt", reason="a folder can be opened as little as a file that may not be read")
def test_audio_that_cannot_be_read_is_told(corpus: Path) -> None:
    path = Path(read_corpus(corpus)[0].path)
    path.unlink()
    path.mkdir()
    (problem,) = check_recordings(read_corpus(corpus))
    assert problem.what == "unreadable"
    assert "cannot be read" in problem.line


def test_the_audio_of_a_bundled_sample_is_in_the_package() -> None:
    assert all(audio_path(sample).is_file() for sample in pack_recordings())
