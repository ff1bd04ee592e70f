"""Samples listed, found by part of their id, removed, and checked against their files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from swara.data.errors import CorpusError
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import append_recordings, pack_recordings, read_corpus
from swara.service.samples.known import find_sample, known_samples, remove_sample, verify_recordings


@pytest.fixture
def written(tmp_path: Path, noted):
    """Write a word, and return it noted."""

    def write(name: str, **more) -> Recording:
        path = tmp_path / f"{name}.wav"
        path.write_text(name)
        return noted(path, **more)

    return write


@pytest.fixture
def corpus(tmp_path: Path, written) -> Path:
    path = tmp_path / "corpus.jsonl"
    append_recordings(path, [written(name) for name in ("sa", "re", "ga")])
    return path


def test_a_sample_is_found_by_as_much_of_its_id_as_tells_it_apart(corpus: Path, written) -> None:
    samples = known_samples(corpus)
    assert [Path(sample.path).stem for sample in samples[:3]] == ["sa", "re", "ga"]
    assert samples[3:] == pack_recordings()
    for sample in samples:
        assert find_sample(samples, sample.id) == sample
        assert find_sample(samples, sample.sha256[:9].upper()) == sample
    aa, bb = (written(name, sha256=f"abcd{name[0] * 60}") for name in ("aa", "bb"))
    with pytest.raises(CorpusError, match=rf"2 samples.*{aa.id} \(aa\.wav\), {bb.id} \(bb\.wav\)"):
        find_sample([aa, bb], "abcd")


def test_an_id_that_nobody_has_names_the_nearest(corpus: Path) -> None:
    samples = known_samples(corpus)
    typo = "0" + samples[1].id[1:] if samples[1].id[0] != "0" else "1" + samples[1].id[1:]
    with pytest.raises(CorpusError, match=samples[1].id):
        find_sample(samples, typo)
    for nothing in ("zzzz", "", "  "):
        with pytest.raises(CorpusError, match="swara samples list"):
            find_sample(samples, nothing)


def test_a_sample_that_is_removed_is_gone_its_audio_is_not_and_a_bundled_one_stays(corpus: Path) -> None:
    sample = read_corpus(corpus)[1]
    assert remove_sample(corpus, sample.id[:8]) == sample
    before = corpus.read_bytes()
    for gone, said in ((sample.id, "no sample"), (pack_recordings()[0].id, "bundled")):
        with pytest.raises(CorpusError, match=said):
            remove_sample(corpus, gone)
    assert corpus.read_bytes() == before
    assert [Path(left.path).stem for left in read_corpus(corpus)] == ["sa", "ga"]
    assert Path(sample.path).exists()


def test_audio_that_is_not_what_was_added_is_told(corpus: Path) -> None:
    samples = read_corpus(corpus)
    verify_recordings(known_samples(corpus))
    gone, unreadable, changed = (Path(sample.path) for sample in samples)
    gone.unlink()
    changed.write_text("another take")
    told = [f"{gone} (deleted)", f"{changed} (changed)"]
    if os.name != "nt":
        unreadable.unlink()
        os.mkfifo(unreadable)  # to open it would be to wait for ever
        told.insert(1, f"{unreadable} (unreadable)")
    with pytest.raises(CorpusError) as refused:
        verify_recordings(samples)
    assert f"{len(told)} recordings are not what was added: {', '.join(told)}. " in str(refused.value)
    assert f"swara samples remove {samples[0].id}" in str(refused.value)
