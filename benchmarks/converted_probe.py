"""One way to embed takes, timed in a process of its own: ``python -m benchmarks.converted_probe``, and words.

The words: the way, the SavedModel, a file of takes at 16 kHz (``.npz``), how many rounds.
It prints the wall and the processor seconds of the quickest round to stderr, after a round that is not
counted. TensorFlow is imported by the way that needs it alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from swara.data.clip import Clip, Samples
from swara.embedder.hub.embedder import YamnetEmbedder
from swara.embedder.spec import Vectors

__all__ = ["WAYS"]

_RATE_HZ = 16_000

Embed = Callable[[Sequence[Samples]], list[Vectors]]


def _hub(model: Path) -> Embed:
    import tensorflow_hub as hub

    loaded = hub.load(str(model))
    return lambda takes: [loaded(take)[1].numpy() for take in takes]


def _one_by_one(model: Path) -> Embed:
    embedder = YamnetEmbedder(model)
    return lambda takes: [embedder.embed(Clip(take, _RATE_HZ)).vectors for take in takes]


def _together(model: Path) -> Embed:
    embedder = YamnetEmbedder(model)
    return lambda takes: [each.vectors for each in embedder.embed_all(Clip(take, _RATE_HZ) for take in takes)]


WAYS: Mapping[str, Callable[[Path], Embed]] = {
    "`hub.load(path)(waveform)`, one by one": _hub,
    "converted, one by one": _one_by_one,
    "converted, all together": _together,
}
"""By name: given the SavedModel, what embeds takes."""


def main() -> None:
    """Do what the module says."""
    way, model, sounds, rounds = sys.argv[1:]
    with np.load(sounds) as kept:
        takes = [kept[name] for name in kept.files]
    embed = WAYS[way](Path(model))
    embed(takes)
    taken = []
    for _ in range(int(rounds)):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        embed(takes)
        taken.append((time.perf_counter() - wall_s, time.process_time() - cpu_s))
    print("spent", min(wall for wall, _ in taken), min(cpu for _, cpu in taken), file=sys.stderr)


if __name__ == "__main__":
    main()
