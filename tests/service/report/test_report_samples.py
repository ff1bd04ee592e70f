"""Samples on the terminal: one of a thing is not several."""

from __future__ import annotations

import io

from rich.console import Console

from swara.data.recording import Recording, SwaraLabel
from swara.service.report.terminal.samples_table import render_added, render_samples
from swara.service.samples.results import AddResult

ONE = Recording("/takes/a.wav", 64 * "0", "A. Singer", 200.0, None, (SwaraLabel(0.0, 1.0, "S"),), "mine")
OTHER = Recording("/takes/b.wav", 64 * "1", "A. Singer", 200.0, None, (SwaraLabel(0.0, 1.0, "P"),), "mine")


def test_what_was_added() -> None:
    def added(*recordings: Recording) -> str:
        console = Console(file=io.StringIO(), width=80)
        render_added(AddResult(recordings, (), (), (), (), (), (), ()), console)
        return console.file.getvalue()

    assert "1 recording added, 1 note." in added(ONE)
    assert "It counts from the next: swara rebuild" in added(ONE)
    assert "2 recordings added, 2 notes." in added(ONE, OTHER)
    assert "They count from the next: swara rebuild" in added(ONE, OTHER)
    assert "0 recordings added, 0 notes." in added()


def test_what_is_known() -> None:
    console = Console(file=io.StringIO(), width=80)
    render_samples([ONE], console)
    assert "1 sample, 1 note." in console.file.getvalue()
