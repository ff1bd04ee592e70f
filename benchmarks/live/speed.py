"""What a push costs, alone and beside three other singers, and whether memory stays flat for half an hour."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.meter import weigh
from benchmarks.page import Check, Section, Table
from swara.data.clip import Samples
from swara.data.synth import bhupali_take
from swara.raga.ragas import raga_named
from swara.service.live import Frames, LiveNote, LiveSession, LiveSettings

from .agreement import BLOCK

RATE_HZ, BLOCK_S = 16_000, 0.020
SECONDS, SINGERS, CORES = 60, 4, 2
MINUTES, SETTLING_MINUTES = 30, 5
MOST_P95_MS, MOST_GROWTH = 10.0, 10.0
_WARM = 50  # blocks: what is loaded at the first is not what a push costs
_HERE = "benchmarks.live.speed"

_METHOD = f"""One push of {BLOCK} samples, the network included, the notes looked for: alone on one core, and
{SINGERS} sessions in {SINGERS} threads on {CORES} cores, each fed a block every 20 ms as microphones would.
Late is a push that ends more than one block after it could begin.

Memory is that of the process while {MINUTES} minutes are fed as fast as they are taken, less the samples that
the session keeps for the report, each minute; the change is from minute {SETTLING_MINUTES} on."""


def singing(seconds: float, seed: int = 1) -> Samples:
    """Return so much of synthesized takes, one after the other, float32 at 16 kHz."""
    parts: list[Samples] = []
    while sum(part.size for part in parts) < seconds * RATE_HZ:
        parts.append(bhupali_take(seed + len(parts), sa_hz=138.59).clip.samples)
    return np.concatenate(parts)[: round(seconds * RATE_HZ)]


def session() -> LiveSession:
    """Return a session on C#3 in Bhupali."""
    return LiveSession(LiveSettings(138.59, raga_named("bhupali")))


def pushes(seconds: float) -> Callable[[], list[float]]:
    """Return what pushes block after block, and returns how long each took, in ms; a job for `weigh`."""
    samples = singing(seconds)

    def run() -> list[float]:
        return _timed(session(), samples, paced=False)

    return run


def singers(seconds: float, count: int) -> Callable[[], list[float]]:
    """Return what pushes for several singers at once, each in its own time; a job for `weigh`."""
    heard = [singing(seconds, 100 * k) for k in range(count)]

    def run() -> list[float]:
        taken: list[list[float]] = [[] for _ in heard]

        def sing(which: int) -> None:
            time.sleep(which * BLOCK_S / count)
            taken[which] = _timed(session(), heard[which], paced=True)

        threads = [threading.Thread(target=sing, args=(which,)) for which in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [each for one in taken for each in one]

    return run


def _timed(live: LiveSession, samples: Samples, *, paced: bool) -> list[float]:
    """Return how long each block took from when it was there to when its events were, in ms."""
    taken = []
    began_s = time.perf_counter()
    for number, at in enumerate(range(0, samples.size, BLOCK)):
        due_s = began_s + number * BLOCK_S if paced else time.perf_counter()
        time.sleep(max(0.0, due_s - time.perf_counter()))
        live.push(samples[at : at + BLOCK])
        taken.append(1000.0 * (time.perf_counter() - due_s))
    return taken[_WARM:]


def resident_mb() -> float:
    """Return what this process holds of memory now."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields["VmRSS"].split()[0]) / 1024


def endurance(minutes: int, sung_s: float = 60.0, block: int = BLOCK) -> Callable[[], dict[str, list[float]]]:
    """Return what feeds so many minutes as fast as they are taken; a job for `weigh`.

    Of each minute `sung_s` are sung, the rest is a quiet room. Told of each minute: the memory at its end in
    MB, less the samples that are kept; the frames that came; and the notes that were judged to the end.
    """
    minute = (1e-4 * np.random.default_rng(1).standard_normal(60 * RATE_HZ)).astype(np.float32)
    minute[: round(sung_s * RATE_HZ)] += singing(sung_s)

    def run() -> dict[str, list[float]]:
        live = session()
        told: dict[str, list[float]] = {"memory_mb": [], "frames": [], "notes": []}
        for _ in range(minutes):
            frames = notes = 0
            for at in range(0, minute.size, block):
                for event in live.push(minute[at : at + block]):
                    frames += event.hz.size if isinstance(event, Frames) else 0
                    notes += isinstance(event, LiveNote) and event.final and not event.withdrawn
            told["memory_mb"].append(resident_mb() - 4e-6 * min(live.heard_s, 1200.0) * RATE_HZ)
            told["frames"].append(frames)
            told["notes"].append(notes)
        return told

    return run


def measure(seconds: float = SECONDS, minutes: int = MINUTES) -> Section:
    """Measure pushes and memory."""
    alone = weigh(f"{_HERE}:pushes", seconds, cores=1).result
    together = weigh(f"{_HERE}:singers", seconds, SINGERS, cores=CORES).result
    held = weigh(f"{_HERE}:endurance", minutes, cores=1).result["memory_mb"]
    settled = held[min(SETTLING_MINUTES, len(held)) - 1 :]
    growth = 100.0 * max(abs(each / settled[0] - 1.0) for each in settled)
    rows = [
        (name, *np.percentile(taken, (50, 95, 99, 100)).tolist(), _late(taken))
        for name, taken in (("one singer, one core", alone), (f"{SINGERS} singers, {CORES} cores", together))
    ]
    return Section(
        "What a push costs",
        _METHOD,
        [
            Check("push, one singer, p95", rows[0][2], MOST_P95_MS, "ms", at_most=True),
            Check(f"push, {SINGERS} singers at once, p95", rows[1][2], BLOCK_S * 1000, "ms", at_most=True),
            Check(f"memory, change over {minutes} minutes", growth, MOST_GROWTH, at_most=True),
        ],
        [
            Table("", ("20 ms of sound", "p50", "p95", "p99", "longest", "late"), rows, _FORMS),
            Table("", ("minutes", "memory"), [(f"{k + 1}", held[k]) for k in _shown(len(held))], "{:.1f} MB"),
        ],
    )


_FORMS = (*["{:.1f} ms"] * 4, "{:.2%}")


def _late(taken_ms: Sequence[float]) -> float:
    return float(np.mean(np.asarray(taken_ms) > 2000.0 * BLOCK_S))


def _shown(count: int) -> list[int]:
    return sorted({0, *range(SETTLING_MINUTES - 1, count, SETTLING_MINUTES), count - 1})
