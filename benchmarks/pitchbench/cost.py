"""What a tracker costs: CPU time on one thread, a cold start, memory, and how that grows with length."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.stopwatch import best_s, peak_mb, run_python
from swara.data.clip import Samples
from swara.data.synth import VOICES

from .made import made_voice
from .material import RATE_HZ
from .trackers import Entry

__all__ = ["LENGTHS_S", "LENGTH_S", "Cost", "measure"]

LENGTH_S = 30
"""Length of the recording that trackers are compared on."""

LENGTHS_S = (30, 120, 480)
"""Lengths that show whether the cost grows with the length alone."""

_FIRST_S = 1
_ROUNDS = 3
_TAKES = 6
_GROWTH_OF = ("head", "swiftf0")
_PROBE = "benchmarks.pitchbench.probe"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one tracker costs.

    Parameters
    ----------
    cpu_ms : float
        CPU time for each second of audio, one thread, warm.
    cold_s : float
        Wall time of a new process: start, import, load, and the first second of audio.
    peak_mb : float
        Resident memory of a process that tracks `LENGTH_S`.
    by_length : mapping of int to (float, float)
        For lengths in s: CPU time in ms for each second, and peak memory in MB. Empty if not measured.
    """

    cpu_ms: float
    cold_s: float
    peak_mb: float
    by_length: Mapping[int, tuple[float, float]]


def measure(entries: Sequence[Entry], tell: Callable[[str], None] = print) -> dict[str, Cost]:
    """Weigh each tracker, in processes of its own; nothing else of the benchmark should run meanwhile."""
    costs = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = _saved(Path(folder))
        for entry in entries:
            try:
                cost = costs[entry.name] = _cost(entry, paths)
            except subprocess.CalledProcessError as error:
                last = error.stderr.strip().rpartition("\n")[2]
                raise SystemExit(f"{entry.name} does not run by itself: {last}") from error
            tell(f"{entry.name:18s}{cost.cpu_ms:8.1f} ms/s  cold {cost.cold_s:.2f} s  {cost.peak_mb:.0f} MB")
    return costs


def _cost(entry: Entry, paths: Mapping[int, str]) -> Cost:
    name = entry.name
    cold = partial(run_python, "-m", _PROBE, name, paths[_FIRST_S], "0")
    by_length = (
        {s: (_cpu_ms(name, paths[s], s), _peak_mb(name, paths[s])) for s in LENGTHS_S}
        if name in _GROWTH_OF
        else {}
    )
    cpu_ms, peak = by_length.get(LENGTH_S) or (
        _cpu_ms(name, paths[LENGTH_S], LENGTH_S),
        _peak_mb(name, paths[LENGTH_S]),
    )
    return Cost(cpu_ms, best_s(cold, _ROUNDS), peak, by_length)


def _cpu_ms(name: str, path: str, length_s: int) -> float:
    (line,) = (
        line
        for line in run_python("-m", _PROBE, name, path, str(_ROUNDS)).splitlines()
        if line.startswith("cpu_s ")
    )
    return 1000.0 * float(line.split()[1]) / length_s


def _peak_mb(name: str, path: str) -> float:
    return peak_mb(f"from {_PROBE} import track_file; track_file({name!r}, {path!r})")


def _saved(folder: Path) -> dict[int, str]:
    """Keep recordings of every length: takes by several voices, one after another, over and over."""
    voices = list(VOICES.values())[:_TAKES]
    sung: Samples = np.concatenate([made_voice(900 + k, voice).samples for k, voice in enumerate(voices)])
    paths = {}
    for length_s in (_FIRST_S, *LENGTHS_S):
        path = folder / f"{length_s}.npy"
        np.save(path, np.resize(sung, length_s * RATE_HZ))
        paths[length_s] = str(path)
    return paths
