"""Time and memory, taken so that noise can only add to them.

What is weighed runs in a process of its own, named as ``module:function``; ``python -m benchmarks.meter`` is
that process. The result of the work goes back as JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
_MARK = "cost "


@dataclass(frozen=True, slots=True)
class Done:
    """A process that ended well.

    What it wrote, how long it ran, and what it and its children took of the processors.
    """

    out: str
    err: str
    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What work costs in a process of its own.

    Seconds of the quickest round by the clock and of the processors (all threads and children), the most
    memory that the process held, and what the work returned.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    result: Any = None


def run_python(*words: str, environment: Mapping[str, str] | None = None) -> Done:
    """Run this Python in the project's folder.

    Raises
    ------
    SystemExit
        If it fails, with the last line of what it said.
    """
    began_s, used_s = time.perf_counter(), _cpu_s(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *words], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
        raise SystemExit(f"{' '.join(words)[:200]} does not run by itself: {last}")
    wall_s = time.perf_counter() - began_s
    return Done(done.stdout, done.stderr, wall_s, _cpu_s(resource.RUSAGE_CHILDREN) - used_s)


def weigh(job: str, *words: Any, rounds: int = 0, cores: int = 0) -> Cost:
    """Weigh a job in a process of its own; nothing else of the benchmark should run meanwhile.

    Parameters
    ----------
    job : str
        ``module:function``, which takes `words`, loads what is needed and returns what does the work.
    *words : JSON values
    rounds : int
        How often the work is done, after once that is not counted; 0 weighs loading and doing it once.
    cores : int
        Holds the process to so many, where the system can; 0 for all.
    """
    done = run_python("-m", "benchmarks.meter", job, json.dumps(words), str(rounds), str(cores))
    (line,) = (line for line in done.err.splitlines() if line.startswith(_MARK))
    return Cost(**json.loads(line.removeprefix(_MARK)))


def best_s(job: Callable[[], object], rounds: int) -> float:
    """Return the seconds of the quickest of several rounds."""
    return min(_spent(job)[0] for _ in range(rounds))


def command(*words: str) -> Callable[[], None]:
    """Return what runs the command line of swara in this process; a job for `weigh`."""

    def run() -> None:
        from swara.cli import main

        sys.argv = ["swara", *words]
        try:
            main()
        except SystemExit as leave:
            if leave.code:
                raise

    return run


def importing(module: str, name: str = "__name__") -> Callable[[], None]:
    """Return what imports a module and reaches for a name in it; a job for `weigh`."""

    def run() -> None:
        getattr(importlib.import_module(module), name)

    return run


def _main(job: str, words: str, rounds: str, cores: str) -> None:
    if int(cores) and hasattr(os, "sched_setaffinity"):  # threads of libraries follow
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(cores)])
    module, _, name = job.partition(":")
    make = partial(getattr(importlib.import_module(module), name), *json.loads(words))

    def whole() -> Any:
        return make()()

    work = make() if int(rounds) else whole
    if int(rounds):
        work()
    spent = [_spent(work) for _ in range(int(rounds) or 1)]
    wall_s, cpu_s = (min(each[k] for each in spent) for k in (0, 1))
    cost = Cost(wall_s, cpu_s, _peak_mb(), spent[-1][2] if int(rounds) == 0 else None)
    print(_MARK + json.dumps(asdict(cost)), file=sys.stderr)


def _spent(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return the seconds by the clock and of the processors, and what came of it."""
    wall_s, cpu_s = time.perf_counter(), _cpu_s(resource.RUSAGE_SELF) + _cpu_s(resource.RUSAGE_CHILDREN)
    result = work()
    used_s = _cpu_s(resource.RUSAGE_SELF) + _cpu_s(resource.RUSAGE_CHILDREN) - cpu_s
    return time.perf_counter() - wall_s, used_s, result


def _cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: on Linux a child inherits its parent's peak, and the parent here is large.
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024**2 if sys.platform == "darwin" else 1024
    )


if __name__ == "__main__":
    _main(*sys.argv[1:])
