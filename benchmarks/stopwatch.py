"""Seconds and megabytes, taken so that noise can only add to them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["best_s", "peak_mb", "run_python"]

_PROJECT = Path(__file__).resolve().parents[1]
_PRINT_PEAK = """
import sys
from pathlib import Path
status = Path("/proc/self/status")
if status.exists():
    # Not getrusage: on Linux a child inherits its parent's peak, and the parent here is large.
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    print("peak", int(lines["VmHWM"].split()[0]) / 1024, file=sys.stderr)
else:
    import resource
    unit = 1024**2 if sys.platform == "darwin" else 1024
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, file=sys.stderr)
"""


def best_s(job: Callable[[], object], rounds: int) -> float:
    """Return the seconds of the quickest of several rounds."""
    times_s = []
    for _ in range(rounds):
        began_s = time.perf_counter()
        job()
        times_s.append(time.perf_counter() - began_s)
    return min(times_s)


def run_python(*arguments: str) -> str:
    """Run this Python in a process of its own, in the project's folder; return what it wrote to stderr.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails.
    """
    done = subprocess.run(
        [sys.executable, *arguments], cwd=_PROJECT, capture_output=True, text=True, check=True
    )
    return done.stderr


def peak_mb(code: str) -> float:
    """Return the peak resident memory of a Python process that runs `code`, in MB."""
    errors = run_python("-c", code + "\n" + _PRINT_PEAK)
    (line,) = (line for line in errors.splitlines() if line.startswith("peak "))
    return float(line.split()[1])
