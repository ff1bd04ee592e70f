"""One embedder in a process of its own: ``python -m benchmarks.embedderbench.probe_cost``, then four words.

The words: its name, a file of samples (``.npy``), how many rounds, how many cores (0 for all). With no rounds
it loads the embedder and embeds the file once, which is what a cold start is; otherwise it prints the wall
and the CPU seconds of the quickest round to stderr.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from swara.data.clip import Clip

from .peers import PEERS

__all__ = ["embed_file", "on_cores", "spent"]

RATE_HZ = 16_000


def embed_file(name: str, path: str) -> None:
    """Load an embedder, and embed the samples in a file."""
    PEERS[name].make().embed(Clip(np.load(path), RATE_HZ))


def spent(name: str, path: str, rounds: int) -> tuple[float, float]:
    """Return wall and CPU seconds, over all threads, of the quickest of several rounds, warmed up."""
    embedder, clip = PEERS[name].make(), Clip(np.load(path), RATE_HZ)
    # The same length as what is timed: some networks are traced anew for every length.
    embedder.embed(clip)
    taken = []
    for _ in range(rounds):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        embedder.embed(clip)
        taken.append((time.perf_counter() - wall_s, time.process_time() - cpu_s))
    return min(wall for wall, _ in taken), min(cpu for _, cpu in taken)


def on_cores(count: int) -> None:
    """Hold this process to so many cores, where the system can; threads of libraries follow."""
    if count and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def _main() -> None:
    name, path, rounds, cores = sys.argv[1:]
    on_cores(int(cores))
    if int(rounds):
        print("spent", *spent(name, path, int(rounds)), file=sys.stderr)
    else:
        embed_file(name, path)


if __name__ == "__main__":
    _main()
