"""Files are whole or absent, and what the disk refuses is one clear line."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from swara.data.errors import OutputError
from swara.data.storage.disk import (
    FileRecord,
    check_writable,
    errno_of,
    reading,
    sha256_of,
    write_atomically,
    write_bytes,
    writing,
)
from swara.raga.errors import SwaraError


def _names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def _write_new(path: Path) -> None:
    path.write_text("new", encoding="utf-8")


def _fail_with(code: int):
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


def test_the_old_file_stays_in_place_until_the_bytes_of_the_new_are_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept").mkdir()
    target, link, plain = tmp_path / "kept" / "chart.png", tmp_path / "link.png", tmp_path / "plain"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    plain.touch()
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("sync"), fsync(handle)))
    monkeypatch.setattr(Path, "replace", lambda a, b: (steps.append("rename"), replace(a, b)))

    def write(path: Path) -> None:
        steps.extend((path.suffix, target.read_text(encoding="utf-8")))
        _write_new(path)

    write_atomically(link, write)
    assert steps[:4] == [".png", "old", "sync", "rename"]
    assert _names(tmp_path / "kept") == ["chart.png"]
    assert target.read_text(encoding="utf-8") == "new"
    assert link.is_symlink()
    write_atomically(tmp_path / "new", _write_new)
    assert (tmp_path / "new").stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ValueError("a bug"), ValueError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), OutputError),
    ],
)
def test_whatever_stops_the_writer_leaves_the_old_file_alone(
    tmp_path: Path, error: BaseException, raised: type[BaseException]
) -> None:
    target = tmp_path / "report.json"
    target.write_text("old", encoding="utf-8")

    def write(path: Path) -> None:
        path.write_text("half", encoding="utf-8")
        raise error

    with pytest.raises(raised) as caught:
        write_atomically(target, write)
    if isinstance(caught.value, OutputError):
        assert (caught.value.where, "space" in str(caught.value.fix)) == (str(target), True)
    assert _names(tmp_path) == ["report.json"]
    assert target.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("action", [check_writable, lambda path: write_atomically(path, _write_new)])
@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("absent/report.json", r"no such file or directory.*Create the folder"),
        ("file/report.json", "not a directory"),
        (".", "this is a folder"),
        ("x" * 300, "shorter name"),
        pytest.param(
            "pipe",
            "not a plain file",
            marks=pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system"),
        ),
    ],
)
def test_a_place_that_takes_no_file(tmp_path: Path, action, place: str, says: str) -> None:
    (tmp_path / "file").touch()
    if place == "pipe":
        os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match=says):
        action(tmp_path / place)
    assert place != "pipe" or (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize(
    ("step", "action"),
    [
        ("touch", check_writable),
        *((step, lambda p: write_atomically(p, _write_new)) for step in ("touch", "replace")),
    ],
)
@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_what_the_disk_refuses_leaves_nothing(
    tmp_path: Path, monkeypatch, code: int, step: str, action
) -> None:
    # Simulated: permission bits do not bind the administrator, whom tests may run as.
    monkeypatch.setattr(Path, step, _fail_with(code))
    with pytest.raises(OutputError, match=os.strerror(code).lower()) as caught:
        action(tmp_path / "report.json")
    assert caught.value.fix
    assert _names(tmp_path) == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permission bits do not bind root"
)
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="permission"):
        check_writable(tmp_path / "report.json")


def test_checking_leaves_no_trace_and_keeps_an_old_file(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("old", encoding="utf-8")

    check_writable(tmp_path / "new.json")
    check_writable(tmp_path / "old.json")

    assert _names(tmp_path) == ["old.json"]
    assert (tmp_path / "old.json").read_text(encoding="utf-8") == "old"


class Refused(SwaraError):
    """What a caller would have."""


FIXES = {
    errno.ENOSPC: "Free some space on the disk",
    errno.EFBIG: "Free some space on the disk",
    errno.EDQUOT: "Free some of your quota",
    errno.EACCES: "Give yourself permission to write there",
    errno.EPERM: "Give yourself permission to write there",
    errno.EROFS: "Make the disk writable",
    errno.ENOENT: "Create the folder first",
    errno.ENOTDIR: "Name a folder",
    errno.EEXIST: "Name a folder",
    errno.EISDIR: "Name a file in the folder",
    errno.ENAMETOOLONG: "Choose a shorter name",
    errno.EIO: "Look after the disk",
}


@pytest.mark.parametrize("code", FIXES)
def test_each_refusal_comes_with_what_mends_it(tmp_path: Path, code: int) -> None:
    with (
        pytest.raises(Refused) as caught,
        writing(tmp_path, "nothing is kept here", error=Refused, elsewhere="go away"),
    ):
        _fail_with(code)()
    reason = os.strerror(code).lower()
    assert str(caught.value) == f"{tmp_path}: nothing is kept here: {reason}. {FIXES[code]}, or go away."
    assert errno_of(caught.value) == code
    # The outermost says what it was for.
    with pytest.raises(Refused) as caught, writing(tmp_path, error=Refused, elsewhere=""):
        write_atomically(tmp_path / "a.txt", lambda _: _fail_with(code)())
    assert caught.value.where == str(tmp_path)
    assert caught.value.fix == FIXES[code]


@pytest.mark.parametrize("error", [OutputError("this is a folder"), Refused("no"), ValueError("a bug")])
def test_what_is_no_refusal_of_the_disk_passes(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)) as caught, writing(tmp_path, error=Refused), reading(tmp_path, Refused):
        raise error
    assert caught.value is error
    assert isinstance(error, ValueError) or errno_of(error) is None


def test_what_cannot_be_read_is_one_line_too(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    with (
        pytest.raises(Refused, match=r"absent: the file is missing\. Make it\."),
        reading(absent, Refused, fix="Make it"),
    ):
        absent.read_bytes()
    with (
        pytest.raises(Refused, match="it is of no use: is a directory"),
        reading(tmp_path, Refused, "it is of no use"),
    ):
        tmp_path.read_bytes()


def test_a_file_is_compared_with_its_record(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    write_bytes(path, b"abc")
    # FIPS 180-2, appendix B.1
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    record = FileRecord.of(path)
    assert record == FileRecord(sha256_of(path), 3)
    assert record.difference(path) is None
    path.write_bytes(b"abd")
    assert record.difference(path) == "the file was changed since it was kept"
    path.write_bytes(b"ab")
    assert record.difference(path) == "the file holds 2 bytes, not 3"
    path.unlink()
    with pytest.raises(FileNotFoundError):
        record.difference(path)
