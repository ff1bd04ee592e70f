"""The bar on a terminal: which stage is at work, and how much time is left of it."""

from __future__ import annotations

import io
import re

import pytest
from rich.progress import Progress

from swara.service.report.terminal.progress_bar import progress_bar

LEFT = re.compile(r"-:--:--|\d+:\d\d:\d\d")


class Terminal(io.StringIO):
    """Keeps what a terminal is told."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of rich's consoles."""
    clock = Clock()
    monkeypatch.setattr("rich.console.monotonic", clock)
    return clock


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, clock: Clock):
    """Tell a bar the steps, each (seconds since the last, stage, share), and return what it shows then."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")

    def shown(*steps: tuple[float, str, float]) -> tuple[str, str]:
        terminal = Terminal()
        monkeypatch.setattr("sys.stderr", terminal)
        with progress_bar(shown=True) as tell:
            for passed_s, stage, share in steps:
                clock.now_s += passed_s
                tell(stage, share)
        # A bar is drawn once more as it ends, before it is wiped away.
        said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue()).replace("\r", "\n")
        last = [line for line in said.splitlines() if LEFT.search(line)][-1]
        return last.split()[0], LEFT.findall(last)[-1]

    return shown


CHECKED = ((0.0, "check", 0.0), (5.0, "check", 1.0), (0.0, "listen", 0.0))


def test_the_time_left_is_that_of_the_stage(shown) -> None:
    steps = ((60.0, "listen", 0.1), (60.0, "listen", 0.2), (60.0, "listen", 0.3))
    assert shown(*CHECKED, *steps) == ("Listen", "0:07:00")


def test_nothing_is_known_of_a_stage_that_just_began(shown) -> None:
    assert shown(*CHECKED) == ("Listen", "-:--:--")


def test_a_stage_that_begins_shows_nothing_of_the_one_before(shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rich keeps what it drew for half a second; here everything is drawn."""
    update = Progress.update
    monkeypatch.setattr(Progress, "update", lambda *words, **more: update(*words, **more, refresh=True))
    assert shown(*CHECKED) == ("Listen", "-:--:--")


def test_a_stage_that_comes_again_has_its_own_pace(shown) -> None:
    """With several jobs, all is listened to, and then taken from the cache."""
    before = ((60.0, "listen", 0.5), (60.0, "listen", 1.0))
    again = ((1.0, "listen", 0.1), (1.0, "listen", 0.2))
    assert shown(*CHECKED, *before, *again) == ("Listen", "0:00:08")


def test_a_stage_that_is_done_has_no_time_left(shown) -> None:
    assert shown(*CHECKED, (60.0, "listen", 0.5), (60.0, "listen", 1.0)) == ("Listen", "0:00:00")


def test_nobody_is_told_where_no_terminal_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with progress_bar(shown=True) as tell:
        assert tell is None
    monkeypatch.setattr("sys.stderr", None)
    with progress_bar(shown=True) as tell:
        assert tell is None
