"""By how much scores move though nothing got worse: the margins of the gate, or what is chance, must be more.

The bundled samples are learned night after night, each time without another tenth of the recordings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

import swara.service.samples.known
from benchmarks.page import Check
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import pack_recordings
from swara.service.rebuild.gate import MARGINS, NOISY
from swara.service.rebuild.rebuild import run_rebuild
from swara.service.store.manifest import HARD

NIGHTS, QUICK_NIGHTS = 14, 3
LEFT_OUT = 0.1
_TOLD = f"answered{HARD}"
"""Decides nothing, for it moves the most."""


def measure_margins(store: Path, nights: int) -> Iterator[str | Check]:
    """Rebuild `store` so often; yield a line for each night and for each score that moves, and a check."""
    gates, stopped = [], 0
    for night in range(nights):
        kept = _without_a_tenth(night)
        swara.service.samples.known.pack_recordings = lambda kept=kept: kept
        done = run_rebuild(store, "builtin", force=True, jobs=None, progress=None, report=None)[1]
        gates.append(done.gate)
        stopped += not done.promoted
        yield f"night {night + 1}: {done.outcome}{''.join(f'; {why}' for why in done.reasons)}"
    for name in (*sorted(NOISY), _TOLD):
        now = np.array([gate["scores"][name]["share"] for gate in gates])
        falls = np.array([gate["live"][name]["share"] for gate in gates[1:]]) - now[1:]
        moved = f"{now.min():.3f} to {now.max():.3f}, fell by up to {falls.max():.3f} from one to the next"
        if name == _TOLD:
            yield f"{name}: {moved}; decides nothing"
        else:
            chance = np.mean([gate["chance"][name] for gate in gates[1:]])
            yield f"{name}: {moved}; may fall by {MARGINS[name]:.3f}, or by chance ({chance:.3f} on average)"
    yield Check("nights that were stopped though nothing got worse", stopped, 0, "", at_most=True, digits=0)


def _without_a_tenth(night: int) -> tuple[Recording, ...]:
    recordings = pack_recordings()
    drawn = np.random.default_rng(night).permutation(len(recordings))
    return tuple(recordings[at] for at in np.sort(drawn[round(LEFT_OUT * len(recordings)) :]))
