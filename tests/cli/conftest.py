"""What every refusal on the command line looks like."""

from __future__ import annotations

import os
import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile


@pytest.fixture
def store(pack_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of one's own with the bundled samples live."""
    mine = Path(shutil.copytree(pack_store, tmp_path / "own store"))
    monkeypatch.setenv("SWARA_STORE", str(mine))
    return mine


@pytest.fixture
def half_an_mp3(tmp_path: Path) -> Path:
    """A recording that was cut off."""
    path = tmp_path / "take.mp3"
    noise = np.random.default_rng(0).standard_normal(8 * 44_100)
    soundfile.write(path, (0.1 * noise).astype(np.float32), 44_100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


@pytest.fixture
def sparse_wav() -> Callable[[Path, int, int], Path]:
    """Write a WAV of silence that takes no room on the disk."""

    def write(path: Path, duration_s: int, rate_hz: int = 8_000) -> Path:
        soundfile.write(path, np.zeros(1, dtype=np.int16), rate_hz, subtype="PCM_16")
        data = bytearray(path.read_bytes())
        at = data.find(b"data") + 4
        size = 2 * rate_hz * duration_s
        data[4:8], data[at : at + 4] = struct.pack("<I", at - 4 + size), struct.pack("<I", size)
        path.write_bytes(data)
        os.truncate(path, at + 4 + size)
        return path

    return write


@pytest.fixture
def assert_one_line() -> Callable[..., None]:
    """Give what asserts that a run ended with 1 and one line, which holds each pattern."""

    def check(done, *patterns: str) -> None:
        assert (done.code, done.out) == (1, "")
        assert re.fullmatch(r"swara: [^\n]+\.\n", done.err), done.err
        assert "fault in swara" not in done.err
        for pattern in patterns:
            assert re.search(pattern, done.err), done.err

    return check
