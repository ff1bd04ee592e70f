"""The log of recordings: what is added, removed and damaged."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from swara.data.errors import CorpusError
from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import (
    append_recordings,
    append_removal,
    corpus_digest,
    read_corpus,
)


def _recording(digit: str, **changes: object) -> Recording:
    labels = (SwaraLabel(0.25, 1.0, ".D"), SwaraLabel(1.0, 1.5, "S'"))
    made = Recording(f"/a/{digit}.wav", digit * 64, "पंडित", 138.5913, "bhupali", labels, "own")
    return replace(made, **changes)


ONE, TWO = _recording("1"), _recording("2", raga=None, synthesized=True, labels=())


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "store" / "corpus.jsonl"
    append_recordings(path, [ONE, TWO])
    return path


def test_what_is_added_comes_back_in_order(log: Path) -> None:
    assert read_corpus(log) == (ONE, TWO)


def test_what_is_removed_is_gone_and_can_come_back(log: Path) -> None:
    append_removal(log, ONE.id)
    assert read_corpus(log) == (TWO,)
    append_recordings(log, [ONE])
    assert read_corpus(log) == (TWO, ONE)


def test_adding_again_replaces(log: Path) -> None:
    renamed = replace(ONE, singer="another")
    append_recordings(log, [renamed])
    assert read_corpus(log) == (renamed, TWO)


@pytest.mark.parametrize(
    "line",
    [
        '{"move": {}}',
        '{"add": {}, "remove": "1"}',
        '{"remove": 5}',
    ],
)
def test_a_damaged_line_is_named(log: Path, line: str) -> None:
    with log.open("ab") as file:
        file.write(line.encode() + b"\n")
    with pytest.raises(CorpusError, match="line 3"):
        read_corpus(log)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("path", ""),
        ("sha256", "1" * 63),
        ("sha256", "G" * 64),
        ("singer", 3),
        ("tonic_hz", 20.0),
        ("tonic_hz", math.nan),
        ("tonic_hz", True),
        ("raga", "no such raga"),
        ("synthesized", "yes"),
        ("labels", {}),
        ("labels", [[0.0, 1.0]]),
        ("labels", [[1.0, 0.5, "S"]]),
        ("labels", [[0.0, 1.0, "S"], [0.9, 2.0, "R"]]),
        ("labels", [[0.0, 1.0, "sa"]]),
        ("labels", [[0.0, 1.0, "X"]]),
        ("another", 1),
    ],
)
def test_a_wrong_field_is_refused(log: Path, field: str, value: object) -> None:
    line = json.loads(log.read_bytes().split(b"\n")[0])
    line["add"][field] = value
    log.write_text(json.dumps(line) + "\n", "utf-8")
    with pytest.raises(CorpusError, match="line 1") as refused:
        read_corpus(log)
    assert "damaged" in str(refused.value)


def test_the_digest_follows_what_is_known_not_where_it_lies() -> None:
    digest = corpus_digest([ONE, TWO])
    assert len(digest) == 64
    assert corpus_digest([TWO, replace(ONE, path="/elsewhere.wav")]) == digest
    shifted = replace(ONE, labels=(SwaraLabel(0.25, 1.01, ".D"), *ONE.labels[1:]))
    for other in ([ONE], [ONE, replace(TWO, singer="x")], [shifted, TWO], [replace(ONE, tonic_hz=139), TWO]):
        assert corpus_digest(other) != digest
