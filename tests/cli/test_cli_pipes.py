"""What goes to stdout, what to stderr, and what to a terminal only."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

ESCAPE = "\x1b"
_FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is full")
DEMO = Path(__file__).parents[2] / "data" / "demo" / "take.flac"


def _run(command: list[str], **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, check=False, env=_environment(**environment))


def _environment(**more: str) -> dict[str, str]:
    """Ours, without what would decide about colour."""
    ours = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"}}
    return ours | {"TERM": "xterm-256color", "COLUMNS": "80"} | more


@pytest.fixture
def analyze(stub_command, demo: Path) -> list[str]:
    return stub_command("analyze", demo, "--tonic", "C#3")


def test_json_is_all_there_is_on_stdout(analyze: list[str]) -> None:
    done = _run([*analyze, "--json", "-"])
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["schema"] == "swara.take-report/1"
    assert done.stdout.endswith(b"}\n")


def test_json_on_stdout_and_in_a_file_are_the_same(swara, stub_tracker, demo: Path, tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    swara("analyze", demo, "--json", file)
    assert swara("analyze", demo, "--json", "-").out == file.read_text("utf-8")


def test_json_is_utf8_whatever_the_terminal_speaks(stub_command, demo: Path, tmp_path: Path) -> None:
    take = tmp_path / "गाना.flac"
    take.write_bytes(demo.read_bytes())
    done = _run(stub_command("analyze", take, "--tonic", "C#3", "--json", "-"), PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout.decode("utf-8"))["source"] == "गाना.flac"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_report_for_a_poor_terminal_or_a_pipe_has_no_escapes(analyze: list[str], encoding: str) -> None:
    done = _run(analyze, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Every note" in done.stdout.decode("ascii")
    assert ESCAPE not in done.stdout.decode("ascii")


@pytest.mark.skipif(os.name != "posix", reason="pipes as POSIX has them")
@pytest.mark.parametrize("words", [[], ["--json", "-"]], ids=["report", "json"])
@pytest.mark.parametrize("read", [1, 0], ids=["first line", "nothing"])
def test_a_reader_who_leaves_early_is_no_fault(analyze: list[str], words: list[str], read: int) -> None:
    with subprocess.Popen(
        [*analyze, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        if read:
            process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read()
    assert complaint == b""
    assert process.returncode in (0, 1)


@pytest.mark.parametrize("words", [[], ["--quiet"]], ids=["report", "quiet"])
def test_a_closed_stderr_is_no_fault_and_an_error_still_tells_in_its_exit_code(
    analyze: list[str], stub_command, tmp_path: Path, words: list[str]
) -> None:
    shell = ["sh", "-c", 'exec "$@" 2>&-', "sh"]
    done = _run([*shell, *analyze, *words])
    assert done.returncode == 0
    assert bool(done.stdout) == (not words)
    assert _run([*shell, *stub_command("analyze", tmp_path / "absent.wav")]).returncode == 1


@pytest.mark.parametrize("words", [("analyze", DEMO), ("analyze", DEMO, "-q"), ("doctor",)], ids=str)
def test_a_closed_stdout_is_no_fault(stub_command, words: tuple[object, ...]) -> None:
    done = _run(["sh", "-c", 'exec "$@" >&-', "sh", *stub_command(*words)])
    assert (done.returncode, done.stderr) == (0, b"")


@_FULL
@pytest.mark.parametrize(
    "words",
    [("analyze", DEMO), ("analyze", DEMO, "--json", "-"), ("pitch", DEMO), ("samples", "list"), ("--help",)],
    ids=str,
)
def test_a_full_stdout_is_no_fault(stub_command, words: tuple[object, ...]) -> None:
    done = _run(["sh", "-c", 'exec "$@" >/dev/full', "sh", *stub_command(*words)])
    refused = b"swara: stdout: cannot write here: no space left on device."
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert done.stderr.startswith(refused)


@_FULL
def test_a_full_stderr_leaves_the_exit_code(stub_command, tmp_path: Path) -> None:
    done = _run(
        ["sh", "-c", 'exec "$@" 2>/dev/full', "sh", *stub_command("analyze", tmp_path / "absent.wav")]
    )
    assert done.returncode == 1


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("slow", ["typer", "numpy"])
def test_ctrl_c_while_something_is_imported_shows_no_traceback(tmp_path: Path, slow: str) -> None:
    """The module that is slow hides Ctrl-C, as C extensions do."""
    wait = "import time\nprint('here', flush=True)\n"
    wait += "try:\n    time.sleep(60)\nexcept BaseException:\n    raise ImportError"
    (tmp_path / f"{slow}.py").write_text(wait)
    command = [sys.executable, str(DEMO.parents[2] / "cli.py"), "analyze", str(DEMO)]
    environment = _environment(PYTHONPATH=str(tmp_path), SWARA_STORE=str(tmp_path))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout.readline() == b"here\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate() == (b"", b"")
    assert process.returncode == -signal.SIGINT


@pytest.mark.skipif(os.name != "posix", reason="a home that cannot be made")
def test_a_picture_is_drawn_in_silence_where_home_may_not_be_written(stub_command, tmp_path: Path) -> None:
    """Matplotlib looks for a place for its cache, and says so."""
    homeless = dict.fromkeys(("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR"), "")
    picture = tmp_path / "a.png"
    done = _run(stub_command("analyze", DEMO, "-q", "--plot", picture), HOME="/dev/null/home", **homeless)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert picture.stat().st_size > 10_000


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX")
class TestTerminal:
    def test_colour_and_a_bar_that_leaves_no_trace(self, analyze: list[str]) -> None:
        shown = _on_terminal(analyze)
        assert "Finding the pitch" in shown
        assert f"{ESCAPE}[38;" in shown
        # The last word on the bar: go up to it and clear the line.
        _, _, after = shown.rpartition("Finding the pitch")
        assert f"{ESCAPE}[1A{ESCAPE}[2K" in after.partition("Take")[0]

    def test_no_color_is_honoured(self, analyze: list[str]) -> None:
        shown = _on_terminal(analyze, NO_COLOR="1")
        assert "Every note" in shown
        for code in range(30, 48):
            assert f"{ESCAPE}[{code}" not in shown

    def test_quiet_shows_no_bar(self, analyze: list[str]) -> None:
        assert _on_terminal([*analyze, "--quiet"]) == ""

    def test_the_bar_stays_out_of_the_json(self, analyze: list[str]) -> None:
        """Stdout is a pipe, stderr the terminal."""
        shown, piped = _terminal_and_pipe([*analyze, "--json", "-"])
        assert "Finding the pitch" in shown
        assert json.loads(piped)["schema"]

    def test_an_error_comes_after_the_bar_is_gone(self, stub_command, tmp_path: Path) -> None:
        shown = _on_terminal(stub_command("analyze", tmp_path / "absent.wav"))
        assert shown.endswith("absent.wav: no such file. Check the spelling of the path.\r\n")


def _on_terminal(command: list[str], **environment: str) -> str:
    """Run with stdout and stderr on a terminal of 80 columns, and return what it was sent."""
    return _terminal_and_pipe(command, piped=False, **environment)[0]


def _terminal_and_pipe(command: list[str], *, piped: bool = True, **environment: str) -> tuple[str, bytes]:
    """Run with stderr on a terminal, stdout there too or on a pipe; return what was sent to either."""
    import fcntl
    import pty
    import termios

    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    stdout = subprocess.PIPE if piped else its
    with subprocess.Popen(
        command, stdin=its, stdout=stdout, stderr=its, env=_environment(**environment)
    ) as process:
        os.close(its)
        shown, out = _read_all(ours), process.stdout.read() if process.stdout else b""
    assert process.returncode in (0, 1)
    return shown, out


def _read_all(terminal: int) -> str:
    text = b""
    while True:
        try:
            some = os.read(terminal, 65_536)
        except OSError:  # what Linux says when the other end is closed
            some = b""
        if not some:
            os.close(terminal)
            return text.decode()
        text += some
