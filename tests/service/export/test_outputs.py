"""Two outputs are never one file, and the recording is none."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from swara.data.clip import Clip
from swara.data.errors import OutputError
from swara.service.export import target
from swara.service.export.take_files import check_outputs


def test_one_file_for_two_outputs_is_refused(tmp_path: Path) -> None:
    check = partial(check_outputs, source=tmp_path / "take.wav")
    (tmp_path / "sub").mkdir()
    check([tmp_path / "a.json", None, None, tmp_path / "a.png"])
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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
@pytest.mark.parametrize(
    "write",
    [
        lambda full: Clip(np.zeros(16_000, np.float32), 16_000).write_wav(full),
        lambda full: target.save_melody([], 140.0, 2.0, full),
    ],
    ids=["take", "target"],
)
def test_sound_on_a_full_disk_says_so(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "write_atomically", lambda path, write: write(path))
    with pytest.raises(OSError, match="No space left"):
        write(Path("/dev/full"))
