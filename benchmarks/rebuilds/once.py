"""One rebuild, in a process of its own: ``python -m benchmarks.rebuilds.once STORE JOBS``."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import swara.service.samples.known
from swara.service.rebuild.rebuild import run_rebuild


def main(store: Path, jobs: int) -> None:
    """Rebuild, and print the seconds by the clock and of the processors, and the peak of memory, as JSON.

    The bundled samples stay out: what grows with the corpus is to be seen.
    """
    swara.service.samples.known.pack_recordings = lambda: ()
    began_s, spent_s = time.perf_counter(), _cpu_s()
    _, result = run_rebuild(store, "builtin", force=True, jobs=jobs, progress=None, report=None)
    cost = {
        "wall_s": time.perf_counter() - began_s,
        "cpu_s": _cpu_s() - spent_s,
        "peak_mb": _peak_mb(),
        "embedded": result.embedded,
        "outcome": result.outcome,
        "seconds": {stage: round(seconds, 2) for stage, seconds in result.seconds.items()},
    }
    print(json.dumps(cost))


def _peak_mb() -> float:
    """Return the most memory that this process held; ``getrusage`` would count what its parent held too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kilobytes) / 1024


def _cpu_s() -> float:
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in spent)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
