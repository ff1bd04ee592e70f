"""Whether the files of a long take cost in proportion to it, and no memory beside its own samples."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.meter import Cost, weigh
from benchmarks.page import Check, Section, Table
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.synth import bhupali_take

__all__ = ["measure_growth", "written"]

SHORT, LONG = 2, 20
"""Minutes."""

LONG_TO_SHORT, BESIDE_SAMPLES_MB = 1.2, 100.0
OUTPUTS = {
    "report alone": (),
    "HTML page": ("--report", "page.html"),
    "PNG": ("--plot", "plot.png"),
    "target": ("--target", "target.wav"),
    "JSON and both CSV": ("--json", "a.json", "--csv", "notes.csv", "--pitch-csv", "track.csv"),
}
_MORE_MB = (LONG - SHORT) * 60 * TRACK_RATE_HZ * 4 / 1e6
_METHOD = f"""`swara analyze` of {SHORT} and of {LONG} minutes of synthesized phrases over a tanpura, each
in a process of its own, with one kind of file at a time. Seconds of the processors, so that what else the
machine does counts for less. The samples of the longer take are {_MORE_MB:.0f} MB more, and are taken off."""


def measure_growth() -> Section:
    """Weigh the analysis of a short and of a long take, with each kind of file."""
    with tempfile.TemporaryDirectory() as folder:
        takes = {minutes: written(Path(folder), minutes) for minutes in (SHORT, LONG)}
        costs = {
            name: [_cost(Path(folder), take, words) for take in takes.values()]
            for name, words in OUTPUTS.items()
        }
    slowest = max(long.cpu_s / short.cpu_s for short, long in costs.values())
    beside_mb = max(_beside_mb(*pair) for pair in costs.values())
    return Section(
        "Long takes",
        _METHOD,
        tuple(check for name, pair in costs.items() for check in _checks(name, *pair)),
        [
            Table(
                "What each kind of file costs with the analysis.",
                ("with", *(f"{m} min, {what}" for m in (SHORT, LONG) for what in ("time", "memory"))),
                [
                    (name, *(each for c in pair for each in (c.cpu_s, c.peak_mb)))
                    for name, pair in costs.items()
                ],
                ("{:.1f} s", "{:.0f} MB", "{:.1f} s", "{:.0f} MB"),
            )
        ],
        f"Ten times the length costs {slowest:.1f} times the time at most, and {beside_mb:.0f} MB beside"
        " its samples.",
    )


def _checks(name: str, short: Cost, long: Cost) -> tuple[Check, Check]:
    growth = (long.cpu_s / LONG) / (short.cpu_s / SHORT)
    return (
        Check(
            f"{name}: a minute of {LONG} over a minute of {SHORT}",
            growth,
            LONG_TO_SHORT,
            "",
            at_most=True,
            digits=2,
        ),
        Check(
            f"{name}: memory beside the samples",
            _beside_mb(short, long),
            BESIDE_SAMPLES_MB,
            "MB",
            at_most=True,
            digits=0,
        ),
    )


def _beside_mb(short: Cost, long: Cost) -> float:
    return long.peak_mb - short.peak_mb - _MORE_MB


def _cost(folder: Path, take: Path, words: Sequence[str]) -> Cost:
    store = str(folder / "store")
    placed = [word if word.startswith("--") else str(folder / word) for word in words]
    asked = ["analyze", "--quiet", str(take), "--tonic", "150", "--store", store, *placed]
    return weigh("benchmarks.meter:command", *asked)


def written(folder: Path, minutes: int) -> Path:
    """Write takes one after the other, over and over, as a recording of so many minutes."""
    takes = [bhupali_take(seed, sa_hz=150.0).clip for seed in range(12)]
    rate_hz = takes[0].rate_hz
    samples = np.concatenate([take.samples for take in takes])
    path = folder / f"{minutes}.flac"
    with soundfile.SoundFile(path, "w", rate_hz, 1) as file:
        for lacking in range(60 * minutes * rate_hz, 0, -samples.size):
            file.write(samples[:lacking])
    return path
