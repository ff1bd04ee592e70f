"""The whole program, started afresh, against loading TensorFlow."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks.stopwatch import best_s, peak_mb, run_python
from swara.classifier.pitch import pitch_tracker
from swara.data.synth.demo import demo_take
from swara.embedder.registry import embedder_named
from swara.service.rebuild.rebuild import rebuild

__all__ = ["Program", "measure"]

_ROUNDS = 7
_TENSORFLOW = "import tensorflow"
_ANALYZE = """
import sys
from cli import main
sys.argv = ["swara", "analyze", "--quiet", "--store", {store!r}, {take!r}]
try:
    main()
except SystemExit as leave:
    if leave.code:
        raise
"""


@dataclass(frozen=True, slots=True)
class Program:
    """``swara analyze`` of a 5-s take, cold, with the built-in embedder and a model of the bundled samples.

    Parameters
    ----------
    analyze_s, tensorflow_s : float
        Wall seconds of the quickest of several new processes, the two in turn; NaN without TensorFlow.
    analyze_mb, tensorflow_mb : float
        Peak resident memory.
    """

    analyze_s: float
    tensorflow_s: float
    analyze_mb: float
    tensorflow_mb: float

    @property
    def ratio(self) -> float:
        """Time of the analysis over that of loading TensorFlow."""
        return self.analyze_s / self.tensorflow_s


def measure(tell: Callable[[str], None] = print) -> Program:
    """Learn from the bundled samples in a store of its own, then start both programs again and again."""
    with tempfile.TemporaryDirectory() as folder:
        store, take = Path(folder) / "store", Path(folder) / "take.flac"
        rebuild(store, embedder=embedder_named("builtin"), tracker=pitch_tracker("head"))
        _save(take)
        analyze = partial(
            run_python, "-m", "swara.cli", "analyze", "--quiet", "--store", str(store), str(take)
        )
        has_tensorflow = find_spec("tensorflow") is not None
        times_s = [(best_s(analyze, 1), _tensorflow_s(has_tensorflow)) for _ in range(_ROUNDS)]
        program = Program(
            min(pair[0] for pair in times_s),
            min(pair[1] for pair in times_s),
            peak_mb(_ANALYZE.format(store=str(store), take=str(take))),
            peak_mb(_TENSORFLOW) if has_tensorflow else float("nan"),
        )
    tell(
        f"swara analyze {program.analyze_s:.2f} s, {program.analyze_mb:.0f} MB; tensorflow alone"
        f" {program.tensorflow_s:.2f} s, {program.tensorflow_mb:.0f} MB"
    )
    return program


def _tensorflow_s(installed: bool) -> float:
    return best_s(partial(run_python, "-c", _TENSORFLOW), 1) if installed else float("nan")


def _save(path: Path) -> None:
    import soundfile

    clip = demo_take().clip
    soundfile.write(path, clip.samples, clip.rate_hz, subtype="PCM_16")
