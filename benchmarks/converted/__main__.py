"""Set a converted YAMNet against the SavedModel it was made from, called by TF Hub.

Random weights, so that speed and sameness are measured and nothing else. Writes
``docs/benchmarks/converted.md``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.meter import Cost, best_s, weigh
from benchmarks.page import Check, Page, Section, Table
from swara.data.clip import Samples
from swara.data.synth import bhupali_take
from swara.embedder.hub.contract import YAMNET
from swara.embedder.hub.embedder import hub_embedder

from .ways import RATE_HZ, WAYS

PAGE = Page(
    "A converted model",
    "benchmarks.converted",
    "bench-converted",
    "It needs tensorflow-hub, and for that `setuptools<81`; nothing else should run meanwhile.",
    "benchmarks/converted.md",
)
FILES, SECONDS, ROUNDS, TURNS = 60, 5, 5, 3
LEAST_RATIO, LEAST_COSINE = 3.0, 0.9999
_JOB = "benchmarks.converted.ways:embedding"
_METHOD = """YAMNet's published architecture with random weights, as a SavedModel. {files} synthesized takes
of {seconds} s, decoded beforehand, given to `hub.load(path)(waveform)` one by one, and to its LiteRT
conversion: one by one, and all together, which keeps every core at work from one take to the next. Each in a
process of its own, as TensorFlow is not imported where a converted model is used; {turns} processes of each,
in turns, {rounds} rounds in each after one that is not counted, and the quickest. A cold start is a process
of its own that embeds one take, imports included."""


def main(words: Sequence[str] | None = None) -> None:
    """Build the model, convert it, time both, and write the page."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from benchmarks.published import save_yamnet

    parser = PAGE.parser(__doc__)
    parser.add_argument("--quick", action="store_true", help="a few takes, one turn")
    options = parser.parse_args(words)
    files, turns = (6, 1) if options.quick else (FILES, TURNS)
    with tempfile.TemporaryDirectory() as scratch:
        model = Path(scratch) / "yamnet"
        save_yamnet(model)
        conversion_s = best_s(partial(hub_embedder, model, YAMNET), 1)
        PAGE.write(options, [_section(model, files, turns, conversion_s)])


def _section(model: Path, files: int, turns: int, conversion_s: float) -> Section:
    takes = [bhupali_take(k, rate_hz=RATE_HZ).clip.samples[: SECONDS * RATE_HZ] for k in range(files)]
    cosine = _least_cosine(model, takes)
    all_of_them, first = model.with_name("takes.npz"), model.with_name("take.npz")
    np.savez(all_of_them, *takes)
    np.savez(first, takes[0])
    costs = _taking_turns(model, all_of_them, turns)
    hub, *converted = costs.values()
    ratio = hub.wall_s / min(each.wall_s for each in converted)
    rows = [
        (way, cost.wall_s, cost.cpu_s, files * SECONDS / cost.wall_s, hub.wall_s / cost.wall_s)
        for way, cost in costs.items()
    ]
    headings = ("way", "seconds", "of one core", "audio s a second", "to TF Hub")
    starts = [
        (title, best_s(partial(weigh, *job), 1), weigh(*job).peak_mb)
        for title, way in zip(("TF Hub", "converted"), WAYS, strict=False)
        for job in ((_JOB, way, str(model), str(first)),)
    ]
    return Section(
        "Converted YAMNet",
        _METHOD.format(files=files, seconds=SECONDS, turns=turns, rounds=ROUNDS),
        (
            Check(
                "throughput of the converted model to that of TF Hub", ratio, LEAST_RATIO, "times", digits=2
            ),
            Check("least cosine between a frame of both", cosine, LEAST_COSINE, "", digits=6),
        ),
        (
            Table(f"{files} takes of {SECONDS} s.", headings, rows, ("{:.2f}", "{:.2f}", "{:.0f}", "{:.2f}")),
            Table("A cold start, one take.", ("", "seconds", "peak MB"), starts, ("{:.1f}", "{:.0f}")),
        ),
        f"The least cosine is 1 - {1 - cosine:.1e}. Converting took {conversion_s:.0f} s.",
    )


def _least_cosine(model: Path, takes: Sequence[Samples]) -> float:
    """Return the least cosine between a frame of the SavedModel and the same frame of its conversion."""
    wanted, *found = (np.concatenate(make(model)(takes)).astype(np.float64) for make in WAYS.values())
    norms = [np.linalg.norm(each, axis=1) for each in found]
    cosines = [
        (wanted * each).sum(axis=1) / (np.linalg.norm(wanted, axis=1) * norm)
        for each, norm in zip(found, norms, strict=True)
    ]
    return float(np.min(cosines))


def _taking_turns(model: Path, sounds: Path, turns: int) -> Mapping[str, Cost]:
    """Return the quickest round of each way, so that what else the machine does strikes all alike."""
    costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
    for _ in range(turns):
        for way, taken in costs.items():
            taken.append(weigh(_JOB, way, str(model), str(sounds), rounds=ROUNDS))
    return {way: min(taken, key=lambda cost: cost.wall_s) for way, taken in costs.items()}


if __name__ == "__main__":
    main()
