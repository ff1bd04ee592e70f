"""What an embedder costs: throughput on one core and on two, a cold start, memory."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.pitchbench.made import made_voice
from benchmarks.stopwatch import best_s, peak_mb, run_python
from swara.data.clip import Samples
from swara.data.synth import VOICES

from .peers import Peer

__all__ = ["CLIP_S", "CORES", "LENGTH_S", "LONG_S", "Cost", "measure", "saved_sounds"]

CLIP_S, LENGTH_S, LONG_S = 5, 60, 600
"""Of a take; of what throughput is measured on; and of what shows whether memory stays bounded."""

CORES = (1, 2)
_ROUNDS = 5
_TAKES = 6
_PROBE = "benchmarks.embedderbench.probe_cost"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one embedder costs.

    Parameters
    ----------
    per_wall : mapping of int to float
        Seconds of audio embedded in a second of wall time, by how many cores it may use; warm.
    per_cpu : float
        The same in a second of CPU time on one core, which other programs on the machine disturb less.
    cold_s : float
        Wall time of a new process: start, import, load, and a clip of `CLIP_S`.
    clip_mb, long_mb : float
        Peak resident memory of a process that embeds `CLIP_S`, and one that embeds `LONG_S`.
    """

    per_wall: Mapping[int, float]
    per_cpu: float
    cold_s: float
    clip_mb: float
    long_mb: float


def measure(peers: Sequence[Peer], tell: Callable[[str], None] = print) -> dict[str, Cost]:
    """Weigh each embedder, in processes of its own; nothing else of the benchmark should run meanwhile."""
    costs = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = saved_sounds(Path(folder))
        for peer in peers:
            try:
                cost = costs[peer.name] = _cost(peer, paths)
            except subprocess.CalledProcessError as error:
                last = error.stderr.strip().rpartition("\n")[2]
                raise SystemExit(f"{peer.name} does not run by itself: {last}") from error
            tell(f"{peer.name:18s}{_shown(cost)}")
    return costs


def saved_sounds(folder: Path) -> dict[int, str]:
    """Keep recordings of every length: takes by several voices, one after another, over and over."""
    voices = list(VOICES.values())[:_TAKES]
    sung: Samples = np.concatenate([made_voice(700 + k, voice).samples for k, voice in enumerate(voices)])
    paths = {}
    for length_s in (CLIP_S, LENGTH_S, LONG_S):
        path = folder / f"{length_s}.npy"
        np.save(path, np.resize(sung, length_s * 16_000))
        paths[length_s] = str(path)
    return paths


def _cost(peer: Peer, paths: Mapping[int, str]) -> Cost:
    if peer.prepare is not None:
        run_python("-c", f"from benchmarks.embedderbench.peers import PEERS; PEERS[{peer.name!r}].prepare()")
    spent = {cores: _spent(peer.name, paths[LENGTH_S], cores) for cores in CORES}
    cold = partial(run_python, "-m", _PROBE, peer.name, paths[CLIP_S], "0", "0")
    return Cost(
        {cores: LENGTH_S / wall_s for cores, (wall_s, _) in spent.items()},
        LENGTH_S / spent[1][1],
        best_s(cold, _ROUNDS),
        _peak_mb(peer.name, paths[CLIP_S]),
        _peak_mb(peer.name, paths[LONG_S]),
    )


def _spent(name: str, path: str, cores: int) -> tuple[float, float]:
    said = run_python("-m", _PROBE, name, path, str(_ROUNDS), str(cores))
    (line,) = (line for line in said.splitlines() if line.startswith("spent "))
    wall_s, cpu_s = map(float, line.split()[1:])
    return wall_s, cpu_s


def _peak_mb(name: str, path: str) -> float:
    return peak_mb(f"from {_PROBE} import embed_file; embed_file({name!r}, {path!r})")


def _shown(cost: Cost) -> str:
    wall = ", ".join(f"{rate:.0f} s/s on {cores}" for cores, rate in cost.per_wall.items())
    return f"{wall}  cold {cost.cold_s:.2f} s  {cost.clip_mb:.0f} MB, {cost.long_mb:.0f} MB"
