"""The log of recordings: what is added, removed, torn and damaged."""

from __future__ import annotations

import errno
import json
import math
from dataclasses import replace
from io import FileIO
from pathlib import Path

import pytest

import swara.data.corpus.log
from swara.data.corpus.corpus import (
    append_recordings,
    append_removal,
    corpus_digest,
    read_corpus,
)
from swara.data.errors import CorpusError, OutputError
from swara.data.recording import Recording, SwaraLabel
from swara.data.storage.disk import sha256_of


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


def test_no_file_is_no_recordings(tmp_path: Path) -> None:
    assert read_corpus(tmp_path / "corpus.jsonl") == ()


def test_what_is_removed_is_gone_and_can_come_back(log: Path) -> None:
    append_removal(log, ONE.id)
    assert read_corpus(log) == (TWO,)
    append_recordings(log, [ONE])
    assert read_corpus(log) == (TWO, ONE)


def test_adding_again_replaces(log: Path) -> None:
    renamed = replace(ONE, singer="another")
    append_recordings(log, [renamed])
    assert read_corpus(log) == (renamed, TWO)


def test_it_is_only_ever_appended_to(log: Path) -> None:
    before = log.read_bytes()
    append_removal(log, ONE.id)
    assert log.read_bytes().startswith(before)


def test_a_torn_end_is_left_out_wherever_it_tears(log: Path) -> None:
    whole = log.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole) - 1):
        log.write_bytes(whole[:cut])
        assert read_corpus(log) == (ONE,)


def test_what_is_appended_after_a_torn_end_is_not_spoilt(log: Path) -> None:
    log.write_bytes(log.read_bytes()[:-7])
    append_recordings(log, [TWO])
    assert read_corpus(log) == (ONE, TWO)


def test_a_last_line_without_a_break_counts_and_stays_apart(log: Path) -> None:
    log.write_bytes(log.read_bytes().rstrip(b"\n"))
    assert read_corpus(log) == (ONE, TWO)
    append_removal(log, ONE.id)
    assert read_corpus(log) == (TWO,)


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        '{"move": {}}',
        '{"add": {}, "remove": "1"}',
        '{"remove": 5}',
        "\udcff",
        "",
    ],
)
def test_a_damaged_line_is_named(log: Path, line: str) -> None:
    with log.open("ab") as file:
        file.write(line.encode(errors="surrogateescape") + b"\n")
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


def test_a_path_that_is_not_unicode_comes_back(log: Path) -> None:
    odd = _recording("3", path="/a/\udcff.wav")
    append_recordings(log, [odd])
    assert read_corpus(log)[-1] == odd


@pytest.mark.parametrize("half", [True, False])
def test_a_full_disk_leaves_the_log_as_it_was(log: Path, monkeypatch: pytest.MonkeyPatch, half: bool) -> None:
    before = log.read_bytes()

    def fail(self: FileIO, content: bytes) -> int:
        if half:
            return FileIO.write(self, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    class Full(FileIO):
        write = fail

    monkeypatch.setattr(swara.data.corpus.log.Path, "open", lambda path, mode, buffering: Full(path, mode))
    with pytest.raises(OutputError, match="Free some space"):
        append_recordings(log, [_recording("4"), _recording("5")])
    monkeypatch.undo()
    assert log.read_bytes() == before
    assert read_corpus(log) == (ONE, TWO)


def test_a_folder_in_its_place_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        read_corpus(tmp_path)
    with pytest.raises(OutputError, match="cannot be noted"):
        append_recordings(tmp_path, [ONE])


def test_the_digest_follows_what_is_known_not_where_it_lies() -> None:
    digest = corpus_digest([ONE, TWO])
    assert len(digest) == 64
    assert corpus_digest([TWO, replace(ONE, path="/elsewhere.wav")]) == digest
    shifted = replace(ONE, labels=(SwaraLabel(0.25, 1.01, ".D"), *ONE.labels[1:]))
    for other in ([ONE], [ONE, replace(TWO, singer="x")], [shifted, TWO], [replace(ONE, tonic_hz=139), TWO]):
        assert corpus_digest(other) != digest


def test_the_digest_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
