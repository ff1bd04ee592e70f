"""The process that decodes: begun once, bounded, begun anew after a crash, and gone when nobody needs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from swara.data.audio import av_worker
from swara.data.audio.decode import decode
from swara.data.audio.worker import Worker
from swara.data.errors import AudioError

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")


@pytest.fixture
def take(tmp_path: Path, encode) -> Path:
    sound = 0.3 * np.sin(2 * np.pi * 220 * np.arange(48_000) / 48_000)
    return encode(tmp_path / "take.m4a", sound.astype(np.float32), "aac", "ipod")


@pytest.fixture(autouse=True)
def _afresh():
    Worker.stop_idle()
    yield
    Worker.stop_idle()


def _idle_pid() -> int:
    assert Worker._idle is not None
    return Worker._idle._process.pid


def _is_gone(pid: int) -> bool:
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.05)
    return False


def test_one_process_serves_many_files_and_then_another(take: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swara.data.audio.worker.FILES_EACH", 3)
    pids = []
    for _ in range(2):
        decode(take)
        pids.append(_idle_pid())
    assert len(set(pids)) == 1
    decode(take)
    assert Worker._idle is None
    assert _is_gone(pids[0])


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGSEGV])
def test_one_that_ended_is_begun_anew(take: Path, how: int) -> None:
    decode(take)
    before = _idle_pid()
    os.kill(before, how)
    time.sleep(0.2)
    assert decode(take).clip.duration_s == pytest.approx(1.0)
    assert _idle_pid() != before
    assert _is_gone(before)


_BREAK = {
    "crash": ("import os; os.kill(os.getpid(), 11)", "the decoder broke down"),
    "memory": ("x = bytes(1 << 30)", "more memory than any recording"),
    "computing": ("while True: pass", "takes longer than any recording"),
    "silence": ("import time; time.sleep(60)", "the decoder was silent"),
    "too much": ("answer.send(b'f', bytes(65 << 20))", "answers with too much"),
    "out of turn": ("answer.send(b's', b'1.0')", "answers out of turn"),
}


@pytest.mark.parametrize(("code", "why"), _BREAK.values(), ids=_BREAK)
def test_what_a_file_does_to_it_stays_there(
    tmp_path: Path, take: Path, monkeypatch: pytest.MonkeyPatch, code: str, why: str
) -> None:
    """A worker that does, once it is asked, what a damaged file might make FFmpeg do."""
    source = Path(av_worker.__file__).read_text("utf-8").replace("CPU_S = 8.0", "CPU_S = 1.0")
    asked = "    answer = Answer(way)\n    try:\n"
    assert asked in source
    (tmp_path / "av_worker.py").write_text(source.replace(asked, f"{asked}        {code}\n"), "utf-8")
    monkeypatch.setattr("swara.data.audio.worker.__file__", str(tmp_path / "worker.py"))
    monkeypatch.setattr("swara.data.audio.worker.SILENT_S", 3.0 if "sleep" in code else 30.0)
    with pytest.raises(AudioError, match=why) as caught:
        decode(take)
    assert "\n" not in str(caught.value)
    assert Worker._idle is None
    monkeypatch.undo()
    assert decode(take).clip.duration_s == pytest.approx(1.0)


def test_it_loads_pyav_and_nothing_of_ours_and_leaves_nothing(take: Path, tmp_path: Path) -> None:
    """A script with no main guard, which nothing may import anew; a fork; an end by SIGINT."""
    (tmp_path / "tmp").mkdir()
    script = tmp_path / "script.py"
    script.write_text(
        "import os, signal, sys, time; from pathlib import Path; from swara.data.audio.decode import decode\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it\n"
        "from swara.data.audio.worker import Worker\n"
        f"take = Path({str(take)!r}); decode(take)\n"
        "child = os.fork()\n"
        "if not child: decode(take); sys.exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0; decode(take)\n"
        "pid = Worker._idle._process.pid\n"
        "maps = Path(f'/proc/{pid}/maps').read_text()\n"
        "print(pid, 'libavcodec' in maps, 'numpy' in maps, 'soundfile' in maps, flush=True)\n"
        "time.sleep(60)\n",
        "utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp")}
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment
    ) as run:
        assert run.stdout is not None
        pid, *loaded = run.stdout.readline().split()
        assert loaded == ["True", "False", "False"]
        run.send_signal(signal.SIGINT)
        run.wait(20)
    assert _is_gone(int(pid))
    assert list((tmp_path / "tmp").iterdir()) == []
