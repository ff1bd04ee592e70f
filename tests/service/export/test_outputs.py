"""Two outputs are never one file, and the recording is none."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from swara.data.errors import OutputError
from swara.service.export.take_files import check_outputs


def test_one_file_for_two_outputs_is_refused(tmp_path: Path) -> None:
    check = partial(check_outputs, source=tmp_path / "take.wav")
    (tmp_path / "sub").mkdir()
    check([tmp_path / "a.json", tmp_path / "a.png"])
    with pytest.raises(OutputError, match="two outputs"):
        check([tmp_path / "a.json", tmp_path / "sub" / ".." / "a.json"])
    (tmp_path / "a").touch()
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OutputError, match="two outputs"):
        check([tmp_path / "a", tmp_path / "b"])


@pytest.mark.parametrize("output", ["take.wav", "link.wav"])
def test_the_recording_is_never_an_output(tmp_path: Path, output: str) -> None:
    source = tmp_path / "take.wav"
    source.write_bytes(b"sound")
    (tmp_path / "link.wav").symlink_to(source)
    with pytest.raises(OutputError, match="the recording that is analyzed"):
        check_outputs([tmp_path / output], source=source)
    check_outputs([tmp_path / "take.json", tmp_path / "take.png"], source=source)
    assert source.read_bytes() == b"sound"
