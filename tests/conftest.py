"""The command line, run in this process, and a tracker that needs no time."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from filelock import FileLock

from swara import cli
from swara.classifier.pitch.head import pitch_tracker
from swara.data.audio.frames import frame_count
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.embedder.registry import embedder_named
from swara.service.rebuild.rebuild import ensure_live

# numba, under librosa, keeps compiled code on disk: one process reading while another writes it may crash.
_COMPILED = tempfile.TemporaryDirectory(prefix="swara-numba-")
os.environ["NUMBA_CACHE_DIR"] = _COMPILED.name

# Here and not in a fixture: what is made once for all tests is made before any of those.
os.environ["SWARA_HISTORY"] = "off"

# In a process of its own, `StubTracker` in the place of the pitch head.
_WITH_STUB = """
import sys
sys.path[:0] = sys.argv[1:3]
import swara.service.export.take_files
from swara import cli
from conftest import StubTracker
swara.service.export.take_files.pitch_tracker = lambda name: StubTracker()
sys.argv = ["swara", *sys.argv[3:]]
try:
    cli.main()
finally:
    {last}
"""

DEMO = Path(__file__).parents[1] / "data" / "demo" / "take.flac"


class Done(NamedTuple):
    """How a run of the command line ended."""

    code: int
    out: str
    err: str


class StubTracker:
    """Hears Sa on C#3 for a second, then nothing for half a second, over and over."""

    name = "stub"
    release = "1"

    def track(self, clip, progress=None):
        frames = frame_count(clip)
        times_s = HOP_S * np.arange(frames)
        sung = times_s % 1.5 < 1.0
        if progress is not None:
            progress(1.0)
        return PitchTrack(times_s, np.where(sung, 138.59, np.nan), 0.95 * sung, sung)


@pytest.fixture(scope="session")
def pack_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the bundled samples live: made once, shared by all workers, never written to by a test."""
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    store = shared / "pack-store"
    with FileLock(shared / "pack-store.lock"):
        ensure_live(store, embedder=embedder_named("builtin"), tracker=pitch_tracker("head"))
        # No folder can be made here: what one test heard of a take must not answer another.
        (store / "cache" / "takes").touch()
    return store


@pytest.fixture(scope="session")
def tracked_files() -> list[Path]:
    """Every file under version control, and the new ones that are not ignored."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        pytest.skip("not a checkout")
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := root / name).is_file()]


@pytest.fixture(autouse=True)
def _no_store_of_the_user(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test away from the store and the models of whoever runs it."""
    monkeypatch.setenv("SWARA_MODELS", str(request.getfixturevalue("tmp_path") / "models"))
    monkeypatch.delenv("TFHUB_CACHE_DIR", raising=False)
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(request.getfixturevalue("tmp_path") / "kagglehub"))
    if {"swara", "stub_command", "demo"} & set(request.fixturenames):
        monkeypatch.setenv("SWARA_STORE", str(request.getfixturevalue("pack_store")))
    else:
        monkeypatch.setenv("SWARA_STORE", str(request.getfixturevalue("tmp_path") / "store"))


@pytest.fixture(scope="session")
def demo() -> Path:
    """The recording that ships with the package."""
    return DEMO


@pytest.fixture
def stub_tracker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put `StubTracker` in the place of the pitch head."""
    monkeypatch.setattr("swara.service.export.take_files.pitch_tracker", lambda name: StubTracker())


@pytest.fixture
def swara(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run the command line in this process."""
    monkeypatch.delenv("SWARA_DEBUG", raising=False)

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["swara", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        return Done(int(left.value.code or 0), out, err)

    return run


@pytest.fixture
def stub_command() -> Callable[..., list[str]]:
    """Give the words that start the command line with `StubTracker` in a process of its own."""

    def command(*words: object, last: str = "pass") -> list[str]:
        here = Path(__file__).parent
        code = _WITH_STUB.format(last=last)
        return [sys.executable, "-c", code, str(here.parent), str(here), *map(str, words)]

    return command
