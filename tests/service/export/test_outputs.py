"""Outputs are whole or absent, and refused early when they cannot be written."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from swara.data.errors import OutputError
from swara.data.storage.atomic_file import check_writable, write_atomically
from swara.service.export.take_files import check_distinct, check_outputs


def _names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def _write_new(path: Path) -> None:
    path.write_text("new", encoding="utf-8")


def _fail_with(code: int):
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


def test_the_file_is_made_and_nothing_else(tmp_path: Path) -> None:
    write_atomically(tmp_path / "report.json", _write_new)

    assert _names(tmp_path) == ["report.json"]
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == "new"


def test_the_writer_sees_the_suffix_and_the_old_file_still_in_place(tmp_path: Path) -> None:
    target = tmp_path / "chart.png"
    target.write_text("old", encoding="utf-8")
    seen: list[tuple[str, str]] = []

    def write(path: Path) -> None:
        seen.append((path.suffix, target.read_text(encoding="utf-8")))
        _write_new(path)

    write_atomically(target, write)

    assert seen == [(".png", "old")]
    assert target.read_text(encoding="utf-8") == "new"


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyboardInterrupt()])
def test_whatever_the_writer_raises_passes_and_leaves_the_old_file_alone(
    tmp_path: Path, error: BaseException
) -> None:
    target = tmp_path / "report.json"
    target.write_text("old", encoding="utf-8")

    def write(path: Path) -> None:
        path.write_text("half", encoding="utf-8")
        raise error

    with pytest.raises(type(error)):
        write_atomically(target, write)
    assert _names(tmp_path) == ["report.json"]
    assert target.read_text(encoding="utf-8") == "old"


def test_a_full_disk_leaves_the_old_file_alone_and_says_so(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    target.write_text("old", encoding="utf-8")

    def write(path: Path) -> None:
        path.write_text("half", encoding="utf-8")
        _fail_with(errno.ENOSPC)()

    with pytest.raises(OutputError) as caught:
        write_atomically(target, write)
    assert caught.value.where == str(target)
    assert "space" in str(caught.value.fix)
    assert _names(tmp_path) == ["report.json"]
    assert target.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_rename_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(Path, "replace", _fail_with(code))

    with pytest.raises(OutputError) as caught:
        write_atomically(tmp_path / "report.json", _write_new)
    assert caught.value.fix
    assert _names(tmp_path) == []


def test_the_bytes_reach_the_disk_before_the_name_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("sync"), fsync(handle)))
    monkeypatch.setattr(Path, "replace", lambda a, b: (steps.append("rename"), replace(a, b)))

    write_atomically(tmp_path / "report.json", _write_new)

    assert steps[:2] == ["sync", "rename"]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    real = tmp_path / "kept" / "report.json"
    real.write_text("old", encoding="utf-8")
    link = tmp_path / "link.json"
    link.symlink_to(real)

    write_atomically(link, _write_new)

    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "new"


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_a_new_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()

    write_atomically(tmp_path / "report.json", _write_new)

    assert (tmp_path / "report.json").stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("action", [check_writable, lambda path: write_atomically(path, _write_new)])
class TestRefusals:
    def test_missing_folder(self, tmp_path: Path, action) -> None:
        with pytest.raises(OutputError, match=r"no such file or directory.*Create the folder"):
            action(tmp_path / "absent" / "report.json")

    def test_a_file_where_the_folder_should_be(self, tmp_path: Path, action) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(OutputError, match="not a directory"):
            action(tmp_path / "file" / "report.json")

    def test_a_folder(self, tmp_path: Path, action) -> None:
        with pytest.raises(OutputError, match="this is a folder"):
            action(tmp_path)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
    def test_a_pipe_is_not_replaced(self, tmp_path: Path, action) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OutputError, match="not a plain file"):
            action(tmp_path / "pipe")
        assert (tmp_path / "pipe").is_fifo()

    def test_too_long_a_name(self, tmp_path: Path, action) -> None:
        with pytest.raises(OutputError, match="shorter name"):
            action(tmp_path / ("x" * 300))

    def test_no_permission(self, tmp_path: Path, action, monkeypatch: pytest.MonkeyPatch) -> None:
        # Simulated: permission bits do not bind the administrator, whom tests may run as.
        monkeypatch.setattr(Path, "touch", _fail_with(errno.EACCES))
        with pytest.raises(OutputError, match="permission"):
            action(tmp_path / "report.json")


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


def test_one_file_for_two_outputs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    check_distinct([tmp_path / "a.json", tmp_path / "a.png"])
    with pytest.raises(OutputError, match="two outputs"):
        check_distinct([tmp_path / "a.json", tmp_path / "sub" / ".." / "a.json"])


def test_two_links_to_one_file_are_one_output(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OutputError, match="two outputs"):
        check_distinct([tmp_path / "a", tmp_path / "b"])


@pytest.mark.parametrize("through_link", [False, True])
def test_the_recording_is_never_an_output(tmp_path: Path, through_link: bool) -> None:
    source = tmp_path / "take.wav"
    source.write_bytes(b"sound")
    output = source
    if through_link:
        output = tmp_path / "link.wav"
        output.symlink_to(source)

    with pytest.raises(OutputError, match="the recording that is analysed"):
        check_outputs([output], source=source)
    check_outputs([tmp_path / "take.json", tmp_path / "take.png"], source=source)
    assert source.read_bytes() == b"sound"
