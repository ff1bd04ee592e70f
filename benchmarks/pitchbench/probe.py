"""One tracker in a process of its own: ``python -m benchmarks.pitchbench.probe TRACKER FILE ROUNDS``.

The file holds the samples (``.npy``). With no rounds it loads the tracker and tracks the file once, which is
what a cold start is; otherwise it prints the CPU seconds of the quickest round to stderr.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from .trackers import TRACKERS

__all__ = ["cpu_s", "track_file"]


def track_file(name: str, path: str) -> None:
    """Load a tracker, and track the samples in a file."""
    TRACKERS[name].load().track(np.load(path))


def cpu_s(name: str, path: str, rounds: int) -> float:
    """Return the CPU seconds, over all threads, of the quickest of several rounds of a tracker warmed up."""
    tracker, samples = TRACKERS[name].load(), np.load(path)
    tracker.track(samples[: samples.size // 4])
    spent_s = []
    for _ in range(rounds):
        began_s = time.process_time()
        tracker.track(samples)
        spent_s.append(time.process_time() - began_s)
    return min(spent_s)


def _main() -> None:
    name, path, rounds = sys.argv[1:]
    if int(rounds):
        print("cpu_s", cpu_s(name, path, int(rounds)), file=sys.stderr)
    else:
        track_file(name, path)


if __name__ == "__main__":
    _main()
