"""Logs of JSON lines: what is appended stays, whatever tears, and readers see whole lines alone."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from swara.data.storage import json_lines
from swara.data.storage.json_lines import LineLog, converted
from swara.raga.errors import SwaraError

ONE, TWO, THREE = {"add": "ध"}, {"add": {"a": [1, "}"]}}, {"remove": 3}


class Refused(SwaraError):
    """The log cannot be read or written."""


class Damaged(SwaraError):
    """A line of it cannot be read."""


@pytest.fixture
def log(tmp_path: Path) -> LineLog:
    log = LineLog(tmp_path / "store" / "log.jsonl", Refused, Damaged)
    log.append(ONE, TWO)
    return log


def _said(log: LineLog) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    log.replay_whole(steps.append)
    return steps


def test_what_is_appended_is_on_the_disk_and_comes_back_in_order(log: LineLog, monkeypatch) -> None:
    before = log.path.read_bytes()
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(log.path.read_bytes()))
    log.append(THREE)
    log.append()
    assert synced == [log.path.read_bytes()] == [before + b'{"remove": 3}\n']
    log.append({"path": "/a/\udcff.wav"})  # text need not be Unicode
    assert _said(log) == [ONE, TWO, THREE, {"path": "/a/\udcff.wav"}]


def test_no_file_says_nothing_and_is_not_made(tmp_path: Path) -> None:
    log = LineLog(tmp_path / "log.jsonl", Refused)
    log.append()
    assert _said(log) == list(tmp_path.iterdir()) == []


def test_a_torn_end_is_left_out_and_spoils_nothing_wherever_it_tears(log: LineLog) -> None:
    whole = log.path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole) + 1):
        log.path.write_bytes(whole[:cut])
        # Without its line break alone it is whole: an editor leaves it out, and nothing is lost.
        before = [ONE, TWO] if cut >= len(whole) - 1 else [ONE]
        assert _said(log) == before
        log.append(THREE)
        assert _said(log) == [*before, THREE]
        assert log.path.read_bytes().count(b"\n") == len(before) + 1


@pytest.mark.parametrize("end", [b"\0\0\0", b"12", b'"text"', b"[]", b"\xe0\xa4", b" "])
def test_an_end_that_is_no_object_is_left_out(log: LineLog, end: bytes) -> None:
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + end)
    assert _said(log) == [ONE, TWO]
    log.append(THREE)
    assert log.path.read_bytes() == whole + b'{"remove": 3}\n'


@pytest.mark.parametrize("line", [b"not json", b"[]", b"", b"\xff", b'{"add"', b"[" * 100_000])
def test_a_damaged_line_is_named_and_the_others_are_read(log: LineLog, line: bytes) -> None:
    log.path.write_bytes(log.path.read_bytes() + line + b"\n")
    log.append(THREE)
    steps: list[dict[str, Any]] = []
    (damage,) = log.replay(steps.append)
    assert steps == [ONE, TWO, THREE]
    assert isinstance(damage, Damaged)
    assert damage.where == f"{log.path}, line 3"
    assert str(damage).endswith(
        "Restore the file from a backup, or delete the line and give again what it said."
    )
    with pytest.raises(Damaged, match="line 3"):
        log.replay_whole(steps.append)


def test_so_is_a_line_that_means_nothing(log: LineLog) -> None:
    def apply(step: dict[str, Any]) -> None:
        if step == ONE:
            raise ValueError("neither fish nor fowl")

    (damage,) = log.replay(apply)
    assert str(damage).startswith(f"{log.path}, line 1: this line is damaged: neither fish nor fowl.")


@pytest.mark.parametrize("half", [True, False])
def test_a_full_disk_leaves_it_as_it_was(log: LineLog, monkeypatch: pytest.MonkeyPatch, half: bool) -> None:
    before = log.path.read_bytes()

    class Full(FileIO):
        def write(self, content: Any) -> int:
            if half:
                return super().write(content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(json_lines.Path, "open", lambda path, mode, buffering: Full(path, mode))
    with pytest.raises(Refused, match=r"cannot be noted: no space left on device\. Free some space"):
        log.append(THREE, ONE)
    monkeypatch.undo()
    assert log.path.read_bytes() == before


def test_a_folder_in_its_place_is_one_clear_error(tmp_path: Path) -> None:
    log = LineLog(tmp_path, Refused)
    with pytest.raises(Refused, match=re.escape(f"{tmp_path}: the file cannot be read: is a directory.")):
        _said(log)
    with pytest.raises(Refused, match="cannot be noted: is a directory"):
        log.append(ONE)


def test_who_finds_it_being_written_waits_and_says_so(log: LineLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "_LOCK_WAIT_S", 0.05)
    with FileLock(log.path.with_name(".log.jsonl.lock")):
        assert _said(log) == [ONE, TWO]
        with pytest.raises(Refused, match=r"another swara is writing this\. Try again when it is done"):
            log.append(THREE)
    log.append(THREE)
    assert _said(log) == [ONE, TWO, THREE]


def test_a_line_that_is_mended_while_it_is_read_is_read_again(
    log: LineLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = log.path.read_bytes()
    # What was torn, as far as it had been read, and from there on what took its place.
    contents = iter([whole + b'{"add": {ver": 1}}\n', whole + b'{"over": 1}\n'])
    monkeypatch.setattr(json_lines.Path, "read_bytes", lambda _: next(contents))
    assert _said(log) == [ONE, TWO, {"over": 1}]


def _append_often(path: Path, who: int) -> None:
    for number in range(40):
        LineLog(path, Refused).append({"who": who, "number": number, "text": "x" * 5_000})


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_readers_see_whole_lines_while_several_append(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    writers = [get_context("fork").Process(target=_append_often, args=(path, who)) for who in range(3)]
    for writer in writers:
        writer.start()
    before: list[dict[str, Any]] = []
    while any(writer.is_alive() for writer in writers):
        now = _said(LineLog(path, Refused))
        assert now[: len(before)] == before
        before = now
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    said = [(step["who"], step["number"]) for step in _said(LineLog(path, Refused))]
    assert sorted(said) == [(who, number) for who in range(3) for number in range(40)]


@dataclass(frozen=True)
class Point:
    """What is converted."""

    name: str
    hz: float
    tags: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda value: value.pop("hz"), "hz"),
        (lambda value: value.update(hz=True), r"float.*bool.*\$\.hz"),
        (lambda value: value.update(name=None), r"str.*null.*\$\.name"),
        (lambda value: value.update(tags=["b", 1]), r"str.*int.*\$\.tags\[1\]"),
        (lambda value: value.update(colour="red"), "nothing is known of colour; it may come from a newer"),
    ],
)
def test_the_field_that_is_wrong_is_named(change: Callable[[dict[str, Any]], object], named: str) -> None:
    value = json.loads('{"name": "a", "hz": 3, "tags": ["b"]}')
    assert converted(value, Point) == Point("a", 3.0, ("b",))
    change(value)
    with pytest.raises(ValueError, match=named):
        converted(value, Point)
