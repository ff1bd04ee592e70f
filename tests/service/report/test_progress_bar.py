"""The bar on a terminal: which stage is at work, and how much time is left of it."""

from __future__ import annotations

import io
import re

import pytest
from rich.progress import Progress

from swara.service.report.terminal.progress_bar import download_bar, progress_bar

LEFT = re.compile(r"-:--:--|\d+:\d\d:\d\d")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch):
    """Make stderr a terminal of 80 columns, and return what it is told."""

    def told() -> io.StringIO:
        terminal = io.StringIO()
        terminal.isatty = lambda: True
        # Not before: pytest has a stderr of its own for each phase.
        monkeypatch.setattr("sys.stderr", terminal)
        return terminal

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    return told


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, told):
    """Tell a bar the steps, each (seconds since the last, stage, share), and return what it shows then."""

    def shown(*steps: tuple[float, str, float]) -> tuple[str, str]:
        now_s, terminal = 1000.0, told()
        monkeypatch.setattr("rich.console.monotonic", lambda: now_s)
        with progress_bar(shown=True) as tell:
            for passed_s, stage, share in steps:
                now_s += passed_s
                tell(stage, share)
        # A bar is drawn once more as it ends, before it is wiped away.
        said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue()).replace("\r", "\n")
        last = [line for line in said.splitlines() if LEFT.search(line)][-1]
        return last.split()[0], LEFT.findall(last)[-1]

    return shown


CHECKED = ((0.0, "check", 0.0), (5.0, "check", 1.0), (0.0, "listen", 0.0))
STEADY, DONE = ((60.0, 0.1), (60.0, 0.2), (60.0, 0.3)), ((60.0, 0.5), (60.0, 1.0))
AGAIN = (*DONE, (1.0, 0.1), (1.0, 0.2))
"""With several jobs, all is listened to, and then taken from the cache."""


@pytest.mark.parametrize(
    ("steps", "left"), [((), "-:--:--"), (STEADY, "0:07:00"), (DONE, "0:00:00"), (AGAIN, "0:00:08")]
)
def test_the_time_left_is_that_of_the_stage_alone(shown, steps, left: str) -> None:
    listened = ((passed_s, "listen", share) for passed_s, share in steps)
    assert shown(*CHECKED, *listened) == ("Listen", left)


def test_a_stage_that_begins_shows_nothing_of_the_one_before(shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rich keeps what it drew for half a second; here everything is drawn."""
    update = Progress.update
    monkeypatch.setattr(Progress, "update", lambda *words, **more: update(*words, **more, refresh=True))
    assert shown(*CHECKED) == ("Listen", "-:--:--")


def test_a_download_says_how_much_of_it_is_there(told) -> None:
    terminal = told()
    with download_bar() as tell:
        tell("downloading", 1_500_000, 15_000_000)
        tell("unpacking", 0, None)
    assert re.search(r"Downloading .*1\.5 of 15\.0 MB", terminal.getvalue())
    assert "Unpacking" in terminal.getvalue()


def test_a_pipe_gets_plain_lines_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s, piped = 1000.0, io.StringIO()
    monkeypatch.setattr("sys.stderr", piped)
    monkeypatch.setattr("time.monotonic", lambda: now_s)
    with progress_bar(shown=True) as tell, download_bar() as tell_bytes:
        for passed_s, stage, share in ((0, "check", 0), (2, "check", 1), (0, "listen", 0)):
            now_s += passed_s
            tell(stage, share)
        for second in range(1, 41):
            now_s += 1
            tell("listen", second / 40)
        tell_bytes("downloading", 0, None)
        now_s += 6
        tell_bytes("downloading", 1_500_000, 15_000_000)
    assert piped.getvalue().splitlines() == [
        "swara: listen: 12%, 0:00:35 left",
        "swara: listen: 38%, 0:00:25 left",
        "swara: listen: 62%, 0:00:15 left",
        "swara: listen: 88%, 0:00:05 left",
        "swara: listen: 100%",
        "swara: downloading: 1.5 MB of 15.0 MB",
    ]


def test_nobody_is_told_where_stderr_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    with progress_bar(shown=True) as tell, download_bar() as tell_bytes:
        assert tell is tell_bytes is None
