"""A converted YAMNet against the SavedModel it was made from, called by TF Hub.

``python -m benchmarks.converted`` writes ``docs/benchmarks/converted.md``: random weights, so that speed and
sameness are measured and nothing else.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swara.data.clip import Samples
from swara.data.synth import bhupali_take
from swara.embedder.hub.embedder import YamnetEmbedder
from swara.embedder.spec import Vectors

from .converted_probe import WAYS
from .page import Check, Section, Table, render
from .stopwatch import peak_mb, run_python

__all__ = ["measure"]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "converted.md"

FILES, SECONDS, RATE_HZ, ROUNDS, TURNS = 60, 5, 16_000, 5, 3
LEAST_RATIO, LEAST_COSINE = 3.0, 0.9999

_METHOD = (
    f"YAMNet's published architecture with random weights, as a SavedModel. {FILES} synthesized takes of"
    f" {SECONDS} s, decoded beforehand, given to `hub.load(path)(waveform)` one by one, and to its LiteRT"
    f" conversion: one by one, and all together, which keeps every core at work from one take to the next."
    f" Each in a process of its own, as TensorFlow is not imported where a converted model is used; {TURNS}"
    f" processes of each, in turns, {ROUNDS} rounds in each after one that is not counted, and the quickest."
    " A cold start is a process of its own that embeds one take, imports included."
)
_SOUND = f"import numpy as np; sound = np.ones({SECONDS * RATE_HZ}, np.float32)\n"
_HUB = _SOUND + "import tensorflow_hub as hub\nhub.load({path!r})(sound)"
_CONVERTED = (
    _SOUND
    + "from pathlib import Path; from swara.data.clip import Clip\n"
    + "from swara.embedder.registry import embedder_named\n"
    + "embedder_named('yamnet', Path({path!r})).embed(Clip(sound, 16_000))"
)


@dataclass(frozen=True, slots=True)
class _Took:
    """Wall and processor seconds of a round."""

    wall_s: float
    cpu_s: float


def measure() -> Section:
    """Build the model, convert it, and time both."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from .published.yamnet import save_yamnet

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "yamnet"
        save_yamnet(folder)
        began_s = time.perf_counter()
        YamnetEmbedder(folder)
        return _section(folder, time.perf_counter() - began_s)


def _section(folder: Path, conversion_s: float) -> Section:
    takes = _takes()
    cosine = _sameness(folder, takes)
    sounds = folder.with_name("takes.npz")
    np.savez(sounds, *takes)
    took = _taking_turns(folder, sounds)
    ratio = took[0].wall_s / min(took[1].wall_s, took[2].wall_s)
    checks = (
        Check("throughput of the converted model to that of TF Hub", ratio, LEAST_RATIO, "times", digits=2),
        Check("least cosine between a frame of both", cosine, LEAST_COSINE, "", digits=6),
    )
    return Section(
        "Converted YAMNet",
        _METHOD,
        checks,
        (_speeds(list(WAYS), took), _starts(folder)),
        f"The least cosine is 1 - {1 - cosine:.1e}. Converting took {conversion_s:.0f} s.",
    )


def _takes() -> list[Samples]:
    return [bhupali_take(seed, rate_hz=RATE_HZ).clip.samples[: SECONDS * RATE_HZ] for seed in range(FILES)]


def _sameness(folder: Path, takes: Sequence[Samples]) -> float:
    """Return the least cosine between a frame of the SavedModel and the same frame of its conversion."""
    wanted, *found = (np.concatenate(make(folder)(takes)) for make in WAYS.values())
    return min(_least_cosine(wanted, each) for each in found)


def _least_cosine(some: Vectors, others: Vectors) -> float:
    some, others = some.astype(np.float64), others.astype(np.float64)
    lengths = np.linalg.norm(some, axis=1) * np.linalg.norm(others, axis=1)
    return float(((some * others).sum(axis=1) / lengths).min())


def _taking_turns(folder: Path, sounds: Path) -> list[_Took]:
    """Return the quickest round of each way, so that what else the machine does strikes all alike."""
    turns: list[list[_Took]] = [[] for _ in WAYS]
    for _ in range(TURNS):
        for way, taken in zip(WAYS, turns, strict=True):
            words = ("-m", "benchmarks.converted_probe", way, str(folder), str(sounds), str(ROUNDS))
            (line,) = (line for line in run_python(*words).splitlines() if line.startswith("spent "))
            taken.append(_Took(*map(float, line.split()[1:])))
    return [_Took(min(t.wall_s for t in taken), min(t.cpu_s for t in taken)) for taken in turns]


def _speeds(names: Sequence[str], took: Sequence[_Took]) -> Table:
    audio_s = FILES * SECONDS
    rows = tuple(
        (
            name,
            f"{each.wall_s:.2f}",
            f"{each.cpu_s:.2f}",
            f"{audio_s / each.wall_s:.0f}",
            f"{took[0].wall_s / each.wall_s:.2f}",
        )
        for name, each in zip(names, took, strict=True)
    )
    headings = ("way", "seconds", "of one core", "audio s a second", "to TF Hub")
    return Table(f"{FILES} takes of {SECONDS} s.", headings, rows)


def _starts(folder: Path) -> Table:
    rows = []
    for name, code in (("TF Hub", _HUB), ("converted", _CONVERTED)):
        program = code.format(path=str(folder))
        began_s = time.perf_counter()
        run_python("-c", program)
        rows.append((name, f"{time.perf_counter() - began_s:.1f}", f"{peak_mb(program):.0f}"))
    return Table("A cold start, one take.", ("", "seconds", "peak MB"), tuple(rows))


def main() -> None:
    """Measure, and write the page."""
    notice = "It needs tensorflow-hub, and for that `setuptools<81`; nothing else should run meanwhile."
    page = render([measure()], notice, "benchmarks.converted", "bench-converted")
    PAGE.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
