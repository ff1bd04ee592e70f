"""What a long recording costs from the command line: a take with its page, and hours of pitch."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.meter import weigh
from benchmarks.page import Check, Section, Table
from benchmarks.takes.growth import written

TITLE = "Long recordings"
TAKE_MINUTES, PITCH_MINUTES = 20, 180
LEAST_TIMES_FASTER, MOST_TAKE_MB, MOST_PITCH_MB = 30.0, 400.0, 300.0
_WARM_MINUTES = 1
_COMMAND = "benchmarks.meter:command"

_METHOD = f"""Synthesized phrases over a tanpura, over and over, as FLAC. `swara analyze` of {TAKE_MINUTES}
minutes with its page, after one of {_WARM_MINUTES} that is not counted, and `swara pitch` of
{PITCH_MINUTES // 60} hours, each in a process of its own. Time is that of the processors, all threads
together, which on an idle machine of several cores is no less than that by the clock, so that what else the
machine does counts for less; memory is the most that the process held."""


def measure_long(take_minutes: int = TAKE_MINUTES, pitch_minutes: int = PITCH_MINUTES) -> Section:
    """Weigh both commands."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        takes = {
            minutes: written(folder, minutes) for minutes in (_WARM_MINUTES, take_minutes, pitch_minutes)
        }
        analyze = ["--quiet", "--tonic", "150", "--store", str(folder / "store")]
        analyze += ["--report", str(folder / "page.html")]
        weigh(_COMMAND, "analyze", str(takes[_WARM_MINUTES]), *analyze)
        take = weigh(_COMMAND, "analyze", str(takes[take_minutes]), *analyze)
        rows = ["--max-minutes", "0", "-o", str(folder / "track.csv")]
        pitch = weigh(_COMMAND, "pitch", str(takes[pitch_minutes]), *rows)
    named = (
        (f"`analyze` of {take_minutes} minutes, with its page", take, 60 * take_minutes),
        (f"`pitch` of {pitch_minutes / 60:g} hours", pitch, 60 * pitch_minutes),
    )
    return Section(
        TITLE,
        _METHOD,
        [
            Check(
                f"{take_minutes} minutes with their page: seconds of the processors",
                take.cpu_s,
                60 * take_minutes / LEAST_TIMES_FASTER,
                "s",
                at_most=True,
            ),
            Check("the same: memory", take.peak_mb, MOST_TAKE_MB, "MB", at_most=True, digits=0),
            Check(
                f"`pitch` of {pitch_minutes / 60:g} hours: memory",
                pitch.peak_mb,
                MOST_PITCH_MB,
                "MB",
                at_most=True,
                digits=0,
            ),
        ],
        [
            Table(
                "",
                ("", "processors", "by the clock", "times faster than it sounds", "memory"),
                [(what, c.cpu_s, c.wall_s, sounds_s / c.cpu_s, c.peak_mb) for what, c, sounds_s in named],
                ("{:.1f} s", "{:.1f} s", "{:.0f}", "{:.0f} MB"),
            )
        ],
    )
